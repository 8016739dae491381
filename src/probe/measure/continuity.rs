//! Finds the frames of a stream, and what is missing or damaged between them.

use crate::audio::{Codec, Frame, FrameChecker, FrameFault, Framer, Header};
use crate::probe::finding::{FindingKind, Findings};
use crate::probe::report::{JoinReport, ProbeReport};
use crate::time::AudioTime;

/// The frames of a stream.
pub(super) struct Continuity {
    framer: Framer,
    checker: FrameChecker,
    last: Option<Header>,
    join: Option<JoinReport>,
    frames: u64,
    /// The length of all frames.
    audio: AudioTime,
    /// Where the last frame ends.
    end: u64,
    /// The bytes of junk and the number of truncated frames before the last frame.
    junk: u64,
    truncated: u64,
}

impl Continuity {
    /// Returns the examination of frames of this codec.
    pub fn new(codec: Codec) -> Self {
        Self {
            framer: Framer::with_codec(codec),
            checker: FrameChecker::default(),
            last: None,
            join: None,
            frames: 0,
            audio: AudioTime::ZERO,
            end: 0,
            junk: 0,
            truncated: 0,
        }
    }

    /// Returns the header of the last frame.
    pub fn last_header(&self) -> Option<Header> {
        self.last
    }

    /// Returns how much audio there was.
    pub fn audio(&self) -> AudioTime {
        self.audio
    }

    /// Examines the next bytes of audio. Calls `each` for every frame that they complete, with its time in
    /// the stream, and whether it can be decoded without frames that were not received.
    pub fn push(
        &mut self,
        bytes: &[u8],
        findings: &mut Findings,
        mut each: impl FnMut(&Frame<'_>, AudioTime, bool, &mut Findings),
    ) {
        self.framer.push(bytes);
        loop {
            let Self { framer, checker, last, join, frames, audio, end, .. } = self;
            let Some(frame) = framer.next_frame() else { break };
            let place = FramePlace { byte: frame.offset, audio: *audio };
            join.get_or_insert(JoinReport { on_frame: true, bytes_before: frame.offset });
            if let Some(before) = last.replace(frame.header).filter(|it| it.format() != frame.header.format())
            {
                findings.add(FindingKind::FormatChange, || {
                    format!("{place}: {} follows {}", frame.header.format(), before.format())
                });
            }
            if frame.offset != *end {
                // What is missing is reported below, and not again by what refers to it.
                checker.restart();
            }
            *end = frame.offset + frame.bytes.len() as u64;
            let checked = checker.check(&frame);
            each(&frame, *audio, checked == Ok(true), findings);
            *frames += 1;
            *audio += frame.header.duration();
            self.check_gap(place, findings);
            if let Err(fault) = checked {
                report_fault(fault, place, findings);
            }
        }
    }

    /// Looks for junk and truncated frames before the frame at `place`.
    fn check_gap(&mut self, place: FramePlace, findings: &mut Findings) {
        let (junk, truncated) = (self.framer.junk() - self.junk, self.framer.truncated() - self.truncated);
        (self.junk, self.truncated) = (self.framer.junk(), self.framer.truncated());
        if junk == 0 {
            return;
        }
        match &mut self.join {
            Some(join) if self.frames == 1 => {
                join.on_frame = false;
                findings.add(FindingKind::OffFrameJoin, || {
                    format!("the stream begins with {junk} bytes of an incomplete frame")
                });
            }
            _ if truncated > 0 => findings.add(FindingKind::TornFrame, || {
                format!("{place}: a frame has only {junk} of its bytes, and the next one follows")
            }),
            _ => findings.add(FindingKind::Junk, || {
                format!("{place}: {junk} bytes before this frame belong to no frame")
            }),
        }
    }

    /// Writes the results into the report.
    pub fn finish(&mut self, report: &mut ProbeReport, findings: &mut Findings) {
        let rest = self.framer.junk() - self.junk;
        if rest > 0 && self.frames > 0 {
            let place = FramePlace { byte: 0, audio: self.audio };
            findings.add(FindingKind::Junk, || {
                format!("after {:.2} s of audio, {rest} bytes belong to no frame", place.seconds())
            });
        }
        let tags = self.framer.skipped() - self.framer.junk();
        if tags > 0 {
            findings.add(FindingKind::Tags, || {
                format!("{tags} bytes of tags or tables of files are in the stream")
            });
        }
        report.join = self.join;
        report.frames = self.frames;
        report.audio_s = self.audio.duration().as_secs_f64();
    }
}

/// Where a frame is.
#[derive(Debug, Clone, Copy)]
struct FramePlace {
    byte: u64,
    audio: AudioTime,
}

impl FramePlace {
    fn seconds(self) -> f64 {
        self.audio.duration().as_secs_f64()
    }
}

impl std::fmt::Display for FramePlace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "at byte {} of the audio ({:.2} s)", self.byte, self.seconds())
    }
}

fn report_fault(fault: FrameFault, place: FramePlace, findings: &mut Findings) {
    match fault {
        FrameFault::Checksum => findings
            .add(FindingKind::Checksum, || format!("{place}: the checksum of the frame is wrong")),
        FrameFault::TooMuchData => findings.add(FindingKind::DamagedFrame, || {
            format!("{place}: the frame claims more data than there is")
        }),
        FrameFault::Overlap => findings.add(FindingKind::LostFrame, || {
            format!("{place}: the data of the frame overlaps that of the frame before, one between them is missing")
        }),
    }
}
