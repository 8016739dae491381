//! Decides what the next bytes of an input are: a frame, a tag, junk, or undecided.
//!
//! Every decision depends only on the bytes from the current position on, and is postponed until further
//! bytes cannot change it. So the frames do not depend on how the input is cut into pieces.

use super::codec::Codec;
use super::header::Header;
use super::tags::{self, Tag};

/// The number of frames in a row that are needed behind junk, unless they agree with frames that were found
/// before.
///
/// Data that is not MP3 contains compatible headers at the right distance by chance. In 24-bit PCM of quiet
/// music, 2 in a row were found once in 1.5 MB, 3 in a row a few times in a gigabyte, and 4 never. In random
/// data, 2 in a row are expected once in 4 GB (protocol-notes/mp3.md).
const FRAMES_BEHIND_JUNK: usize = 4;

/// Returns the most bytes that can be undecided. The longest case is the first frame behind junk: the frames
/// that must follow it, and the tag that may follow instead of the last one.
///
/// The other long case is a frame that is followed by junk. Another frame may begin inside it, at the latest
/// at its last byte. To confirm that frame, all of its bytes and the header after it are needed.
pub const fn max_undecided(codec: Codec) -> usize {
    (FRAMES_BEHIND_JUNK - 1) * codec.max_frame_len() + tags::LOOKAHEAD
}

const _: () =
    assert!(tags::LOOKAHEAD <= Codec::Mp3.max_frame_len(), "a tag inside a truncated frame is recognised");
const _: () =
    assert!(tags::LOOKAHEAD <= Codec::Aac.max_frame_len(), "a tag inside a truncated frame is recognised");
const _: () = assert!(FRAMES_BEHIND_JUNK > 2, "a frame that is followed by junk is decided, too");

/// The state of synchronisation. In a state with less information, a frame needs more confirmation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sync {
    /// Only tags were read: a frame of any format is expected here.
    Start,
    /// A frame with this header ended here: a compatible frame is expected.
    Locked(Header),
    /// Junk came before: a frame may begin at any byte. The header is that of the last frame before the junk.
    Lost(Option<Header>),
}

/// What to do with the next bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Undecided. Try again when there are more bytes, or at the end of the input.
    Wait,
    /// A whole frame with this header begins here.
    Frame(Header),
    /// A tag of this many bytes begins here.
    Tag(u64),
    /// This many bytes are junk. Sync is lost.
    Junk(usize),
    /// This many bytes are a truncated frame, after which another frame or a tag begins. Sync is kept.
    Truncated(usize),
}

/// What follows a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Successor {
    /// A compatible header.
    Frame,
    /// A tag, or the end of the input.
    Boundary,
    /// Something else.
    Junk,
    /// The input ends before the frame does.
    Truncated,
}

/// The input from the current position on.
#[derive(Debug, Clone, Copy)]
pub struct ScanWindow<'a> {
    /// The codec of the frames.
    pub codec: Codec,
    /// All bytes that have arrived.
    pub bytes: &'a [u8],
    /// Whether no more bytes will arrive.
    pub is_last: bool,
}

impl ScanWindow<'_> {
    /// Returns what to do with the first of these bytes.
    pub fn step(self, sync: Sync) -> Step {
        if self.bytes.len() < self.codec.header_len() {
            return self.rest_is_junk();
        }
        if let Some(header) = Header::parse(self.codec, self.bytes) {
            return self.step_at_header(header, sync);
        }
        match Tag::at(self.bytes, self.is_last) {
            Tag::Found(len) => Step::Tag(len),
            Tag::Undecided => Step::Wait,
            Tag::None => Step::Junk(self.junk_len()),
        }
    }

    /// Returns the step for fewer bytes than a header has.
    fn rest_is_junk(self) -> Step {
        if self.is_last && !self.bytes.is_empty() { Step::Junk(self.bytes.len()) } else { Step::Wait }
    }

    /// Returns how many bytes to skip: the first one, and those after it that begin neither a frame nor a
    /// tag.
    fn junk_len(self) -> usize {
        let begins_something = |byte: &u8| matches!(byte, 0xFF | b'I' | b'T' | b'A');
        1 + self.bytes[1..].iter().position(begins_something).unwrap_or(self.bytes.len() - 1)
    }

    fn step_at_header(self, header: Header, sync: Sync) -> Step {
        let Some(successor) = self.successor(header) else { return Step::Wait };
        let is_compatible = |before: Header| before.is_compatible_with(&header);
        match (successor, sync) {
            (Successor::Frame, Sync::Lost(before)) if !before.is_some_and(is_compatible) => {
                self.step_behind_junk(header)
            }
            (Successor::Frame, _) | (Successor::Boundary, Sync::Start | Sync::Locked(_)) => {
                Step::Frame(header)
            }
            (Successor::Junk | Successor::Truncated, Sync::Locked(before)) if is_compatible(before) => {
                self.step_at_suspect(header, successor)
            }
            _ => Step::Junk(1),
        }
    }

    /// Returns the step at a header behind junk that is followed by a compatible one. More frames must follow
    /// than one, because two headers may agree by chance. Fewer are sufficient if a tag or the end of the
    /// input follows.
    fn step_behind_junk(self, first: Header) -> Step {
        let (mut window, mut header) = (self, first);
        for _ in 2..FRAMES_BEHIND_JUNK {
            window.bytes = &window.bytes[header.frame_len()..];
            let Some(next) = Header::parse(self.codec, window.bytes) else { return Step::Junk(1) };
            match window.successor(next) {
                None => return Step::Wait,
                Some(Successor::Frame) => header = next,
                Some(Successor::Boundary | Successor::Truncated) => break,
                Some(Successor::Junk) => return Step::Junk(1),
            }
        }
        Step::Frame(first)
    }

    /// Returns the step at an expected frame that is followed by neither a frame nor a tag. Either the frame
    /// is complete and junk follows, or its end was lost (a lost connection, a truncated file) and the next
    /// frame begins inside it. In the second case, playing the frame would be audible, so this is checked.
    fn step_at_suspect(self, header: Header, successor: Successor) -> Step {
        let needed = header.frame_len() - 1 + self.codec.max_frame_len() + self.codec.header_len();
        if self.bytes.len() < needed && !self.is_last {
            return Step::Wait;
        }
        let mut inside = 1..header.frame_len().min(self.bytes.len());
        match (inside.find(|at| self.resumes_at(*at, header)), successor) {
            (Some(at), _) => Step::Truncated(at),
            (None, Successor::Junk) => Step::Frame(header),
            (None, _) => Step::Junk(1),
        }
    }

    /// Returns whether the stream resumes at this position: with a tag, or with a compatible frame that is
    /// followed by another one or by the end. `step_at_suspect` has waited for all bytes that this reads.
    fn resumes_at(self, at: usize, header: Header) -> bool {
        let window = ScanWindow { bytes: &self.bytes[at..], ..self };
        if window.bytes.len() < self.codec.header_len() {
            return false;
        }
        match Header::parse(self.codec, window.bytes) {
            Some(next) => next.is_compatible_with(&header) && window.is_followed(next),
            None => matches!(Tag::at(window.bytes, self.is_last), Tag::Found(_)),
        }
    }

    fn is_followed(self, header: Header) -> bool {
        match self.bytes.get(header.frame_len()..) {
            None => false,
            Some([]) => self.is_last,
            Some(bytes) => starts_compatible(bytes, header),
        }
    }

    /// Returns what follows the frame with this header, or `None` if more bytes are needed to decide.
    fn successor(self, header: Header) -> Option<Successor> {
        let Some(bytes) = self.bytes.get(header.frame_len()..) else {
            return self.is_last.then_some(Successor::Truncated);
        };
        if bytes.len() < self.codec.header_len() {
            return self.successor_from_few(bytes);
        }
        if starts_compatible(bytes, header) {
            return Some(Successor::Frame);
        }
        match Tag::at(bytes, self.is_last) {
            Tag::Found(_) => Some(Successor::Boundary),
            Tag::Undecided => None,
            Tag::None => Some(Successor::Junk),
        }
    }

    fn successor_from_few(self, bytes: &[u8]) -> Option<Successor> {
        let at_end = if bytes.is_empty() { Successor::Boundary } else { Successor::Junk };
        self.is_last.then_some(at_end)
    }
}

/// Returns whether `bytes` begin with a header that is compatible with this one.
fn starts_compatible(bytes: &[u8], header: Header) -> bool {
    Header::parse(header.codec(), bytes).is_some_and(|next| next.is_compatible_with(&header))
}

#[cfg(test)]
mod tests {
    use super::super::test_data::{aac_header, frame, id3v1, id3v2, mp3_header};
    use super::*;

    const CODEC: Codec = Codec::Mp3;
    const HEADER: Header = Header::DEFAULT;

    fn check(bytes: &[u8], sync: Sync, step: Step) {
        assert_eq!(ScanWindow { codec: CODEC, bytes, is_last: true }.step(sync), step, "{sync:?} at the end");
        for cut in 0..bytes.len() {
            let partial = ScanWindow { codec: CODEC, bytes: &bytes[..cut], is_last: false }.step(sync);
            assert!(partial == Step::Wait || partial == step, "{sync:?} after {cut} bytes: {partial:?}");
        }
    }

    fn joined(parts: &[&[u8]]) -> Vec<u8> {
        parts.concat()
    }

    #[test]
    fn frame_before_another_is_accepted_unless_junk_came_before_a_new_format() {
        let bytes = joined(&[&frame(HEADER, 1), &frame(HEADER, 2), &[0; 400]]);
        let other = mp3_header(48_000, 1, 64);
        for sync in [Sync::Start, Sync::Locked(HEADER), Sync::Locked(other), Sync::Lost(Some(HEADER))] {
            check(&bytes, sync, Step::Frame(HEADER));
        }
    }

    #[test]
    fn frames_of_a_new_format_behind_junk_need_three_more_or_an_end() {
        let count = |count: u64| (0..count).flat_map(|seed| frame(HEADER, seed)).collect::<Vec<u8>>();
        let junk = [0; 400];
        for sync in [Sync::Lost(None), Sync::Lost(Some(mp3_header(48_000, 1, 64)))] {
            check(&joined(&[&count(4), &junk]), sync, Step::Frame(HEADER));
            for frames in 2..4 {
                check(&joined(&[&count(frames), &junk]), sync, Step::Junk(1));
                check(&joined(&[&count(frames), &id3v1("Title")]), sync, Step::Frame(HEADER));
                check(&count(frames), sync, Step::Frame(HEADER));
                check(&count(frames)[..700], sync, Step::Frame(HEADER));
            }
            check(&joined(&[&count(1), &id3v1("Title")]), sync, Step::Junk(1));
        }
    }

    #[test]
    fn frame_before_a_tag_or_the_end_is_accepted_unless_sync_is_lost() {
        for edge in [id3v1("Title"), id3v2(4, 20, true), Vec::new()] {
            let bytes = joined(&[&frame(HEADER, 1), &edge]);
            check(&bytes, Sync::Start, Step::Frame(HEADER));
            check(&bytes, Sync::Locked(HEADER), Step::Frame(HEADER));
            check(&bytes, Sync::Lost(Some(HEADER)), Step::Junk(1));
        }
    }

    #[test]
    fn frame_before_junk_is_accepted_only_if_a_compatible_one_is_expected() {
        let bytes = joined(&[&frame(HEADER, 1), &[0; max_undecided(CODEC)]]);
        check(&bytes, Sync::Locked(HEADER), Step::Frame(HEADER));
        check(&bytes, Sync::Locked(mp3_header(48_000, 2, 128)), Step::Junk(1));
        check(&bytes, Sync::Start, Step::Junk(1));
        check(&bytes, Sync::Lost(Some(HEADER)), Step::Junk(1));
    }

    #[test]
    fn truncated_frame_is_dropped_for_the_one_that_begins_inside_it() {
        let truncated = &frame(HEADER, 1)[..200];
        for successor in [frame(HEADER, 3), Vec::new()] {
            let bytes = joined(&[truncated, &frame(HEADER, 2), &successor]);
            check(&bytes, Sync::Locked(HEADER), Step::Truncated(200));
        }
        check(&joined(&[truncated, &id3v1("Title"), &[0; 300]]), Sync::Locked(HEADER), Step::Truncated(200));
        check(&joined(&[truncated, &[0; 100]]), Sync::Locked(HEADER), Step::Junk(1));
    }

    #[test]
    fn no_decision_needs_more_bytes_than_the_bound() {
        let longest_of_aac = aac_header(48_000, 2, Codec::Aac.max_frame_len());
        for longest in [mp3_header(32_000, 2, 320), longest_of_aac] {
            let codec = longest.codec();
            for frames in 1..=FRAMES_BEHIND_JUNK {
                let bytes =
                    joined(&[&frame(longest, 1).repeat(frames), b"TAG+", &vec![0; 2 * max_undecided(codec)]]);
                for sync in [Sync::Start, Sync::Locked(longest), Sync::Lost(Some(longest)), Sync::Lost(None)]
                {
                    let step = ScanWindow { codec, bytes: &bytes[..max_undecided(codec)], is_last: false }
                        .step(sync);
                    assert_ne!(step, Step::Wait, "{sync:?}, {frames} frames");
                }
            }
        }
    }
}
