//! Listeners that closed their sending side, and whose seats may be given to others.
//!
//! A listener that closes its side says no more than that it will send nothing, and some go on listening. Whether it does
//! shows when it is next written to, up to a delivery interval later. Until then a full server would refuse the next
//! connection, which often is the same person's: they pressed "stop" and "play".

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use super::peer::Peer;
use crate::station::StationKey;
use crate::time::Time;

/// A listener that still takes what it is sent this long after the second in which it closed its side goes on listening.
/// Longer than any delivery interval up to a burst of 20 s, and the answer to it; with a longer one, a listener that is gone
/// may keep its seat until the next delivery.
pub const HALF_CLOSE_GRACE: Duration = Duration::from_secs(5);

/// A second since the server's start, the first of which is 1: what a session has room for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct CoarseTime(NonZeroU32);

/// Listeners that closed their side and were not found to be gone yet, by the second in which they did.
#[derive(Debug, Default)]
pub struct HalfClosed(BTreeMap<(CoarseTime, Peer), HalfClosedListener>);

/// What a half-closed listener holds.
#[derive(Debug, Clone, Copy)]
pub struct HalfClosedListener {
    pub station: StationKey,
    pub address: IpAddr,
}

impl CoarseTime {
    /// The second in which `now` is.
    pub fn from_time(now: Time) -> Self {
        Self(NonZeroU32::MIN.saturating_add(now.as_secs()))
    }

    fn end(self) -> Time {
        Time::START + Duration::from_secs(self.0.get().into())
    }
}

impl HalfClosed {
    /// Adds one that closed its side just now, or notes that it went to another station since.
    pub fn set(&mut self, since: CoarseTime, peer: Peer, seat: HalfClosedListener) {
        self.0.insert((since, peer), seat);
    }

    /// Removes one that is no listener any more.
    pub fn remove(&mut self, since: CoarseTime, peer: Peer) {
        self.0.remove(&(since, peer));
    }

    /// The one with a fitting seat that closed its side last, and within [`HALF_CLOSE_GRACE`].
    pub fn latest(&self, now: Time, fits: impl Fn(HalfClosedListener) -> bool) -> Option<Peer> {
        let latest_first = self.0.iter().rev();
        let mut recent = latest_first.take_while(|((since, _), _)| now < since.end() + HALF_CLOSE_GRACE);
        recent.find(|(_, seat)| fits(**seat)).map(|((_, peer), _)| *peer)
    }
}
