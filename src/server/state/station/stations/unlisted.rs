//! Unlisted stations in the table: they are added without an id, and become visible with their first frame.

use std::collections::HashSet;

use super::super::channel::Channel;
use super::super::unlisted::UnlistedState;
use super::{Schedule, Stations, UNSCHEDULED};
use crate::settings::StationSettings;
use crate::station::StationKey;
use crate::time::Time;

/// The highest stream id: some tools store it in 31 bits.
const ID_MAX: u32 = i32::MAX as u32;

impl Stations {
    /// Adds an unlisted station, which is visible to sources only. `None` if the table is full.
    pub fn add_unlisted(&mut self, settings: StationSettings, now: Time) -> Option<StationKey> {
        let key = self.allocate_key()?;
        let mut channel = Channel::new(key.index(), settings, Vec::new(), now);
        channel.unlisted = Some(Box::default());
        self.slots[key.index()].channel = Some(channel);
        self.schedules[key.index()] = Schedule { is_dirty: true, ..UNSCHEDULED };
        Some(key)
    }

    /// Begins the programme of an unlisted station: gives it an id and makes it visible to all.
    pub fn begin_unlisted(&mut self, key: StationKey, now: Time) {
        let id = self.free_unlisted_id(&HashSet::new());
        let channel = &mut self[key];
        let settings = StationSettings { id, ..channel.settings().clone() };
        // Its timeline begins now, not with the login.
        let mut begun = Channel::new(key.index(), settings, Vec::new(), now);
        std::mem::swap(&mut begun.live, &mut channel.live);
        let sources = channel.unlisted.as_ref().map_or(0, |unlisted| unlisted.sources);
        begun.unlisted = Some(Box::new(UnlistedState { has_begun: true, sources, former_account: None }));
        *channel = begun;
        self.by_id.push(key);
        self.sort_by_id();
    }

    /// Returns the unlisted station with this mount that awaits its first source.
    pub fn find_awaiting(&self, mount: &str) -> Option<StationKey> {
        let is_awaiting =
            |channel: &&Channel| channel.awaits_first_source() && channel.settings().mount == mount;
        self.all().find(|(_, channel)| is_awaiting(channel)).map(|(key, _)| key)
    }

    /// Returns the keys of all unlisted stations, begun or not.
    pub fn unlisted_keys(&self) -> Vec<StationKey> {
        self.all().filter(|(_, channel)| channel.is_unlisted()).map(|(key, _)| key).collect()
    }

    /// Returns how many unlisted stations there are. One that awaits its first source counts only while one
    /// is logged in, and so does one that relays a mount of the master.
    pub fn unlisted_count(&self) -> usize {
        let counts = |channel: &&Channel| {
            let counts = |unlisted: &UnlistedState| {
                unlisted.sources > 0 || unlisted.has_begun && channel.master_relay().is_none()
            };
            channel.unlisted.as_deref().is_some_and(counts)
        };
        self.all().filter(|(_, channel)| counts(channel)).count()
    }

    /// Gives an unlisted station the lowest free id above those of all others. Returns the id.
    pub fn renumber_unlisted(&mut self, key: StationKey, reserved: &HashSet<u32>) -> u32 {
        let id = self.free_unlisted_id(reserved);
        self[key].set_id(id);
        self.sort_by_id();
        id
    }

    /// Returns the lowest free id above those of all configured stations; if there is none, the lowest free
    /// one. It is none of the `reserved` ones.
    fn free_unlisted_id(&self, reserved: &HashSet<u32>) -> u32 {
        let ids: Vec<u32> = self.iter().map(|(_, channel)| channel.settings().id).collect();
        let configured = self.iter().filter(|(_, channel)| !channel.is_unlisted());
        let highest = configured.map(|(_, channel)| channel.settings().id).max().unwrap_or_default();
        let mut candidates = (highest.saturating_add(1)..=ID_MAX).chain(1..=highest);
        // There are fewer stations than ids.
        candidates.find(|id| !ids.contains(id) && !reserved.contains(id)).unwrap_or(ID_MAX)
    }

    /// Returns all stations, also those that await their first source, in no particular order.
    fn all(&self) -> impl Iterator<Item = (StationKey, &Channel)> {
        let slots = self.slots.iter().enumerate();
        slots.filter_map(|(index, slot)| {
            let key = StationKey::new(u16::try_from(index).ok()?, slot.generation);
            Some((key, slot.channel.as_ref()?))
        })
    }
}
