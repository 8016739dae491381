//! Audio from the stations to the listeners: what is due is played, and the listeners whose slots have come are served.

use log::{debug, info};

use crate::server::state::peer::{Peer, Wire};
use crate::server::state::server::Server;
use crate::server::state::sessions::Entry;
use crate::session::{Kept, Session, Why};
use crate::station::{Paid, StationKey};
use crate::time::Time;

impl Server {
    /// Has a station play all that is due.
    pub(in crate::server) fn advance(&mut self, key: StationKey, now: Time) {
        self.stations[key].has_new_input = false;
        while self.stations[key].station.pay(now) == Paid::AfterSweep {
            self.skip_laggards(key, now);
        }
        let channel = &mut self.stations[key];
        // Without listeners there is no hurry, but the programme goes on.
        channel.next_advance = now + channel.settings().delivery_interval;
        channel.drop_unheard();
        let resumed = channel.take_resumed(now);
        self.sessions.resume(resumed);
    }

    /// Disconnects the listeners of a station that has been silent for too long.
    pub(in crate::server) fn end_silence(&mut self, key: StationKey, now: Time) {
        let peers: Vec<Peer> = self.stations[key].wheel.peers().collect();
        let mount = &self.stations[key].settings().mount;
        info!("{mount}: silent for too long; disconnecting {} listeners", peers.len());
        peers.into_iter().for_each(|peer| self.close_gracefully(peer, Why::Silence, now));
    }

    /// Has every listener of a station keep up, before the ring overwrites more than a delivery interval's worth.
    fn skip_laggards(&mut self, key: StationKey, now: Time) {
        let peers: Vec<Peer> = self.stations[key].wheel.peers().collect();
        peers.into_iter().for_each(|peer| self.keep_up(peer, now));
        self.stations[key].station.swept();
    }

    fn keep_up(&mut self, peer: Peer, now: Time) {
        let entry = self.sessions.get_mut(peer);
        let Some(Entry { session: Session::Listener(listener), visit, .. }) = entry else { return };
        match listener.keep_up(&self.stations[listener.station].station, now) {
            Ok(Kept::Up) => {}
            Ok(Kept::Skipped) => {
                debug!("{} fell behind and skips forward", visit.peer);
                self.stations[listener.station].audience.skips += 1;
            }
            Err(why) => self.close_session(peer, why, now),
        }
    }

    /// Serves the listeners whose slots have come.
    pub(in crate::server) fn serve_slots(&mut self, key: StationKey, now: Time, wire: &mut impl Wire) {
        let channel = &mut self.stations[key];
        let mut due = channel.wheel.due(now);
        let is_whole_turn = channel.wheel.is_whole_turn(due);
        if channel.wheel.begins_turn(due) {
            channel.station.round_begins();
        }
        while let Some(place) = self.stations[key].wheel.next_busy(&mut due) {
            let wheel = &mut self.stations[key].wheel;
            let delay = wheel.lateness(due, place, now);
            let mut peers = wheel.take(place);
            self.stats.delivery_delay.note(delay, peers.len() as u32);
            peers.retain(|&peer| self.serve(peer, now, wire));
            self.stations[key].wheel.put_back(place, peers);
        }
        if is_whole_turn {
            self.stations[key].station.swept();
        }
    }

    /// Serves a listener at its slot; says whether it is still there.
    fn serve(&mut self, peer: Peer, now: Time, wire: &mut impl Wire) -> bool {
        self.keep_up(peer, now);
        self.write(peer, now, wire)
    }
}
