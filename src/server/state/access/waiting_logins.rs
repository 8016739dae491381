//! The queue of logins that wait for their turn, and which of them gives way when it is full.

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::time::Duration;

use crate::address_blocks::nested_blocks;
use crate::server::state::peer::Peer;
use crate::time::Time;

/// The most logins that wait. Each holds a request of at most 80 KiB, so all together at most 8 MiB.
pub const WAITING_MAX: usize = 100;

/// The interval at which waiting logins get their turn. The last of [`WAITING_MAX`] waits for two seconds,
/// which every known encoder does.
pub const TURN_INTERVAL: Duration = Duration::from_millis(20);

/// Logins that wait, in the order in which they get their turn.
#[derive(Debug, Default)]
pub struct WaitingLogins {
    queue: VecDeque<WaitingLogin>,
    /// When the first one gets its turn.
    next_at: Time,
}

#[derive(Debug)]
struct WaitingLogin {
    peer: Peer,
    address: IpAddr,
    is_from_known_provider: bool,
}

impl WaitingLogins {
    /// Returns whether no login waits.
    pub fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// Returns how many logins wait.
    pub fn len(&self) -> usize {
        self.queue.len()
    }

    /// Adds a login. If there is no room, returns the login that gives way: the latest from the network with
    /// the most waiting logins. It may be the new one. A login from a provider from which someone has logged
    /// in before gives way only to others like it.
    pub fn push(
        &mut self,
        peer: Peer,
        address: IpAddr,
        is_from_known_provider: bool,
        now: Time,
    ) -> Option<Peer> {
        if self.queue.is_empty() {
            self.next_at = self.next_at.max(now + TURN_INTERVAL);
        }
        self.queue.push_back(WaitingLogin { peer, address, is_from_known_provider });
        if self.queue.len() <= WAITING_MAX {
            return None;
        }
        let at = self.latest_of_busiest_network();
        self.queue.remove(at).map(|login| login.peer)
    }

    /// Removes a login whose connection has closed.
    pub fn remove(&mut self, peer: Peer) {
        self.queue.retain(|login| login.peer != peer);
    }

    /// Returns the next login whose turn it is.
    pub fn pop_due(&mut self, now: Time) -> Option<Peer> {
        if self.next_at > now {
            return None;
        }
        let login = self.queue.pop_front()?;
        self.next_at = self.next_at + TURN_INTERVAL;
        Some(login.peer)
    }

    /// Returns when the next login gets its turn.
    pub fn next_time(&self) -> Option<Time> {
        (!self.queue.is_empty()).then_some(self.next_at)
    }

    /// Returns the index of the latest login from the network with the most waiting logins. Networks are
    /// compared from wide to narrow blocks, so that an attacker with many small networks in a large one
    /// counts as one. Between equal networks, the one with the latest login gives way.
    fn latest_of_busiest_network(&self) -> usize {
        let blocks: Vec<[IpAddr; 4]> = self.queue.iter().map(|login| nested_blocks(login.address)).collect();
        let is_unknown = |at: &usize| !self.queue[*at].is_from_known_provider;
        let mut candidates: Vec<usize> = (0..blocks.len()).filter(is_unknown).collect();
        if candidates.is_empty() {
            candidates.extend(0..blocks.len());
        }
        for level in 0..4 {
            let mut counts: HashMap<IpAddr, usize> = HashMap::new();
            candidates.iter().for_each(|&at| *counts.entry(blocks[at][level]).or_default() += 1);
            let busiest = candidates.iter().max_by_key(|&&at| (counts[&blocks[at][level]], at));
            let Some(busiest) = busiest.map(|&at| blocks[at][level]) else { break };
            candidates.retain(|&at| blocks[at][level] == busiest);
        }
        candidates.last().copied().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(number: u32) -> Peer {
        Peer { index: number, generation: 1 }
    }

    fn later(ms: u64) -> Time {
        Time::after_start(Duration::from_millis(ms))
    }

    #[test]
    fn logins_get_their_turn_in_order_within_two_seconds() {
        let mut waiting = WaitingLogins::default();
        for number in 0..WAITING_MAX as u32 {
            assert_eq!(waiting.push(peer(number), IpAddr::from([10, 0, 0, 1]), false, later(500)), None);
        }
        assert_eq!((waiting.pop_due(later(519)), waiting.next_time()), (None, Some(later(520))));
        let popped: Vec<_> = std::iter::from_fn(|| waiting.pop_due(later(1500))).collect();
        assert_eq!(popped, (0..50).map(peer).collect::<Vec<_>>());
        waiting.remove(peer(50));
        let rest = std::iter::from_fn(|| waiting.pop_due(later(2500))).count();
        assert_eq!((rest, waiting.next_time()), (49, None));
        // After a pause, the turns of the pause are not made up for.
        waiting.push(peer(200), IpAddr::from([10, 0, 0, 1]), false, later(9000));
        assert_eq!(waiting.next_time(), Some(later(9020)));
    }

    #[test]
    fn busiest_network_gives_way() {
        let mut waiting = WaitingLogins::default();
        let honest = ["192.0.2.1", "198.51.100.1", "2001:db8::1"].map(|text| text.parse::<IpAddr>().unwrap());
        for number in 0..5000u32 {
            // One attacker address in each of 5000 networks, which have a wide block in common.
            let address = IpAddr::from((0x0A00_0000 + number * 256).to_be_bytes());
            let leaves = waiting.push(peer(number), address, false, later(1));
            assert!(leaves.is_none_or(|peer| peer.index < 90_000), "{leaves:?}");
            if let Some(at) = number.checked_sub(4900).filter(|at| *at < 3) {
                let leaves = waiting.push(peer(90_000 + at), honest[at as usize], false, later(1));
                assert!(leaves.is_some_and(|peer| peer.index < 90_000), "{leaves:?}");
            }
        }
        let left: Vec<u32> =
            std::iter::from_fn(|| waiting.pop_due(later(9000))).map(|peer| peer.index).collect();
        assert_eq!((left.len(), left.iter().filter(|&&index| index >= 90_000).count()), (WAITING_MAX, 3));
    }

    #[test]
    fn latest_login_gives_way_between_equal_networks() {
        let mut waiting = WaitingLogins::default();
        let address = |number: u32| IpAddr::from([number as u8 + 1, 0, 0, 1]);
        (0..WAITING_MAX as u32)
            .for_each(|at| assert_eq!(waiting.push(peer(at), address(at), false, later(1)), None));
        assert_eq!(waiting.push(peer(500), address(200), false, later(1)), Some(peer(500)));
    }

    #[test]
    fn login_from_a_known_provider_stays() {
        let mut waiting = WaitingLogins::default();
        waiting.push(peer(9000), IpAddr::from([192, 0, 2, 1]), true, later(1));
        for number in 0..5000u32 {
            let address = IpAddr::from(number.wrapping_mul(0x9E37_79B1).to_be_bytes());
            assert_ne!(waiting.push(peer(number), address, false, later(1)), Some(peer(9000)));
        }
        assert_eq!(waiting.pop_due(later(21)), Some(peer(9000)));
        for number in 0..5000u32 {
            waiting.push(peer(number), IpAddr::from(number.to_be_bytes()), true, later(22));
        }
        assert_eq!(waiting.len(), WAITING_MAX, "also if all are from known providers");
    }
}
