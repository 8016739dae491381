//! Who has most likely left, and may have his seat taken.
//!
//! A listener who closes his side says no more than that he will send nothing, and some go on listening. Whether he does
//! shows when he is next written to, up to a delivery interval later. Until then a server that is full would refuse the
//! next one, who often is the same: somebody who pressed "stop" and "play".

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use super::Peer;
use crate::time::Time;

/// Whoever still takes what he is sent this long after the second in which he closed his side goes on listening. Longer than any delivery
/// interval up to a burst of 20 s, and the answer to it; with a longer one, a seat is kept for somebody who is gone.
pub const LEAVES_WITHIN: Duration = Duration::from_secs(5);

/// A second since the server's start, the first of which is 1: what a session has room for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Second(NonZeroU32);

/// Listeners who closed their side and were not found to be gone yet, by the second in which they did.
#[derive(Debug, Default)]
pub struct Leavers(BTreeMap<(Second, Peer), Leaver>);

/// One of them.
#[derive(Debug, Clone, Copy)]
pub struct Leaver {
    /// The place of the station he listens to.
    pub station: u16,
    pub address: IpAddr,
}

impl Second {
    pub fn of(now: Time) -> Self {
        Self(NonZeroU32::MIN.saturating_add(now.seconds()))
    }

    fn end(self) -> Time {
        Time::START + Duration::from_secs(self.0.get().into())
    }
}

impl Leavers {
    /// Adds one who closed his side just now, or went to another station since.
    pub fn set(&mut self, since: Second, peer: Peer, leaver: Leaver) {
        self.0.insert((since, peer), leaver);
    }

    /// Forgets one who is no listener any more.
    pub fn remove(&mut self, since: Second, peer: Peer) {
        self.0.remove(&(since, peer));
    }

    /// The latest of those who are meant and most likely have left.
    pub fn latest(&self, now: Time, is_meant: impl Fn(Leaver) -> bool) -> Option<Peer> {
        let latest_first = self.0.iter().rev();
        let mut recent = latest_first.take_while(|((since, _), _)| now < since.end() + LEAVES_WITHIN);
        recent.find(|(_, leaver)| is_meant(**leaver)).map(|((_, peer), _)| *peer)
    }
}
