//! Which listeners count, and how many there were (protocol-notes/counts.md).

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::time::Duration;

use super::listener_history::ListenerHistory;
use crate::server::state::peer::Peer;
use crate::server::state::sessions::SessionEntry;
use crate::session::SessionInfo;
use crate::time::Time;

/// How long a listener listens before it counts. Players connect to look at the head, close and connect again; monitoring
/// takes the first bytes of a stream. None of them is an audience.
pub const COUNTED_AFTER: Duration = Duration::from_secs(1);

/// The same for a request for the first bytes only. Apple's players close when they have seen them, and connect again; this
/// is for one that goes on all the same.
pub const PROBE_COUNTED_AFTER: Duration = Duration::from_secs(10);

/// Connections of one [player that may have several](crate::http::request::doubles::opens_several) are one listener if they began
/// within this of each other. Safari has opened its second and third after two seconds.
pub const PARALLEL_WITHIN: Duration = Duration::from_secs(10);

/// Further connections that are of one player. Safari opens two. More of them are more people: behind a proxy that is not
/// trusted all of them have one address, and reconnect at the same moment.
pub const PARALLEL_MAX: usize = 3;

/// The listeners of one station that count, and the totals of those that are gone.
#[derive(Debug, Default)]
pub struct Audience {
    /// A number of listeners is the size of this and of nothing else.
    present: HashSet<Peer>,
    /// Further connections of players, each with the one that counts.
    parallel: HashMap<Peer, Peer>,
    /// The other way round, where there are any.
    parallel_of: HashMap<Peer, Vec<Peer>>,
    /// Of the players that may have several, the connection that counts and began last, and when that was.
    latest: HashMap<PlayerId, (Time, Peer)>,
    peak: usize,
    hits: u64,
    history: ListenerHistory,
    /// How often a listener fell behind and skipped forward.
    pub skips: u64,
}

/// A player that may have several connections, and when one of them began.
#[derive(Debug, Clone)]
pub struct ParallelPlayer {
    name: PlayerId,
    since: Time,
}

/// By what a player is known: address and user agent.
type PlayerId = (IpAddr, Box<str>);

impl ParallelPlayer {
    /// The player whose connection this is, where it may have several.
    pub fn from_entry(entry: &SessionEntry) -> Option<Self> {
        let SessionInfo { address: peer, user_agent, connected_at: since, .. } = &*entry.info;
        entry.may_open_parallel.then(|| Self { name: (peer.ip(), user_agent.clone()), since: *since })
    }
}

impl Audience {
    /// Counts a listener from now on, unless its player counts already by another connection.
    pub fn count(&mut self, peer: Peer, player: Option<ParallelPlayer>) {
        if let Some(first) = player.as_ref().and_then(|player| self.first_of(player)) {
            self.parallel_of.entry(first).or_default().push(peer);
            self.parallel.insert(peer, first);
            return;
        }
        if let Some(ParallelPlayer { name, since }) = player {
            self.latest.insert(name, (since, peer));
        }
        self.hits += u64::from(self.present.insert(peer));
        self.peak = self.peak.max(self.present.len());
    }

    /// The connection that already counts for a player.
    fn first_of(&self, player: &ParallelPlayer) -> Option<Peer> {
        let &(since, first) = self.latest.get(&player.name)?;
        let apart = player.since.since(since).max(since.since(player.since));
        let has_room = self.parallel_of.get(&first).is_none_or(|others| others.len() < PARALLEL_MAX);
        (apart <= PARALLEL_WITHIN && has_room).then_some(first)
    }

    /// Removes a connection; says whether it was known here. Where its player has others, the next of them counts.
    pub fn remove(&mut self, peer: Peer, player: Option<&ParallelPlayer>) -> bool {
        if let Some(first) = self.parallel.remove(&peer) {
            self.parallel_of.entry(first).and_modify(|others| others.retain(|other| *other != peer));
            return true;
        }
        let is_known = self.present.remove(&peer);
        let mut others = self.parallel_of.remove(&peer).unwrap_or_default();
        let heir = (!others.is_empty()).then(|| others.remove(0));
        player.into_iter().for_each(|player| self.replace(peer, heir, player));
        if let Some(heir) = heir {
            self.parallel.remove(&heir);
            self.parallel.extend(others.iter().map(|&other| (other, heir)));
            self.present.insert(heir);
            self.parallel_of.insert(heir, others);
        }
        is_known
    }

    /// Makes `heir` the connection that counts for a player.
    fn replace(&mut self, gone: Peer, heir: Option<Peer>, player: &ParallelPlayer) {
        let latest = self.latest.get_mut(&player.name).filter(|(_, latest)| *latest == gone);
        match (latest, heir) {
            (Some((_, latest)), Some(heir)) => *latest = heir,
            (Some(_), None) => {
                self.latest.remove(&player.name);
            }
            (None, _) => {}
        }
    }

    /// Has a listener count elsewhere, if it counts here.
    pub fn move_to(&mut self, peer: Peer, player: Option<ParallelPlayer>, to: &mut Self) {
        if self.remove(peer, player.as_ref()) {
            to.count(peer, player);
        }
    }

    /// To be called after every change of how many there are, which may have been a while ago: only then are
    /// [`samples`](Self::samples) true.
    pub fn update_history(&mut self, now: Time) {
        self.history.record(self.present.len(), now);
    }

    /// When each five minutes of the last 24 hours began, and the most listeners in them.
    pub fn samples(&mut self, now: Time) -> Vec<(Time, u32)> {
        self.history.samples(now)
    }

    /// When the peak was first reached.
    pub fn peak_at(&self) -> Option<Time> {
        self.history.peak_at()
    }

    /// Sets the peak to the present number, and the number of those that came to zero.
    pub fn reset(&mut self, now: Time) {
        (self.peak, self.hits) = (self.present.len(), 0);
        self.history.reset_peak();
        self.update_history(now);
    }

    /// The listeners that count.
    pub fn counted(&self) -> &HashSet<Peer> {
        &self.present
    }

    /// The most there were at once.
    pub fn peak(&self) -> usize {
        self.peak
    }

    /// How many there were in all.
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
            name: (address, "AppleCoreMedia/1.0".into()),
            since: Time::after_start(Duration::from_secs(since_s)),
        }
    }

    #[test]
    fn nothing_is_left_of_a_player_whatever_connection_closes_first() {
        for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
            let mut audience = Audience::default();
            (0..3).for_each(|index| audience.count(peer(index), Some(player(index.into()))));
            for (gone, index) in order.into_iter().enumerate() {
                assert_eq!(audience.counted().len(), 1, "{order:?}, {gone} gone");
                assert!(audience.remove(peer(index), Some(&player(index.into()))));
            }
            assert!(audience.present.is_empty() && audience.latest.is_empty());
            assert!(audience.parallel.is_empty() && audience.parallel_of.is_empty());
            assert_eq!((audience.hits(), audience.peak()), (1, 1));
        }
    }
}
