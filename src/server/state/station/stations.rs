//! The table of stations, and the schedule that determines which of them are polled in a turn.

mod unlisted;

use std::fmt;
use std::iter;
use std::ops::{Index, IndexMut};

use super::channel::Channel;
use super::fallback_input::MountsRevision;
use crate::http::request::station_ref::StationRef;
use crate::http::untrusted_url::OwnHosts;
use crate::settings::{StationInfo, StationSettings};
use crate::station::{Input, StationKey};
use crate::time::Time;

/// All stations by their keys. Stations can be added and removed while others play.
///
/// Hundreds of live sources cause thousands of turns a second, and each turn concerns one station. So the
/// table stores for each station when it has to be polled next. A station can be changed only through
/// [`IndexMut`] or [`iter_mut`](Self::iter_mut), which mark it to be polled in the next turn.
///
/// The key of a session is always valid, as a station is removed only after all of its sessions have ended.
/// Indexing relies on this. [`get`](Self::get) is for keys from elsewhere.
#[derive(Default)]
pub struct Stations {
    slots: Vec<TableSlot>,
    /// When each station has to be polled. Stored apart from the stations, because every turn reads all
    /// schedules.
    schedules: Vec<Schedule>,
    /// The keys of all stations, sorted by stream id.
    by_id: Vec<StationKey>,
    mounts: MountsRevision,
}

struct TableSlot {
    generation: u16,
    channel: Option<Channel>,
}

#[derive(Debug, Clone, Copy)]
struct Schedule {
    /// Whether the station may have changed since it was last polled.
    is_dirty: bool,
    /// Whether it waits for another thread and is polled in every turn.
    needs_polling: bool,
    /// When it has to be polled if nothing changes it.
    next: Option<Time>,
}

/// The schedule of an empty slot.
const UNSCHEDULED: Schedule = Schedule { is_dirty: false, needs_polling: false, next: None };

/// Why a station cannot be added or changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StationError {
    /// Another station has this stream id.
    Id(u32),
    /// Another station has this mount.
    Mount,
    /// The table is full.
    TableFull,
    /// There is no station with the mount of which it is a rendition, or that one is a rendition itself.
    NoParent,
    /// No station has this key, or it was removed.
    NoSuchStation,
}

impl fmt::Display for StationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => write!(f, "another station has the id {id}"),
            Self::Mount => f.write_str("another station has this mount"),
            Self::TableFull => f.write_str("there are as many stations as there can be"),
            Self::NoParent => f.write_str("there is no station of which it is a rendition"),
            Self::NoSuchStation => f.write_str("there is no such station"),
        }
    }
}

impl Stations {
    /// The most stations, whose indices fit in a key.
    pub const MAX: usize = u16::MAX as usize + 1;

    /// Returns the number of stations.
    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Adds a station with these inputs, the most important first. It starts now.
    ///
    /// # Errors
    /// Another station has its id or its mount, or the table is full.
    pub fn add(
        &mut self,
        settings: StationSettings,
        inputs: Vec<Box<dyn Input>>,
        now: Time,
    ) -> Result<StationKey, StationError> {
        self.check_unique(&settings, None)?;
        let key = self.allocate_key().ok_or(StationError::TableFull)?;
        let channel = Channel::new(key.index(), settings, inputs, now);
        self.slots[key.index()].channel = Some(channel);
        self.schedules[key.index()] = Schedule { is_dirty: true, ..UNSCHEDULED };
        self.by_id.push(key);
        self.sort_by_id();
        Ok(key)
    }

    /// Removes a station, whose sessions must have ended. Its key is invalid from now on.
    pub fn remove(&mut self, key: StationKey) -> Option<Channel> {
        self.get(key)?;
        self.set_fallback_wanted(key, false);
        self.by_id.retain(|other| *other != key);
        let slot = &mut self.slots[key.index()];
        self.schedules[key.index()] = UNSCHEDULED;
        // A slot whose generations are used up stays empty.
        slot.generation = slot.generation.saturating_add(1);
        slot.channel.take()
    }

    /// Checks whether a configured station may have these settings; `own` is its key if it exists already.
    /// Unlisted stations do not count: they give way.
    ///
    /// # Errors
    /// Another station has the id or the mount.
    pub fn check_unique(
        &self,
        settings: &StationSettings,
        own: Option<StationKey>,
    ) -> Result<(), StationError> {
        let others = || {
            let configured = self.iter().filter(|(key, it)| Some(*key) != own && !it.is_unlisted());
            configured.map(|(_, it)| it.settings())
        };
        if others().any(|other| other.id == settings.id) {
            Err(StationError::Id(settings.id))
        } else if others().any(|other| other.mount == settings.mount) {
            Err(StationError::Mount)
        } else {
            Ok(())
        }
    }

    /// Sorts the keys. Must be called when the id or the mount of a station has changed.
    pub fn sort_by_id(&mut self) {
        self.mounts.0 += 1;
        let Self { slots, by_id, .. } = self;
        let id = |key: &StationKey| slots[key.index()].channel.as_ref().map(|it| it.settings().id);
        by_id.sort_by_key(id);
    }

    fn allocate_key(&mut self) -> Option<StationKey> {
        let is_free = |slot: &TableSlot| slot.channel.is_none() && slot.generation < u16::MAX;
        let index = self.slots.iter().position(is_free).unwrap_or(self.slots.len());
        let key = |generation| Some(StationKey::new(u16::try_from(index).ok()?, generation));
        match self.slots.get(index) {
            Some(slot) => key(slot.generation),
            None => {
                let key = key(0)?;
                self.slots.push(TableSlot { generation: 0, channel: None });
                self.schedules.push(UNSCHEDULED);
                Some(key)
            }
        }
    }

    /// Returns the station with this key, if it exists.
    pub fn get(&self, key: StationKey) -> Option<&Channel> {
        let slot = self.slots.get(key.index())?;
        slot.channel.as_ref().filter(|_| slot.generation == key.generation())
    }

    /// Returns the station to which `which` refers, if it exists.
    pub fn find(&self, which: &StationRef) -> Option<StationKey> {
        let by = |is: &dyn Fn(&StationSettings) -> bool| {
            self.iter().find(|(_, channel)| is(channel.settings())).map(|(key, _)| key)
        };
        match which {
            // No source decides which station is the default one.
            StationRef::Default => {
                let mut configured = self.iter().filter(|(_, channel)| !channel.is_unlisted());
                configured.next().map(|(key, _)| key).or(self.by_id.first().copied())
            }
            StationRef::Id(id) => by(&|settings| settings.id == *id),
            StationRef::Mount(mount) => by(&|settings| settings.mount == *mount),
        }
    }

    /// Returns the station whose programme a station has: its own, or, for a rendition, that of another one.
    pub fn programme(&self, key: StationKey) -> StationKey {
        self[key].parent.unwrap_or(key)
    }

    /// Returns a station and its renditions.
    pub fn with_renditions(&self, key: StationKey) -> Vec<StationKey> {
        let renditions = self[key].ladder.iter().flat_map(|ladder| &ladder.rungs).map(|rung| rung.key);
        iter::once(key).chain(renditions).collect()
    }

    /// Returns whether a station or one of its renditions has listeners, there, at its fallback, or at a
    /// station whose fallback it is.
    pub fn has_listeners(&self, key: StationKey) -> bool {
        let mut rungs = self[key].ladder.iter().flat_map(|ladder| &ladder.rungs).map(|rung| rung.key);
        self[key].has_listeners()
            || rungs.any(|rung| self[rung].has_listeners() || self.is_fallback_wanted(rung))
            || self.is_fallback_wanted(key)
    }

    /// Returns whether a station that has nothing of its own plays the programme of this one to listeners.
    fn is_fallback_wanted(&self, key: StationKey) -> bool {
        self[key].wanted_by > 0
    }

    /// Notes whether a station that has nothing of its own plays the programme of its source to listeners.
    /// The source counts such stations, because looking for them would take all stations each time.
    pub fn set_fallback_wanted(&mut self, key: StationKey, is_wanted: bool) {
        if self[key].fallback_input.is_wanted == is_wanted {
            return;
        }
        self[key].fallback_input.is_wanted = is_wanted;
        let source = self[key].fallback_input.source;
        if let Some(source) = source.filter(|&source| self.get(source).is_some()) {
            let count = &mut self[source].wanted_by;
            *count = if is_wanted { *count + 1 } else { count.saturating_sub(1) };
        }
    }

    /// Returns the station with the mount of a fallback. A mount that no station had is not looked for again
    /// until one may have it.
    pub fn find_fallback(&self, key: StationKey, mount: &str) -> Option<StationKey> {
        if self[key].fallback_input.missing_since == Some(self.mounts) {
            return None;
        }
        self.iter().find(|(_, channel)| channel.settings().mount == mount).map(|(key, _)| key)
    }

    /// Notes it if no station has the mount of the fallback of this one.
    pub fn note_missing_fallback(&mut self, key: StationKey) {
        let channel = &self[key];
        let Some(mount) = channel.settings().fallback_input.as_deref() else { return };
        let is_noted = channel.fallback_input.missing_since == Some(self.mounts);
        if !is_noted && self.find_fallback(key, mount).is_none() {
            self[key].fallback_input.missing_since = Some(self.mounts);
        }
    }

    /// Returns the station to which `which` refers, if listeners and pages find it.
    pub fn find_present(&self, which: &StationRef) -> Option<StationKey> {
        match which {
            StationRef::Default => {
                let mut present = self.iter().filter(|(key, _)| self.is_present(*key));
                let configured = present.clone().find(|(_, channel)| !channel.is_unlisted());
                configured.or_else(|| present.next()).map(|(key, _)| key)
            }
            StationRef::Id(_) | StationRef::Mount(_) => self.find(which).filter(|key| self.is_present(*key)),
        }
    }

    /// Returns whether listeners and pages find a station.
    pub fn is_present(&self, key: StationKey) -> bool {
        !self[self.programme(key)].is_absent
    }

    /// Returns the name, description and so on of a station, without links to `own_hosts`.
    pub fn about(&self, key: StationKey, own_hosts: &OwnHosts) -> StationInfo<'_> {
        self[key].about_without_links_to(&self[self.programme(key)], own_hosts)
    }

    /// Returns the first configured station that accepts live sources.
    pub fn first_accepting_sources(&self) -> Option<StationKey> {
        let mut configured = self.iter().filter(|(_, channel)| !channel.is_unlisted());
        configured.find(|(_, channel)| channel.settings().sources.is_enabled()).map(|(key, _)| key)
    }

    /// Returns all keys by stream id, as a copy that can be iterated while stations change.
    pub fn keys(&self) -> Vec<StationKey> {
        self.by_id.clone()
    }

    /// Returns all stations by stream id.
    pub fn iter(&self) -> impl Iterator<Item = (StationKey, &Channel)> + Clone {
        self.by_id.iter().filter_map(|&key| Some((key, self.get(key)?)))
    }

    /// Returns all stations in no particular order, mutable.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Channel> {
        let filled = self.schedules.iter_mut().zip(&mut self.slots);
        filled.filter_map(|(schedule, slot)| {
            let channel = slot.channel.as_mut()?;
            schedule.is_dirty = true;
            Some(channel)
        })
    }

    /// Makes the next turn poll a station, if it exists.
    pub fn mark_dirty(&mut self, key: StationKey) {
        if self.get(key).is_some() {
            self.schedules[key.index()].is_dirty = true;
        }
    }

    /// Returns the number of slots to check with [`due`](Self::due).
    pub fn table_len(&self) -> usize {
        self.slots.len()
    }

    /// Returns the station in this slot of the table, if it has to be polled in this turn.
    pub fn due(&self, index: usize, now: Time) -> Option<StationKey> {
        let Schedule { is_dirty, needs_polling, next } = self.schedules[index];
        let is_due = is_dirty || needs_polling || next.is_some_and(|next| next <= now);
        is_due.then(|| StationKey::new(index as u16, self.slots[index].generation))
    }

    /// Updates the schedule of a station that was polled.
    pub fn reschedule(&mut self, key: StationKey) {
        let Some(channel) = self.get(key) else { return };
        let (next, needs_polling) = (channel.deadline(), channel.needs_polling());
        self.schedules[key.index()] = Schedule { is_dirty: false, needs_polling, next };
    }

    /// Returns when the next station has to be polled if nothing happens before.
    pub fn deadline(&self) -> Option<Time> {
        let next = |(schedule, slot): (&Schedule, &TableSlot)| match &slot.channel {
            Some(channel) if schedule.is_dirty => channel.deadline(),
            _ => schedule.next,
        };
        self.schedules.iter().zip(&self.slots).filter_map(next).min()
    }
}

impl Index<StationKey> for Stations {
    type Output = Channel;

    fn index(&self, key: StationKey) -> &Channel {
        self.get(key).expect("a station is removed after its sessions")
    }
}

impl IndexMut<StationKey> for Stations {
    fn index_mut(&mut self, key: StationKey) -> &mut Channel {
        self.schedules[key.index()].is_dirty = true;
        let slot = &mut self.slots[key.index()];
        let channel = slot.channel.as_mut().filter(|_| slot.generation == key.generation());
        channel.expect("a station is removed after its sessions")
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn at(millis: u64) -> Time {
        Time::after_start(Duration::from_millis(millis))
    }

    fn settings(id: u32) -> StationSettings {
        StationSettings { id, mount: format!("/{id}"), ..StationSettings::default() }
    }

    fn with(ids: &[u32]) -> (Vec<StationKey>, Stations) {
        let mut stations = Stations::default();
        let add = |&id| stations.add(settings(id), Vec::new(), at(0)).expect("ids differ");
        (ids.iter().map(add).collect(), stations)
    }

    fn due(stations: &Stations, now: Time) -> Vec<usize> {
        (0..stations.table_len()).filter(|&index| stations.due(index, now).is_some()).collect()
    }

    #[test]
    fn station_is_polled_when_its_time_comes_or_it_was_changed() {
        let (keys, mut stations) = with(&[1, 2, 3]);
        assert_eq!(due(&stations, at(0)), [0, 1, 2], "none was polled yet");
        for (number, &key) in keys.iter().enumerate() {
            stations[key].next_advance = at(1000 * (number as u64 + 1));
            stations.reschedule(key);
        }
        assert!(due(&stations, at(999)).is_empty());
        assert_eq!(stations.deadline(), Some(at(1000)));
        assert_eq!(due(&stations, at(2000)), [0, 1]);
        // Reading a station does not change its schedule.
        assert!(stations.iter().all(|(_, it)| it.wheel.is_empty()) && stations[keys[2]].wheel.is_empty());
        assert!(due(&stations, at(999)).is_empty());
        stations[keys[2]].next_advance = at(10);
        assert_eq!(due(&stations, at(0)), [2]);
        assert_eq!(stations.deadline(), Some(at(10)), "the current deadline, not the one of the last poll");
        stations.reschedule(keys[2]);
        assert_eq!((due(&stations, at(9)), due(&stations, at(10))), (vec![], vec![2]));
        stations.iter_mut().for_each(|_| {});
        assert_eq!(due(&stations, at(0)), [0, 1, 2]);
    }

    #[test]
    fn key_of_removed_station_never_finds_the_next_in_its_slot() {
        let (keys, mut stations) = with(&[1, 2]);
        assert!(stations.remove(keys[0]).is_some() && stations.remove(keys[0]).is_none());
        assert!(stations.get(keys[0]).is_none() && due(&stations, at(9999)) == [1]);
        let next = stations.add(settings(7), Vec::new(), at(0)).expect("there is room");
        assert_eq!(next.index(), keys[0].index(), "slots are reused");
        assert!(stations.get(keys[0]).is_none() && stations.remove(keys[0]).is_none());
        assert_eq!(stations[next].settings().id, 7);
        assert_eq!(stations.keys(), [keys[1], next]);
    }

    #[test]
    fn slot_with_exhausted_generations_stays_empty() {
        let (keys, mut stations) = with(&[1]);
        stations.slots[0].generation = u16::MAX - 1;
        let last = StationKey::new(0, u16::MAX - 1);
        assert!(stations.get(keys[0]).is_none() && stations.remove(last).is_some());
        let next = stations.add(settings(1), Vec::new(), at(0)).expect("there is room");
        assert_eq!(next.index(), 1);
    }

    #[test]
    fn stations_are_found_by_id_mount_or_as_the_first() {
        let (keys, mut stations) = with(&[7, 2]);
        for (which, found) in [
            (StationRef::Default, Some(keys[1])),
            (StationRef::Id(7), Some(keys[0])),
            (StationRef::Id(1), None),
            (StationRef::Mount("/7".into()), Some(keys[0])),
            (StationRef::Mount("/L".into()), None),
        ] {
            assert_eq!(stations.find(&which), found, "{which:?}");
        }
        stations.remove(keys[1]);
        assert_eq!(stations.find(&StationRef::Default), Some(keys[0]));
        assert_eq!(Stations::default().find(&StationRef::Default), None);
    }

    #[test]
    fn ids_and_mounts_are_unique() {
        let (keys, mut stations) = with(&[1, 2]);
        assert_eq!(stations.add(settings(2), Vec::new(), at(0)), Err(StationError::Id(2)));
        let same_mount = StationSettings { id: 3, ..settings(2) };
        assert_eq!(stations.add(same_mount.clone(), Vec::new(), at(0)), Err(StationError::Mount));
        assert_eq!(stations.check_unique(&same_mount, Some(keys[1])), Ok(()), "it may keep its own");
    }
}
