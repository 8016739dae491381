//! Who counts as a listener, and how many there were (protocol-notes/counts.md).

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::time::Duration;

use super::day::Day;
use super::{Entry, Peer, Server};
use crate::session::{Session, Visit};
use crate::time::Time;

/// How long somebody listens before he counts. Players connect to look at the head, hang up and connect again; whoever
/// watches a stream's health takes its first bytes. None of them is an audience.
pub const COUNTED_AFTER: Duration = Duration::from_secs(1);

/// The same for whoever asked for the first bytes only. Apple's players hang up when they have seen them, and connect
/// again; this is for one that goes on all the same.
pub const LOOK_COUNTED_AFTER: Duration = Duration::from_secs(10);

/// Connections of one [player that may have several](crate::http::request::doubles::opens_several) are one listener if they began
/// within this of each other. Safari has opened its second and third after two seconds.
pub const TOGETHER: Duration = Duration::from_secs(10);

/// Further connections that are of one player. Safari opens two. Where there are more there are more people: behind a proxy
/// that nobody named all of them have one address, and come back at the same moment.
pub const DOUBLES_MAX: usize = 3;

/// The listeners of one station who count, and what is left of those who are gone.
#[derive(Debug, Default)]
pub struct Audience {
    /// A number of listeners is the size of this and of nothing else.
    present: HashSet<Peer>,
    /// Further connections of players, each with the one that counts.
    doubles: HashMap<Peer, Peer>,
    /// The other way round, where there are any.
    doubles_of: HashMap<Peer, Vec<Peer>>,
    /// Of the players that may have several, the connection that counts and began last, and when that was.
    latest: HashMap<Name, (Time, Peer)>,
    peak: usize,
    hits: u64,
    day: Day,
    /// How often one of them was too slow and was moved forward.
    pub skips: u64,
}

/// A player that may have several connections, and when one of them began.
#[derive(Debug, Clone)]
pub struct Player {
    name: Name,
    since: Time,
}

/// By what a player is known.
type Name = (IpAddr, Box<str>);

impl Entry {
    /// Whose connection this is, where he may have several.
    pub(super) fn player(&self) -> Option<Player> {
        let Visit { peer, user_agent, since, .. } = &*self.visit;
        self.opens_several.then(|| Player { name: (peer.ip(), user_agent.clone()), since: *since })
    }
}

impl Audience {
    /// Somebody counts from now on, unless he is there already by another connection.
    fn welcome(&mut self, peer: Peer, player: Option<Player>) {
        if let Some(first) = player.as_ref().and_then(|player| self.first_of(player)) {
            self.doubles_of.entry(first).or_default().push(peer);
            self.doubles.insert(peer, first);
            return;
        }
        if let Some(Player { name, since }) = player {
            self.latest.insert(name, (since, peer));
        }
        self.hits += u64::from(self.present.insert(peer));
        self.peak = self.peak.max(self.present.len());
    }

    /// The connection that already counts for somebody.
    fn first_of(&self, player: &Player) -> Option<Peer> {
        let &(since, first) = self.latest.get(&player.name)?;
        let apart = player.since.since(since).max(since.since(player.since));
        let has_room = self.doubles_of.get(&first).is_none_or(|doubles| doubles.len() < DOUBLES_MAX);
        (apart <= TOGETHER && has_room).then_some(first)
    }

    /// Somebody went; says whether he was known here. Where his player has other connections, the next counts for him.
    pub fn leave(&mut self, peer: Peer, player: Option<&Player>) -> bool {
        if let Some(first) = self.doubles.remove(&peer) {
            self.doubles_of.entry(first).and_modify(|doubles| doubles.retain(|double| *double != peer));
            return true;
        }
        let is_known = self.present.remove(&peer);
        let mut doubles = self.doubles_of.remove(&peer).unwrap_or_default();
        let heir = (!doubles.is_empty()).then(|| doubles.remove(0));
        player.into_iter().for_each(|player| self.replace(peer, heir, player));
        if let Some(heir) = heir {
            self.doubles.remove(&heir);
            self.doubles.extend(doubles.iter().map(|&double| (double, heir)));
            self.present.insert(heir);
            self.doubles_of.insert(heir, doubles);
        }
        is_known
    }

    /// Has `heir` be the one that counts for a player.
    fn replace(&mut self, gone: Peer, heir: Option<Peer>, player: &Player) {
        let latest = self.latest.get_mut(&player.name).filter(|(_, latest)| *latest == gone);
        match (latest, heir) {
            (Some((_, latest)), Some(heir)) => *latest = heir,
            (Some(_), None) => {
                self.latest.remove(&player.name);
            }
            (None, _) => {}
        }
    }

    /// Has somebody count elsewhere, if he counts here.
    pub fn hand_over(&mut self, peer: Peer, player: Option<Player>, to: &mut Self) {
        if self.leave(peer, player.as_ref()) {
            to.welcome(peer, player);
        }
    }

    /// To be called after every change of how many there are, which may have been a while ago: only then are
    /// [`samples`](Self::samples) true.
    pub fn note(&mut self, now: Time) {
        self.day.note(self.present.len(), now);
    }

    /// When each five minutes of the last 24 hours began, and the most there were in them.
    pub fn samples(&mut self, now: Time) -> Vec<(Time, u32)> {
        self.day.samples(now)
    }

    /// When there first were as many as there ever were.
    pub fn peak_at(&self) -> Option<Time> {
        self.day.peak_at()
    }

    /// The peak is what it is now, and nobody has come before.
    pub fn reset(&mut self, now: Time) {
        (self.peak, self.hits) = (self.present.len(), 0);
        self.day.forget_peak();
        self.note(now);
    }

    /// Those who count.
    pub fn present(&self) -> &HashSet<Peer> {
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

impl Server {
    /// Has everybody count who has listened for long enough. To be called before anybody goes, and before anybody looks:
    /// then the highest number is right, however late it is.
    pub(super) fn count_listeners(&mut self, now: Time) {
        let next = |server: &mut Self| {
            let settled = server.settling.pop_due(now);
            settled.or_else(|| server.looking.pop_due(now))
        };
        let mut any = false;
        while let Some(peer) = next(self) {
            any = true;
            let entry = self.sessions.get(peer);
            let Some((Session::Listener(listener), player)) = entry.map(|it| (&it.session, it.player()))
            else {
                continue;
            };
            if listener.sent() > 0 {
                let audience = &mut self.stations[usize::from(listener.station)].audience;
                audience.welcome(peer, player);
                audience.note(now);
            } else {
                // His relay is still on its way: he waits, and does not listen.
                self.settling.add(peer, now);
            }
        }
        if any {
            // Meanwhile nobody went: this only grew.
            let present = self.stations.iter().map(|on_air| on_air.audience.present().len()).sum();
            self.peak = self.peak.max(present);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(index: u32) -> Peer {
        Peer { index, generation: 1 }
    }

    fn player(since_s: u64) -> Player {
        let address = "203.0.113.9".parse().expect("an address");
        Player {
            name: (address, "AppleCoreMedia/1.0".into()),
            since: Time::after_start(Duration::from_secs(since_s)),
        }
    }

    #[test]
    fn nothing_is_left_of_whoever_left_in_whatever_order() {
        for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
            let mut audience = Audience::default();
            (0..3).for_each(|index| audience.welcome(peer(index), Some(player(index.into()))));
            for (gone, index) in order.into_iter().enumerate() {
                assert_eq!(audience.present().len(), 1, "{order:?}, {gone} gone");
                assert!(audience.leave(peer(index), Some(&player(index.into()))));
            }
            assert!(audience.present.is_empty() && audience.latest.is_empty());
            assert!(audience.doubles.is_empty() && audience.doubles_of.is_empty());
            assert_eq!((audience.hits(), audience.peak()), (1, 1));
        }
    }
}
