//! Counts the listeners of a station: after which time, and which connections count as one
//! (protocol-notes/counts.md).

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::time::Duration;

use super::listener_history::ListenerHistory;
use crate::pages::AudienceHistory;
use crate::server::state::peer::Peer;
use crate::server::state::sessions::SessionEntry;
use crate::session::SessionInfo;
use crate::station::StationStatistics;
use crate::time::{Moment, Time, WallClock};

/// How long a listener must be connected before it counts. Some players connect to read the head, close and
/// connect again, and monitoring reads the first bytes of a stream. The statistics exclude both.
pub const COUNTED_AFTER: Duration = Duration::from_secs(1);

/// The same for a range probe, which requests only the first bytes. Apple's players close after these bytes
/// and connect again. A player that continues on the same connection counts after this time.
pub const PROBE_COUNTED_AFTER: Duration = Duration::from_secs(10);

/// Connections of one [player that may open
/// several](crate::http::request::duplicate_connections::may_open_parallel) count as one listener if they
/// began within this time of each other. Safari opens its second and third connection within two seconds.
pub const PARALLEL_WITHIN: Duration = Duration::from_secs(10);

/// The most further connections that belong to one player. Safari opens two. If there are more, they belong
/// to other listeners: behind an untrusted proxy, all of them have one address, and may reconnect at the same
/// moment.
pub const PARALLEL_MAX: usize = 3;

/// The counted listeners of one station, and the totals of those that have left in this run.
#[derive(Debug, Default)]
pub struct Audience {
    /// The number of listeners is the size of this set and is stored nowhere else.
    counted: HashSet<Peer>,
    /// Parallel connections of players, each with the connection that counts.
    parallel: HashMap<Peer, Peer>,
    /// The reverse of `parallel`.
    parallel_of: HashMap<Peer, Vec<Peer>>,
    /// For each player that may open parallel connections: the latest connection that counts, and when it
    /// began.
    latest: HashMap<PlayerId, (Time, Peer)>,
    peak: usize,
    hits: u64,
    history: ListenerHistory,
    /// How often listeners fell behind and skipped forward.
    pub skips: u64,
}

/// A player that may open parallel connections, and when one of them began.
#[derive(Debug, Clone)]
pub struct ParallelPlayer {
    id: PlayerId,
    since: Time,
}

/// Identifies a player by address and user agent.
type PlayerId = (IpAddr, Box<str>);

impl ParallelPlayer {
    /// Returns the player of this connection, if it may open parallel connections.
    pub fn from_entry(entry: &SessionEntry) -> Option<Self> {
        let SessionInfo { address, user_agent, connected_at, .. } = &*entry.info;
        entry.may_open_parallel.then(|| Self { id: (address.ip(), user_agent.clone()), since: *connected_at })
    }
}

impl Audience {
    /// Counts a listener, unless another connection of the same player already counts.
    pub fn count(&mut self, peer: Peer, player: Option<ParallelPlayer>) {
        if let Some(first) = player.as_ref().and_then(|player| self.counted_connection(player)) {
            self.parallel_of.entry(first).or_default().push(peer);
            self.parallel.insert(peer, first);
            return;
        }
        if let Some(ParallelPlayer { id, since }) = player {
            self.latest.insert(id, (since, peer));
        }
        self.hits += u64::from(self.counted.insert(peer));
        self.peak = self.peak.max(self.counted.len());
    }

    /// Returns the connection that already counts for a player.
    fn counted_connection(&self, player: &ParallelPlayer) -> Option<Peer> {
        let &(since, first) = self.latest.get(&player.id)?;
        let difference = player.since.since(since).max(since.since(player.since));
        let has_room = self.parallel_of.get(&first).is_none_or(|parallel| parallel.len() < PARALLEL_MAX);
        (difference <= PARALLEL_WITHIN && has_room).then_some(first)
    }

    /// Removes a connection. If its player has other connections, the next of them counts. Returns whether
    /// the connection was registered here.
    pub fn remove(&mut self, peer: Peer, player: Option<&ParallelPlayer>) -> bool {
        if let Some(first) = self.parallel.remove(&peer) {
            self.parallel_of.entry(first).and_modify(|parallel| parallel.retain(|other| *other != peer));
            return true;
        }
        let was_counted = self.counted.remove(&peer);
        let mut parallel = self.parallel_of.remove(&peer).unwrap_or_default();
        let successor = (!parallel.is_empty()).then(|| parallel.remove(0));
        player.into_iter().for_each(|player| self.replace(peer, successor, player));
        if let Some(successor) = successor {
            self.parallel.remove(&successor);
            self.parallel.extend(parallel.iter().map(|&other| (other, successor)));
            self.counted.insert(successor);
            self.parallel_of.insert(successor, parallel);
        }
        was_counted
    }

    /// Makes `successor` the connection that counts for a player.
    fn replace(&mut self, removed: Peer, successor: Option<Peer>, player: &ParallelPlayer) {
        let latest = self.latest.get_mut(&player.id).filter(|(_, latest)| *latest == removed);
        match (latest, successor) {
            (Some((_, latest)), Some(successor)) => *latest = successor,
            (Some(_), None) => {
                self.latest.remove(&player.id);
            }
            (None, _) => {}
        }
    }

    /// Moves a connection to another station's audience, if it counts here.
    pub fn move_to(&mut self, peer: Peer, player: Option<ParallelPlayer>, to: &mut Self) {
        if self.remove(peer, player.as_ref()) {
            to.count(peer, player);
        }
    }

    /// Updates the history. Must be called after every change of the number of listeners, so that
    /// [`history`](Self::history) is exact.
    pub fn update_history(&mut self, now: Time) {
        self.history.record(self.counted.len(), now);
    }

    /// Returns the most listeners in each five minutes of the last 24 hours.
    pub fn history(&mut self, clock: WallClock, now: Time) -> AudienceHistory {
        self.history.history(clock, now)
    }

    /// Begins the history. Its intervals are those of `clock`.
    pub fn begin_history(&mut self, clock: WallClock, now: Time) {
        self.history.align(clock, now);
    }

    /// Adds the peak and the history of earlier runs to those of this run.
    pub fn restore(&mut self, stored: &StationStatistics) {
        self.peak = self.peak.max(stored.peak);
        let peak = stored.peak_at.map(|at| (stored.peak, at));
        self.history.restore(&stored.listeners, peak);
    }

    /// Returns the intervals of the history that have to be stored.
    pub fn history_to_store(&mut self, clock: WallClock, now: Time) -> Vec<(Duration, u32)> {
        self.history.take_snapshot(clock, now)
    }

    /// Returns when the peak was first reached.
    pub fn peak_at(&self) -> Option<Moment> {
        self.history.peak_at()
    }

    /// Resets the peak to the current number and the total of listener sessions to zero.
    pub fn reset(&mut self, now: Time) {
        (self.peak, self.hits) = (self.counted.len(), 0);
        self.history.reset_peak();
        self.update_history(now);
    }

    /// Returns the counted listeners.
    pub fn counted(&self) -> &HashSet<Peer> {
        &self.counted
    }

    /// Returns the most listeners at once.
    pub fn peak(&self) -> usize {
        self.peak
    }

    /// Returns the number of listener sessions in this run.
    pub fn hits(&self) -> u64 {
        self.hits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(index: u32) -> Peer {
        Peer { index, generation: 1 }
    }

    fn player(since_s: u64) -> ParallelPlayer {
        let address = "203.0.113.9".parse().expect("an address");
        ParallelPlayer {
            id: (address, "AppleCoreMedia/1.0".into()),
            since: Time::after_start(Duration::from_secs(since_s)),
        }
    }

    #[test]
    fn player_leaves_no_entry_in_any_closing_order() {
        for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
            let mut audience = Audience::default();
            (0..3).for_each(|index| audience.count(peer(index), Some(player(index.into()))));
            for (removed, index) in order.into_iter().enumerate() {
                assert_eq!(audience.counted().len(), 1, "{order:?}, {removed} removed");
                assert!(audience.remove(peer(index), Some(&player(index.into()))));
            }
            assert!(audience.counted.is_empty() && audience.latest.is_empty());
            assert!(audience.parallel.is_empty() && audience.parallel_of.is_empty());
            assert_eq!((audience.hits(), audience.peak()), (1, 1));
        }
    }
}
