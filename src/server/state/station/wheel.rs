//! The delivery wheel, which determines when each listener of a station is written to.
//!
//! The cost of a listener is the number of writes, not of bytes, so frames are not written as they arrive.
//! Every listener has a slot on a wheel that turns once per delivery interval. When its slot is due, it is
//! sent all new audio.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::server::state::peer::Peer;
use crate::time::Time;

/// The width of a slot. The wheels of all stations change slots at the same moments, so that many stations do
/// not wake the event loop more often than one.
pub const SLOT: Duration = Duration::from_millis(20);

/// The number of listeners added to a slot before the next slot gets any. Listeners of one slot are served
/// one after the other and need the same bytes, which are in the CPU cache after the first. A station with
/// few listeners is served in few slots per revolution. A longer run would not be cheaper, and the load would
/// be less even. See benches/NOTES.md.
const RUN_LENGTH: usize = 32;

/// The listeners of one station by slot.
#[derive(Debug)]
pub struct Wheel {
    /// The slots that have listeners. With hundreds of small stations, most slots are empty, and a map avoids
    /// a search through them.
    slots: BTreeMap<u16, Vec<Peer>>,
    /// The number of slots.
    count: u16,
    /// The slot that is filled first.
    first: u16,
    /// The next slot to be served, counted since the server's start.
    next: u64,
}

/// A range of slots that are due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DueSlots {
    first: u64,
    count: u64,
    /// The first slot that was not served yet. It is before `first` if more than one revolution was missed.
    missed: u64,
}

impl Wheel {
    /// Creates the wheel of the station with this index in the table. It turns once per `interval` and starts
    /// now. Every station begins to fill another slot, so that the load of many small ones is even.
    pub fn new(index: usize, interval: Duration, now: Time) -> Self {
        let count = slots_in(interval);
        let first = (index % usize::from(count)) as u16;
        Self { slots: BTreeMap::new(), count, first, next: slot_at(now) + 1 }
    }

    /// Changes the interval of a revolution. Returns the listeners whose slot has changed: all of them if the
    /// number of slots changed. Each of them is served within one revolution of the new length.
    pub fn set_interval(&mut self, index: usize, interval: Duration, now: Time) -> Vec<(Peer, u16)> {
        if slots_in(interval) == self.count {
            return Vec::new();
        }
        let peers: Vec<Peer> = self.peers().collect();
        *self = Self::new(index, interval, now);
        peers.into_iter().map(|peer| (peer, self.add(peer))).collect()
    }

    /// Adds a listener to the slot with the fewest [runs](RUN_LENGTH) and returns that slot; among equal
    /// ones, the first in the order in which this wheel is filled.
    pub fn add(&mut self, peer: Peer) -> u16 {
        let in_order = (self.first..self.count).chain(0..self.first);
        let runs = |slot: &u16| self.slots.get(slot).map_or(0, Vec::len) / RUN_LENGTH;
        let slot = in_order.min_by_key(runs).expect("a wheel has a slot");
        self.slots.entry(slot).or_default().push(peer);
        slot
    }

    /// Removes a listener from the slot that [`add`](Self::add) gave it.
    pub fn remove(&mut self, peer: Peer, slot: u16) {
        let Some(peers) = self.slots.get_mut(&slot) else { return };
        // While a slot is served, its listeners are not in the map. The caller then drops those that have
        // left.
        if let Some(at) = peers.iter().position(|&other| other == peer) {
            peers.swap_remove(at);
        }
        if peers.is_empty() {
            self.slots.remove(&slot);
        }
    }

    /// Returns whether there are no listeners.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the number of listeners.
    pub fn len(&self) -> usize {
        self.slots.values().map(Vec::len).sum()
    }

    /// Returns the slots that are due, each at most once, however late the call is.
    pub fn due(&mut self, now: Time) -> DueSlots {
        let end = slot_at(now) + 1;
        let missed = self.next;
        self.next = end.max(missed);
        let count = (self.next - missed).min(self.count.into());
        DueSlots { first: self.next - count, count, missed }
    }

    /// Removes the slots from `due` up to and including the first one that has listeners. Returns that slot.
    pub fn next_occupied(&self, due: &mut DueSlots) -> Option<u16> {
        let distance = self.distance_to_occupied(due.first).filter(|distance| *distance < due.count);
        let passed = distance.map_or(due.count, |distance| distance + 1);
        (due.first, due.count) = (due.first + passed, due.count - passed);
        distance.map(|_| self.wheel_slot(due.first - 1))
    }

    /// Returns how late a slot is served that was in `due`.
    pub fn lateness(&self, due: DueSlots, slot: u16, now: Time) -> Duration {
        let count = u64::from(self.count);
        let distance = (u64::from(slot) + count - due.missed % count) % count;
        now.since(time_of(due.missed + distance))
    }

    /// Returns whether the first slot of the wheel is due.
    pub fn starts_revolution(&self, due: DueSlots) -> bool {
        let count = u64::from(self.count);
        due.first.next_multiple_of(count) < due.first + due.count
    }

    /// Returns whether all slots are due.
    pub fn is_full_revolution(&self, due: DueSlots) -> bool {
        due.count == u64::from(self.count)
    }

    /// Takes the listeners of a slot; [`put_back`](Self::put_back) returns those that are still connected.
    pub fn take(&mut self, slot: u16) -> Vec<Peer> {
        self.slots.get_mut(&slot).map(std::mem::take).unwrap_or_default()
    }

    /// Returns listeners to their slot.
    pub fn put_back(&mut self, slot: u16, peers: Vec<Peer>) {
        if peers.is_empty() {
            self.slots.remove(&slot);
        } else {
            self.slots.insert(slot, peers);
        }
    }

    /// Returns all listeners.
    pub fn peers(&self) -> impl Iterator<Item = Peer> + '_ {
        self.slots.values().flatten().copied()
    }

    /// Returns when the next slot with listeners is due.
    pub fn next_time(&self) -> Option<Time> {
        self.distance_to_occupied(self.next).map(|distance| time_of(self.next + distance))
    }

    /// Returns the number of empty slots from this one to the next with listeners.
    fn distance_to_occupied(&self, slot: u64) -> Option<u64> {
        let from = self.wheel_slot(slot);
        let (&busy, _) = self.slots.range(from..).chain(self.slots.range(..from)).next()?;
        let turns = u64::from(busy < from);
        Some(u64::from(busy) + turns * u64::from(self.count) - u64::from(from))
    }

    fn wheel_slot(&self, slot: u64) -> u16 {
        (slot % u64::from(self.count)) as u16
    }
}

/// Returns the number of slots in a revolution of this length.
fn slots_in(interval: Duration) -> u16 {
    (interval.as_micros() / SLOT.as_micros()).clamp(1, u16::MAX.into()) as u16
}

fn time_of(slot: u64) -> Time {
    Time::START + Duration::from_micros(slot * SLOT.as_micros() as u64)
}

fn slot_at(now: Time) -> u64 {
    (now.since_start().as_micros() / SLOT.as_micros()) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(index: u32) -> Peer {
        Peer { index, generation: 0 }
    }

    fn at(millis: u64) -> Time {
        Time::after_start(Duration::from_millis(millis))
    }

    fn served(wheel: &mut Wheel, now: Time) -> Vec<u32> {
        let mut due = wheel.due(now);
        let mut served = Vec::new();
        while let Some(slot) = wheel.next_occupied(&mut due) {
            let peers = wheel.take(slot);
            served.extend(peers.iter().map(|peer| peer.index));
            wheel.put_back(slot, peers);
        }
        served
    }

    #[test]
    fn every_listener_is_served_once_per_interval_and_load_is_even() {
        let mut wheel = Wheel::new(0, Duration::from_secs(1), at(0));
        let slots: Vec<u16> = (0..1600).map(|index| wheel.add(peer(index))).collect();
        for turn in 0..3 {
            let mut served_peers = Vec::new();
            for tick in 1..=50 {
                let now = served(&mut wheel, at(turn * 1000 + tick * 20));
                assert_eq!(now.len(), 32);
                served_peers.extend(now);
            }
            served_peers.sort_unstable();
            assert_eq!(served_peers, (0..1600).collect::<Vec<_>>());
        }
        for (index, slot) in (0..).zip(slots) {
            assert_eq!(wheel.len(), 1600 - index as usize);
            wheel.remove(peer(index), slot);
        }
        assert_eq!(wheel.len(), 0);
    }

    #[test]
    fn late_loop_serves_each_missed_slot_once() {
        let mut wheel = Wheel::new(0, Duration::from_secs(1), at(0));
        for index in 0..1600 {
            wheel.add(peer(index));
        }
        assert_eq!(served(&mut wheel, at(500)).len(), 800);
        assert_eq!(served(&mut wheel, at(500)).len(), 0);
        assert_eq!(served(&mut wheel, at(9_510)).len(), 1600);
    }

    #[test]
    fn lateness_counts_from_the_time_of_the_first_missed_slot() {
        let mut wheel = Wheel::new(0, Duration::from_millis(100), at(0));
        for index in 0..5 * RUN_LENGTH as u32 {
            wheel.add(peer(index));
        }
        for (now, expected) in [(20, &[0][..]), (65, &[25, 5]), (510, &[430, 410, 390, 370, 350])] {
            let mut due = wheel.due(at(now));
            let mut delays = Vec::new();
            while let Some(slot) = wheel.next_occupied(&mut due) {
                delays.push(wheel.lateness(due, slot, at(now)).as_millis());
            }
            delays.sort_unstable_by(|a, b| b.cmp(a));
            assert_eq!(delays, expected, "at {now} ms");
        }
    }

    #[test]
    fn revolution_starts_at_slot_zero_and_is_full_when_all_slots_are_due() {
        let mut wheel = Wheel::new(0, Duration::from_millis(100), at(0));
        // Slots 1 to 4; nothing; slot 0; 1 and 2; 3, 4 and 0; all.
        let times = [(80, false), (99, false), (100, true), (140, false), (200, true), (300, true)];
        for (now, starts) in times {
            let due = wheel.due(at(now));
            assert_eq!(
                (wheel.starts_revolution(due), wheel.is_full_revolution(due)),
                (starts, now == 300),
                "at {now} ms"
            );
        }
    }

    #[test]
    fn changed_interval_keeps_every_listener_and_serves_it_within_a_turn() {
        let mut wheel = Wheel::new(0, Duration::from_secs(1), at(0));
        for index in 0..100 {
            wheel.add(peer(index));
        }
        assert!(wheel.set_interval(0, Duration::from_secs(1), at(500)).is_empty(), "nothing has changed");
        let moved = wheel.set_interval(0, Duration::from_millis(200), at(500));
        assert_eq!((moved.len(), wheel.len()), (100, 100));
        let mut served_peers: Vec<u32> =
            (1..=10).flat_map(|tick| served(&mut wheel, at(500 + tick * 20))).collect();
        served_peers.sort_unstable();
        assert_eq!(served_peers, (0..100).collect::<Vec<_>>());
        for (peer, slot) in moved {
            assert!(slot < 10, "200 ms are ten slots");
            wheel.remove(peer, slot);
        }
        assert!(wheel.is_empty(), "each is in the slot that was returned for it");
    }

    #[test]
    fn slots_are_right_after_a_century() {
        let century = 100 * 366 * 24 * 3600 * 1000;
        let mut wheel = Wheel::new(0, Duration::from_secs(1), at(century + 20));
        wheel.add(peer(1));
        assert_eq!(wheel.next_time(), Some(at(century + 1000)));
        assert_eq!(served(&mut wheel, at(century + 1000)), [1]);
    }

    #[test]
    fn next_time_is_that_of_the_next_occupied_slot() {
        let mut wheel = Wheel::new(0, Duration::from_secs(1), at(0));
        assert_eq!(wheel.next_time(), None);
        wheel.add(peer(1));
        assert_eq!(wheel.next_time(), Some(at(1000)));
        assert_eq!(served(&mut wheel, at(1003)), [1]);
        assert_eq!(wheel.next_time(), Some(at(2000)));
    }

    #[test]
    fn slots_are_filled_in_runs() {
        let mut wheel = Wheel::new(7, Duration::from_secs(1), at(0));
        let slots: Vec<u16> = (0..70).map(|index| wheel.add(peer(index))).collect();
        let expected: Vec<u16> = [[7; RUN_LENGTH], [8; RUN_LENGTH], [9; RUN_LENGTH]].concat();
        assert_eq!(slots, expected[..70]);
        // A new listener takes the place of one that left.
        wheel.remove(peer(3), 7);
        assert_eq!((wheel.add(peer(70)), wheel.add(peer(71))), (7, 9));
    }

    #[test]
    fn small_stations_share_the_slots() {
        let mut load = [0; 50];
        for station in 0..500 {
            let mut wheel = Wheel::new(station, Duration::from_secs(1), at(0));
            (0..20).for_each(|index| load[usize::from(wheel.add(peer(index)))] += 1);
        }
        assert_eq!(load, [200; 50]);
    }
}
