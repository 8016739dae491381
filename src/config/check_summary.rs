//! The summary that `--check` prints: what a configuration would run.

mod amounts;
mod conversion;
mod cost;
mod live;
mod renditions;

use std::fmt::Write;

use super::LoadedConfig;
use super::formats;
use super::problems::printable;
use crate::audio::Header;
use crate::autodj::{self, FormatStore};
use crate::encode_worker::{EncodePool, Launch};
use crate::fd_budget::FdBudget;
use crate::settings::{self, Listen, Settings, StationSettings};
use crate::station::min_retention;
use crate::transcode::Mp3Encoder;
use amounts::{count, megabytes, percent};
use conversion::MusicConversion;
use renditions::RenditionsSummary;

/// Memory of one listener in bytes, without the socket buffers of the kernel.
const LISTENER_BYTES: u64 = 600;

/// Memory of one station in bytes, without its ring buffer and its track list: the thread of the AutoDJ and
/// the audio that it has read ahead.
const AUTODJ_BYTES: u64 = 400 * 1024;

/// Memory of one track in the track list in bytes, including its path.
const TRACK_BYTES: u64 = 150;

/// Memory of the process in bytes without stations.
const PROGRAM_BYTES: u64 = 4 * 1024 * 1024;

/// Warnings shown for one source of music.
const WARNINGS_PER_SOURCE_MAX: usize = 10;

/// Describes what would run with an open-file limit of `open_files`. Reads playlists, directories and the
/// beginning of up to `formats::FILES_MAX` files of each station. An encode worker, which is launched as
/// `launch` says, reads those that are not MP3.
///
/// # Errors
/// Returns one sentence for every source of music that cannot be read.
pub fn report(loaded: &LoadedConfig, open_files: usize, launch: Launch) -> Result<String, Vec<String>> {
    let settings = &loaded.settings;
    let sources = settings.stations.iter().flat_map(|station| &station.music);
    let missing: Vec<String> =
        sources.filter_map(|source| autodj::check_readable(std::slice::from_ref(source)).err()).collect();
    if !missing.is_empty() {
        return Err(missing);
    }
    let (pool, store) = (EncodePool::new(1, launch), FormatStore::open(settings.state_dir.clone()));
    let gather = |station| StationSummary::gather(station, &settings.stations, &pool, &store);
    // Renditions are shown below their stations.
    let stations = settings.stations.iter().filter(|station| station.rendition.is_none());
    let summaries: Vec<StationSummary<'_>> = stations.map(gather).collect();
    let mut out = String::from("The configuration is valid. It would run:\n");
    loaded.warnings.iter().for_each(|warning| line(&mut out, "warning", warning));
    summaries.iter().for_each(|summary| summary.write_to(&settings.listen, &mut out));
    write_server(settings, &summaries, open_files, &mut out);
    Ok(out)
}

/// A station's settings and the tracks that were found for it.
struct StationSummary<'s> {
    station: &'s StationSettings,
    /// For each source of music: its number of tracks and its warnings.
    sources: Vec<(usize, Vec<String>)>,
    /// The number of tracks.
    tracks: usize,
    /// The number of tracks that were examined.
    tracks_examined: usize,
    conversion: MusicConversion,
    renditions: RenditionsSummary<'s>,
}

impl<'s> StationSummary<'s> {
    /// Gathers what is known about `station`, one of `all`.
    fn gather(
        station: &'s StationSettings,
        all: &'s [StationSettings],
        pool: &EncodePool,
        store: &FormatStore,
    ) -> Self {
        let (mut sources, mut tracks) = (Vec::new(), Vec::new());
        for source in &station.music {
            let mut found = autodj::scan(std::slice::from_ref(source));
            sources.push((found.tracks.len(), found.warnings));
            tracks.append(&mut found.tracks);
        }
        let examined = formats::examine_all(&tracks, &pool.station(&station.mount));
        let conversion = MusicConversion::new(station, &examined, store);
        let renditions = RenditionsSummary::gather(station, all);
        Self {
            station,
            sources,
            tracks: tracks.len(),
            tracks_examined: examined.len(),
            conversion,
            renditions,
        }
    }

    fn write_to(&self, listen: &[Listen], out: &mut String) {
        let StationSettings { id, mount, name, .. } = self.station;
        let _ = write!(out, "\nStation {id}, {}\n", printable(name));
        line(out, "mount", &format!("{mount} and /stream/{id}"));
        listen.iter().for_each(|listen| line(out, "url", &url(*listen, mount)));
        self.write_music(out);
        self.write_formats(out);
        live::station_lines(self.station).iter().for_each(|(what, text)| line(out, what, text));
        if let Some(max) = self.station.max_listeners {
            line(out, "listeners", &format!("at most {max}"));
        }
        self.renditions
            .lines(self.conversion.kbps_max())
            .iter()
            .for_each(|(what, text)| line(out, what, text));
        self.write_memory(out);
    }

    fn write_memory(&self, out: &mut String) {
        let kbps = self.kbps();
        let known = if self.conversion.kbps_max().is_some() { "" } else { "assumed " };
        let renditions = match self.renditions.bytes() {
            0 => String::new(),
            bytes => format!(", {} for its renditions", megabytes(bytes)),
        };
        line(out, "memory", &format!("{} at {known}{kbps} kbit/s{renditions}", megabytes(self.bytes())));
    }

    fn write_music(&self, out: &mut String) {
        for (source, (tracks, warnings)) in self.station.music.iter().zip(&self.sources) {
            line(
                out,
                "music",
                &format!("{}: {}", printable(&source.to_string_lossy()), count(*tracks, "track")),
            );
            for warning in warnings.iter().take(WARNINGS_PER_SOURCE_MAX) {
                line(out, "warning", warning);
            }
            if warnings.len() > WARNINGS_PER_SOURCE_MAX {
                line(out, "warning", &format!("and {} more", warnings.len() - WARNINGS_PER_SOURCE_MAX));
            }
        }
        if self.station.music.is_empty() {
            return line(out, "music", "none: silence while no live source is connected");
        }
        if self.tracks == 0 {
            line(out, "warning", "no playable files: listeners would hear silence");
        }
        line(out, "order", if self.station.shuffle { "shuffled" } else { "sequential" });
    }

    fn write_formats(&self, out: &mut String) {
        if self.station.music.is_empty() {
            return;
        }
        self.conversion.lines().iter().for_each(|(what, text)| line(out, what, text));
        if self.tracks > self.tracks_examined {
            let (examined, tracks) = (self.tracks_examined, self.tracks);
            line(out, "warning", &format!("only {examined} of {tracks} tracks were checked"));
        }
    }

    fn kbps(&self) -> u64 {
        self.conversion.kbps_max().unwrap_or(Header::DEFAULT.kbps().into())
    }

    /// Returns the memory of the station in bytes, without its renditions and its listeners.
    fn bytes(&self) -> u64 {
        let ring = min_retention(self.station).as_millis() as u64 * self.kbps() / 8;
        ring + AUTODJ_BYTES + self.tracks as u64 * TRACK_BYTES
    }
}

fn write_server(settings: &Settings, summaries: &[StationSummary<'_>], open_files: usize, out: &mut String) {
    let budget = FdBudget::new(open_files, settings.listen.len(), &settings.stations);
    let available = budget.max_listeners(None);
    let listeners = listener_limit(settings, available);
    let of_station = |summary: &StationSummary<'_>| summary.bytes() + summary.renditions.bytes();
    let bytes = PROGRAM_BYTES + summaries.iter().map(of_station).sum::<u64>();
    let with_all_listeners =
        megabytes(bytes.saturating_add((listeners as u64).saturating_mul(LISTENER_BYTES)));
    let files = listeners.saturating_add(open_files.saturating_sub(budget.connections));
    out.push_str("\nServer\n");
    if let Some(log) = &settings.access_log {
        line(out, "access log", &printable(&log.to_string_lossy()));
    }
    if let Some(folder) = &settings.state_dir {
        line(out, "state", &printable(&folder.to_string_lossy()));
    }
    live::server_lines(settings).iter().for_each(|(what, text)| line(out, what, text));
    conversion_lines(settings, summaries).iter().for_each(|(what, text)| line(out, what, text));
    line(out, "listeners", &format!("at most {listeners}"));
    if let Some(configured) = settings.max_listeners.filter(|configured| *configured > available) {
        line(
            out,
            "warning",
            &format!("an open file limit of {open_files} (ulimit -n) is too low for {configured} listeners"),
        );
    }
    line(out, "memory", &format!("about {}, {with_all_listeners} at the listener limit", megabytes(bytes)));
    line(out, "open files", &format!("{files} at the listener limit, of {open_files}"));
}

/// Returns the lines about the processor time for converting music and encoding renditions.
fn conversion_lines(settings: &Settings, summaries: &[StationSummary<'_>]) -> Vec<live::SummaryLine> {
    let mut lines = Vec::new();
    if !Mp3Encoder::IS_AVAILABLE {
        let text = "this build has no encoder, so nothing is converted: build it with the feature lame";
        lines.push(("warning", text.to_owned()));
    }
    let music: f64 = summaries.iter().filter_map(|summary| summary.conversion.cores()).sum();
    let renditions: f64 = summaries.iter().map(|summary| summary.renditions.cores()).sum();
    let cores = music + renditions;
    let workers =
        settings.encode_workers.unwrap_or_else(|| EncodePool::default_max(settings.has_renditions()));
    if cores > 0.0 {
        let workers = describe_workers(workers);
        let amounts = [(music, "music"), (renditions, "renditions")];
        let amounts = amounts.iter().filter(|(cores, _)| *cores > 0.0);
        let amounts: Vec<String> =
            amounts.map(|(cores, what)| format!("{} of a core for {what}", percent(*cores))).collect();
        lines.push(("conversion", format!("at most about {}, in {workers}", amounts.join(" and "))));
    }
    if workers == 1 && music > 0.0 && renditions > 0.0 {
        let text = "encode_workers = 1 is too low: music on a slow disk would interrupt the renditions";
        lines.push(("warning", text.to_owned()));
    }
    if cores > workers as f64 {
        let text = format!("encode_workers = {workers} is too low for about {cores:.1} cores of conversion");
        lines.push(("warning", text));
    }
    lines
}

fn describe_workers(workers: usize) -> String {
    if workers == 1 { "1 process".to_owned() } else { format!("at most {workers} processes") }
}

/// Returns the maximum number of simultaneous listeners when the open-file limit allows `available`.
fn listener_limit(settings: &Settings, available: usize) -> usize {
    let max = settings.max_listeners.unwrap_or(available).min(available);
    let of_station = |station: &StationSettings| station.max_listeners.unwrap_or(max);
    settings.stations.iter().map(of_station).fold(0, usize::saturating_add).min(max)
}

fn line(out: &mut String, label: &str, text: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(out, "  {label:<12}{text}");
}

fn url(listen: Listen, mount: &str) -> String {
    match listen.address.port() {
        // Shown like the other URLs, with a placeholder for the port.
        0 => settings::url(listen.address, mount).replacen(":0/", ":(any free port)/", 1),
        _ => settings::url(listen.address, mount),
    }
}
