//! Audio from the stations to the listeners: what is due is played, and the listeners whose slots have come are served.

use log::{debug, info};

use crate::server::state::peer::{Peer, Wire};
use crate::server::state::server::Server;
use crate::server::state::sessions::SessionEntry;
use crate::server::state::station::channel::Channel;
use crate::server::writing::{WriteOutcome, write_audio};
use crate::session::{CloseReason, Listener, Pace, Session, SessionInfo};
use crate::station::{Progress, StationKey};
use crate::time::Time;

impl Server {
    /// Has a station play all that is due.
    pub(in crate::server) fn advance(&mut self, key: StationKey, now: Time) {
        self.stations[key].has_new_input = false;
        while self.stations[key].station.advance_to(now) == Progress::ServeAllFirst {
            self.skip_laggards(key, now);
        }
        let channel = &mut self.stations[key];
        // Without listeners there is no hurry, but the programme goes on.
        channel.next_advance = now + channel.settings().delivery_interval;
        channel.drop_stale_upstream_audio();
        let resumed = channel.take_resumed(now);
        self.sessions.resume(resumed);
    }

    /// Disconnects the listeners of a station that has been silent for too long.
    pub(in crate::server) fn end_silence(&mut self, key: StationKey, now: Time) {
        let peers: Vec<Peer> = self.stations[key].wheel.peers().collect();
        let mount = &self.stations[key].settings().mount;
        info!("{mount}: silent for too long; disconnecting {} listeners", peers.len());
        peers.into_iter().for_each(|peer| self.close_gracefully(peer, CloseReason::SilenceTimeout, now));
    }

    /// Has every listener of a station keep up, before the ring overwrites more than a delivery interval's worth.
    pub(in crate::server) fn skip_laggards(&mut self, key: StationKey, now: Time) {
        let peers: Vec<Peer> = self.stations[key].wheel.peers().collect();
        for peer in peers {
            let Some(SessionEntry { session: Session::Listener(listener), info: visit, .. }) =
                self.sessions.get_mut(peer)
            else {
                continue;
            };
            if let Err(why) = skip_if_late(listener, &mut self.stations[key], visit, now) {
                self.close_session(peer, why, now);
            }
        }
        self.stations[key].station.mark_all_served();
    }

    /// Serves the listeners whose slots have come.
    pub(in crate::server) fn serve_slots(&mut self, key: StationKey, now: Time, wire: &mut impl Wire) {
        let channel = &mut self.stations[key];
        let mut due = channel.wheel.due(now);
        let is_whole_turn = channel.wheel.is_full_revolution(due);
        if channel.wheel.starts_revolution(due) {
            channel.station.begin_pass();
        }
        while let Some(place) = self.stations[key].wheel.next_occupied(&mut due) {
            let wheel = &mut self.stations[key].wheel;
            let delay = wheel.lateness(due, place, now);
            let mut peers = wheel.take(place);
            self.stats.delivery_delay.record(delay, peers.len() as u32);
            peers.retain(|&peer| self.serve(peer, key, now, wire));
            self.stations[key].wheel.put_back(place, peers);
        }
        if is_whole_turn {
            self.stations[key].station.mark_all_served();
        }
    }

    /// Serves a listener at its slot; says whether it is still there.
    ///
    /// This is the path of the audio: one look at the session and one at the station.
    fn serve(&mut self, peer: Peer, key: StationKey, now: Time, wire: &mut impl Wire) -> bool {
        let Some(SessionEntry { session: Session::Listener(listener), info: visit, blocked, .. }) =
            self.sessions.get_mut(peer)
        else {
            return false;
        };
        let channel = &mut self.stations[key];
        let step = match skip_if_late(listener, channel, visit, now) {
            Ok(()) => write_audio(listener, channel, peer, wire, blocked),
            Err(why) => WriteOutcome::Close(why),
        };
        self.apply_write_outcome(peer, step, now)
    }
}

/// Has a listener that fell too far behind skip forward.
///
/// # Errors
/// It did too often.
fn skip_if_late(
    listener: &mut Listener,
    channel: &mut Channel,
    visit: &SessionInfo,
    now: Time,
) -> Result<(), CloseReason> {
    if listener.skip_if_late(&channel.station, now)? == Pace::Skipped {
        debug!("{} fell behind and skips forward", visit.address);
        channel.audience.skips += 1;
    }
    Ok(())
}
