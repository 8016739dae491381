//! Compares a new set of stations with the one that runs: which stations stay, change, are added and removed.

use std::collections::{HashMap, HashSet};

use crate::server::state::server::Server;
use crate::server::state::station::channel::with_valid_interval;
use crate::server::state::station::stations::{StationError, Stations};
use crate::settings::StationSettings;
use crate::station::StationKey;

/// What has to be done so that exactly these stations run.
#[derive(Debug, Default)]
pub struct StationsPlan {
    /// In the order in which they are removed.
    pub(super) removed: Vec<StationKey>,
    pub(super) changed: Vec<ChangedStation>,
    /// Those that are no renditions first.
    pub(super) added: Vec<StationSettings>,
}

/// A station that runs and gets other settings.
#[derive(Debug)]
pub(super) struct ChangedStation {
    pub key: StationKey,
    pub settings: StationSettings,
    /// Whether its music, or the way of playing it, has changed.
    pub has_other_music: bool,
}

impl StationsPlan {
    /// Returns whether nothing has to be done.
    pub fn is_empty(&self) -> bool {
        self.removed.is_empty() && self.changed.is_empty() && self.added.is_empty()
    }

    /// Returns the stations that are added.
    pub fn added(&self) -> impl Iterator<Item = &StationSettings> {
        self.added.iter()
    }

    /// Returns the mounts of the stations that are removed.
    pub fn removed_mounts(&self, server: &Server) -> Vec<String> {
        self.removed.iter().map(|key| server.stations[*key].settings().mount.clone()).collect()
    }

    /// Returns the mounts before and after of the stations whose mounts change.
    pub fn renamed(&self, server: &Server) -> Vec<(String, String)> {
        let mount = |change: &ChangedStation| server.stations[change.key].settings().mount.clone();
        let mounts = self.changed.iter().map(|change| (mount(change), change.settings.mount.clone()));
        mounts.filter(|(before, after)| before != after).collect()
    }

    /// Returns the stations that need new inputs: those that are added, and those whose music, or the way of
    /// playing it, has changed.
    pub fn needs_inputs(&self) -> impl Iterator<Item = &StationSettings> {
        let changed = self.changed.iter().filter(|change| change.has_other_music);
        let added = self.added.iter().filter(|station| station.rendition.is_none());
        changed.map(|change| &change.settings).chain(added)
    }
}

impl Server {
    /// Compares these stations with those that run. Changes nothing.
    ///
    /// A station is recognised by the id that its settings give, else by its mount. A mount does not
    /// recognise a station if both have ids that were given and differ. A rendition of another station than
    /// before is another one, and so is a rendition that has become a station.
    ///
    /// # Errors
    /// Two of the stations have the same id or the same mount, one is a rendition of none of them, or there
    /// are too many.
    pub fn plan_stations(&self, stations: Vec<StationSettings>) -> Result<StationsPlan, StationError> {
        check_unique(&stations)?;
        check_parents(&stations)?;
        let keys = self.keys_of(&stations);
        let stays: HashSet<StationKey> = keys.iter().flatten().copied().collect();
        // Unlisted stations end with their sources.
        let is_gone = |key: &StationKey| !stays.contains(key) && !self.stations[*key].is_unlisted();
        let gone = self.stations.keys().into_iter().filter(is_gone);
        let mut plan =
            StationsPlan { removed: self.in_order_of_removal(gone.collect()), ..Default::default() };
        for (settings, key) in stations.into_iter().zip(keys) {
            match key {
                None => plan.added.push(settings),
                Some(key) => plan.changed.extend(self.change(key, settings)),
            }
        }
        plan.added.sort_by_key(|station| station.rendition.is_some());
        let after = self.stations.len() - plan.removed.len() + plan.added.len();
        if after > Stations::MAX { Err(StationError::TableFull) } else { Ok(plan) }
    }

    /// Returns the change of a station; `None` if it has these settings already.
    fn change(&self, key: StationKey, settings: StationSettings) -> Option<ChangedStation> {
        let settings = with_valid_interval(settings);
        let before = self.stations[key].settings();
        let has_other_music = !before.has_same_music(&settings);
        (*before != settings).then_some(ChangedStation { key, settings, has_other_music })
    }

    /// Returns the keys of those of these stations that run already.
    fn keys_of(&self, stations: &[StationSettings]) -> Vec<Option<StationKey>> {
        let listed = self.stations.iter().filter(|(_, channel)| !channel.is_unlisted());
        let running: Vec<(StationKey, &StationSettings)> =
            listed.map(|(key, channel)| (key, channel.settings())).collect();
        let mut keys = recognise(&running, stations);
        let mounts = stations.iter().enumerate().map(|(at, station)| (station.mount.as_str(), at));
        let by_mount: HashMap<&str, usize> = mounts.collect();
        let parent_of = |station: &StationSettings| {
            station.rendition.as_ref().and_then(|it| by_mount.get(it.parent.as_str()).copied())
        };
        // Before renditions are looked at, it must be known which of their stations stay.
        for is_rendition in [false, true] {
            for (at, station) in stations.iter().enumerate() {
                if station.rendition.is_some() == is_rendition {
                    let parent = parent_of(station).map(|parent| keys[parent]);
                    keys[at] = keys[at].filter(|&key| self.has_parent(key, parent));
                }
            }
        }
        keys
    }

    /// Returns whether a station is a rendition of the station that has the key `parent`. `None` means that
    /// it is no rendition, and `Some(None)` that it is one of a station that does not run yet.
    fn has_parent(&self, key: StationKey, parent: Option<Option<StationKey>>) -> bool {
        match parent {
            None => self.stations[key].parent.is_none(),
            Some(parent) => parent.is_some() && self.stations[key].parent == parent,
        }
    }

    /// Sorts stations that are removed: renditions last. They are removed with their stations, because their
    /// listeners are moved to renditions of the fallback then.
    fn in_order_of_removal(&self, mut gone: Vec<StationKey>) -> Vec<StationKey> {
        gone.sort_by_key(|&key| self.stations[key].parent.is_some());
        gone
    }
}

/// Returns for each of the stations which of those that run it is.
fn recognise(
    running: &[(StationKey, &StationSettings)],
    stations: &[StationSettings],
) -> Vec<Option<StationKey>> {
    let given = running.iter().filter(|(_, station)| station.has_explicit_id);
    let by_id: HashMap<u32, StationKey> = given.map(|(key, station)| (station.id, *key)).collect();
    let has_id = |station: &&StationSettings| station.has_explicit_id;
    let with_id = |station| Some(station).filter(has_id).and_then(|it| by_id.get(&it.id).copied());
    let mut keys: Vec<Option<StationKey>> = stations.iter().map(with_id).collect();
    let found: HashSet<StationKey> = keys.iter().flatten().copied().collect();
    let others = running.iter().filter(|(key, _)| !found.contains(key));
    let by_mount: HashMap<&str, &(StationKey, &StationSettings)> =
        others.map(|it| (it.1.mount.as_str(), it)).collect();
    for (station, key) in stations.iter().zip(&mut keys).filter(|(_, key)| key.is_none()) {
        let same_mount = by_mount.get(station.mount.as_str());
        let may_be =
            |it: &&&(StationKey, &StationSettings)| !(it.1.has_explicit_id && station.has_explicit_id);
        *key = same_mount.filter(may_be).map(|it| it.0);
    }
    keys
}

fn check_unique(stations: &[StationSettings]) -> Result<(), StationError> {
    let (mut ids, mut mounts) = (HashSet::new(), HashSet::new());
    for station in stations {
        if !ids.insert(station.id) {
            return Err(StationError::Id(station.id));
        }
        if !mounts.insert(station.mount.as_str()) {
            return Err(StationError::Mount);
        }
    }
    Ok(())
}

fn check_parents(stations: &[StationSettings]) -> Result<(), StationError> {
    let possible = stations.iter().filter(|station| station.rendition.is_none());
    let possible: HashSet<&str> = possible.map(|station| station.mount.as_str()).collect();
    let mut parents = stations.iter().filter_map(|station| station.rendition.as_ref());
    let has_all = parents.all(|rendition| possible.contains(rendition.parent.as_str()));
    if has_all { Ok(()) } else { Err(StationError::NoParent) }
}
