//! Someone who listens: a place in a station's timeline, and how he keeps up.

use std::io::IoSlice;
use std::time::Duration;

use super::close_reason::CloseReason;
use super::cursor::{Cursor, CursorInput, FrameRemainder, Piece};
use crate::station::{Station, StationKey};
use crate::time::Time;

/// How many pieces one write hands to the system. A burst with the usual metadata interval has about a dozen.
pub const PIECES_MAX: usize = 64;

/// A listener who fell behind for this many times within [`SKIPS_WITHIN_S`] is dismissed: his link cannot carry the
/// station, and every skip is a gap he hears.
const SKIPS_MAX: usize = 3;
const SKIPS_WITHIN_S: u32 = 60;

/// One listener.
///
/// Of this the wheel touches every one once an interval, so it has to stay within two cache lines.
#[derive(Debug)]
pub struct Listener {
    /// The station.
    pub station: StationKey,
    /// His slot on the station's wheel.
    pub slot: u16,
    cursor: Cursor,
    /// Bytes of audio between two blocks; zero for a listener who did not ask for metadata.
    metaint: u32,
    aside: Option<Box<Pending>>,
    /// Seconds since the server's start at which this listener was moved forward, the latest first.
    skips: [u32; SKIPS_MAX - 1],
    sent: u64,
    /// How many bytes he had been sent when he was last moved forward.
    sent_at_skip: u64,
    /// How often he was moved forward in all.
    skipped: u32,
}

const _: () = assert!(size_of::<Listener>() <= 128, "two cache lines");

/// The only bytes ever kept for a listener.
#[derive(Debug)]
enum Pending {
    /// The reply's head, of which so many bytes were sent. No audio leaves before it.
    Head { bytes: Vec<u8>, sent: usize },
    /// There is no head yet.
    NoHead,
    /// The rest of a frame inside which the listener stood when it had to be overwritten.
    Remainder(FrameRemainder),
}

impl Listener {
    /// Someone who stands on the frame at `offset` of `station` and is sent nothing before he is given a
    /// [head](Self::begin).
    pub fn new(station: StationKey, offset: u64, metaint: Option<u32>) -> Self {
        Self {
            station,
            slot: 0,
            cursor: Cursor::new(offset, metaint),
            metaint: metaint.unwrap_or(0),
            aside: Some(Box::new(Pending::NoHead)),
            skips: [0; SKIPS_MAX - 1],
            sent: 0,
            sent_at_skip: 0,
            skipped: 0,
        }
    }

    /// Has him sent `head` first, and then the stream.
    pub fn set_head(&mut self, head: Vec<u8>) {
        self.aside = Some(Box::new(Pending::Head { bytes: head, sent: 0 }));
    }

    /// Whether he was given a head.
    pub fn has_head(&self) -> bool {
        !matches!(self.aside.as_deref(), Some(Pending::NoHead))
    }

    /// How many bytes he was sent, head and blocks included.
    pub fn sent(&self) -> u64 {
        self.sent
    }

    /// How often he was too far behind and was moved forward.
    pub fn skips(&self) -> u32 {
        self.skipped
    }

    /// How far the live edge of his station is ahead of what he was sent.
    pub fn behind(&self, station: &Station) -> Duration {
        station.timeline().time_behind(self.cursor.offset()).duration()
    }

    fn source<'a>(&'a self, station: &'a Station) -> CursorInput<'a> {
        CursorInput {
            timeline: station.timeline(),
            remainder: self.tail(),
            metaint: (self.metaint > 0).then_some(self.metaint),
        }
    }

    fn tail(&self) -> Option<&FrameRemainder> {
        match self.aside.as_deref() {
            Some(Pending::Remainder(tail)) => Some(tail),
            _ => None,
        }
    }

    /// Fills `pieces` with what is next on the wire and returns how many there are; none when he is up to date.
    pub fn gather<'a>(&'a self, station: &'a Station, pieces: &mut [IoSlice<'a>; PIECES_MAX]) -> usize {
        let head = match self.aside.as_deref() {
            Some(Pending::NoHead) => return 0,
            Some(Pending::Head { bytes, sent }) => Some(&bytes[*sent..]),
            _ => None,
        };
        let mut ahead = self.cursor.clone();
        let stream = std::iter::from_fn(|| ahead.next_piece(self.source(station), usize::MAX));
        let wire = head.into_iter().chain(stream.map(|piece| self.bytes_of(piece)));
        let mut count = 0;
        for (place, bytes) in pieces.iter_mut().zip(wire) {
            *place = IoSlice::new(bytes);
            count += 1;
        }
        count
    }

    fn bytes_of<'a>(&'a self, piece: Piece<'a>) -> &'a [u8] {
        match piece {
            Piece::Borrowed(bytes) => bytes,
            Piece::BlockPart { left, len } => {
                let block = self.cursor.last_block().expect("a block under way was told").bytes();
                &block[block.len() - left..][..len]
            }
        }
    }

    /// Goes on by `count` bytes, which were the first of what [`gather`](Self::gather) returned.
    pub fn advance(&mut self, station: &Station, count: usize) {
        self.sent += count as u64;
        let mut left = count - self.advance_head(count);
        let mut cursor = self.cursor.clone();
        while left > 0 {
            let piece = cursor.next_piece(self.source(station), left);
            left -= piece.expect("no more was taken than there is").len();
        }
        self.cursor = cursor;
        if self.cursor.remainder_left() == 0 && self.tail().is_some() {
            self.aside = None;
        }
    }

    /// The head's share of `count` bytes sent.
    fn advance_head(&mut self, count: usize) -> usize {
        let Some(Pending::Head { bytes, sent }) = self.aside.as_deref_mut() else { return 0 };
        let taken = count.min(bytes.len() - *sent);
        *sent += taken;
        if *sent == bytes.len() {
            self.aside = None;
        }
        taken
    }

    /// Moves him forward if he is too far behind for the ring. `Err` when that happened too often.
    ///
    /// What is left of the frame he stands in is copied aside first, so that no frame is ever torn.
    pub fn skip_if_late(&mut self, station: &Station, now: Time) -> Result<Pace, CloseReason> {
        if !station.is_behind_buffer(self.cursor.offset()) {
            return Ok(Pace::OnTime);
        }
        // Whoever still has a tail from before has not read a single frame since, but then the cursor is on a frame's
        // start and the tail stays as it is.
        if self.has_head() && self.cursor.remainder_left() == 0 {
            self.save_remainder(station);
        }
        self.cursor.skip_to(station.join_offset(), self.cursor.remainder_left());
        self.count_skip(now)
    }

    /// Has him go on with another station: at the end of the frame he is in, on the frame on which a newcomer would begin
    /// there.
    pub fn move_to(&mut self, from: &Station, to: &Station) {
        let has_head = matches!(self.aside.as_deref(), Some(Pending::Head { .. }));
        if !has_head && self.cursor.remainder_left() == 0 {
            self.save_remainder(from);
        }
        self.cursor.skip_to(to.join_offset(), self.cursor.remainder_left());
    }

    fn save_remainder(&mut self, station: &Station) {
        let at = self.cursor.offset();
        // Between two frames nothing is left; but a title that was begun there is that of the frame behind it, which comes
        // along so that it is not told of another.
        let inside = at + u64::from(self.cursor.is_inside_block());
        let (first, second) = station.timeline().bytes(at, station.timeline().frame_end(inside));
        let bytes = [first, second].concat();
        if !bytes.is_empty() {
            self.cursor.skip_to(at + bytes.len() as u64, bytes.len() as u16);
            let title = station.timeline().title_at(at).clone();
            self.aside = Some(Box::new(Pending::Remainder(FrameRemainder { bytes, title })));
        }
    }

    fn count_skip(&mut self, now: Time) -> Result<Pace, CloseReason> {
        // One second after the start counts from 1, so that 0 means "never".
        let now = now.as_secs() + 1;
        // A process that stood still catches up with several sweeps and no write between them.
        if self.skips[0] == now {
            return Ok(Pace::OnTime);
        }
        if self.skips[0] > 0 && self.sent == self.sent_at_skip {
            return Err(CloseReason::WriteStalled);
        }
        let earliest = self.skips[SKIPS_MAX - 2];
        if earliest > 0 && now - earliest < SKIPS_WITHIN_S {
            return Err(CloseReason::TooSlow);
        }
        self.skips.rotate_right(1);
        self.skips[0] = now;
        self.sent_at_skip = self.sent;
        self.skipped = self.skipped.saturating_add(1);
        Ok(Pace::Skipped)
    }

    /// What is left of the frame and the block inside which he stands, for a farewell that tears neither.
    pub fn rest_of_frame(&mut self, station: &Station) -> Vec<u8> {
        match self.aside.as_deref() {
            Some(Pending::NoHead) => return Vec::new(),
            Some(Pending::Head { bytes, sent }) => return bytes[*sent..].to_vec(),
            Some(Pending::Remainder(_)) | None => {}
        }
        if self.cursor.remainder_left() == 0 {
            self.save_remainder(station);
        }
        let mut rest = Vec::new();
        let mut cursor = self.cursor.clone();
        while cursor.remainder_left() > 0 || cursor.is_inside_block() {
            let piece =
                cursor.next_piece(self.source(station), usize::MAX).expect("a tail and a block have bytes");
            rest.extend_from_slice(self.bytes_of(piece));
        }
        rest
    }
}

/// Whether a listener kept up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// It did, or was moved forward already in this second.
    OnTime,
    /// It was moved forward.
    Skipped,
}
