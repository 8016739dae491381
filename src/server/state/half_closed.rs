//! Half-closed listeners, which have closed their sending side and may be evicted.
//!
//! A listener that closes its sending side announces only that it will send nothing more. Some still read;
//! the others have left. The next write, up to a delivery interval later, shows which.
//! Until then, a full server would refuse the next connection, which is often from the same user, who pressed
//! "stop" and "play".

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use super::peer::Peer;
use crate::station::StationKey;
use crate::time::Time;

/// How long a half-closed listener may be evicted, counted from the end of the second in which it closed its
/// side. A listener that is still connected afterwards still reads. The time covers a delivery interval for
/// bursts of up to 20 s. With a longer interval, a listener that has left may keep its slot until the next
/// delivery.
pub const HALF_CLOSE_GRACE: Duration = Duration::from_secs(5);

/// Seconds since the server's start, counted from 1: a compact form of [`Time`] for the table of sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct CoarseTime(NonZeroU32);

/// Half-closed listeners by the second in which they closed their side.
#[derive(Debug, Default)]
pub struct HalfClosed(BTreeMap<(CoarseTime, Peer), HalfClosedListener>);

/// The station and address of a half-closed listener.
#[derive(Debug, Clone, Copy)]
pub struct HalfClosedListener {
    pub station: StationKey,
    pub address: IpAddr,
}

impl CoarseTime {
    /// Returns the second that `now` is in.
    pub fn from_time(now: Time) -> Self {
        Self(NonZeroU32::MIN.saturating_add(now.as_secs()))
    }

    fn end(self) -> Time {
        Time::START + Duration::from_secs(self.0.get().into())
    }
}

impl HalfClosed {
    /// Adds a listener that has just closed its side, or updates one that has moved to another station.
    pub fn set(&mut self, since: CoarseTime, peer: Peer, listener: HalfClosedListener) {
        self.0.insert((since, peer), listener);
    }

    /// Removes a listener that has left.
    pub fn remove(&mut self, since: CoarseTime, peer: Peer) {
        self.0.remove(&(since, peer));
    }

    /// Returns the matching listener that closed its side last, if that was within [`HALF_CLOSE_GRACE`].
    pub fn latest(&self, now: Time, matches: impl Fn(HalfClosedListener) -> bool) -> Option<Peer> {
        let latest_first = self.0.iter().rev();
        let mut recent = latest_first.take_while(|((since, _), _)| now < since.end() + HALF_CLOSE_GRACE);
        recent.find(|(_, listener)| matches(**listener)).map(|((_, peer), _)| *peer)
    }
}
