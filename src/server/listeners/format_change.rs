//! What happens when the settings of a station change its format.
//!
//! Frames in the new format follow when the track on air has ended, or as soon as the live source or the
//! relay is converted. Each listener is sent everything before them and is closed there: many players stop
//! where the format changes, and when they connect again, the head of the response names the new format.

use log::info;

use crate::log_limiter::warn_limited;
use crate::server::state::server::Server;
use crate::server::state::sessions::SessionEntry;
use crate::session::{CloseReason, Session};
use crate::settings::StationSettings;
use crate::station::{StationKey, configured_codec};
use crate::time::Time;

impl Server {
    /// Handles the change of a station's settings from `before`, as far as it concerns the codec, the
    /// sampling rate or the number of channels. Sources and upstreams that the station would refuse from now
    /// on are closed.
    pub(in crate::server) fn apply_format_change(
        &mut self,
        key: StationKey,
        before: &StationSettings,
        now: Time,
    ) {
        let settings = self.stations[key].settings().clone();
        if !self.stations[key].station.await_format(before, &settings) {
            return;
        }
        self.close_source_of_other_codec(key, now);
        self.close_refused_upstream(key, now);
    }

    /// Closes a live source whose codec the station does not accept any more. It would be refused at a login.
    fn close_source_of_other_codec(&mut self, key: StationKey, now: Time) {
        let channel = &self.stations[key];
        let Some(source) = &channel.live.source else { return };
        let (peer, mount) = (source.producer.peer, channel.settings().mount.clone());
        let Some(SessionEntry { session: Session::Source(source), .. }) = self.sessions.get(peer) else {
            return;
        };
        let (codec, user) = (source.codec(), source.user.name.clone());
        if channel.settings().sources.allow_codec_change
            || configured_codec(channel.settings()).is_none_or(|expected| expected == codec)
        {
            return;
        }
        let expected = self.describe_expected_codec(key);
        let is_admitted = self.stations[key].station.log.sources.admit(now);
        warn_limited!(
            is_admitted,
            "{mount}: source {user} is disconnected: it sends {}; {expected}",
            codec.name()
        );
        self.close_session(peer, CloseReason::NotAllowed, now);
    }

    /// If the station has begun to play the format of its changed settings, lets the streams of its listeners
    /// end there. `before` is the number of such changes before it was advanced. Returns whether it has.
    pub(super) fn note_format_change(&mut self, key: StationKey, before: u64) -> bool {
        let station = &self.stations[key].station;
        if station.format_changes() == before {
            return false;
        }
        let (format, at) = (station.last_header().format(), station.format_changed_at().unwrap_or_default());
        let peers: Vec<_> = self.stations[key].wheel.peers().collect();
        let mut count = 0;
        for peer in peers {
            if let Some(SessionEntry { session: Session::Listener(listener), .. }) =
                self.sessions.get_mut(peer)
            {
                count += usize::from(listener.end_at_format_change(at));
            }
        }
        let mount = &self.stations[key].settings().mount;
        info!("{mount}: the format is {format} now; listeners disconnected, so that they reconnect: {count}");
        true
    }
}
