//! The state of a client that receives server-sent events.

use std::collections::VecDeque;
use std::io::IoSlice;
use std::rc::Rc;

use crate::memory_budget::Charge;
use crate::time::Time;

/// The most events in one write.
pub const EVENTS_AT_ONCE: usize = 16;

/// No more events are queued for a client once this many bytes are queued. Later events are not kept for the
/// client: it gets the current state when it reads again.
pub const QUEUED_BYTES_MAX: usize = 4 * 1024;

/// A client that receives server-sent events.
#[derive(Debug)]
pub struct EventReader {
    /// The id of the station whose events it receives; `None` for all stations.
    station: Option<u32>,
    /// The base URL under which the client reached the server.
    pub base: Rc<str>,
    /// The number of the last event queued for the client.
    pub last_seen: u64,
    /// The lowest station id not yet described to the client; `None` once all stations were described.
    next_to_describe: Option<u32>,
    /// The events queued for sending. The bytes are shared by all readers.
    queued: VecDeque<Rc<[u8]>>,
    /// Bytes of the first queued event that were sent.
    sent_of_first: usize,
    sent: u64,
    /// When the socket last took bytes.
    last_write: Time,
    /// [`QUEUED_BYTES_MAX`] in the memory budget.
    _charge: Charge,
}

impl EventReader {
    /// Creates a reader that used the base URL `base`. It is sent `head`, then the state of every station (or
    /// only of the station with the id `station`), then the events after number `last_seen`.
    /// `charge` must be [`QUEUED_BYTES_MAX`] of the memory budget.
    pub fn new(
        station: Option<u32>,
        base: Rc<str>,
        head: Rc<[u8]>,
        last_seen: u64,
        now: Time,
        charge: Charge,
    ) -> Self {
        let queued = VecDeque::from([head]);
        Self {
            station,
            base,
            last_seen,
            next_to_describe: Some(0),
            queued,
            sent_of_first: 0,
            sent: 0,
            last_write: now,
            _charge: charge,
        }
    }

    /// Returns whether this reader receives events of the station with this id.
    pub fn receives(&self, id: u32) -> bool {
        self.station.is_none_or(|station| station == id)
    }

    /// Returns the id of the only station whose events it receives; `None` for all stations.
    pub fn station_filter(&self) -> Option<u32> {
        self.station
    }

    /// Updates the filter after a station's id changed from `before` to `after`. `last` is the number of the
    /// last event before the change. The reader continues to receive events of its station, but no earlier
    /// events of another station that had the new id.
    pub fn follow_station_id(&mut self, before: u32, after: u32, last: u64) {
        if self.station == Some(before) {
            (self.station, self.last_seen) = (Some(after), last);
        }
    }

    /// Returns the id of the next station to describe to a new reader, and `None` once all were described. A
    /// station that is added later is announced by an event. `at_or_after` returns the lowest station id that
    /// is not below its argument.
    pub fn next_undescribed(&mut self, at_or_after: impl Fn(u32) -> Option<u32>) -> Option<u32> {
        let from = self.next_to_describe?.max(self.station.unwrap_or(0));
        let next = at_or_after(from).filter(|&id| self.receives(id));
        self.next_to_describe = next.and_then(|id| id.checked_add(1));
        next
    }

    /// Returns whether more events may be queued.
    pub fn has_room(&self) -> bool {
        let bytes: usize = self.queued.iter().map(|event| event.len()).sum();
        self.queued.len() < EVENTS_AT_ONCE && bytes < QUEUED_BYTES_MAX
    }

    /// Queues an event.
    pub fn push(&mut self, event: Rc<[u8]>) {
        self.queued.push_back(event);
    }

    /// Returns whether all queued events were sent.
    pub fn is_up_to_date(&self) -> bool {
        self.queued.is_empty()
    }

    /// Returns when the socket last took bytes of a queued event.
    pub fn last_write(&self) -> Time {
        self.last_write
    }

    /// Fills `pieces` with the bytes to send next and returns the number of pieces.
    pub fn gather<'a>(&'a self, pieces: &mut [IoSlice<'a>; EVENTS_AT_ONCE]) -> usize {
        let mut skip = self.sent_of_first;
        for (piece, event) in pieces.iter_mut().zip(&self.queued) {
            *piece = IoSlice::new(&event[std::mem::take(&mut skip)..]);
        }
        self.queued.len().min(EVENTS_AT_ONCE)
    }

    /// Notes that the socket took `count` bytes of the pieces from [`gather`](Self::gather).
    pub fn advance(&mut self, count: usize, now: Time) {
        self.sent += count as u64;
        if count > 0 {
            self.last_write = now;
        }
        self.sent_of_first += count;
        while let Some(first) = self.queued.front().filter(|first| first.len() <= self.sent_of_first) {
            self.sent_of_first -= first.len();
            self.queued.pop_front();
        }
    }

    /// Returns the unsent rest of an event that is only partly sent.
    pub fn rest_of_event(&self) -> Vec<u8> {
        let sent_of_first = self.queued.front().filter(|_| self.sent_of_first > 0);
        sent_of_first.map_or_else(Vec::new, |event| event[self.sent_of_first..].to_vec())
    }

    /// Returns the number of bytes sent.
    pub fn sent(&self) -> u64 {
        self.sent
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reader() -> EventReader {
        EventReader::new(None, "http://a".into(), Rc::from(&b"head"[..]), 0, Time::START, Charge::default())
    }

    /// Reads everything queued, at most `max` bytes at a time.
    fn take(reader: &mut EventReader, max: usize) -> Vec<u8> {
        let mut all = Vec::new();
        while !reader.is_up_to_date() {
            let mut pieces = [IoSlice::new(&[]); EVENTS_AT_ONCE];
            let count = reader.gather(&mut pieces);
            assert!(pieces[..count].iter().all(|piece| !piece.is_empty()));
            let offered = pieces[..count].iter().flat_map(|piece| piece.to_vec());
            let taken: Vec<u8> = offered.take(max).collect();
            reader.advance(taken.len(), Time::START);
            all.extend(taken);
        }
        all
    }

    #[test]
    fn events_are_complete_however_writes_are_split() {
        for max in 1..12 {
            let mut reader = reader();
            for event in ["one", "2", "three"] {
                reader.push(Rc::from(event.as_bytes()));
            }
            assert_eq!(take(&mut reader, max), b"headone2three");
            assert_eq!((reader.sent(), reader.is_up_to_date()), (13, true));
        }
    }

    #[test]
    fn queue_is_bounded_in_events_and_bytes() {
        let mut short = reader();
        while short.has_room() {
            short.push(Rc::from(&b"x"[..]));
        }
        assert_eq!(short.queued.len(), EVENTS_AT_ONCE);
        let mut long = reader();
        while long.has_room() {
            long.push(vec![0; QUEUED_BYTES_MAX / 2 + 1].into());
        }
        assert_eq!(long.queued.len(), 3);
    }

    #[test]
    fn rest_of_event_is_the_unsent_part_of_a_begun_event() {
        let mut reader = reader();
        reader.push(Rc::from(&b"event"[..]));
        assert_eq!(reader.rest_of_event(), b"");
        reader.advance(3, Time::START);
        assert_eq!(reader.rest_of_event(), b"d");
        reader.advance(1, Time::START);
        assert_eq!(reader.rest_of_event(), b"");
    }

    #[test]
    fn new_reader_is_described_every_station_once() {
        let mut all = reader();
        let at_or_after = |from| [1, 7, u32::MAX].into_iter().find(|&id| id >= from);
        let described = [(); 4].map(|()| all.next_undescribed(at_or_after));
        assert_eq!(described, [Some(1), Some(7), Some(u32::MAX), None]);
        assert_eq!(all.next_undescribed(Some), None, "a station added later has an event of its own");
        let mut one = EventReader::new(
            Some(7),
            "http://a".into(),
            Rc::from(&b""[..]),
            0,
            Time::START,
            Charge::default(),
        );
        assert_eq!([(); 2].map(|()| one.next_undescribed(at_or_after)), [Some(7), None]);
        assert_eq!([1, 7, 8].map(|station| one.receives(station)), [false, true, false]);
        one.follow_station_id(1, 9, 5);
        assert_eq!(one.last_seen, 0, "the id of another station changed");
        one.follow_station_id(7, 8, 5);
        assert_eq!(one.last_seen, 5);
        assert_eq!([1, 7, 8].map(|station| one.receives(station)), [false, false, true]);
    }
}
