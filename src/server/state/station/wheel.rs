//! When each listener of a station is written to.
//!
//! What a listener costs is the number of writes, not the bytes, so nothing is written when a frame arrives. Every
//! listener has a slot on a wheel that turns once per delivery interval; at its slot it is sent all that is new.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::server::state::peer::Peer;
use crate::time::Time;

/// The width of a slot. All wheels change slots at the same moments, so that many stations do not wake the loop more
/// often than one does.
pub const SLOT: Duration = Duration::from_millis(20);

/// Listeners that a slot gets before the next one does. One after the other they need the same bytes, which are at hand
/// after the first of them; and a station with few listeners is looked after a few times in a turn of the wheel rather
/// than in every slot. More would not make it cheaper, but the load less even. See benches/NOTES.md.
const RUN_LENGTH: usize = 32;

/// The listeners of one station by slot.
#[derive(Debug)]
pub struct Wheel {
    /// The slots that have listeners: of hundreds of small stations, each is to find its few without looking for them.
    slots: BTreeMap<u16, Vec<Peer>>,
    /// How many slots there are.
    count: u16,
    /// The slot that is filled first.
    first: u16,
    /// The next slot to be served, counted since the server's start.
    next: u64,
}

/// The slots that are due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DueSlots {
    first: u64,
    count: u64,
    /// The first slot that was not served yet. Further back than `first` where more than a turn was missed.
    missed: u64,
}

impl Wheel {
    /// The wheel of the station in this place of the table, which turns once per `interval` and starts now. Every station begins to
    /// fill another slot, so that the load of many small ones is even.
    pub fn new(place: usize, interval: Duration, now: Time) -> Self {
        let count = slots_in(interval);
        let first = (place % usize::from(count)) as u16;
        Self { slots: BTreeMap::new(), count, first, next: slot_at(now) + 1 }
    }

    /// Turns once per `interval` from now on. Returns the listeners that have another slot than before, all of them if the
    /// number of slots changed; none is served later than it would have been, or than one new turn.
    pub fn set_interval(&mut self, place: usize, interval: Duration, now: Time) -> Vec<(Peer, u16)> {
        if slots_in(interval) == self.count {
            return Vec::new();
        }
        let peers: Vec<Peer> = self.peers().collect();
        *self = Self::new(place, interval, now);
        peers.into_iter().map(|peer| (peer, self.add(peer))).collect()
    }

    /// Adds a listener to the slot with the fewest [runs](RUN) and returns which that is: of equal ones, the first in the
    /// order in which this wheel is filled.
    pub fn add(&mut self, peer: Peer) -> u16 {
        let in_order = (self.first..self.count).chain(0..self.first);
        let runs = |slot: &u16| self.slots.get(slot).map_or(0, Vec::len) / RUN_LENGTH;
        let slot = in_order.min_by_key(runs).expect("a wheel has a slot");
        self.slots.entry(slot).or_default().push(peer);
        slot
    }

    /// Takes a listener off the slot that [`add`](Self::add) gave it.
    pub fn remove(&mut self, peer: Peer, slot: u16) {
        let Some(peers) = self.slots.get_mut(&slot) else { return };
        // While a slot is being served its listeners are not here, and the caller drops those that are gone.
        if let Some(at) = peers.iter().position(|&other| other == peer) {
            peers.swap_remove(at);
        }
        if peers.is_empty() {
            self.slots.remove(&slot);
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.slots.values().map(Vec::len).sum()
    }

    /// The slots whose time has come, each at most once, however late it is.
    pub fn due(&mut self, now: Time) -> DueSlots {
        let end = slot_at(now) + 1;
        let missed = self.next;
        self.next = end.max(missed);
        let count = (self.next - missed).min(self.count.into());
        DueSlots { first: self.next - count, count, missed }
    }

    /// Takes the slots that are due off up to the first that has listeners; says where that is.
    pub fn next_occupied(&self, due: &mut DueSlots) -> Option<u16> {
        let ahead = self.distance_to_occupied(due.first).filter(|ahead| *ahead < due.count);
        let passed = ahead.map_or(due.count, |ahead| ahead + 1);
        (due.first, due.count) = (due.first + passed, due.count - passed);
        ahead.map(|_| self.place(due.first - 1))
    }

    /// How late the slot at a place that was due is served.
    pub fn lateness(&self, due: DueSlots, place: u16, now: Time) -> Duration {
        let count = u64::from(self.count);
        let ahead = (u64::from(place) + count - due.missed % count) % count;
        now.since(time_of(due.missed + ahead))
    }

    /// Whether the first slot of all is due.
    pub fn starts_revolution(&self, due: DueSlots) -> bool {
        let count = u64::from(self.count);
        due.first.next_multiple_of(count) < due.first + due.count
    }

    /// Whether all slots are due.
    pub fn is_full_revolution(&self, due: DueSlots) -> bool {
        due.count == u64::from(self.count)
    }

    /// Hands out the listeners of a slot; [`put_back`](Self::put_back) those that are still there.
    pub fn take(&mut self, place: u16) -> Vec<Peer> {
        self.slots.get_mut(&place).map(std::mem::take).unwrap_or_default()
    }

    /// Gives a slot its listeners back.
    pub fn put_back(&mut self, place: u16, peers: Vec<Peer>) {
        if peers.is_empty() {
            self.slots.remove(&place);
        } else {
            self.slots.insert(place, peers);
        }
    }

    /// All listeners.
    pub fn peers(&self) -> impl Iterator<Item = Peer> + '_ {
        self.slots.values().flatten().copied()
    }

    /// When the next slot with listeners is due.
    pub fn next_time(&self) -> Option<Time> {
        self.distance_to_occupied(self.next).map(|ahead| time_of(self.next + ahead))
    }

    /// How many slots are passed from this one on until there is one with listeners.
    fn distance_to_occupied(&self, slot: u64) -> Option<u64> {
        let from = self.place(slot);
        let (&busy, _) = self.slots.range(from..).chain(self.slots.range(..from)).next()?;
        let turns = u64::from(busy < from);
        Some(u64::from(busy) + turns * u64::from(self.count) - u64::from(from))
    }

    fn place(&self, slot: u64) -> u16 {
        (slot % u64::from(self.count)) as u16
    }
}

/// How many slots make a turn of this length.
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
        while let Some(place) = wheel.next_occupied(&mut due) {
            let peers = wheel.take(place);
            served.extend(peers.iter().map(|peer| peer.index));
            wheel.put_back(place, peers);
        }
        served
    }

    #[test]
    fn everyone_is_served_once_per_interval_and_the_load_is_even() {
        let mut wheel = Wheel::new(0, Duration::from_secs(1), at(0));
        let slots: Vec<u16> = (0..1600).map(|index| wheel.add(peer(index))).collect();
        for turn in 0..3 {
            let mut all = Vec::new();
            for tick in 1..=50 {
                let now = served(&mut wheel, at(turn * 1000 + tick * 20));
                assert_eq!(now.len(), 32);
                all.extend(now);
            }
            all.sort_unstable();
            assert_eq!(all, (0..1600).collect::<Vec<_>>());
        }
        for (index, slot) in (0..).zip(slots) {
            assert_eq!(wheel.len(), 1600 - index as usize);
            wheel.remove(peer(index), slot);
        }
        assert_eq!(wheel.len(), 0);
    }

    #[test]
    fn a_late_loop_serves_what_it_missed_but_nobody_twice() {
        let mut wheel = Wheel::new(0, Duration::from_secs(1), at(0));
        for index in 0..1600 {
            wheel.add(peer(index));
        }
        assert_eq!(served(&mut wheel, at(500)).len(), 800);
        assert_eq!(served(&mut wheel, at(500)).len(), 0);
        assert_eq!(served(&mut wheel, at(9_510)).len(), 1600);
    }

    #[test]
    fn lateness_is_that_of_the_first_slot_missed() {
        let mut wheel = Wheel::new(0, Duration::from_millis(100), at(0));
        for index in 0..5 * RUN_LENGTH as u32 {
            wheel.add(peer(index));
        }
        for (now, late) in [(20, &[0][..]), (65, &[25, 5]), (510, &[430, 410, 390, 370, 350])] {
            let mut due = wheel.due(at(now));
            let mut found = Vec::new();
            while let Some(place) = wheel.next_occupied(&mut due) {
                found.push(wheel.lateness(due, place, at(now)).as_millis());
            }
            found.sort_unstable_by(|a, b| b.cmp(a));
            assert_eq!(found, late, "at {now} ms");
        }
    }

    #[test]
    fn a_turn_begins_at_the_first_slot_and_ends_when_all_were_due() {
        let mut wheel = Wheel::new(0, Duration::from_millis(100), at(0));
        // Slots 1 to 4; nothing; slot 0; 1 and 2; 3, 4 and 0; all.
        let times = [(80, false), (99, false), (100, true), (140, false), (200, true), (300, true)];
        for (now, begins) in times {
            let due = wheel.due(at(now));
            assert_eq!(
                (wheel.starts_revolution(due), wheel.is_full_revolution(due)),
                (begins, now == 300),
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
        let mut all: Vec<u32> = (1..=10).flat_map(|tick| served(&mut wheel, at(500 + tick * 20))).collect();
        all.sort_unstable();
        assert_eq!(all, (0..100).collect::<Vec<_>>());
        for (peer, slot) in moved {
            assert!(slot < 10, "200 ms are ten slots");
            wheel.remove(peer, slot);
        }
        assert!(wheel.is_empty(), "each is in the slot that was returned for it");
    }

    #[test]
    fn the_wheel_turns_for_centuries() {
        let century = 100 * 366 * 24 * 3600 * 1000;
        let mut wheel = Wheel::new(0, Duration::from_secs(1), at(century + 20));
        wheel.add(peer(1));
        assert_eq!(wheel.next_time(), Some(at(century + 1000)));
        assert_eq!(served(&mut wheel, at(century + 1000)), [1]);
    }

    #[test]
    fn the_loop_sleeps_until_someone_is_due() {
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
        // Where somebody left, the next one comes in.
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
