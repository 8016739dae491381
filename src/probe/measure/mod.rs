//! Examines the bytes of a stream as they arrive: without a connection, and with the time as an argument.

mod bit_rate;
mod codec_choice;
mod continuity;
mod pace;
mod silence;
mod stray_metadata;
mod titles;

use std::time::Duration;

use super::finding::{FindingKind, Findings};
use super::head_check::{Announced, StreamFormat};
use super::options::ProbeOptions;
use super::report::ProbeReport;
use crate::audio::Codec;
use crate::http::source::chunked::ChunkedDecoder;
use crate::icy::{Deinterleaver, StreamPart};
use crate::time::Time;
use bit_rate::BitRate;
use codec_choice::{CodecChoice, CodecChooser};
use continuity::Continuity;
use pace::PaceMeter;
use silence::SilenceMeter;
use stray_metadata::StrayMetadata;
use titles::TitleCheck;

/// Returns whether these first bytes of a body are audio, whatever its content type.
pub(super) fn has_audio(bytes: &[u8]) -> bool {
    let mut chooser = CodecChooser::new(Codec::Mp3);
    chooser.push(bytes);
    chooser.finish() != CodecChoice::Nothing
}

/// Why the examination of a stream ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum StreamEnd {
    /// The time is over.
    Enough,
    /// The server has ended the stream.
    Ended,
    /// The connection is lost, for this reason.
    Lost(String),
}

/// The examination of one stream.
pub(super) struct StreamMeasurement<'f> {
    findings: &'f mut Findings,
    started: Time,
    chunks: Option<ChunkedDecoder>,
    deinterleaver: Deinterleaver,
    audio: AudioCheck,
    titles: TitleCheck,
    pace: PaceMeter,
    received: u64,
    /// The bytes of a push after the chunked coding was removed.
    payload: Vec<u8>,
}

/// The examination of the audio.
struct AudioCheck {
    announced: Announced,
    state: AudioState,
    stray: StrayMetadata,
    bytes: u64,
    bit_rate: BitRate,
    silence: SilenceMeter,
}

enum AudioState {
    /// The codec is not known yet.
    Choosing(CodecChooser),
    Frames(Box<Continuity>),
    /// A container or a codec that is not examined.
    Container(&'static str),
    /// Nothing is recognised.
    Unknown,
}

impl<'f> StreamMeasurement<'f> {
    /// Begins the examination of a stream in this format. `started` is when the probe has started.
    pub fn new(
        format: &StreamFormat,
        options: &ProbeOptions,
        started: Time,
        findings: &'f mut Findings,
    ) -> Self {
        Self {
            findings,
            started,
            chunks: format.is_chunked.then(ChunkedDecoder::new),
            deinterleaver: Deinterleaver::new(format.metaint),
            audio: AudioCheck::new(format, options),
            titles: TitleCheck::new(format.metaint),
            pace: PaceMeter::new(&options.thresholds),
            received: 0,
            payload: Vec::new(),
        }
    }

    /// Returns the number of bytes received.
    pub fn received(&self) -> u64 {
        self.received
    }

    /// Returns whether the body is complete.
    pub fn is_complete(&self) -> bool {
        self.chunks.as_ref().is_some_and(ChunkedDecoder::is_complete)
    }

    /// Returns whether the body cannot be read any further.
    pub fn is_broken(&self) -> bool {
        self.findings.has(FindingKind::BadChunks)
    }

    /// Examines the bytes that have arrived at `now`.
    pub fn push(&mut self, now: Time, bytes: &[u8]) {
        self.received += bytes.len() as u64;
        let mut payload = std::mem::take(&mut self.payload);
        payload.clear();
        match &mut self.chunks {
            None => payload.extend_from_slice(bytes),
            Some(chunks) => {
                if let Err(error) = chunks.push(bytes, |run| payload.extend_from_slice(run)) {
                    self.findings.add(FindingKind::BadChunks, || format!("{error}"));
                }
            }
        }
        self.push_payload(now, &payload);
        self.payload = payload;
    }

    fn push_payload(&mut self, now: Time, payload: &[u8]) {
        let since_start = now.since(self.started);
        let Self { deinterleaver, audio, titles, findings, .. } = self;
        deinterleaver.push(payload, |part| match part {
            StreamPart::Audio(bytes) => audio.push(bytes, titles, findings),
            StreamPart::Block(text) => {
                let like = audio.continuity().and_then(Continuity::last_header);
                titles.block(text, audio.bytes, since_start, like, findings);
            }
        });
        let heard = self.audio.continuity().map(Continuity::audio);
        self.pace.arrived(now, payload.len(), heard, self.findings);
    }

    /// Ends the examination and writes the results into the report.
    pub fn finish(mut self, now: Time, end: StreamEnd, report: &mut ProbeReport) {
        let findings = self.findings;
        self.pace.finish(now, self.received, self.started, report, findings);
        self.audio.finish(&mut self.titles, report, findings);
        self.titles.finish(report, findings);
        report_end(&end, self.pace.heard_for(now), findings);
    }
}

fn report_end(end: &StreamEnd, after: Duration, findings: &mut Findings) {
    let after = after.as_secs_f64();
    match end {
        StreamEnd::Enough => {}
        StreamEnd::Ended => {
            findings.add(FindingKind::Ended, || format!("the server ended the stream after {after:.1} s"))
        }
        StreamEnd::Lost(reason) => findings.add(FindingKind::ConnectionLost, || {
            format!("the connection was lost after {after:.1} s: {reason}")
        }),
    }
}

impl AudioCheck {
    fn new(format: &StreamFormat, options: &ProbeOptions) -> Self {
        let likely = match format.announced {
            Announced::Frames(codec) => codec,
            _ => Codec::Mp3,
        };
        Self {
            announced: format.announced,
            state: AudioState::Choosing(CodecChooser::new(likely)),
            stray: StrayMetadata::new(format.metaint),
            bytes: 0,
            bit_rate: BitRate::new(format.kbps, options.thresholds.bit_rate),
            silence: SilenceMeter::new(&options.thresholds),
        }
    }

    fn continuity(&self) -> Option<&Continuity> {
        match &self.state {
            AudioState::Frames(continuity) => Some(continuity),
            _ => None,
        }
    }

    fn push(&mut self, bytes: &[u8], titles: &mut TitleCheck, findings: &mut Findings) {
        self.stray.push(bytes, self.bytes, findings);
        self.bytes += bytes.len() as u64;
        match &mut self.state {
            AudioState::Choosing(chooser) => {
                let choice = chooser.push(bytes);
                self.choose(choice, titles, findings);
            }
            AudioState::Frames(_) => self.push_frames(bytes, titles, findings),
            AudioState::Container(_) | AudioState::Unknown => {}
        }
    }

    fn choose(&mut self, choice: CodecChoice, titles: &mut TitleCheck, findings: &mut Findings) {
        let AudioState::Choosing(chooser) = &mut self.state else { return };
        let beginning = chooser.take(&choice);
        match choice {
            CodecChoice::Undecided => {}
            CodecChoice::Container(name) => self.state = AudioState::Container(name),
            CodecChoice::Nothing => self.state = AudioState::Unknown,
            CodecChoice::Frames(codec) => {
                self.check_type(codec, findings);
                self.state = AudioState::Frames(Box::new(Continuity::new(codec)));
                self.push_frames(&beginning, titles, findings);
            }
        }
    }

    fn check_type(&self, codec: Codec, findings: &mut Findings) {
        let announced = match self.announced {
            Announced::Frames(announced) if announced != codec => announced.name(),
            Announced::Other => "another type",
            _ => return,
        };
        findings.add(FindingKind::ContentType, || {
            format!("the Content-Type announces {announced}, and the stream is {}", codec.name())
        });
    }

    fn push_frames(&mut self, bytes: &[u8], titles: &mut TitleCheck, findings: &mut Findings) {
        let Self { state: AudioState::Frames(continuity), bit_rate, silence, .. } = self else { return };
        continuity.push(bytes, findings, |frame, at, is_decodable, findings| {
            titles.frame(frame.offset, at);
            bit_rate.frame(frame);
            silence.frame(frame, at, is_decodable, findings);
        });
    }

    /// Decides what is still undecided, and writes the results into the report.
    fn finish(mut self, titles: &mut TitleCheck, report: &mut ProbeReport, findings: &mut Findings) {
        if let AudioState::Choosing(chooser) = &mut self.state {
            let choice = chooser.finish();
            self.choose(choice, titles, findings);
        }
        match &mut self.state {
            AudioState::Frames(continuity) => {
                continuity.finish(report, findings);
                self.bit_rate.finish(continuity.audio(), self.silence.is_heaac(), report, findings);
                self.silence.finish(continuity.audio(), report, findings);
            }
            AudioState::Container(name) => findings
                .add(FindingKind::OtherCodec, || format!("the audio is {name}, which is not examined")),
            AudioState::Unknown | AudioState::Choosing(_) => self.report_nothing(findings),
        }
    }

    fn report_nothing(&self, findings: &mut Findings) {
        let bytes = self.bytes;
        match self.announced {
            Announced::Other if bytes > 0 => findings.add(FindingKind::OtherCodec, || {
                format!("{bytes} bytes have arrived, of a type that is not examined")
            }),
            _ => findings.add(FindingKind::NoAudio, || {
                format!("{bytes} bytes of the stream contain no frames of MP3 or AAC")
            }),
        }
    }
}
