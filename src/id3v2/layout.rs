//! Finds the frames of a tag. Headers of tags and frames can be wrong, so what follows decides.

use std::io::{Read, Seek};

use super::bytes::TagBytes;
use super::frame::{FrameContent, FrameHeader, syncsafe};

/// Maximum number of frames of a tag that are looked at. Real tags have up to a few hundred.
const MAX_FRAMES: usize = 10_000;

/// Flags in the header of a tag.
const UNSYNCHRONISED: u8 = 0x80;
const EXTENDED: u8 = 0x40;

/// Number of bytes that must be zero, if the tag has as many, to count as padding.
const PADDING: usize = 256;

/// A frame whose content is read.
#[derive(Debug, Clone, Copy)]
pub struct FoundFrame {
    pub header: FrameHeader,
    pub content: FrameContent,
    /// The position of the content in the tag.
    pub at: u64,
    /// The length of the content, which is not always that in the header.
    pub len: u64,
}

/// The frames of a tag.
#[derive(Debug, Default)]
pub struct Layout {
    pub version: u8,
    pub frames: Vec<FoundFrame>,
    /// Whether the entire tag is unsynchronised. Since version 2.4 only frames should be.
    pub is_decoded: bool,
    /// Number of frames, also of those that are not read.
    count: usize,
    /// Whether all of the tag is frames and padding.
    is_complete: bool,
}

/// What is at a position, by how sure it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Following {
    Nothing,
    Padding,
    End,
    Frame,
}

impl Layout {
    /// Finds the frames of a tag with this version and these flags. `bytes` are decoded afterwards if the
    /// entire tag is unsynchronised.
    ///
    /// Takes the first reading in which frames and padding fill the tag, else the one with most frames. The
    /// one that the header describes is the first to be tried, if its bytes are possible.
    pub fn find<S: Read + Seek>(bytes: &mut TagBytes<'_, S>, version: u8, flags: u8) -> Self {
        let is_set = flags & UNSYNCHRONISED != 0;
        // Before version 2.4 the flag is about the entire tag.
        let is_likely = is_set && version < 4 && bytes.may_be_unsynchronised();
        let mut best = Self::default();
        for is_decoded in [is_likely, !is_likely] {
            if is_decoded && !is_set && best.is_complete {
                break;
            }
            bytes.set_decoded(is_decoded);
            for (version, start) in starts(bytes, version, flags) {
                let layout = Self::walk(bytes, version, start, is_decoded);
                if layout.count > best.count || best.version == 0 {
                    best = layout;
                }
                if best.is_complete && best.count > 0 {
                    return best;
                }
            }
        }
        bytes.set_decoded(best.is_decoded);
        best
    }

    /// Goes through the frames from `start` on, up to the padding or to the first damage.
    fn walk<S: Read + Seek>(bytes: &mut TagBytes<'_, S>, version: u8, start: u64, is_decoded: bool) -> Self {
        let mut layout = Self { version, is_decoded, ..Self::default() };
        let mut at = start;
        while layout.count < MAX_FRAMES {
            let Some((header, len)) = next_frame(bytes, version, at) else { break };
            let content_at = at + FrameHeader::len_in(version);
            if let Some(content) = header.content_kind() {
                layout.frames.push(FoundFrame { header, content, at: content_at, len });
            }
            layout.count += 1;
            at = content_at + len;
        }
        let rest = following(bytes, version, at);
        layout.is_complete = layout.count == MAX_FRAMES || rest >= Following::Padding;
        layout
    }
}

/// Returns the versions and the positions of the first frame with which a tag can be read, the likely ones
/// first. The flag of the extended header is set in tags without one, and programs count its length as
/// another version does.
fn starts<S: Read + Seek>(bytes: &mut TagBytes<'_, S>, version: u8, flags: u8) -> Vec<(u8, u64)> {
    let (end, size) = (bytes.len(), bytes.get(0, 4).first_chunk().copied());
    // The first byte of a frame is a letter.
    let size = size.filter(|size: &[u8; 4]| version > 2 && size[0] == 0).unwrap_or([0xff; 4]);
    let behind = [u64::from(u32::from_be_bytes(size)) + 4, u64::from(syncsafe(size)).max(4)];
    let [likely, other] = if version == 4 { [behind[1], behind[0]] } else { behind };
    let starts = if flags & EXTENDED == 0 { [0, likely, other] } else { [likely, other, 0] };
    let other_version = if version == 2 { 3 } else { 2 };
    let all = starts.map(|start| (version, start)).into_iter().chain([(other_version, 0)]);
    all.filter(|(_, start)| *start <= end).collect()
}

/// Returns the frame at this position and the length of its content. `None` if there is only padding, or
/// something that is not a frame, or a frame that is longer than the tag.
fn next_frame<S: Read + Seek>(
    bytes: &mut TagBytes<'_, S>,
    version: u8,
    at: u64,
) -> Option<(FrameHeader, u64)> {
    let header = FrameHeader::parse(bytes.get(at, FrameHeader::len_in(version) as usize), version)?;
    let content_at = at + FrameHeader::len_in(version);
    let left = bytes.len().saturating_sub(content_at);
    let [len, other] = [Some(header.len), header.other_len].map(|len| len.filter(|len| *len <= left));
    let Some(other) = other else { return Some((header, len?)) };
    let mut what = |len: u64| following(bytes, version, content_at + len);
    let is_other = len.is_none_or(|len| {
        let expected = what(len);
        expected < Following::Frame && what(other) > expected
    });
    if is_other && what(other) == Following::Nothing {
        return Some((header, len?));
    }
    Some((header, if is_other { other } else { len? }))
}

/// Returns what is at this position. Only a frame that fits into the tag and is not empty counts as one.
fn following<S: Read + Seek>(bytes: &mut TagBytes<'_, S>, version: u8, at: u64) -> Following {
    if at == bytes.len() {
        return Following::End;
    }
    let head = bytes.get(at, PADDING);
    let (header, is_padding) = (FrameHeader::parse(head, version), head.iter().all(|byte| *byte == 0));
    let left = bytes.len().saturating_sub(at + FrameHeader::len_in(version));
    let fits = |len: u64| (1..=left).contains(&len);
    match header {
        Some(header) if fits(header.len) || header.other_len.is_some_and(fits) => Following::Frame,
        _ if is_padding && at < bytes.len() => Following::Padding,
        _ => Following::Nothing,
    }
}
