//! Adds, changes and removes stations while other stations play.

use log::info;

use super::state::peer::Peer;
use super::state::server::Server;
use super::state::sessions::SessionEntry;
use super::state::station::channel::Applied;
use super::state::station::stations::StationError;
use crate::http::request::station_ref::StationRef;
use crate::session::{CloseReason, Session};
use crate::settings::StationSettings;
use crate::station::{Input, Station, StationKey};
use crate::time::Time;

impl Server {
    /// Adds a station with these inputs, the most important first. It starts at once.
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
        let key = self.stations.add(settings, inputs, now)?;
        parent.into_iter().for_each(|parent| self.add_rendition(parent, key, now));
        self.views.invalidate();
        Ok(key)
    }

    /// Applies changed settings of a station. No listener loses a byte; see `Channel::apply`. Its inputs stay
    /// as they are. A live source stays on air, even if its account is removed.
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
        let id_before = self.stations.get(key).ok_or(StationError::NoSuchStation)?.settings().id;
        self.stations.check_unique(&settings, Some(key))?;
        if self.parent(&settings)? != self.stations[key].parent {
            return Err(StationError::NoParent);
        }
        // The audio that is due by now is played with the old settings.
        self.advance(key, now);
        let id = settings.id;
        let Applied { slots, closed } = self.stations[key].apply(settings, now);
        self.stations.sort_by_id();
        for (peer, slot) in slots {
            if let Some(SessionEntry { session: Session::Listener(listener), .. }) =
                self.sessions.get_mut(peer)
            {
                listener.slot = slot;
            }
        }
        self.apply_rendition_format(key, now);
        // With a smaller buffer, the ring no longer keeps audio for listeners that are too far behind for it.
        self.skip_laggards(key, now);
        closed.into_iter().for_each(|peer| self.close_session(peer, CloseReason::NotNeeded, now));
        if id != id_before {
            self.update_event_filters(id_before, id);
        }
        self.views.invalidate();
        Ok(())
    }

    /// Updates the event readers of a station whose id has changed.
    fn update_event_filters(&mut self, before: u32, after: u32) {
        let last = self.views.events.last_number();
        for peer in self.sessions.peers() {
            if let Some(SessionEntry { session: Session::EventReader(events), .. }) =
                self.sessions.get_mut(peer)
            {
                events.follow_station_id(before, after, last);
            }
        }
    }

    /// Removes a station and closes its sessions: listeners get the rest of the frame they are in. Other
    /// stations and their listeners are not affected. Returns whether the station existed.
    pub fn remove_station(&mut self, key: StationKey, now: Time) -> bool {
        if self.stations.get(key).is_none() {
            return false;
        }
        self.remove_renditions(key, now);
        let Some(channel) = self.stations.get(key) else { return false };
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
        peers.iter().for_each(|&peer| self.close_gracefully(peer, CloseReason::StationRemoved, now));
        self.stations[key].station.log.report_all(&mount);
        let removed = self.stations.remove(key);
        self.log.of_removed_stations +=
            removed.as_ref().map_or(0, |channel| channel.station.log.suppressed());
        self.stats.removed_hits += removed.map_or(0, |channel| channel.audience.hits());
        self.views.invalidate();
        info!("{mount}: station removed, {} sessions closed", peers.len());
        true
    }

    /// Returns the keys of all stations, by stream id.
    pub fn station_keys(&self) -> Vec<StationKey> {
        self.stations.keys()
    }

    /// Returns the station to which `which` refers, if it exists.
    pub fn find_station(&self, which: &StationRef) -> Option<StationKey> {
        self.stations.find(which)
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

    /// Returns whether any station accepts live sources.
    pub(super) fn accepts_sources(&self) -> bool {
        self.stations.first_accepting_sources().is_some()
    }
}
