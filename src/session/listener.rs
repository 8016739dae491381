//! A listener: a position on a timeline, and when it skips forward or is closed.

use std::io::IoSlice;
use std::num::NonZeroU64;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use super::close_reason::CloseReason;
use super::cursor::{Cursor, CursorInput, FrameRemainder, Piece};
use crate::audio::{Codec, Header};
use crate::station::{Station, StationKey};
use crate::time::Time;

/// The most pieces in one vectored write. A burst with the usual metadata interval has about a dozen.
pub const PIECES_MAX: usize = 64;

/// A listener that skips this many times within [`SKIPS_WITHIN_S`] is disconnected: its link is too slow for
/// the stream, and every skip is an audible gap.
const SKIPS_MAX: usize = 3;
const SKIPS_WITHIN_S: u32 = 60;

/// One listener.
///
/// Every listener is accessed once per delivery interval, so this struct has to fit in two cache lines.
#[derive(Debug)]
pub struct Listener {
    /// The station.
    pub station: StationKey,
    /// Its slot on the station's wheel.
    pub slot: u16,
    cursor: Cursor,
    pending: Option<Box<Pending>>,
    /// The codec that the head named. The listener gets no frame of another one.
    promised: Option<Codec>,
    /// Where the stream ends, because the station's settings have changed its format there.
    ends_at: Option<NonZeroU64>,
    /// The times of the last skips, the latest first: in seconds since the server's start, counted from 1; 0
    /// for none.
    recent_skips: [u32; SKIPS_MAX - 1],
    sent: u64,
    /// Whether it has read anything since the last skip.
    has_read_since_skip: bool,
    /// How often the listener skipped forward in all.
    total_skips: u32,
}

const _: () = assert!(size_of::<Listener>() <= 128, "two cache lines");

/// Bytes that do not come from the timeline.
#[derive(Debug)]
enum Pending {
    /// The head of the response, of which `sent` bytes were sent. No audio is sent before it.
    Head { bytes: Vec<u8>, sent: usize, intro: Option<Rc<FrameRemainder>> },
    /// The head is not known yet.
    NoHead,
    /// The rest of a frame that was only partly sent when the listener skipped forward or moved to another
    /// station.
    Remainder(FrameRemainder),
    /// The intro of the station. The listener joins when all of it was sent.
    Intro(Rc<FrameRemainder>),
}

impl Listener {
    /// Creates a listener at the frame at `offset` of `station`. Nothing is sent before
    /// [`set_head`](Self::set_head) is called.
    pub fn new(station: StationKey, offset: u64, metaint: Option<u32>) -> Self {
        Self {
            station,
            slot: 0,
            cursor: Cursor::new(offset, metaint),
            pending: Some(Box::new(Pending::NoHead)),
            promised: None,
            ends_at: None,
            recent_skips: [0; SKIPS_MAX - 1],
            sent: 0,
            has_read_since_skip: false,
            total_skips: 0,
        }
    }

    /// Sets the head of the response, which names this codec. The intro follows it, and the stream from the
    /// first frame on that has the codec of the station's last one.
    pub fn set_head(
        &mut self,
        head: Vec<u8>,
        codec: Codec,
        station: &Station,
        intro: Option<Rc<FrameRemainder>>,
    ) {
        let intro_len = intro.as_ref().map_or(0, |intro| intro.bytes.len() as u32);
        self.pending = Some(Box::new(Pending::Head { bytes: head, sent: 0, intro }));
        self.promised = Some(codec);
        self.cursor.skip_to(self.cursor.offset().max(station.codec_from()), intro_len);
    }

    /// Returns the codec that the head named. `None` before the head was set.
    pub fn promised_codec(&self) -> Option<Codec> {
        self.promised
    }

    /// Returns whether the listener was sent everything before a frame of another codec than its head named.
    pub fn is_at_other_codec(&self, station: &Station) -> bool {
        self.pending.is_none() && self.other_codec_from(station) == Some(self.cursor.offset())
    }

    /// Returns whether there are frames of another codec than the head named among those that the listener
    /// was not sent yet.
    pub fn expects_other_codec(&self, station: &Station) -> bool {
        self.other_codec_from(station).is_some()
    }

    /// Lets the stream end at this offset, where the settings of the station have changed its format, unless
    /// it ends at an earlier change. Returns whether it did not end before.
    pub fn end_at_format_change(&mut self, at: u64) -> bool {
        let has_end = self.ends_at.is_some();
        self.ends_at = self.ends_at.or(NonZeroU64::new(at));
        !has_end
    }

    fn other_codec_from(&self, station: &Station) -> Option<u64> {
        let offset = self.cursor.offset();
        let other_codec_from = station.other_codec_from(offset, self.promised?);
        // A listener that was behind the buffer has skipped forward.
        let end = self.ends_at.map(|at| at.get().max(offset));
        end.into_iter().chain(other_codec_from).min()
    }

    /// Returns whether the head was set.
    pub fn has_head(&self) -> bool {
        !matches!(self.pending.as_deref(), Some(Pending::NoHead))
    }

    /// Returns the number of bytes sent, including head and metadata blocks.
    pub fn sent(&self) -> u64 {
        self.sent
    }

    /// Returns how often the listener fell too far behind and skipped forward.
    pub fn skips(&self) -> u32 {
        self.total_skips
    }

    /// Returns how far the listener is behind the live edge of its station.
    pub fn behind(&self, station: &Station) -> Duration {
        station.timeline().time_behind(self.cursor.offset()).duration()
    }

    fn input<'a>(&'a self, station: &'a Station) -> CursorInput<'a> {
        let end = || self.other_codec_from(station).unwrap_or_else(|| station.timeline().end());
        CursorInput {
            timeline: station.timeline(),
            end: if self.has_intro() { self.cursor.offset() } else { end() },
            remainder: self.remainder(),
        }
    }

    fn remainder(&self) -> Option<&FrameRemainder> {
        match self.pending.as_deref() {
            Some(Pending::Remainder(remainder)) => Some(remainder),
            Some(Pending::Intro(intro) | Pending::Head { intro: Some(intro), .. }) => Some(intro),
            _ => None,
        }
    }

    /// Returns whether a part of the intro was not sent yet.
    fn has_intro(&self) -> bool {
        matches!(self.pending.as_deref(), Some(Pending::Intro(_) | Pending::Head { intro: Some(_), .. }))
    }

    /// Fills `pieces` with the bytes to send next and returns the number of pieces; 0 when the listener is up
    /// to date.
    pub fn gather<'a>(&'a self, station: &'a Station, pieces: &mut [IoSlice<'a>; PIECES_MAX]) -> usize {
        let head = match self.pending.as_deref() {
            Some(Pending::NoHead) => return 0,
            Some(Pending::Head { bytes, sent, .. }) => Some(&bytes[*sent..]),
            _ => None,
        };
        let (mut cursor, input) = (self.cursor.clone(), self.input(station));
        let stream = std::iter::from_fn(|| cursor.next_piece(input, usize::MAX));
        let wire = head.into_iter().chain(stream.map(|piece| self.bytes_of(piece)));
        let mut count = 0;
        for (io_slice, bytes) in pieces.iter_mut().zip(wire) {
            *io_slice = IoSlice::new(bytes);
            count += 1;
        }
        count
    }

    fn bytes_of<'a>(&'a self, piece: Piece<'a>) -> &'a [u8] {
        match piece {
            Piece::Borrowed(bytes) => bytes,
            Piece::BlockPart { left, len } => {
                let block = self.cursor.last_block().expect("a block that is partly sent is stored").bytes();
                &block[block.len() - left..][..len]
            }
        }
    }

    /// Notes that the socket took `count` bytes of the pieces from [`gather`](Self::gather).
    pub fn advance(&mut self, station: &Station, count: usize) {
        self.sent += count as u64;
        self.has_read_since_skip |= count > 0;
        let mut left = count - self.advance_head(count);
        let (mut cursor, input) = (self.cursor.clone(), self.input(station));
        while left > 0 {
            let piece = cursor.next_piece(input, left);
            left -= piece.expect("the socket took no more than was offered").len();
        }
        self.cursor = cursor;
        if self.cursor.remainder_left() > 0 || self.remainder().is_none() {
            return;
        }
        if self.has_intro() {
            self.cursor.skip_to(station.join_offset(), 0);
            self.recent_skips = [0; SKIPS_MAX - 1];
        }
        self.pending = None;
    }

    /// Advances the head and returns how many of the `count` bytes belonged to it.
    fn advance_head(&mut self, count: usize) -> usize {
        let Some(Pending::Head { bytes, sent, intro }) = self.pending.as_deref_mut() else { return 0 };
        let taken = count.min(bytes.len() - *sent);
        *sent += taken;
        if *sent == bytes.len() {
            let intro = intro.take();
            self.pending = intro.map(|intro| Box::new(Pending::Intro(intro)));
        }
        taken
    }

    /// Returns whether the listener is too far behind for the ring.
    pub fn is_late(&self, station: &Station) -> bool {
        station.is_behind_buffer(self.cursor.offset())
    }

    /// Skips forward if the listener is too far behind for the ring.
    ///
    /// First copies the rest of the frame that is partly sent, so that no frame is cut.
    ///
    /// # Errors
    /// The listener skipped too often, or read nothing since the last skip.
    pub fn skip_if_late(&mut self, station: &Station, now: Time) -> Result<Pace, CloseReason> {
        let had_intro = self.has_intro();
        match self.skip_uncounted(station) {
            false => Ok(Pace::OnTime),
            true if had_intro => self.note_intro_lag(now),
            true => self.count_skip(now),
        }
    }

    /// Skips forward if the listener is too far behind for the ring, and returns whether it was. The skip
    /// does not count as a fault of the listener.
    pub fn skip_uncounted(&mut self, station: &Station) -> bool {
        let is_late = self.is_late(station);
        if is_late {
            self.skip(station);
        }
        is_late
    }

    fn skip(&mut self, station: &Station) {
        // A listener that still has a remainder has not read a complete frame since the last skip. Its cursor
        // is at the start of a frame, and the remainder stays as it is.
        if self.has_head() && self.cursor.remainder_left() == 0 {
            self.save_remainder(station);
        }
        self.cursor.skip_to(station.join_offset(), self.cursor.remainder_left());
    }

    /// Moves the listener to another station. It is sent the rest of its current frame, and then the frame at
    /// which a new listener joins.
    pub fn move_to(&mut self, from: &Station, to: &Station) {
        let has_head = matches!(self.pending.as_deref(), Some(Pending::Head { .. }));
        if !has_head && self.cursor.remainder_left() == 0 {
            self.save_remainder(from);
        }
        self.cursor.skip_to(to.join_offset(), self.cursor.remainder_left());
        self.ends_at = None;
    }

    fn save_remainder(&mut self, station: &Station) {
        let offset = self.cursor.offset();
        // Between two frames there is no remainder. But if a title block was partly sent there, it belongs to
        // the following frame. That frame is kept, so that the block is followed by the audio of its title.
        let inside = offset + u64::from(self.cursor.is_inside_block());
        let (first, second) = station.timeline().bytes(offset, station.timeline().frame_end(inside));
        let bytes: Arc<[u8]> = [first, second].concat().into();
        if !bytes.is_empty() {
            self.cursor.skip_to(offset + bytes.len() as u64, bytes.len() as u32);
            let title = station.timeline().title_at(offset).clone();
            self.pending = Some(Box::new(Pending::Remainder(FrameRemainder { bytes, title })));
        }
    }

    /// Notes that the place at which the listener was to join has gone while it reads the intro, which is no
    /// gap.
    ///
    /// # Errors
    /// It has read nothing since this was last noted.
    fn note_intro_lag(&mut self, now: Time) -> Result<Pace, CloseReason> {
        let now = now.as_secs() + 1;
        if self.recent_skips[0] != now {
            if self.recent_skips[0] > 0 && !self.has_read_since_skip {
                return Err(CloseReason::WriteStalled);
            }
            (self.recent_skips[0], self.has_read_since_skip) = (now, false);
        }
        Ok(Pace::OnTime)
    }

    fn count_skip(&mut self, now: Time) -> Result<Pace, CloseReason> {
        // Seconds are counted from 1, so that 0 means "never".
        let now = now.as_secs() + 1;
        // After a stall, the process may call this several times without a write in between.
        if self.recent_skips[0] == now {
            return Ok(Pace::OnTime);
        }
        if self.recent_skips[0] > 0 && !self.has_read_since_skip {
            return Err(CloseReason::WriteStalled);
        }
        let oldest = self.recent_skips[SKIPS_MAX - 2];
        if oldest > 0 && now - oldest < SKIPS_WITHIN_S {
            return Err(CloseReason::TooSlow);
        }
        self.recent_skips.rotate_right(1);
        self.recent_skips[0] = now;
        self.has_read_since_skip = false;
        self.total_skips = self.total_skips.saturating_add(1);
        Ok(Pace::Skipped)
    }

    /// Leaves of the intro only the rest of the frame that is partly sent.
    fn cut_intro(&mut self) {
        let Some(Pending::Intro(intro)) = self.pending.as_deref() else { return };
        let sent = intro.bytes.len() - self.cursor.remainder_left() as usize;
        // A title block that is partly sent belongs to the frame behind it.
        let inside = sent + usize::from(self.cursor.is_inside_block());
        let Some(codec) = self.promised else { return };
        let mut end = 0;
        while let Some(header) = Header::parse(codec, &intro.bytes[end..]).filter(|_| end < inside) {
            end = (end + header.frame_len()).min(intro.bytes.len());
        }
        let rest = FrameRemainder { bytes: intro.bytes[..end].into(), title: intro.title.clone() };
        self.cursor.skip_to(self.cursor.offset(), (end - sent.min(end)) as u32);
        self.pending = Some(Box::new(Pending::Remainder(rest)));
    }

    /// Returns the rest of the current frame and of the current metadata block, so that the stream does not
    /// end inside one. Before the head was sent, returns the rest of the head.
    pub fn rest_of_frame(&mut self, station: &Station) -> Vec<u8> {
        match self.pending.as_deref() {
            Some(Pending::NoHead) => return Vec::new(),
            Some(Pending::Head { bytes, sent, .. }) => return bytes[*sent..].to_vec(),
            Some(Pending::Remainder(_) | Pending::Intro(_)) | None => {}
        }
        self.cut_intro();
        if self.cursor.remainder_left() == 0 {
            self.save_remainder(station);
        }
        let mut rest = Vec::new();
        let mut cursor = self.cursor.clone();
        while cursor.remainder_left() > 0 || cursor.is_inside_block() {
            let piece = cursor
                .next_piece(self.input(station), usize::MAX)
                .expect("a remainder and a block have bytes");
            rest.extend_from_slice(self.bytes_of(piece));
        }
        rest
    }
}

/// Whether a listener keeps up with the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// It keeps up, or it has already skipped in this second.
    OnTime,
    /// It skipped forward.
    Skipped,
}
