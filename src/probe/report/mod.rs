//! The report about a stream: its data, as JSON and as text.

mod text;

use serde::Serialize;

use super::finding::{Findings, Severity, StreamFinding};
use super::network::TlsSummary;
use super::shown::shown;
use crate::http::source::head::SourceInfo;
use crate::http::upstream::ResponseHead;
use crate::stream_url::StreamUrl;

pub use text::render_text;

/// What was found out about a stream. What could not be found out is missing. All times are in seconds.
#[derive(Debug, Clone, Serialize)]
pub struct ProbeReport {
    /// The URL, without login and query.
    pub url: String,
    /// The worst finding decides it.
    pub status: ProbeStatus,
    /// The findings, the worst first.
    pub findings: Vec<StreamFinding>,
    /// The redirects and playlists before the stream.
    pub via: Vec<Hop>,
    /// The last connection.
    pub connection: Option<ConnectionReport>,
    /// The headers of the last response.
    pub headers: Vec<(String, String)>,
    /// The name of the station.
    pub name: Option<String>,
    /// The genre of the station.
    pub genre: Option<String>,
    /// When the steps were done, since the start.
    pub times: StepTimes,
    /// How long the stream was received.
    pub heard_s: f64,
    /// Bytes of the stream, with titles.
    pub received_bytes: u64,
    /// Where the stream begins.
    pub join: Option<JoinReport>,
    /// The number of frames.
    pub frames: u64,
    /// How much audio there was.
    pub audio_s: f64,
    /// The codec and the bit rate.
    pub audio: Option<AudioReport>,
    /// When the audio arrived.
    pub pace: Option<PaceReport>,
    /// The titles.
    pub metadata: TitlesReport,
    /// The level of the audio.
    pub silence: Option<SilenceReport>,
}

/// The status of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ProbeStatus {
    /// There are no faults.
    Ok,
    /// The stream can be heard, with faults, or could not be examined.
    Warning,
    /// There is nothing to hear.
    Critical,
}

/// A URL that has led to another one.
#[derive(Debug, Clone, Serialize)]
pub struct Hop {
    /// The URL, without login and query.
    pub url: String,
    /// Such as `redirect 302`.
    pub because: String,
}

/// A connection and the beginning of its response.
#[derive(Debug, Clone, Serialize)]
pub struct ConnectionReport {
    /// The address of the server.
    pub address: String,
    /// `None` without TLS.
    pub tls: Option<TlsSummary>,
    /// The protocol of the response, such as `HTTP/1.0` or `ICY`.
    pub protocol: Option<String>,
    /// The status code and the reason.
    pub status: Option<String>,
}

/// When the steps of the last connection were done.
#[derive(Debug, Clone, Default, Serialize)]
pub struct StepTimes {
    /// It was open, after the handshake of TLS.
    pub connected_s: Option<f64>,
    /// The head of the response was complete.
    pub head_s: Option<f64>,
    /// The first byte of the stream was there.
    pub first_byte_s: Option<f64>,
    /// 64 KiB of the stream were there.
    pub first_64_kib_s: Option<f64>,
}

/// Where a stream begins.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct JoinReport {
    /// Whether it begins with a frame, or with a tag before one.
    pub on_frame: bool,
    /// The bytes before the first frame.
    pub bytes_before: u64,
}

/// The codec and the bit rate.
#[derive(Debug, Clone, Serialize)]
pub struct AudioReport {
    /// `MP3`, `AAC` or `HE-AAC`.
    pub codec: &'static str,
    /// In Hz. HE-AAC plays at twice this rate.
    pub sample_rate_hz: u32,
    /// The number of channels.
    pub channels: u8,
    /// The mean of all frames.
    pub bit_rate_kbps: u32,
    /// Whether the bit rate of the frames differs.
    pub is_variable: bool,
    /// The bit rate that the headers announce.
    pub announced_kbps: Option<u32>,
}

/// When the audio arrived.
#[derive(Debug, Clone, Serialize)]
pub struct PaceReport {
    /// How much audio came at once in the beginning; `None` if it went on.
    pub burst_s: Option<f64>,
    /// The same in bytes, with titles.
    pub burst_bytes: Option<u64>,
    /// Seconds of audio for each second after the burst.
    pub audio_per_second: Option<f64>,
    /// The longest time without any bytes.
    pub longest_pause_s: f64,
    /// How much audio a player that starts at once had left when it was the least; negative if it had to
    /// wait.
    pub lowest_buffer_s: Option<f64>,
}

/// The metadata blocks.
#[derive(Debug, Clone, Default, Serialize)]
pub struct TitlesReport {
    /// Bytes of audio between two blocks; `None` without titles.
    pub interval: Option<u32>,
    /// The number of blocks.
    pub blocks: u64,
    /// Those without a text, which mean that the title has not changed.
    pub empty_blocks: u64,
    /// The titles, at most a hundred.
    pub titles: Vec<HeardTitle>,
}

/// A title.
#[derive(Debug, Clone, Serialize)]
pub struct HeardTitle {
    /// The text, which may be empty.
    pub title: String,
    /// The `StreamUrl`.
    pub url: Option<String>,
    /// How many bytes of audio came before it.
    pub at_byte: u64,
    /// When the first frame after it plays; `None` if there was none.
    pub at_s: Option<f64>,
    /// When it has arrived, since the start of the probe.
    pub received_s: f64,
}

/// The level of the audio.
#[derive(Debug, Clone, Serialize)]
pub struct SilenceReport {
    /// The longest silence.
    pub longest_s: f64,
    /// When it has begun, as a time in the audio.
    pub longest_at_s: f64,
    /// The level of the loudest frame (RMS), in dB relative to full scale.
    pub highest_level_db: f64,
}

impl ProbeReport {
    /// Returns an empty report.
    pub(super) fn new(url: &StreamUrl) -> Self {
        Self {
            url: url.to_string(),
            status: ProbeStatus::Ok,
            findings: Vec::new(),
            via: Vec::new(),
            connection: None,
            headers: Vec::new(),
            name: None,
            genre: None,
            times: StepTimes::default(),
            heard_s: 0.0,
            received_bytes: 0,
            join: None,
            frames: 0,
            audio_s: 0.0,
            audio: None,
            pace: None,
            metadata: TitlesReport::default(),
            silence: None,
        }
    }

    /// Notes a new connection, this long after the start.
    pub(super) fn connected(&mut self, address: String, tls: Option<TlsSummary>, after: std::time::Duration) {
        self.connection = Some(ConnectionReport { address, tls, protocol: None, status: None });
        self.times = StepTimes { connected_s: Some(after.as_secs_f64()), ..StepTimes::default() };
        self.headers.clear();
    }

    /// Notes the response on the last connection.
    pub(super) fn answered(&mut self, head: &ResponseHead, after: std::time::Duration) {
        if let Some(connection) = &mut self.connection {
            connection.protocol = Some(head.protocol.clone());
            connection.status = Some(shown(&format!("{} {}", head.code, head.reason)));
        }
        self.times.head_s = Some(after.as_secs_f64());
        self.headers.clone_from(&head.headers);
    }

    /// Notes how the server describes the station.
    pub(super) fn describe(&mut self, info: SourceInfo) {
        (self.name, self.genre) = (info.name, info.genre);
    }

    /// Adds the findings.
    pub(super) fn close(&mut self, findings: Findings) {
        self.findings = findings.into_sorted();
        self.status = match self.findings.first().map(|worst| worst.severity) {
            Some(Severity::Outage) => ProbeStatus::Critical,
            Some(Severity::Fault) => ProbeStatus::Warning,
            Some(Severity::Note) | None => ProbeStatus::Ok,
        };
    }
}

/// Returns the exit status of a monitoring plug-in: 0 if all streams are fine, 1 if one has faults, 2 if
/// there is one with nothing to hear.
pub fn exit_status(reports: &[ProbeReport]) -> u8 {
    let worst = reports.iter().map(|report| report.status).max();
    match worst.unwrap_or(ProbeStatus::Ok) {
        ProbeStatus::Ok => 0,
        ProbeStatus::Warning => 1,
        ProbeStatus::Critical => 2,
    }
}

/// All reports as JSON.
#[derive(Serialize)]
struct AllReports<'r> {
    status: ProbeStatus,
    streams: &'r [ProbeReport],
}

/// Renders the reports as JSON.
pub fn render_json(reports: &[ProbeReport]) -> String {
    let status = reports.iter().map(|report| report.status).max().unwrap_or(ProbeStatus::Ok);
    let all = AllReports { status, streams: reports };
    let json = serde_json::to_string_pretty(&all).expect("a report is JSON");
    json + "\n"
}
