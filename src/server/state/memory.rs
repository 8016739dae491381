//! The memory budget of requests and responses, and who holds how much of it for how long.

use std::collections::VecDeque;

use super::peer::Peer;
use crate::memory_budget::MemoryBudget;

/// The memory budget, and the clients that hold a part of it.
#[derive(Debug, Default)]
pub struct Memory {
    pub budget: MemoryBudget,
    /// Clients in the order in which they began to hold memory. Some of them may not hold any now.
    holders: VecDeque<Peer>,
}

impl Memory {
    /// Notes that `peer` has begun to hold memory. `holds` must return whether a client holds memory now, and
    /// `connections` is the number of all clients.
    pub fn note_holder(&mut self, peer: Peer, connections: usize, holds: impl Fn(Peer) -> bool) {
        self.holders.push_back(peer);
        // So the list is never much longer than the table of sessions, at a constant cost for each entry.
        if self.holders.len() > 2 * connections + 64 {
            self.holders.retain(|&peer| holds(peer));
        }
    }

    /// Returns the client that began to hold memory first, and removes it from the list. It may not hold any
    /// now.
    pub fn pop_oldest_holder(&mut self) -> Option<Peer> {
        self.holders.pop_front()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn list_of_holders_is_bounded_and_in_order() {
        let mut memory = Memory::default();
        let peer = |generation| Peer { index: 0, generation };
        let connections = 10;
        for generation in 1..=1000 {
            memory.note_holder(peer(generation), connections, |it| it.generation > generation - 10);
            assert!(memory.holders.len() <= 2 * connections + 64);
        }
        assert_eq!(memory.holders.back(), Some(&peer(1000)));
        let order: Vec<u32> =
            std::iter::from_fn(|| memory.pop_oldest_holder()).map(|peer| peer.generation).collect();
        assert!(order.is_sorted() && order.contains(&991), "{order:?}");
    }
}
