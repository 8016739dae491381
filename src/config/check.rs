//! What a run would be, for an operator who wants to know before.

mod live;

use std::fmt::Write;

use super::LoadedConfig;
use super::formats::{self, FILES_MAX, Formats};
use super::problems::printable;
use crate::audio::{Format, Header};
use crate::autodj::{self, Track};
use crate::fd_budget::FdBudget;
use crate::settings::{self, Listen, Settings, StationSettings};
use crate::station::min_retention;

/// Bytes that a listener costs here; the system keeps what it sends him besides.
const LISTENER_BYTES: u64 = 600;

/// Bytes that a station costs besides its stream and its list: the AutoDJ's thread, and what it has read ahead.
const AUTODJ_BYTES: u64 = 400 * 1024;

/// Bytes of a track in the list, its path included.
const TRACK_BYTES: u64 = 150;

/// Bytes that the program costs with nothing to do.
const PROGRAM_BYTES: u64 = 4 * 1024 * 1024;

/// Complaints shown of one source of music.
const WARNINGS_PER_SOURCE_MAX: usize = 10;

/// Tells what would run where `open_files` may be open. Reads playlists, folders, and the beginning of some thousand
/// files for each station.
///
/// # Errors
/// One sentence for every source of music that cannot be read.
pub fn report(loaded: &LoadedConfig, open_files: usize) -> Result<String, Vec<String>> {
    let settings = &loaded.settings;
    let sources = settings.stations.iter().flat_map(|station| &station.music);
    let missing: Vec<String> =
        sources.filter_map(|source| autodj::check_readable(std::slice::from_ref(source)).err()).collect();
    if !missing.is_empty() {
        return Err(missing);
    }
    let surveys: Vec<StationSummary<'_>> = settings.stations.iter().map(StationSummary::gather).collect();
    let mut out = String::from("The configuration is valid. It would run:\n");
    loaded.warnings.iter().for_each(|warning| line(&mut out, "warning", warning));
    surveys.iter().for_each(|survey| survey.write_to(&settings.listen, &mut out));
    write_server(settings, &surveys, open_files, &mut out);
    Ok(out)
}

/// What is known of a station.
struct StationSummary<'s> {
    station: &'s StationSettings,
    /// For each source of music: how many tracks it has, and what is wrong with it.
    sources: Vec<(usize, Vec<String>)>,
    tracks: Vec<Track>,
    formats: Formats,
}

impl<'s> StationSummary<'s> {
    fn gather(station: &'s StationSettings) -> Self {
        let (mut sources, mut tracks) = (Vec::new(), Vec::new());
        for source in &station.music {
            let mut found = autodj::scan(std::slice::from_ref(source));
            sources.push((found.tracks.len(), found.warnings));
            tracks.append(&mut found.tracks);
        }
        let formats = formats::probe_all(&tracks);
        Self { station, sources, tracks, formats }
    }

    fn write_to(&self, listen: &[Listen], out: &mut String) {
        let StationSettings { id, mount, name, .. } = self.station;
        let _ = write!(out, "\nStation {id}, {}\n", printable(name));
        line(out, "mount", &format!("{mount} and /stream/{id}"));
        listen.iter().for_each(|listen| line(out, "url", &url(*listen, mount)));
        self.write_music(out);
        self.write_formats(out);
        live::station_lines(self.station).iter().for_each(|(what, says)| line(out, what, says));
        if let Some(most) = self.station.max_listeners {
            line(out, "listeners", &format!("at most {most}"));
        }
        let kbps = self.kbps();
        let known = if self.formats.kbps_max.is_some() { "" } else { "assumed " };
        line(out, "memory", &format!("{} at {known}{kbps} kbit/s", megabytes(self.bytes())));
    }

    fn write_music(&self, out: &mut String) {
        for (source, (tracks, complaints)) in self.station.music.iter().zip(&self.sources) {
            line(
                out,
                "music",
                &format!("{}: {}", printable(&source.to_string_lossy()), count(*tracks, "track")),
            );
            for complaint in complaints.iter().take(WARNINGS_PER_SOURCE_MAX) {
                line(out, "warning", complaint);
            }
            if complaints.len() > WARNINGS_PER_SOURCE_MAX {
                line(out, "warning", &format!("and {} more", complaints.len() - WARNINGS_PER_SOURCE_MAX));
            }
        }
        if self.station.music.is_empty() {
            return line(out, "music", "none: silence while no live source is connected");
        }
        if self.tracks.is_empty() {
            line(out, "warning", "no playable files: listeners would hear silence");
        }
        line(out, "order", if self.station.shuffle { "shuffled" } else { "sequential" });
    }

    fn write_formats(&self, out: &mut String) {
        let Formats {
            by_format: kinds,
            unplayable: silent,
            first_unplayable: first_silent,
            files_probed: seen,
            ..
        } = &self.formats;
        for (format, files, first) in kinds {
            let such_as =
                if kinds.len() > 1 { format!(", such as {}", first.display()) } else { String::new() };
            line(
                out,
                "format",
                &printable(&format!("{}: {}{such_as}", format_label(*format), count(*files, "track"))),
            );
        }
        if kinds.len() > 1 {
            line(out, "warning", "mixed formats: some players stop or stutter at the change");
        }
        if let Some(first) = first_silent {
            let tracks = count(*silent, "track");
            let says = format!("no MP3 frames at the beginning of {tracks}, such as {}", first.display());
            line(out, "warning", &printable(&says));
        }
        if self.tracks.len() > *seen {
            line(
                out,
                "warning",
                &format!("only the first {FILES_MAX} of {} tracks were checked", self.tracks.len()),
            );
        }
    }

    fn kbps(&self) -> u64 {
        self.formats.kbps_max.unwrap_or(Header::DEFAULT.kbps().into())
    }

    /// Memory that the station needs, without its listeners.
    fn bytes(&self) -> u64 {
        let ring = min_retention(self.station).as_millis() as u64 * self.kbps() / 8;
        ring + AUTODJ_BYTES + self.tracks.len() as u64 * TRACK_BYTES
    }
}

fn write_server(settings: &Settings, surveys: &[StationSummary<'_>], open_files: usize, out: &mut String) {
    let room = FdBudget::new(open_files, settings.listen.len(), &settings.stations);
    let available = room.max_listeners(None);
    let listeners = listener_limit(settings, available);
    let bytes = PROGRAM_BYTES + surveys.iter().map(StationSummary::bytes).sum::<u64>();
    let with_all = megabytes(bytes.saturating_add((listeners as u64).saturating_mul(LISTENER_BYTES)));
    let files = listeners.saturating_add(open_files.saturating_sub(room.connections));
    out.push_str("\nServer\n");
    if let Some(log) = &settings.access_log {
        line(out, "access log", &printable(&log.to_string_lossy()));
    }
    if let Some(folder) = &settings.state_dir {
        line(out, "state", &printable(&folder.to_string_lossy()));
    }
    live::server_lines(settings).iter().for_each(|(what, says)| line(out, what, says));
    line(out, "listeners", &format!("at most {listeners}"));
    if let Some(wanted) = settings.max_listeners.filter(|wanted| *wanted > available) {
        line(
            out,
            "warning",
            &format!("an open file limit of {open_files} (ulimit -n) is too low for {wanted} listeners"),
        );
    }
    line(out, "memory", &format!("about {}, {with_all} at the listener limit", megabytes(bytes)));
    line(out, "open files", &format!("{files} at the listener limit, of {open_files}"));
}

/// How many listeners there can be at once where the system has room for so many.
fn listener_limit(settings: &Settings, available: usize) -> usize {
    let most = settings.max_listeners.unwrap_or(available).min(available);
    let of_station = |station: &StationSettings| station.max_listeners.unwrap_or(most);
    settings.stations.iter().map(of_station).fold(0, usize::saturating_add).min(most)
}

fn line(out: &mut String, what: &str, says: &str) {
    // Writing to a string does not fail.
    let _ = writeln!(out, "  {what:<12}{says}");
}

fn url(listen: Listen, mount: &str) -> String {
    match listen.address.port() {
        // Of the form of all the others, but not to be taken for one.
        0 => settings::url(listen.address, mount).replacen(":0/", ":(any free port)/", 1),
        _ => settings::url(listen.address, mount),
    }
}

fn format_label(format: Format) -> String {
    let channels = if format.channels == 1 { "mono" } else { "stereo" };
    format!("{} Hz {channels}", format.rate)
}

fn count(number: usize, of: &str) -> String {
    format!("{number} {of}{}", if number == 1 { "" } else { "s" })
}

fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}
