//! The lines of the summary about the format of a station: tracks that are passed on, converted and left out.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::amounts::{count, percent};
use super::cost::{DECODE_COST, encode_cost, limiter_cost};
use super::live::SummaryLine;
use crate::autodj::{FormatOrigin, FormatStore, LeftOutTypes, StationFormat, file_type};
use crate::config::formats::{ExaminedTrack, TrackAudio, Unexamined};
use crate::config::problems::printable;
use crate::settings::{Process, StationCodec, StationSettings, Unconverted};
use crate::transcode::{AudioKind, LeftOut, Mp3Encoder, TargetFormat};

/// Groups shown for one label.
const GROUPS_MAX: usize = 10;

/// Files shown that are not in the format of most others.
const DIFFERING_FILES_MAX: usize = 10;

/// What happens to a track.
#[derive(Debug, Clone, PartialEq, Eq)]
enum TrackFate {
    /// It is passed on. If nothing is converted, its format may differ from that of others.
    Passed,
    /// It is decoded and encoded.
    Converted,
    /// It is not played, for this reason.
    LeftOut(String),
}

/// Tracks with something in common.
#[derive(Debug)]
struct TrackGroup {
    /// What they have in common.
    label: String,
    count: usize,
    /// The paths of the first of them; at least one.
    paths: Vec<PathBuf>,
}

/// What happens to the music of a station.
#[derive(Debug)]
pub struct MusicConversion {
    /// The format to which music is converted; `None` if none is.
    format: Option<StationFormat>,
    /// Tracks that are passed on, by format if there are several.
    passed: Vec<TrackGroup>,
    converted: Vec<TrackGroup>,
    left_out: LeftOutTypes,
    unexamined: Vec<TrackGroup>,
    /// The length of the music that is converted.
    converted_length: Duration,
    /// The length of all music that is played.
    length: Duration,
    has_limiter: bool,
    kbps_max: Option<u64>,
    /// Why nothing is converted, if so.
    unconverted: Option<Unconverted>,
}

impl MusicConversion {
    /// Determines what would happen to these tracks.
    pub fn new(station: &StationSettings, tracks: &[ExaminedTrack], store: &FormatStore) -> Self {
        Self::with_encoder(station, tracks, store, Mp3Encoder::IS_AVAILABLE)
    }

    fn with_encoder(
        station: &StationSettings,
        tracks: &[ExaminedTrack],
        store: &FormatStore,
        has_encoder: bool,
    ) -> Self {
        let unconverted = Unconverted::from_settings(station.codec, station.process, has_encoder);
        let mut conversion = Self {
            format: unconverted.is_none().then(|| format(station, tracks, store)),
            passed: Vec::new(),
            converted: Vec::new(),
            left_out: LeftOutTypes::default(),
            unexamined: Vec::new(),
            converted_length: Duration::ZERO,
            length: Duration::ZERO,
            has_limiter: station.loudness.is_some(),
            kbps_max: None,
            unconverted,
        };
        for (path, examined) in tracks {
            match examined {
                Ok(audio) => conversion.add(station, path, audio, has_encoder),
                Err(Unexamined::LeftOut(reason)) => {
                    conversion.left_out.add(&file_type(path, None), &reason.to_string(), path);
                }
                Err(Unexamined::Pipe) => add_to(&mut conversion.unexamined, "named pipe".to_owned(), path),
                Err(Unexamined::NoWorker(reason)) => {
                    add_to(&mut conversion.unexamined, reason.clone(), path);
                }
            }
        }
        conversion
    }

    /// Adds a track to its group.
    fn add(&mut self, station: &StationSettings, path: &Path, audio: &TrackAudio, has_encoder: bool) {
        match fate(station, self.format.map(|format| format.target), audio, has_encoder) {
            TrackFate::Passed => {
                self.length += audio.length;
                self.kbps_max = self.kbps_max.max(audio.kbps);
                add_to(&mut self.passed, describe_format(audio.rate, audio.channels), path);
            }
            TrackFate::Converted => {
                self.length += audio.length;
                self.converted_length += audio.length;
                add_to(&mut self.converted, describe_source(audio), path);
            }
            TrackFate::LeftOut(reason) => {
                self.left_out.add(&file_type(path, Some(audio.kind)), &reason, path)
            }
        }
    }

    /// Returns whether all tracks that were examined are left out.
    pub fn plays_nothing(&self) -> bool {
        self.passed.is_empty() && self.converted.is_empty() && self.unexamined.is_empty()
    }

    /// Returns the number of tracks that are left out, of those that were examined.
    pub fn left_out_count(&self) -> usize {
        self.left_out.count()
    }

    /// Returns the highest bit rate of the station in kbit/s, if it is known.
    pub fn kbps_max(&self) -> Option<u64> {
        let encoded = self.format.filter(|_| !self.converted.is_empty());
        self.kbps_max.max(encoded.map(|format| format.target.kbps.into()))
    }

    /// Returns the share of a core that converting takes while it goes on; `None` if no track is converted.
    pub fn cores(&self) -> Option<f64> {
        let target = self.format.filter(|_| !self.converted.is_empty())?.target;
        let limiter = if self.has_limiter { limiter_cost(target) } else { 0.0 };
        Some(encode_cost(target) + limiter + DECODE_COST)
    }

    /// Returns the lines of the summary.
    pub fn lines(&self) -> Vec<SummaryLine> {
        let mut lines = Vec::new();
        if let Some(StationFormat { target: TargetFormat { rate, channels, kbps }, origin }) = self.format {
            let label = describe_format(rate, channels);
            lines.push(("format", format!("{label}, {kbps} kbit/s if encoded ({})", origin_label(origin))));
        }
        lines.extend(group_lines(if self.format.is_some() { "passed on" } else { "format" }, &self.passed));
        lines.extend(self.seam_lines());
        lines.extend(group_lines("converted", &self.converted));
        lines.extend(self.left_out.lines().iter().map(|line| ("left out", printable(line))));
        lines.extend(group_lines("not checked", &self.unexamined));
        lines.extend(self.cores().map(|cores| {
            let text = format!("about {} of a core while a converted track plays", percent(cores));
            ("conversion", text + &self.converted_share())
        }));
        lines
    }

    /// Returns the files that are passed on and not in the format of most others, with what to do.
    fn seam_lines(&self) -> Vec<SummaryLine> {
        let [most, others @ ..] = &largest_first(&self.passed)[..] else { return Vec::new() };
        let count_of_others: usize = others.iter().map(|group| group.count).sum();
        if count_of_others == 0 {
            return Vec::new();
        }
        let remedy = self.unconverted.map_or("", Unconverted::or_remedy);
        let (tracks, most) = (count(count_of_others, "track"), &most.label);
        let text = format!("{tracks} not in {most}: browsers stop at the change. Convert them{remedy}");
        let files = others.iter().flat_map(|group| group.paths.iter().map(|path| (&group.label, path)));
        let file = |(label, path): (&String, &PathBuf)| printable(&format!("{label}: {}", path.display()));
        let mut lines = vec![("warning", text)];
        lines.extend(files.take(DIFFERING_FILES_MAX).map(|found| ("differs", file(found))));
        if count_of_others >= lines.len() {
            let more = count(count_of_others + 1 - lines.len(), "track");
            lines.push(("differs", format!("and {more} more")));
        }
        lines
    }

    /// Returns for how much of the time converted tracks play: `, 40 % of the time`. Empty if the lengths of
    /// tracks are not known.
    fn converted_share(&self) -> String {
        if self.length.is_zero() {
            return String::new();
        }
        let share = self.converted_length.as_secs_f64() / self.length.as_secs_f64();
        format!(", {} of the time", percent(share))
    }
}

fn origin_label(origin: FormatOrigin) -> String {
    match origin {
        FormatOrigin::Default => "there is no music that decides it".to_owned(),
        origin => origin.to_string(),
    }
}

/// Returns the format that the station would get.
fn format(station: &StationSettings, tracks: &[ExaminedTrack], store: &FormatStore) -> StationFormat {
    let stored = store.load(&station.identity()).unwrap_or_default();
    let audio = tracks.iter().filter_map(|(_, examined)| examined.as_ref().ok());
    let music = audio.map(|audio| (audio.rate, audio.channels, audio.length));
    StationFormat::known(&station.format, stored)
        .unwrap_or_else(|| StationFormat::from_music(&station.format, stored, music))
}

/// Returns what happens to a track on a station whose music is converted to `target`, if at all.
fn fate(
    station: &StationSettings,
    target: Option<TargetFormat>,
    audio: &TrackAudio,
    has_encoder: bool,
) -> TrackFate {
    match (station.codec, audio.kind, target) {
        (StationCodec::Aac, AudioKind::AacLc, _) => TrackFate::Passed,
        (StationCodec::Aac, ..) => TrackFate::LeftOut(LeftOut::NotAac.to_string()),
        (StationCodec::Mp3, AudioKind::Mp3, None) => TrackFate::Passed,
        (StationCodec::Mp3, _, None) if !has_encoder => TrackFate::LeftOut(LeftOut::NoEncoder.to_string()),
        (StationCodec::Mp3, kind, None) => {
            TrackFate::LeftOut(format!("{kind} would have to be converted, and process is \"never\""))
        }
        (StationCodec::Mp3, AudioKind::Mp3, Some(target))
            if station.process == Process::WhenNeeded
                && (audio.rate, audio.channels) == (target.rate, target.channels) =>
        {
            TrackFate::Passed
        }
        (StationCodec::Mp3, _, Some(_)) => TrackFate::Converted,
    }
}

fn add_to(groups: &mut Vec<TrackGroup>, label: String, path: &Path) {
    let at = groups.iter().position(|group| group.label == label).unwrap_or(groups.len());
    if at == groups.len() {
        groups.push(TrackGroup { label, count: 0, paths: Vec::new() });
    }
    let group = &mut groups[at];
    group.count += 1;
    if group.paths.len() < DIFFERING_FILES_MAX {
        group.paths.push(path.to_owned());
    }
}

fn largest_first(groups: &[TrackGroup]) -> Vec<&TrackGroup> {
    let mut sorted: Vec<&TrackGroup> = groups.iter().collect();
    sorted.sort_by_key(|group| std::cmp::Reverse(group.count));
    sorted
}

/// Returns a line for each group, the largest first. A path is shown if there is a choice of groups.
fn group_lines(label: &'static str, groups: &[TrackGroup]) -> Vec<SummaryLine> {
    let sorted = largest_first(groups);
    let shows_path = groups.len() > 1 || !["format", "passed on"].contains(&label);
    let line = |group: &&TrackGroup| {
        let path = if shows_path { format!(", such as {}", group.paths[0].display()) } else { String::new() };
        (label, printable(&format!("{}: {}{path}", group.label, count(group.count, "track"))))
    };
    let mut lines: Vec<SummaryLine> = sorted.iter().take(GROUPS_MAX).map(line).collect();
    let rest: usize = sorted.iter().skip(GROUPS_MAX).map(|group| group.count).sum();
    if rest > 0 {
        lines.push((label, format!("and {} more", count(rest, "track"))));
    }
    lines
}

/// Returns what a converted track is: `FLAC`, or for MP3, whose format is the reason, `MP3 at 48000 Hz mono`.
fn describe_source(audio: &TrackAudio) -> String {
    match audio.kind {
        AudioKind::Mp3 => format!("MP3 at {}", describe_format(audio.rate, audio.channels)),
        kind => kind.to_string(),
    }
}

fn describe_format(rate: u32, channels: u8) -> String {
    match channels {
        1 => format!("{rate} Hz mono"),
        2 => format!("{rate} Hz stereo"),
        more => format!("{rate} Hz, {more} channels"),
    }
}

#[cfg(test)]
mod tests;
