//! Titles: where they are in the stream, and whether players can read them.

use std::time::Duration;

use crate::audio::Header;
use crate::http::text::to_single_line;
use crate::icy::Title;
use crate::probe::finding::{FindingKind, Findings};
use crate::probe::report::{HeardTitle, ProbeReport};
use crate::time::AudioTime;

/// The most titles that are reported.
const TITLES_MAX: usize = 100;

/// The longest block that all players read, in bytes.
const SHORT_BLOCK_MAX: usize = 255;

/// The most bytes of a received text in the report.
const TEXT_MAX: usize = 300;

const KEY: &[u8] = b"streamtitle='";

/// The metadata blocks of a stream.
pub(super) struct TitleCheck {
    metaint: Option<u32>,
    blocks: u64,
    empty_blocks: u64,
    titles: Vec<HeardTitle>,
    /// The index of the first title whose frame has not come yet.
    unplaced: usize,
}

impl TitleCheck {
    pub fn new(metaint: Option<u32>) -> Self {
        Self { metaint, blocks: 0, empty_blocks: 0, titles: Vec::new(), unplaced: 0 }
    }

    /// Examines a block that comes after `at` bytes of audio, `since_start` after the start of the probe.
    /// `like` is the header of the frames around it.
    pub fn block(
        &mut self,
        block: &[u8],
        at: u64,
        since_start: Duration,
        like: Option<Header>,
        findings: &mut Findings,
    ) {
        self.blocks += 1;
        if block.is_empty() {
            self.empty_blocks += 1;
            return;
        }
        if like.is_some_and(|like| contains_frame(block, like)) {
            findings.add(FindingKind::AudioInBlock, || {
                format!(
                    "the block at byte {at} of the audio claims {} bytes, and contains audio",
                    block.len()
                )
            });
        }
        let Some(title) = Title::parse(block) else {
            findings.add(FindingKind::NoStreamTitle, || {
                format!("the block at byte {at} of the audio has no StreamTitle: {:?}", shown(block))
            });
            return;
        };
        check_text(text(block), at, findings);
        if self.titles.len() < TITLES_MAX {
            let url = to_single_line(&title.url, TEXT_MAX);
            let title = to_single_line(&title.text, TEXT_MAX).unwrap_or_default();
            let received_s = since_start.as_secs_f64();
            self.titles.push(HeardTitle { title, url, at_byte: at, at_s: None, received_s });
        }
    }

    /// Notes that a frame begins at byte `offset` of the audio, at this time.
    pub fn frame(&mut self, offset: u64, at: AudioTime) {
        while let Some(title) = self.titles.get_mut(self.unplaced).filter(|title| title.at_byte <= offset) {
            title.at_s = Some(at.duration().as_secs_f64());
            self.unplaced += 1;
        }
    }

    /// Writes the results into the report.
    pub fn finish(self, report: &mut ProbeReport, findings: &mut Findings) {
        let has_title = self.titles.iter().any(|title| !title.title.is_empty());
        let is_expected = self.blocks > 0 && report.audio.is_some();
        if let (Some(metaint), true, false) = (self.metaint, is_expected, has_title) {
            findings.add(FindingKind::NoTitle, || {
                format!("none of the {} blocks, one every {metaint} bytes, had a title", self.blocks)
            });
        }
        report.metadata.blocks = self.blocks;
        report.metadata.empty_blocks = self.empty_blocks;
        report.metadata.titles = self.titles;
    }
}

/// Returns the text of a block, without its padding.
fn text(block: &[u8]) -> &[u8] {
    block.split(|byte| *byte == 0).next().unwrap_or_default()
}

fn shown(block: &[u8]) -> String {
    to_single_line(&String::from_utf8_lossy(text(block)), 60).unwrap_or_default()
}

/// Looks for what some players cannot read in the text of a block with a title.
fn check_text(text: &[u8], at: u64, findings: &mut Findings) {
    let begin = text.windows(KEY.len()).position(|window| window.eq_ignore_ascii_case(KEY));
    let value = begin.map_or(text, |begin| &text[begin + KEY.len()..]);
    if !value.windows(2).any(|window| window == b"';") {
        findings.add(FindingKind::UnterminatedTitle, || {
            format!(
                "the title at byte {at} of the audio does not end with a quote and a semicolon: {:?}",
                shown(text)
            )
        });
    }
    match str::from_utf8(text) {
        Err(_) => findings.add(FindingKind::TitleCharset, || {
            format!(
                "the title at byte {at} of the audio is not UTF-8: web players show it with wrong characters"
            )
        }),
        Ok(text) if text.contains(char::is_control) => findings.add(FindingKind::ControlCharacters, || {
            format!("the title at byte {at} of the audio contains control characters")
        }),
        Ok(_) => {}
    }
    if text.len() > SHORT_BLOCK_MAX {
        findings.add(FindingKind::LongTitle, || {
            format!("the block at byte {at} of the audio has {} bytes, and some players read 255", text.len())
        });
    }
}

/// Returns whether the header of a frame like this one is in a block.
fn contains_frame(block: &[u8], like: Header) -> bool {
    let mut starts = (0..block.len()).filter(|at| block[*at] == 0xFF);
    starts.any(|at| Header::parse(like.codec(), &block[at..]).is_some_and(|it| it.is_compatible_with(&like)))
}
