//! Applies a changed set of stations while their listeners play.

use std::collections::HashMap;

use super::plan::{ChangedStation, StationsPlan};
use crate::server::state::server::Server;
use crate::server::state::sessions::SessionEntry;
use crate::server::state::station::channel::Applied;
use crate::session::{CloseReason, Session};
use crate::settings::{StationIdentity, StationSettings};
use crate::station::{Input, ReplaceWhen, StationKey};
use crate::time::Time;

/// The inputs of stations, by their mounts.
pub type InputsByMount = HashMap<String, Vec<Box<dyn Input>>>;

impl Server {
    /// Applies a [plan](Self::plan_stations), which must have been made since the stations were changed last.
    /// `inputs` has the inputs of the stations that [need some](StationsPlan::needs_inputs), by their mounts.
    ///
    /// First, unlisted stations give up the ids that others get. Then stations are removed, so that their ids
    /// and mounts are free. Then all that stay are changed, and only after that others look for them by id or
    /// mount, so that two stations can swap theirs.
    pub fn apply_plan(&mut self, plan: StationsPlan, mut inputs: InputsByMount, now: Time) {
        let StationsPlan { removed, changed, added } = plan;
        // The listeners of removed stations fit if they do so with the new limits.
        for ChangedStation { key, settings, .. } in &changed {
            self.stations[*key].set_max_listeners(settings.max_listeners);
        }
        let of_changed = changed.iter().map(|change| change.settings.id);
        self.vacate_ids(&of_changed.chain(added.iter().map(|station| station.id)).collect());
        self.hand_over_all(&removed, now);
        for key in removed {
            self.remove_station(key, now);
        }
        self.change_stations(changed, &mut inputs, now);
        for settings in added {
            let inputs = inputs.remove(&settings.mount).unwrap_or_default();
            let mount = settings.mount.clone();
            if let Err(error) = self.add_station(settings, inputs, now) {
                log::error!("{mount}: the station was not added: {error}");
            }
        }
        self.views.invalidate();
    }

    fn change_stations(&mut self, changed: Vec<ChangedStation>, inputs: &mut InputsByMount, now: Time) {
        let mut ids = HashMap::new();
        let mut before = HashMap::new();
        for ChangedStation { key, settings, has_other_music } in changed {
            let inputs = inputs.remove(&settings.mount).unwrap_or_default();
            self.displace_unlisted(&settings, Some(key), now);
            let old = self.change_station(key, settings, now);
            ids.insert(old.id, self.stations[key].settings().id);
            before.insert(key, old);
            if has_other_music {
                self.replace_inputs(key, inputs, ReplaceWhen::AtTrackEnd, now);
            }
        }
        self.finish_changes(&ids, &before, now);
    }

    /// Gives a station other settings, and its listeners their places. Returns the settings before. For a
    /// configured station, [`finish_changes`](Self::finish_changes) does the rest.
    pub(in crate::server) fn change_station(
        &mut self,
        key: StationKey,
        settings: StationSettings,
        now: Time,
    ) -> StationSettings {
        // The audio that is due by now is played with the old settings.
        self.advance(key, now);
        let before = self.stations[key].settings().clone();
        let Applied { slots, closed } = self.stations[key].apply(settings, now);
        for (peer, slot) in slots {
            if let Some(SessionEntry { session: Session::Listener(listener), .. }) =
                self.sessions.get_mut(peer)
            {
                listener.slot = slot;
            }
        }
        self.apply_rendition_format(key, now);
        self.apply_format_change(key, &before, now);
        // With a smaller buffer, the ring no longer keeps audio for listeners that are too far behind for it.
        self.skip_laggards(key, now);
        closed.into_iter().for_each(|peer| self.close_session(peer, CloseReason::NotNeeded, now));
        before
    }

    /// Does what is left when stations have changed from the settings `before`. `ids` has the new id of each
    /// by the old one.
    pub(super) fn finish_changes(
        &mut self,
        ids: &HashMap<u32, u32>,
        before: &HashMap<StationKey, StationSettings>,
        now: Time,
    ) {
        self.stations.sort_by_id();
        self.update_event_filters(ids);
        self.apply_to_senders(before, now);
        for (&key, settings) in before {
            self.keep_state_of_renamed(key, &settings.identity(), now);
        }
        self.views.invalidate();
    }

    /// Updates the event readers of stations whose ids have changed.
    pub(in crate::server) fn update_event_filters(&mut self, ids: &HashMap<u32, u32>) {
        if ids.iter().all(|(before, after)| before == after) {
            return;
        }
        let last = self.views.events.last_number();
        for peer in self.sessions.peers() {
            if let Some(SessionEntry { session: Session::EventReader(events), .. }) =
                self.sessions.get_mut(peer)
                && let Some((before, after)) = events.station_filter().and_then(|id| ids.get_key_value(&id))
            {
                events.follow_station_id(*before, *after, last);
            }
        }
    }

    /// Stores the state of a station under its new id and mount, before another one with the old ones looks
    /// for its own state.
    fn keep_state_of_renamed(&mut self, key: StationKey, before: &StationIdentity, now: Time) {
        let identity = self.stations[key].settings().identity();
        if identity == *before {
            return;
        }
        if let Some(formats) = &mut self.hooks.source_formats
            && let Some(format) = formats.load(before)
        {
            formats.store(&identity, format);
        }
        self.put_statistics(key, now);
    }
}
