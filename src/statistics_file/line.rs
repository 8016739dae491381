//! The lines of the file with the statistics: one with the version and the peak of the server, and one for
//! each station.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::icy::Title;
use crate::pages::{AUDIENCE_INTERVAL, AUDIENCE_INTERVALS_KEPT};
use crate::settings::StationIdentity;
use crate::state_lines;
use crate::station::{PlayedTitle, StationStatistics, StationTotals, StoredTitle};
use crate::time::Moment;

/// The comment at the beginning of the file.
pub const HEADER: &str = "# Peaks, totals, listener histories and titles of the stations. coldwave rewrites this file every 50 seconds:\n\
                          # edit or delete it only while coldwave is stopped.\n";

/// The version of the format. It changes if an older program would misunderstand the file; keys that it does
/// not know are ignored.
const VERSION: u32 = 1;

/// The longest line of a station that is written, in bytes. A usual one has 25 KB with 200 titles and a day
/// of listeners; titles that are longer displace older ones.
const LINE_BYTES_MAX: usize = 60 * 1024;

/// The latest time that a file may have: the end of the year 9999.
const UNIX_S_MAX: u64 = 253_402_300_799;

/// The statistics of all stations, those that were stored last at the end, and the peak of the server.
#[derive(Debug, Clone, Default)]
pub struct StatisticsList {
    /// The most listeners of all stations together.
    pub server_peak: usize,
    /// One for each station, also for those that are missing in this run.
    pub stations: Vec<Arc<StationStatistics>>,
}

/// What a file contains.
#[derive(Debug, Default)]
pub struct FileContent {
    /// The valid lines.
    pub list: StatisticsList,
    /// What is wrong with the file, in one sentence.
    pub error: Option<String>,
}

/// The first line of the file.
#[derive(Debug, Serialize, Deserialize)]
struct ServerLine {
    version: u32,
    peak: usize,
}

/// The line of a station. Further keys are ignored.
#[derive(Debug, Serialize, Deserialize)]
struct StationLine {
    mount: String,
    /// The id, if the configuration gives one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id: Option<u32>,
    /// All times are in seconds or milliseconds since 1970-01-01, UTC.
    taken_at: u64,
    #[serde(default)]
    peak: usize,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    peak_at: Option<u64>,
    #[serde(flatten)]
    totals: StationTotals,
    #[serde(default)]
    listeners: Vec<IntervalRun>,
    #[serde(default)]
    titles: Vec<TitleLine>,
}

/// Consecutive intervals of the listener history.
#[derive(Debug, Serialize, Deserialize)]
struct IntervalRun {
    from: u64,
    highest: Vec<u32>,
}

/// A title.
#[derive(Debug, Serialize, Deserialize)]
struct TitleLine {
    at_ms: u64,
    text: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    artist: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    set_by: String,
}

impl FileContent {
    /// Parses a file. An empty one is damaged, because every file that is written has a first line.
    pub fn parse(text: &str) -> Self {
        let is_line = |line: &&str| !line.trim().is_empty() && !line.starts_with('#');
        let Some(first) = text.lines().find(is_line) else {
            return Self::unusable("it is empty".to_owned());
        };
        let server = match serde_json::from_str::<ServerLine>(first) {
            Ok(ServerLine { version, .. }) if version > VERSION => {
                return Self::unusable(format!("it is of version {version}, from a newer coldwave"));
            }
            Ok(server) => server,
            Err(error) => return Self::unusable(format!("its first line is invalid: {error}")),
        };
        let rest = text.split_once(first).map_or("", |(_, rest)| rest);
        let (mut stations, invalid) = state_lines::parse(rest, parse_station);
        // The latest are the first in the file, and the last in memory.
        stations.reverse();
        let error = invalid.first().map(|(_, reason)| format!("{reason} ({} invalid lines)", invalid.len()));
        Self { list: StatisticsList { server_peak: server.peak, stations }, error }
    }

    fn unusable(reason: String) -> Self {
        Self { error: Some(reason), ..Self::default() }
    }
}

/// Returns the first line.
pub fn server_line(peak: usize) -> String {
    to_line(&ServerLine { version: VERSION, peak })
}

/// Returns the line of a station. If it is too long, the oldest titles are missing.
pub fn station_line(statistics: &StationStatistics) -> String {
    let mut line = StationLine::new(statistics);
    loop {
        let text = to_line(&line);
        if text.len() <= LINE_BYTES_MAX || line.titles.is_empty() {
            return text;
        }
        line.titles.truncate(line.titles.len() * 3 / 4);
    }
}

fn to_line(line: &impl Serialize) -> String {
    serde_json::to_string(line).expect("texts and numbers can be written") + "\n"
}

impl StationLine {
    fn new(statistics: &StationStatistics) -> Self {
        let StationStatistics { station, taken_at, peak, peak_at, totals, listeners, titles } = statistics;
        Self {
            mount: station.mount.clone(),
            id: station.id,
            taken_at: taken_at.as_secs(),
            peak: *peak,
            peak_at: peak_at.map(|at| at.as_secs()),
            totals: *totals,
            listeners: to_runs(listeners),
            titles: titles.iter().map(TitleLine::new).collect(),
        }
    }
}

impl TitleLine {
    fn new((at, played): &StoredTitle) -> Self {
        let Title { text, artist, title, .. } = played.title.clone();
        Self { at_ms: at.as_millis() as u64, text, artist, title, set_by: played.set_by.clone() }
    }

    fn into_stored(self) -> Result<StoredTitle, String> {
        let Self { at_ms, text, artist, title, set_by } = self;
        unix_time(at_ms / 1000)?;
        let at = Duration::from_millis(at_ms);
        let title = Title { artist, title, ..Title::new(text) };
        let started_at = Moment::EarlierRun(at);
        Ok((at, Arc::new(PlayedTitle { title, set_by, started_at, cover_version: None })))
    }
}

/// Joins intervals that follow each other.
fn to_runs(intervals: &[(Duration, u32)]) -> Vec<IntervalRun> {
    let mut runs: Vec<IntervalRun> = Vec::new();
    for (begin, highest) in intervals.iter().map(|(begin, highest)| (begin.as_secs(), *highest)) {
        let is_next = |run: &&mut IntervalRun| run.from + INTERVAL_S * run.highest.len() as u64 == begin;
        match runs.last_mut().filter(is_next) {
            Some(run) => run.highest.push(highest),
            None => runs.push(IntervalRun { from: begin, highest: vec![highest] }),
        }
    }
    runs
}

/// The length of an interval, in seconds.
const INTERVAL_S: u64 = AUDIENCE_INTERVAL.as_secs();

/// Parses the line of a station.
///
/// # Errors
/// The reason in one sentence.
fn parse_station(text: &str) -> Result<Arc<StationStatistics>, String> {
    let line: StationLine =
        serde_json::from_str(text).map_err(|error| format!("not the statistics of a station: {error}"))?;
    let mut listeners = Vec::new();
    for IntervalRun { from, highest } in line.listeners {
        unix_time(from)?;
        let begins = (0..).map(|number: u64| Duration::from_secs(from + number * INTERVAL_S));
        listeners.extend(begins.zip(highest).take(AUDIENCE_INTERVALS_KEPT));
    }
    let superfluous = listeners.len().saturating_sub(AUDIENCE_INTERVALS_KEPT);
    listeners.drain(..superfluous);
    Ok(Arc::new(StationStatistics {
        station: StationIdentity { id: line.id, mount: line.mount },
        taken_at: unix_time(line.taken_at)?,
        peak: line.peak,
        peak_at: line.peak_at.map(unix_time).transpose()?,
        totals: line.totals,
        listeners,
        titles: line.titles.into_iter().map(TitleLine::into_stored).collect::<Result<_, _>>()?,
    }))
}

/// Returns a time of a file.
///
/// # Errors
/// It is not one that a clock can show.
fn unix_time(seconds: u64) -> Result<Duration, String> {
    let is_valid = seconds <= UNIX_S_MAX;
    is_valid.then(|| Duration::from_secs(seconds)).ok_or_else(|| format!("{seconds}: not a time"))
}
