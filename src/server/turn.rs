//! One turn of the event loop, and the time at which the next one is due.

use std::time::Duration;

use super::state::peer::{Peer, Wire};
use super::state::server::Server;
use super::state::stats::RefusalCause;
use crate::session::{CloseReason, Session};
use crate::station::StationKey;
use crate::time::{Time, WallClock};

impl Server {
    /// Runs one turn: does all due work, and writes all data that is ready.
    pub fn turn(&mut self, now: Time, wire: &mut impl Wire) {
        if self.log.is_report_due(now) {
            self.report_suppressed_lines(now);
            self.report_room(now);
        }
        self.close_overdue(now);
        self.resume_logins(now);
        self.resume_takeovers(now);
        self.deliver_artwork(now);
        self.deliver_challenges(now);
        self.deliver_files(now);
        self.deliver_ban_replies(now);
        self.recheck_sessions(now);
        self.poll_master(now);
        self.answer_overdue_reloads(now);
        self.count_listeners(now);
        self.poll_converters();
        self.poll_ladders();
        if !self.is_stopping {
            self.report(now);
            self.store_due_statistics(now);
            for index in 0..self.stations.table_len() {
                if let Some(key) = self.stations.due(index, now) {
                    if self.end_unlisted(key, now) {
                        self.stations.reschedule(key);
                        continue;
                    }
                    self.poll_station(key, now);
                    self.start_pending_joins(key, now);
                    self.serve_slots(key, now, wire);
                    self.stations.reschedule(key);
                }
            }
            self.send_events(now);
            self.serve_pages(now, wire);
        }
        self.write_scheduled(now, wire);
    }

    /// Logs how many lines were suppressed in the windows that are over.
    fn report_suppressed_lines(&mut self, now: Time) {
        self.log.report(now);
        for key in self.stations.keys() {
            let channel = &mut self.stations[key];
            let mount = channel.settings().mount.clone();
            channel.station.log.report(&mount, now);
        }
    }

    /// Does the due work of a station, except for serving its listeners.
    fn poll_station(&mut self, key: StationKey, now: Time) {
        self.poll_live(key, now);
        self.poll_upstream(key, now);
        self.convert(key, now);
        if self.stations[key].is_due(now) {
            self.advance(key, now);
            self.log_title(key);
        }
        self.run_ladder(key, now);
        if self.stations[key].silence_until().is_some_and(|until| until <= now) {
            self.end_silence(key, now);
        }
        self.return_listeners(key, now);
    }

    /// Returns when [`turn`](Self::turn) has to be called next if nothing happens before.
    pub fn deadline(&self) -> Option<Time> {
        let running = || {
            let (events, statistics) = (self.views.events.deadline(), self.statistics_time());
            [self.stations.deadline(), events, self.report_time(), statistics].into_iter().flatten()
        };
        let stations = if self.is_stopping { None } else { running().min() };
        let logins = self.access.logins.waiting.next_time();
        let logins = [logins, self.next_takeover()].into_iter().flatten().min();
        let times =
            [self.timers.next_time(), self.log.report_time(), logins, stations, self.unfinished_since()];
        times.into_iter().flatten().min()
    }

    /// Returns whether the last turn left optional work, such as pages, to the next one.
    pub fn has_unfinished_work(&self) -> bool {
        self.unfinished_since().is_some()
    }

    fn unfinished_since(&self) -> Option<Time> {
        let views = [self.views.queue.continue_at(), self.views.large.continue_at()];
        views
            .into_iter()
            .chain([self.sessions.continue_at(), self.access.recheck.continue_at()])
            .flatten()
            .min()
    }

    /// Handles a socket that has room again.
    pub fn writable(&mut self, peer: Peer) {
        if let Some(entry) = self.sessions.get_mut(peer).filter(|entry| entry.blocked) {
            entry.blocked = false;
            self.sessions.schedule_write(peer);
        }
    }

    /// Returns the peers whose sessions ended since the last call. Their sockets have to be closed.
    pub fn drain_closed(&mut self) -> impl Iterator<Item = Peer> + '_ {
        self.sessions.drain_closed()
    }

    /// Returns the peers whose reading was [paused](Self::is_read_paused) and resumed since the last call.
    pub fn drain_resumed(&mut self) -> impl Iterator<Item = Peer> + '_ {
        self.sessions.drain_resumed()
    }

    /// Returns whether reading from this peer is paused, because it is ahead of real time, or because its
    /// login waits for its turn.
    /// [`drain_resumed`](Self::drain_resumed) reports when it resumes.
    pub fn is_read_paused(&self, peer: Peer) -> bool {
        let key = match self.sessions.get(peer).map(|entry| &entry.session) {
            Some(Session::Source(source)) => source.station,
            Some(Session::Relay(relay)) => relay.station,
            Some(Session::Login(_)) => return true,
            _ => return self.tls_starts.waiting.iter().any(|start| start.peer == peer),
        };
        self.stations[key].is_read_paused(peer)
    }

    /// Starts closing all sessions: listeners get the rest of the frame they are in. Afterwards call
    /// [`turn`](Self::turn) until [`is_drained`](Self::is_drained), then [`close_all`](Self::close_all).
    pub fn stop(&mut self, now: Time) {
        self.is_stopping = true;
        self.hooks.reporter = None;
        // No page is rendered from now on, and requests left in the queues would keep the event loop busy.
        self.views.drop_page_requests();
        for peer in self.sessions.peers() {
            self.close_gracefully(peer, CloseReason::Shutdown, now);
        }
    }

    /// Returns whether every remaining session is a reply that was sent completely.
    pub fn is_drained(&self) -> bool {
        let is_finished = |session: &Session| matches!(session, Session::Reply(reply) if reply.is_finished());
        self.sessions.iter().all(|(_, entry)| is_finished(&entry.session))
    }

    /// Closes all remaining sessions at shutdown.
    pub fn close_all(&mut self, now: Time) {
        self.close_remaining(now);
        self.store_all_statistics(now);
        self.log.report_all();
        for key in self.stations.keys() {
            let channel = &mut self.stations[key];
            let mount = channel.settings().mount.clone();
            channel.station.log.report_all(&mount);
        }
    }

    fn close_remaining(&mut self, now: Time) {
        for peer in self.sessions.peers() {
            match self.sessions.get(peer).map(|entry| &entry.session) {
                Some(Session::Reply(reply)) if reply.is_finished() => self.connection_lost(peer, now),
                _ => self.close_session(peer, CloseReason::Shutdown, now),
            }
        }
    }

    /// Returns the number of connections.
    pub fn connections(&self) -> usize {
        self.sessions.len()
    }

    /// Counts a connection that was not accepted.
    pub fn connection_refused(&mut self, reason: RefusalCause) {
        self.stats.note_refused(reason);
    }

    /// Sets the offset between the server's clock and the time of day, which may change after the start, for
    /// example when the machine gets the time from the network. Changes of less than 500 ms are ignored,
    /// because two readings of the clocks always differ a little.
    pub fn set_wall_clock(&mut self, clock: WallClock) {
        if clock.abs_diff(self.views.clock) >= Duration::from_millis(500) {
            self.views.clock = clock;
        }
    }
}
