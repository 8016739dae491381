//! Adds, changes and removes the renditions of a station while all of them play.

use crate::http::request::station_ref::StationRef;
use crate::server::state::peer::Peer;
use crate::server::state::server::Server;
use crate::server::state::station::stations::StationError;
use crate::session::CloseReason;
use crate::settings::StationSettings;
use crate::station::StationKey;
use crate::time::Time;

impl Server {
    /// Returns the station of which these settings make a rendition; `None` if they are those of another kind
    /// of station.
    ///
    /// # Errors
    /// There is no such station, or it is a rendition itself.
    pub(in crate::server) fn parent(
        &self,
        settings: &StationSettings,
    ) -> Result<Option<StationKey>, StationError> {
        let Some(rendition) = &settings.rendition else { return Ok(None) };
        let parent = self.stations.find(&StationRef::Mount(rendition.parent.clone()));
        let parent = parent.filter(|&parent| self.stations[parent].parent.is_none());
        parent.map(Some).ok_or(StationError::NoParent)
    }

    /// Makes the new station `key` a rendition of `parent`.
    pub(in crate::server) fn add_rendition(&mut self, parent: StationKey, key: StationKey, now: Time) {
        let Some(format) = self.stations[key].station.format() else { return };
        // What has changed before belongs to the other renditions.
        if let Some(mut ladder) = self.stations[parent].ladder.take() {
            self.pass_changes(parent, &mut ladder, now);
            self.stations[parent].ladder = Some(ladder);
        }
        let edge = self.stations[parent].station.new_rendition(format);
        let rendition = &mut self.stations[key];
        rendition.parent = Some(parent);
        rendition.station.become_rendition(edge);
        let channel = &mut self.stations[parent];
        channel.station.record_changes();
        channel.ladder.get_or_insert_default().add(key);
    }

    /// Continues a rendition in the format of its settings, which may have changed. Its encoder is prepared
    /// with the latest audio, so that another bit rate is not heard as an interruption. With another sampling
    /// rate or channel count, its listeners are disconnected, because many players stop otherwise.
    pub(in crate::server) fn apply_rendition_format(&mut self, key: StationKey, now: Time) {
        let Some(parent) = self.stations[key].parent else { return };
        let channel = &mut self.stations[key];
        let (Some(before), Some(after)) =
            (channel.station.rendition().map(|edge| edge.format()), channel.station.format())
        else {
            return;
        };
        if before == after {
            return;
        }
        let is_same_kind = before.format() == after.format();
        if !is_same_kind {
            let peers: Vec<Peer> = channel.wheel.peers().collect();
            peers.into_iter().for_each(|peer| self.close_gracefully(peer, CloseReason::FormatChanged, now));
        }
        self.stations[key].station.set_rendition_format(after);
        let Some(ladder) = &mut self.stations[parent].ladder else { return };
        if is_same_kind {
            ladder.has_new_rungs = true;
        } else {
            ladder.replace(key);
        }
    }

    /// Removes the renditions of a station that is about to be removed. If it is a rendition itself, takes it
    /// off the ladder of its station.
    pub(in crate::server) fn remove_renditions(&mut self, key: StationKey, now: Time) {
        for rendition in self.stations.with_renditions(key).into_iter().filter(|&it| it != key) {
            self.remove_station(rendition, now);
        }
        if let Some(parent) = self.stations[key].parent
            && let Some(ladder) = &mut self.stations[parent].ladder
        {
            ladder.remove(key);
            if ladder.rungs.is_empty() {
                let channel = &mut self.stations[parent];
                channel.ladder = None;
                channel.station.ignore_changes();
            }
        }
    }
}
