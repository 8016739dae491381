//! The summary that `--check` prints: what a configuration would run.

mod amounts;
mod certificates;
mod conversion;
mod cost;
mod live;
mod reloaded_music;
mod renditions;

use std::fmt::Write;
use std::time::Duration;

use super::LoadedConfig;
use super::formats;
use super::problems::printable;
use crate::audio::Header;
use crate::autodj::{self, FormatStore};
use crate::encode_worker::{EncodePool, Launch};
use crate::fd_budget::FdBudget;
use crate::foreign_config::Finding;
use crate::settings::{self, Listen, Settings, StationSettings};
use crate::station::ring_bytes;
use crate::transcode::Mp3Encoder;
use amounts::{count, megabytes, percent};
use conversion::MusicConversion;
pub use reloaded_music::check_music_of_reload;
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

/// What `--check` reports about a configuration without errors.
#[derive(Debug)]
pub struct CheckReport {
    /// The summary.
    pub text: String,
    /// One sentence about every station with music that would play none of it.
    pub problems: Vec<String>,
}

/// The first line of the summary.
const VALID: &str = "The configuration is valid. It would run:\n";

/// The first line if a station would play none of its music.
const UNPLAYABLE: &str = "The configuration has no errors, but a station would play nothing. It would run:\n";

/// Why nothing is played, if there is nothing.
const NO_TRACKS: &str = "its music has no tracks";

/// Returns the sentence about a station that would play none of its music.
fn sentence(mount: &str, reason: &str) -> String {
    format!("nothing to play on {mount}: {reason}")
}

/// Describes what would run with an open-file limit of `open_files`. `today` is in UTC since 1970-01-01.
/// Reads playlists, directories and the beginning of up to `formats::FILES_MAX` files of each station. An
/// encode worker, which is launched as `launch` says, reads those that are not MP3.
///
/// # Errors
/// Returns one sentence for every source of music that cannot be read.
pub fn report(
    loaded: &LoadedConfig,
    open_files: usize,
    today: Duration,
    launch: Launch,
) -> Result<CheckReport, Vec<String>> {
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
    let problems: Vec<String> = summaries.iter().filter_map(StationSummary::problem).collect();
    let mut out = String::new();
    write_findings(loaded, &mut out);
    out.push_str(if problems.is_empty() { VALID } else { UNPLAYABLE });
    loaded.warnings.iter().for_each(|warning| line(&mut out, "warning", warning));
    summaries.iter().for_each(|summary| summary.write_to(&settings.listen, &mut out));
    if let Some(master) = &settings.master {
        let _ = writeln!(out, "\nMounts of the master {}", master.url);
        live::master_lines(master).iter().for_each(|(what, text)| line(&mut out, what, text));
    }
    if let Some(unlisted) = &settings.unlisted {
        out.push_str("\nUnlisted stations\n");
        live::unlisted_lines(unlisted).iter().for_each(|(what, text)| line(&mut out, what, text));
        let (bytes, kbps) = (megabytes(bytes_of_unlisted(settings)), Header::DEFAULT.kbps());
        let stations = count(unlisted_at_once(settings), "station");
        line(&mut out, "memory", &format!("{bytes} for {stations} at assumed {kbps} kbit/s"));
    }
    write_server(loaded, &summaries, open_files, today, &mut out);
    Ok(CheckReport { text: out, problems })
}

/// Writes what became of each setting of another server's configuration.
fn write_findings(loaded: &LoadedConfig, out: &mut String) {
    if loaded.findings.is_empty() {
        return;
    }
    loaded.findings.iter().for_each(|finding| _ = writeln!(out, "{finding}"));
    let findings: Vec<Finding> = loaded.findings.iter().map(|located| located.finding.clone()).collect();
    let _ = writeln!(out, "\n{}.\n", Finding::summary(&findings));
}

/// What was found in a source of music.
struct MusicSource {
    tracks: usize,
    /// The number of files in it that are not music.
    other_files: usize,
    /// The warnings that the scan has kept.
    warnings: Vec<String>,
    /// The number of warnings that the scan has not kept.
    warnings_dropped: usize,
}

impl MusicSource {
    /// Returns the amounts: `10 tracks, 2 other files`.
    fn describe(&self) -> String {
        let tracks = count(self.tracks, "track");
        match self.other_files {
            0 => tracks,
            others => format!("{tracks}, {}", count(others, "other file")),
        }
    }

    /// Returns the number of warnings that are not shown.
    fn warnings_hidden(&self) -> usize {
        self.warnings.len().saturating_sub(WARNINGS_PER_SOURCE_MAX) + self.warnings_dropped
    }
}

/// A station's settings and the tracks that were found for it.
struct StationSummary<'s> {
    station: &'s StationSettings,
    sources: Vec<MusicSource>,
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
            let mut found = autodj::scan(std::slice::from_ref(source), station.sources.encoding());
            let source = MusicSource {
                tracks: found.tracks.len(),
                other_files: found.other_files,
                warnings: std::mem::take(&mut found.warnings),
                warnings_dropped: found.warnings_dropped,
            };
            tracks.append(&mut found.tracks);
            sources.push(source);
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
        for (source, found) in self.station.music.iter().zip(&self.sources) {
            line(out, "music", &format!("{}: {}", printable(&source.to_string_lossy()), found.describe()));
            for warning in found.warnings.iter().take(WARNINGS_PER_SOURCE_MAX) {
                line(out, "warning", warning);
            }
            if found.warnings_hidden() > 0 {
                line(out, "warning", &format!("and {} more", found.warnings_hidden()));
            }
        }
        if self.station.music.is_empty() {
            return line(out, "music", "none: silence while no live source is connected");
        }
        if self.problem().is_some() {
            let text = "no playable files: listeners would hear silence while there is no other input";
            line(out, "warning", text);
        }
        line(out, "order", if self.station.shuffle { "shuffled" } else { "sequential" });
    }

    /// Returns one sentence if the station has music and would play none of it.
    fn problem(&self) -> Option<String> {
        if self.station.music.is_empty() || !self.conversion.plays_nothing() {
            return None;
        }
        let found = match (self.tracks, self.tracks_examined) {
            (0, _) => NO_TRACKS.to_owned(),
            (1, _) => "its only track is left out".to_owned(),
            (tracks, examined) if examined < tracks => {
                format!("all {examined} tracks that were checked, of {tracks}, are left out")
            }
            (tracks, _) => format!("all {tracks} tracks are left out"),
        };
        Some(sentence(&self.station.mount, &found))
    }

    fn write_formats(&self, out: &mut String) {
        if self.station.music.is_empty() {
            return;
        }
        let (examined, left_out) = (self.tracks_examined, self.conversion.left_out_count());
        if left_out > 0 {
            let playable = examined.saturating_sub(left_out);
            line(out, "playable", &format!("{playable} of {}", count(examined, "track")));
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
        ring_bytes(self.station, self.kbps()) + AUTODJ_BYTES + self.tracks as u64 * TRACK_BYTES
    }
}

/// Returns the memory of all unlisted stations together, in bytes, at a common bit rate.
fn bytes_of_unlisted(settings: &Settings) -> u64 {
    let Some(unlisted) = &settings.unlisted else { return 0 };
    let station = ring_bytes(&unlisted.station(0, "/"), Header::DEFAULT.kbps().into());
    station * unlisted_at_once(settings) as u64
}

/// Returns how many unlisted stations have a source at the same time.
fn unlisted_at_once(settings: &Settings) -> usize {
    let max = settings.unlisted.as_ref().map_or(0, |unlisted| unlisted.max);
    settings.max_sources.map_or(max, |sources| sources.min(max))
}

fn write_server(
    loaded: &LoadedConfig,
    summaries: &[StationSummary<'_>],
    open_files: usize,
    today: Duration,
    out: &mut String,
) {
    let settings = &loaded.settings;
    let budget =
        FdBudget::new(open_files, settings.listen.len() + settings.master_mounts_max(), &settings.stations);
    let available = budget.max_listeners(None);
    let listeners = listener_limit(settings, available);
    let of_station = |summary: &StationSummary<'_>| summary.bytes() + summary.renditions.bytes();
    let of_stations: u64 = summaries.iter().map(of_station).sum();
    let bytes = PROGRAM_BYTES + of_stations + bytes_of_unlisted(settings);
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
    certificates::lines(loaded, today).iter().for_each(|(what, text)| line(out, what, text));
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
    let unlisted = settings.unlisted.iter().map(|it| it.max.saturating_mul(it.max_listeners.unwrap_or(max)));
    let stations = settings.stations.iter().map(of_station);
    stations.chain(unlisted).fold(0, usize::saturating_add).min(max)
}

fn line(out: &mut String, label: &str, text: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(out, "  {label:<12}{text}");
}

fn url(listen: Listen, mount: &str) -> String {
    let url = settings::url(listen.address, listen.tls_only, mount);
    match listen.address.port() {
        // Shown like the other URLs, with a placeholder for the port.
        0 => url.replacen(":0/", ":(any free port)/", 1),
        _ => url,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::fuzzing::load_text;

    #[test]
    fn memory_of_unlisted_stations_is_that_of_the_sources_that_can_be_live() {
        let unlisted = "[unlisted]\nsource_password = \"a long swim\"\nmax = 1000\n";
        for (server, stations) in [("", 1000), ("[server]\nmax_sources = 2\n", 2)] {
            let loaded = load_text(&format!("{server}{unlisted}")).expect("no errors");
            let report = report(&loaded, 1024, Duration::ZERO, Launch::Process).expect("no music");
            let memory = report.text.lines().find(|line| line.trim_start().starts_with("memory"));
            let expected = format!(" for {stations} stations at assumed 128 kbit/s");
            assert!(memory.is_some_and(|line| line.ends_with(&expected)), "{}", report.text);
        }
    }
}
