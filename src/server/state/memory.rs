//! The memory budget of requests and responses, and who holds how much of it for how long.

use std::collections::VecDeque;

use super::peer::Peer;
use crate::memory_budget::MemoryBudget;

/// The memory budget, and the clients that hold a part of it.
#[derive(Debug, Default)]
pub struct Memory {
    pub budget: MemoryBudget,
    /// Clients in the order in which they began to hold memory, or were passed over because they hold little.
    /// Some of them may not hold any now.
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

    /// Returns the client that gives way, and removes it from the list: of those that hold at least half of
    /// the average, the one that began first. So neither a small request nor a reader of a page that many
    /// others read gives way, which would free next to nothing. `held` must return the bytes that become free
    /// if this client ends.
    pub fn pop_holder(&mut self, held: impl Fn(Peer) -> usize) -> Option<Peer> {
        let threshold = self.budget.used() / self.holders.len().max(1) / 2;
        for _ in 0..self.holders.len() {
            let peer = self.holders.pop_front()?;
            match held(peer) {
                0 => {}
                bytes if bytes >= threshold => return Some(peer),
                _ => self.holders.push_back(peer),
            }
        }
        None
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
            std::iter::from_fn(|| memory.pop_holder(|_| 1)).map(|peer| peer.generation).collect();
        assert!(order.is_sorted() && order.contains(&991), "{order:?}");
    }

    #[test]
    fn client_that_holds_little_does_not_give_way() {
        let mut memory = Memory::default();
        let charge = memory.budget.charge(3 * 1000 + 20).expect("no limit");
        let held = |peer: Peer| [20, 1000, 0, 1000, 1000][peer.index as usize];
        (0..5).for_each(|index| memory.note_holder(Peer { index, generation: 1 }, 10, |_| true));
        let order: Vec<u32> = std::iter::from_fn(|| memory.pop_holder(held)).map(|peer| peer.index).collect();
        assert_eq!(order, [1, 3, 4]);
        drop(charge);
        assert_eq!(memory.pop_holder(held).map(|peer| peer.index), Some(0), "no other client holds more");
    }
}
