//! What the next bytes are: a frame, a tag, junk, or not yet to be told.
//!
//! Every decision is a function of the bytes from the present place on, and is put off until so many of them
//! are there that more could not change it. So the same frames come out however the input is cut.

use super::codec::Codec;
use super::header::Header;
use super::tags::{self, Tag};

/// The most bytes that ever lie undecided: a frame whose end is followed by junk is compared with what begins
/// inside it, at the latest at its last byte, and that needs to be a whole frame with a header behind it.
pub const fn max_undecided(codec: Codec) -> usize {
    codec.max_frame_len() - 1 + codec.max_frame_len() + codec.header_len()
}

const _: () = assert!(tags::LOOKAHEAD <= Codec::Mp3.max_frame_len(), "a tag inside a torn frame can be told");
const _: () = assert!(tags::LOOKAHEAD <= Codec::Aac.max_frame_len(), "a tag inside a torn frame can be told");

/// How much is known about what should come next. The less it is, the more a frame must prove.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sync {
    /// Nothing was read but tags: a frame is expected here, of any format.
    Start,
    /// A frame like this one ended here: one that agrees with it is expected.
    Locked(Header),
    /// There was junk before: frames may begin anywhere.
    Lost,
}

/// What to do with the bytes at hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Ask again when there are more, or when the input is over.
    Wait,
    /// A frame with this header stands here, all of it.
    Frame(Header),
    /// A tag of this many bytes stands here.
    Tag(u64),
    /// This many bytes belong to nothing; with them the sync is lost.
    Junk(usize),
    /// This many bytes are what is left of a frame that another one, or a tag, begins in. The sync is held.
    Truncated(usize),
}

/// What stands behind a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Successor {
    /// A header that agrees with the frame's own.
    Frame,
    /// A tag, or the end of the input.
    Boundary,
    /// Something else.
    Junk,
    /// The input ends before the frame does.
    Truncated,
}

/// The input from the present place on.
#[derive(Debug, Clone, Copy)]
pub struct ScanWindow<'a> {
    /// What frames are looked for.
    pub codec: Codec,
    /// All bytes that have come.
    pub bytes: &'a [u8],
    /// No more will come.
    pub is_last: bool,
}

impl ScanWindow<'_> {
    /// What to do with the first of these bytes.
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

    /// Fewer bytes than a header has.
    fn rest_is_junk(self) -> Step {
        if self.is_last && !self.bytes.is_empty() { Step::Junk(self.bytes.len()) } else { Step::Wait }
    }

    /// How many bytes from the second on begin neither a frame nor a tag, and the first.
    fn junk_len(self) -> usize {
        let begins_something = |byte: &u8| matches!(byte, 0xFF | b'I' | b'T' | b'A');
        1 + self.bytes[1..].iter().position(begins_something).unwrap_or(self.bytes.len() - 1)
    }

    fn step_at_header(self, header: Header, sync: Sync) -> Step {
        let Some(behind) = self.successor(header) else { return Step::Wait };
        let expected = matches!(sync, Sync::Locked(before) if before.is_compatible_with(&header));
        match behind {
            Successor::Frame => Step::Frame(header),
            Successor::Boundary if sync != Sync::Lost => Step::Frame(header),
            Successor::Junk | Successor::Truncated if expected => self.step_at_suspect(header, behind),
            _ => Step::Junk(1),
        }
    }

    /// A frame stands where one should, but not what follows it. Either it is whole and the last before junk,
    /// or its end was lost (a connection that broke, a file cut short) and the next frame begins inside it.
    /// The second makes a noise, so it is looked for.
    fn step_at_suspect(self, header: Header, behind: Successor) -> Step {
        let needed = header.frame_len() - 1 + self.codec.max_frame_len() + self.codec.header_len();
        if self.bytes.len() < needed && !self.is_last {
            return Step::Wait;
        }
        let mut inside = 1..header.frame_len().min(self.bytes.len());
        match (inside.find(|at| self.resumes_at(*at, header)), behind) {
            (Some(at), _) => Step::Truncated(at),
            (None, Successor::Junk) => Step::Frame(header),
            (None, _) => Step::Junk(1),
        }
    }

    /// Whether the stream goes on at this place: with a tag, or a frame like `header` that is followed by
    /// another or the end. What these look at is within the bytes that `step_at_doubtful` waited for.
    fn resumes_at(self, at: usize, header: Header) -> bool {
        let ahead = ScanWindow { bytes: &self.bytes[at..], ..self };
        if ahead.bytes.len() < self.codec.header_len() {
            return false;
        }
        match Header::parse(self.codec, ahead.bytes) {
            Some(next) => next.is_compatible_with(&header) && ahead.is_followed(next),
            None => matches!(Tag::at(ahead.bytes, self.is_last), Tag::Found(_)),
        }
    }

    fn is_followed(self, header: Header) -> bool {
        match self.bytes.get(header.frame_len()..) {
            None => false,
            Some([]) => self.is_last,
            Some(bytes) => starts_compatible(bytes, header),
        }
    }

    /// What stands behind the frame with this header, `None` when more bytes are needed to tell.
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

/// Whether a header that agrees with this one comes first.
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
            let early = ScanWindow { codec: CODEC, bytes: &bytes[..cut], is_last: false }.step(sync);
            assert!(early == Step::Wait || early == step, "{sync:?} after {cut} bytes: {early:?}");
        }
    }

    fn joined(parts: &[&[u8]]) -> Vec<u8> {
        parts.concat()
    }

    #[test]
    fn a_frame_before_another_is_taken_anywhere() {
        let bytes = joined(&[&frame(HEADER, 1), &frame(HEADER, 2)]);
        for sync in [Sync::Start, Sync::Locked(HEADER), Sync::Locked(mp3_header(48_000, 1, 64)), Sync::Lost] {
            check(&bytes, sync, Step::Frame(HEADER));
        }
    }

    #[test]
    fn a_frame_before_a_tag_or_the_end_is_taken_where_one_is_expected() {
        for edge in [id3v1("Title"), id3v2(4, 20, true), Vec::new()] {
            let bytes = joined(&[&frame(HEADER, 1), &edge]);
            check(&bytes, Sync::Start, Step::Frame(HEADER));
            check(&bytes, Sync::Locked(HEADER), Step::Frame(HEADER));
            check(&bytes, Sync::Lost, Step::Junk(1));
        }
    }

    #[test]
    fn a_frame_before_junk_is_taken_only_where_one_like_it_is_expected() {
        let bytes = joined(&[&frame(HEADER, 1), &[0; max_undecided(CODEC)]]);
        check(&bytes, Sync::Locked(HEADER), Step::Frame(HEADER));
        check(&bytes, Sync::Locked(mp3_header(48_000, 2, 128)), Step::Junk(1));
        check(&bytes, Sync::Start, Step::Junk(1));
        check(&bytes, Sync::Lost, Step::Junk(1));
    }

    #[test]
    fn a_torn_frame_is_given_up_for_the_one_that_begins_inside_it() {
        let torn = &frame(HEADER, 1)[..200];
        for behind in [frame(HEADER, 3), Vec::new()] {
            let bytes = joined(&[torn, &frame(HEADER, 2), &behind]);
            check(&bytes, Sync::Locked(HEADER), Step::Truncated(200));
        }
        check(&joined(&[torn, &id3v1("Title"), &[0; 300]]), Sync::Locked(HEADER), Step::Truncated(200));
        check(&joined(&[torn, &[0; 100]]), Sync::Locked(HEADER), Step::Junk(1));
    }

    #[test]
    fn no_decision_waits_for_more_than_the_bound() {
        let longest_of_aac = aac_header(48_000, 2, Codec::Aac.max_frame_len());
        for longest in [mp3_header(32_000, 2, 320), longest_of_aac] {
            let codec = longest.codec();
            let bytes = joined(&[&frame(longest, 1), &vec![0; 2 * max_undecided(codec)]]);
            for sync in [Sync::Start, Sync::Locked(longest), Sync::Lost] {
                let step =
                    ScanWindow { codec, bytes: &bytes[..max_undecided(codec)], is_last: false }.step(sync);
                assert_ne!(step, Step::Wait, "{sync:?}");
            }
        }
    }
}
