//! Who has most likely left, and may have his seat taken.
//!
//! A listener who closes his side says no more than that he will send nothing, and some go on listening. Whether he does
//! shows when he is next written to, up to a delivery interval later. Until then a server that is full would refuse the
//! next one, who often is the same: somebody who pressed "stop" and "play".

use std::collections::VecDeque;
use std::net::IpAddr;
use std::time::Duration;

use super::Peer;
use crate::time::Time;

/// Whoever still takes what he is sent this long after he closed his side goes on listening. Longer than any delivery
/// interval of a station with the usual burst, and the answer to it.
pub const LEAVES_WITHIN: Duration = Duration::from_secs(5);

/// The most who are remembered.
const LEAVERS_MAX: usize = 65_536;

/// Listeners who closed their side not long ago, the latest last. Some may be gone by now.
#[derive(Debug, Default)]
pub struct Leavers(VecDeque<Leaver>);

/// One of them.
#[derive(Debug)]
pub struct Leaver {
    pub peer: Peer,
    /// The place of the station he listened to.
    pub station: u16,
    pub address: IpAddr,
    pub since: Time,
}

impl Leavers {
    /// Adds one who just closed his side.
    pub fn add(&mut self, leaver: Leaver) {
        self.forget_old(leaver.since);
        if self.0.len() == LEAVERS_MAX {
            self.0.pop_front();
        }
        self.0.push_back(leaver);
    }

    /// Takes out the latest of those who are meant.
    pub fn take(&mut self, now: Time, is_meant: impl Fn(&Leaver) -> bool) -> Option<Peer> {
        self.forget_old(now);
        let at = self.0.iter().rposition(is_meant)?;
        self.0.remove(at).map(|leaver| leaver.peer)
    }

    fn forget_old(&mut self, now: Time) {
        while self.0.pop_front_if(|leaver| leaver.since + LEAVES_WITHIN <= now).is_some() {}
    }
}
