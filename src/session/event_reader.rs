//! A peer that is told what changes, for as long as it stays.

use std::collections::VecDeque;
use std::io::IoSlice;
use std::rc::Rc;

use crate::time::Time;

/// The most events that are written at once.
pub const EVENTS_AT_ONCE: usize = 16;

/// No more events are made ready for a peer than with these many bytes, and one. What becomes of more while it does not
/// read is not kept for it: it is told how things are when it does.
const READY_BYTES_MAX: usize = 16 * 1024;

/// Someone who is told of changes.
#[derive(Debug)]
pub struct EventReader {
    /// The id of the station whose events it wants; of all if none.
    only: Option<u32>,
    /// The address under which it reached us.
    pub base: Rc<str>,
    /// The number of the last event that it was told.
    pub last_seen: u64,
    /// Stations with this id or a higher one are yet to be described to it; none once all were.
    unknown: Option<u32>,
    /// What is on its way. The events are everybody's.
    ready: VecDeque<Rc<[u8]>>,
    /// How much of the first was sent.
    begun: usize,
    sent: u64,
    /// When it last took something.
    took: Time,
}

impl EventReader {
    /// Someone at `base` who is told `head` first, then of every station, or of `only` one, and then of what happens after
    /// the event with the number `seen`.
    pub fn new(only: Option<u32>, base: Rc<str>, head: Rc<[u8]>, seen: u64, now: Time) -> Self {
        let ready = VecDeque::from([head]);
        Self { only, base, last_seen: seen, unknown: Some(0), ready, begun: 0, sent: 0, took: now }
    }

    /// Whether it wants the events of the station with this id.
    pub fn wants(&self, station: u32) -> bool {
        self.only.is_none_or(|only| only == station)
    }

    /// The one whose events it wants; all if none.
    pub fn station_filter(&self) -> Option<u32> {
        self.only
    }

    /// Notes that the id of a station has changed, after the event with the number `last`. A reader of that station's events
    /// keeps getting them, and gets none that another station of this id has left.
    pub fn follow_station_id(&mut self, before: u32, after: u32, last: u64) {
        if self.only == Some(before) {
            (self.only, self.last_seen) = (Some(after), last);
        }
    }

    /// The id of the next station to describe to a new reader; none once all were described. Stations that are added later
    /// have events of their own. `at_or_after` returns the lowest id of a station that is not below its argument.
    pub fn next_undescribed(&mut self, at_or_after: impl Fn(u32) -> Option<u32>) -> Option<u32> {
        let from = self.unknown?.max(self.only.unwrap_or(0));
        let next = at_or_after(from).filter(|&id| self.wants(id));
        self.unknown = next.and_then(|id| id.checked_add(1));
        next
    }

    /// Whether more is to be made ready for it.
    pub fn has_room(&self) -> bool {
        let bytes: usize = self.ready.iter().map(|event| event.len()).sum();
        self.ready.len() < EVENTS_AT_ONCE && bytes < READY_BYTES_MAX
    }

    /// Has it told this next.
    pub fn push(&mut self, event: Rc<[u8]>) {
        self.ready.push_back(event);
    }

    /// Whether it took all that was ready for it.
    pub fn is_up_to_date(&self) -> bool {
        self.ready.is_empty()
    }

    /// When it last took something, while there was something to take.
    pub fn last_write(&self) -> Time {
        self.took
    }

    /// Fills `pieces` with what is next on the wire and returns how many there are.
    pub fn gather<'a>(&'a self, pieces: &mut [IoSlice<'a>; EVENTS_AT_ONCE]) -> usize {
        let mut skip = self.begun;
        for (place, event) in pieces.iter_mut().zip(&self.ready) {
            *place = IoSlice::new(&event[std::mem::take(&mut skip)..]);
        }
        self.ready.len().min(EVENTS_AT_ONCE)
    }

    /// Notes that it took the first `count` bytes of that.
    pub fn advance(&mut self, count: usize, now: Time) {
        self.sent += count as u64;
        if count > 0 {
            self.took = now;
        }
        self.begun += count;
        while let Some(first) = self.ready.front().filter(|first| first.len() <= self.begun) {
            self.begun -= first.len();
            self.ready.pop_front();
        }
    }

    /// What is left of the event that is on the wire: with it, what it was sent is whole.
    pub fn rest_of_event(&self) -> Vec<u8> {
        let begun = self.ready.front().filter(|_| self.begun > 0);
        begun.map_or_else(Vec::new, |event| event[self.begun..].to_vec())
    }

    /// How many bytes it was sent.
    pub fn sent(&self) -> u64 {
        self.sent
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reader() -> EventReader {
        EventReader::new(None, "http://a".into(), Rc::from(&b"head"[..]), 0, Time::START)
    }

    /// Takes what is ready, at most `most` bytes at a time.
    fn take(reader: &mut EventReader, most: usize) -> Vec<u8> {
        let mut all = Vec::new();
        while !reader.is_up_to_date() {
            let mut pieces = [IoSlice::new(&[]); EVENTS_AT_ONCE];
            let count = reader.gather(&mut pieces);
            assert!(pieces[..count].iter().all(|piece| !piece.is_empty()));
            let offered = pieces[..count].iter().flat_map(|piece| piece.to_vec());
            let taken: Vec<u8> = offered.take(most).collect();
            reader.advance(taken.len(), Time::START);
            all.extend(taken);
        }
        all
    }

    #[test]
    fn the_wire_is_the_same_however_it_is_cut() {
        for most in 1..12 {
            let mut reader = reader();
            for event in ["one", "2", "three"] {
                reader.push(Rc::from(event.as_bytes()));
            }
            assert_eq!(take(&mut reader, most), b"headone2three");
            assert_eq!((reader.sent(), reader.is_up_to_date()), (13, true));
        }
    }

    #[test]
    fn what_is_ready_has_an_end() {
        let mut many = reader();
        while many.has_room() {
            many.push(Rc::from(&b"x"[..]));
        }
        assert_eq!(many.ready.len(), EVENTS_AT_ONCE);
        let mut long = reader();
        while long.has_room() {
            long.push(vec![0; 9000].into());
        }
        assert_eq!(long.ready.len(), 3);
    }

    #[test]
    fn a_goodbye_ends_the_event_on_the_wire() {
        let mut reader = reader();
        reader.push(Rc::from(&b"event"[..]));
        assert_eq!(reader.rest_of_event(), b"");
        reader.advance(3, Time::START);
        assert_eq!(reader.rest_of_event(), b"d");
        reader.advance(1, Time::START);
        assert_eq!(reader.rest_of_event(), b"");
    }

    #[test]
    fn every_station_is_new_once() {
        let mut all = reader();
        let at_or_after = |from| [1, 7, u32::MAX].into_iter().find(|&id| id >= from);
        let told = [(); 4].map(|()| all.next_undescribed(at_or_after));
        assert_eq!(told, [Some(1), Some(7), Some(u32::MAX), None]);
        assert_eq!(all.next_undescribed(Some), None, "what is added later has an event of its own");
        let mut one = EventReader::new(Some(7), "http://a".into(), Rc::from(&b""[..]), 0, Time::START);
        assert_eq!([(); 2].map(|()| one.next_undescribed(at_or_after)), [Some(7), None]);
        assert_eq!([1, 7, 8].map(|station| one.wants(station)), [false, true, false]);
        one.follow_station_id(1, 9, 5);
        assert_eq!(one.last_seen, 0, "that was another station");
        one.follow_station_id(7, 8, 5);
        assert_eq!(one.last_seen, 5);
        assert_eq!([1, 7, 8].map(|station| one.wants(station)), [false, false, true]);
    }
}
