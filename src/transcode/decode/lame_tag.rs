//! The header frame of MP3 files, Xing or Info, and the samples that LAME says it has added.
//!
//! <http://gabriel.mp3-tech.org/mp3infotag.html>

use super::file_view::FileView;
use super::first_frames::FirstFrames;
use super::trim::Trim;
use crate::audio::{Codec, Header};

/// What a header frame says about the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LameTag {
    /// The number of samples that are heard, as far as the tag knows.
    pub samples: Option<u64>,
    /// Which samples of the decoded file are heard.
    pub trim: Trim,
}

/// How many bytes are searched for the first frame.
const SEARCHED: usize = 64 << 10;

/// The delay of a decoder in samples, which LAME does not count.
const DECODER_DELAY: u64 = 529;

/// How many bytes behind the audio that the tag knows are searched for more audio. Tags of files are shorter,
/// if they have no picture.
const SEARCHED_BEHIND: usize = 128 << 10;

impl LameTag {
    /// Returns the tag of a file, if its first frame is one.
    pub fn read(view: &FileView) -> Option<Self> {
        let bytes = view.peek(0, SEARCHED);
        let starts = (0..bytes.len()).filter(|at| bytes[*at] == 0xFF);
        let (at, header) =
            starts.filter_map(|at| Some((at, mp3_header(&bytes, at)?))).find(|(at, header)| {
                tag_at(&bytes[*at..], header).is_some() || follows(&bytes, at + header.frame_len(), header)
            })?;
        let frame = &bytes[at..bytes.len().min(at + header.frame_len())];
        let tag = &frame[tag_at(frame, &header)?..];
        Self::parse(tag, &header, |bytes| {
            let behind = view.peek(at as u64 + u64::from(bytes), SEARCHED_BEHIND);
            FirstFrames::new(Codec::Mp3, &behind).has_frames()
        })
    }

    /// Parses what begins with `Xing` or `Info`. `has_more` returns whether there are frames behind this
    /// number of bytes of audio: another file was appended then, and the tag says nothing about the end.
    fn parse(tag: &[u8], header: &Header, has_more: impl FnOnce(u32) -> bool) -> Option<Self> {
        let flags = number(tag, 4)?;
        let mut at = 8;
        let mut field = |flag: u32, len: usize| (flags & flag != 0).then(|| (at, at += len).0);
        let frames = field(1, 4).and_then(|at| number(tag, at));
        let bytes = field(2, 4).and_then(|at| number(tag, at));
        field(4, 100);
        field(8, 4);
        let total =
            frames.filter(|frames| *frames > 0).map(|frames| u64::from(frames) * u64::from(header.samples()));
        let has_appendix = bytes.is_some_and(has_more);
        let total = total.filter(|_| !has_appendix);
        let Some((delay, padding)) = tag.get(at..).and_then(gaps) else {
            return Some(Self { samples: total, trim: Trim::default() });
        };
        let samples =
            total.and_then(|total| total.checked_sub(delay + padding)).filter(|samples| *samples > 0);
        Some(Self { samples, trim: Trim::new(delay + DECODER_DELAY, samples) })
    }
}

/// Returns the delay and the padding of LAME, or of libavformat, which writes the same.
fn gaps(lame: &[u8]) -> Option<(u64, u64)> {
    let is_known =
        [&b"LAME"[..], b"Lavf", b"Lavc", b"L3.9", b"GOGO"].iter().any(|name| lame.starts_with(name));
    let [a, b, c] = *lame.get(21..)?.first_chunk()?;
    let (delay, padding) = (u64::from(a) << 4 | u64::from(b >> 4), u64::from(b & 15) << 8 | u64::from(c));
    (is_known && (delay, padding) != (0, 0)).then_some((delay, padding))
}

/// Returns the offset of `Xing` or `Info` in a frame: behind the side information.
fn tag_at(frame: &[u8], header: &Header) -> Option<usize> {
    let side_information = match (header.samples(), header.channels()) {
        (1152, 1) => 17,
        (1152, _) => 32,
        (_, 1) => 9,
        (_, _) => 17,
    };
    // LAME leaves no room for a checksum, other programs do.
    let at = Header::MP3_LEN + side_information;
    [at, at + 2]
        .into_iter()
        .find(|at| frame.get(*at..at + 4).is_some_and(|magic| magic == b"Xing" || magic == b"Info"))
}

fn follows(bytes: &[u8], at: usize, header: &Header) -> bool {
    mp3_header(bytes, at).is_some_and(|next| next.is_compatible_with(header))
}

fn mp3_header(bytes: &[u8], at: usize) -> Option<Header> {
    Header::parse_mp3(*bytes.get(at..)?.first_chunk()?)
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|bytes| u32::from_be_bytes(*bytes))
}
