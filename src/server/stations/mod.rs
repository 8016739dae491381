//! Adds, changes and removes stations while other stations play.

mod apply;
mod plan;

use std::collections::HashMap;

pub use apply::InputsByMount;
pub use plan::StationsPlan;

use log::info;

use super::state::peer::Peer;
use super::state::server::Server;
use super::state::station::stations::StationError;
use crate::http::request::station_ref::StationRef;
use crate::session::{CloseReason, Session};
use crate::settings::StationSettings;
use crate::station::{Input, Station, StationKey};
use crate::time::Time;

impl Server {
    /// Adds a station with these inputs, the most important first. It starts at once. If there is an unlisted
    /// station with its mount, that one becomes the station, with its listeners and its source.
    ///
    /// # Errors
    /// Another station has its id or its mount, or it is a rendition of a station that does not exist.
    pub fn add_station(
        &mut self,
        settings: StationSettings,
        inputs: Vec<Box<dyn Input>>,
        now: Time,
    ) -> Result<StationKey, StationError> {
        let parent = self.parent(&settings)?;
        self.stations.check_unique(&settings, None)?;
        let taken_over = self.take_over_unlisted(&settings, now);
        self.displace_unlisted(&settings, taken_over, now);
        if let Some(key) = taken_over {
            self.add_inputs(key, inputs);
            return Ok(key);
        }
        let source_formats = self.hooks.source_formats.as_ref();
        let last_format = source_formats.and_then(|formats| formats.load(&settings.identity()));
        let key = self.stations.add(settings, inputs, now)?;
        last_format.into_iter().for_each(|format| self.stations[key].recall_source_format(format));
        self.begin_statistics(key, now);
        parent.into_iter().for_each(|parent| self.add_rendition(parent, key, now));
        self.views.invalidate();
        Ok(key)
    }

    /// Applies changed settings of a station. No listener loses a byte; see `Channel::apply`. Its inputs stay
    /// as they are. A live source stays on air, unless its account is removed.
    ///
    /// # Errors
    /// Another station has the id or the mount, or the station does not exist. In this case, nothing is
    /// changed.
    pub fn apply_station(
        &mut self,
        key: StationKey,
        settings: StationSettings,
        now: Time,
    ) -> Result<(), StationError> {
        self.stations.get(key).ok_or(StationError::NoSuchStation)?;
        self.stations.check_unique(&settings, Some(key))?;
        if self.parent(&settings)? != self.stations[key].parent {
            return Err(StationError::NoParent);
        }
        self.displace_unlisted(&settings, Some(key), now);
        self.apply_settings(key, settings, now);
        Ok(())
    }

    /// Applies settings that were checked.
    pub(super) fn apply_settings(&mut self, key: StationKey, settings: StationSettings, now: Time) {
        let id = settings.id;
        let before = self.change_station(key, settings, now);
        let ids = HashMap::from([(before.id, id)]);
        self.finish_changes(&ids, &HashMap::from([(key, before)]), now);
    }

    /// Removes a station. Its listeners are [moved](Self::hand_over_listeners) to its fallback. Its other
    /// sessions are closed: listeners that cannot be moved get the rest of the frame they are in. Other
    /// stations and their listeners are not affected. Returns whether the station existed.
    pub fn remove_station(&mut self, key: StationKey, now: Time) -> bool {
        let Some(channel) = self.stations.get(key) else { return false };
        let mount = channel.settings().mount.clone();
        let count = self.close_station(key, CloseReason::StationRemoved, now);
        info!("{mount}: station removed, {count} sessions closed");
        true
    }

    /// Removes a station, if it exists, and closes its sessions for this reason. Returns their number.
    pub(super) fn close_station(&mut self, key: StationKey, reason: CloseReason, now: Time) -> usize {
        if self.stations.get(key).is_none() {
            return 0;
        }
        self.hand_over_listeners(key, now);
        self.remove_renditions(key, now);
        let Some(channel) = self.stations.get(key) else { return 0 };
        let (id, mount) = (channel.settings().id, channel.settings().mount.clone());
        let is_of_station = |session: &Session| match session {
            Session::Listener(listener) => listener.station == key,
            Session::Source(source) => source.station == key,
            Session::Relay(relay) => relay.station == key,
            Session::EventReader(events) => events.station_filter() == Some(id),
            Session::Handshake(_) | Session::Login(_) | Session::Reply(_) => false,
        };
        let of_station = self.sessions.iter().filter(|(_, entry)| is_of_station(&entry.session));
        let peers: Vec<Peer> = of_station.map(|(peer, _)| peer).collect();
        // The upstream is removed first, so that the end of its connection does not cause a retry.
        self.stations[key].upstream = None;
        peers.iter().for_each(|&peer| self.close_gracefully(peer, reason, now));
        self.stations[key].station.log.report_all(&mount);
        self.put_statistics(key, now);
        let removed = self.stations.remove(key);
        self.log.of_removed_stations +=
            removed.as_ref().map_or(0, |channel| channel.station.log.suppressed());
        self.stats.removed_hits += removed.map_or(0, |channel| channel.hits());
        self.views.invalidate();
        peers.len()
    }

    /// Asks the AutoDJs of all stations to look at their files, directories and playlists again at once.
    pub fn rescan_music(&mut self) {
        self.stations.iter_mut().for_each(|channel| channel.station.rescan());
    }

    /// Returns the keys of all stations, by stream id.
    pub fn station_keys(&self) -> Vec<StationKey> {
        self.stations.keys()
    }

    /// Returns the station to which `which` refers, if it exists.
    pub fn find_station(&self, which: &StationRef) -> Option<StationKey> {
        self.stations.find(which)
    }

    /// Returns the settings of a station, if it exists.
    pub fn station_settings(&self, key: StationKey) -> Option<&StationSettings> {
        self.stations.get(key).map(|channel| channel.settings())
    }

    /// Returns a station.
    ///
    /// # Panics
    /// If there is no station with this key.
    pub fn station(&self, key: StationKey) -> &Station {
        &self.stations[key].station
    }

    /// Returns the number of listeners of a station, counted or not; 0 if it does not exist.
    pub fn listeners(&self, key: StationKey) -> usize {
        self.stations.get(key).map_or(0, |channel| channel.wheel.len())
    }

    /// Returns whether a station has a live source, on air or about to be.
    pub fn is_live(&self, key: StationKey) -> bool {
        self.stations.get(key).is_some_and(|channel| channel.live.source.is_some())
    }

    /// Returns whether a station's upstream is streaming, on air or not.
    pub fn is_relaying(&self, key: StationKey) -> bool {
        let upstream = self.stations.get(key).and_then(|channel| channel.upstream.as_ref());
        upstream.is_some_and(|upstream| upstream.producer().is_some())
    }

    /// Returns whether any station accepts live sources, or sources may create stations.
    pub(super) fn accepts_sources(&self) -> bool {
        self.unlisted.settings.is_some() || self.stations.first_accepting_sources().is_some()
    }
}

#[cfg(test)]
mod tests;
