//! One turn of the event loop, and when the next is due.

use std::time::Duration;

use super::state::peer::{Peer, Wire};
use super::state::server::Server;
use super::state::stats::RefusalCause;
use crate::session::{CloseReason, Session};
use crate::station::StationKey;
use crate::time::{Time, WallClock};

impl Server {
    /// One turn: does all that is due, writes all that is to be written.
    pub fn turn(&mut self, now: Time, wire: &mut impl Wire) {
        self.close_overdue(now);
        self.deliver_artwork(now);
        self.count_listeners(now);
        if !self.is_stopping {
            self.report(now);
            for place in 0..self.stations.table_len() {
                if let Some(key) = self.stations.due(place, now) {
                    self.poll_station(key, now);
                    self.start_pending_joins(key);
                    self.serve_slots(key, now, wire);
                    self.stations.reschedule(key);
                }
            }
            self.send_events(now, wire);
        }
        let mut to_write = self.sessions.take_scheduled_writes();
        for peer in to_write.drain(..) {
            self.write(peer, now, wire);
        }
        self.sessions.recycle_writes(to_write);
    }

    /// Does what is due on a station, apart from serving its listeners.
    fn poll_station(&mut self, key: StationKey, now: Time) {
        self.poll_live(key, now);
        self.poll_upstream(key, now);
        if self.stations[key].is_due(now) {
            self.advance(key, now);
        }
        if self.stations[key].silence_until().is_some_and(|until| until <= now) {
            self.end_silence(key, now);
        }
    }

    /// When [`turn`](Self::turn) is next to be called if nothing happens before.
    pub fn deadline(&self) -> Option<Time> {
        let running = || {
            [self.stations.deadline(), self.views.events.deadline(), self.report_time()].into_iter().flatten()
        };
        let stations = if self.is_stopping { None } else { running().min() };
        [self.timers.next_time(), stations].into_iter().flatten().min()
    }

    /// A peer's socket has room again.
    pub fn writable(&mut self, peer: Peer) {
        if let Some(entry) = self.sessions.get_mut(peer).filter(|entry| entry.blocked) {
            entry.blocked = false;
            self.sessions.schedule_write(peer);
        }
    }

    /// The peers whose sessions ended since this was last called; their sockets are to be closed.
    pub fn drain_closed(&mut self) -> impl Iterator<Item = Peer> + '_ {
        self.sessions.drain_closed()
    }

    /// The peers that [were not to be read](Self::is_read_paused) and are again since this was last called.
    pub fn drain_resumed(&mut self) -> impl Iterator<Item = Peer> + '_ {
        self.sessions.drain_resumed()
    }

    /// Whether nothing is to be read from this peer for now, as it is ahead of real time.
    /// [`drain_resumed`](Self::drain_resumed) reports when that changes.
    pub fn is_read_paused(&self, peer: Peer) -> bool {
        let key = match self.sessions.get(peer).map(|entry| &entry.session) {
            Some(Session::Source(source)) => source.station,
            Some(Session::Relay(relay)) => relay.station,
            _ => return false,
        };
        self.stations[key].is_read_paused(peer)
    }

    /// Closes all sessions: listeners get the rest of the frame they are in. Then [`turn`](Self::turn) until
    /// [`is_drained`](Self::is_drained), and at last [`end`](Self::end).
    pub fn stop(&mut self, now: Time) {
        self.is_stopping = true;
        self.hooks.reporter = None;
        for peer in self.sessions.peers() {
            self.close_gracefully(peer, CloseReason::Shutdown, now);
        }
    }

    /// Whether every session was sent all that it was to be sent.
    pub fn is_drained(&self) -> bool {
        let is_finished = |session: &Session| matches!(session, Session::Reply(it) if it.is_finished());
        self.sessions.iter().all(|(_, entry)| is_finished(&entry.session))
    }

    /// Ends all sessions that are left, because the server is stopping.
    pub fn close_all(&mut self, now: Time) {
        for peer in self.sessions.peers() {
            match self.sessions.get(peer).map(|entry| &entry.session) {
                Some(Session::Reply(reply)) if reply.is_finished() => self.connection_lost(peer, now),
                _ => self.close_session(peer, CloseReason::Shutdown, now),
            }
        }
    }

    /// How many connections there are.
    pub fn connections(&self) -> usize {
        self.sessions.len()
    }

    /// Reports how much later than it wanted the loop woke.
    pub fn note_loop_lag(&mut self, late: Duration) {
        self.stats.loop_lag.record(late, 1);
    }

    /// A connection was not accepted.
    pub fn connection_refused(&mut self, reason: RefusalCause) {
        self.stats.note_refused(reason);
    }

    /// Sets what time of day the server's clock means. A machine may learn that only after a while; differences as small as
    /// those between two readings of a clock are none.
    pub fn set_wall_clock(&mut self, clock: WallClock) {
        if clock.abs_diff(self.views.clock) >= Duration::from_millis(500) {
            self.views.clock = clock;
        }
    }
}
