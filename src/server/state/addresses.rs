//! Limits the connections of each address.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};

use crate::address_blocks::address_block;

/// The error message for a client whose address has too many connections.
pub const TOO_MANY_CONNECTIONS: &str = "too many connections from your address";

/// Returns whether an address that has `held` places has its share of all `max`, of which `used` are taken.
/// The share is one half. It applies only when three quarters of all places are taken, because a proxy, a
/// Docker bridge or a provider's NAT is one address with many clients.
pub fn has_its_share(held: usize, used: usize, max: usize) -> bool {
    used >= max - max / 4 && held >= max - max / 2
}

/// The number of places that every address has. IPv6 addresses count by their /64, which usually belongs to
/// one household or one machine.
#[derive(Debug, Default)]
pub struct AddressCounts(HashMap<IpAddr, usize>);

impl AddressCounts {
    /// Counts one more place of this address.
    pub fn add(&mut self, address: IpAddr) {
        *self.0.entry(address_block(address)).or_default() += 1;
    }

    /// Stops counting one place of this address.
    pub fn remove(&mut self, address: IpAddr) {
        let block = address_block(address);
        if let Some(count) = self.0.get_mut(&block) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                self.0.remove(&block);
            }
        }
    }

    /// Returns the number of places that this address has.
    pub fn held(&self, address: IpAddr) -> usize {
        self.0.get(&address_block(address)).copied().unwrap_or(0)
    }
}

/// Why an address gets no further connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AddressRefusal {
    /// It has `max_connections_per_address` connections.
    AtLimit,
    /// It has its share of all connections.
    HasItsShare,
}

/// The number of connections of every address. Those of `trusted_proxies` are not counted.
#[derive(Debug)]
pub struct AddressConnections {
    /// The most connections of one address; 0 for any number. Loopback connections are not limited by it,
    /// because a local proxy or relay has many clients.
    pub max: usize,
    counts: AddressCounts,
}

impl AddressConnections {
    /// Allows every address `max` connections; 0 means any number.
    pub fn new(max: usize) -> Self {
        Self { max, counts: AddressCounts::default() }
    }

    /// Returns why this address gets no further connection while the server has `used` of at most `all`
    /// connections; `None` if it may have one.
    pub fn refusal(&self, address: SocketAddr, used: usize, all: usize) -> Option<AddressRefusal> {
        let held = self.held(address);
        if self.max != 0 && held >= self.max && !address.ip().is_loopback() {
            return Some(AddressRefusal::AtLimit);
        }
        has_its_share(held, used, all).then_some(AddressRefusal::HasItsShare)
    }

    /// Counts one more connection of this address.
    pub fn add(&mut self, address: SocketAddr) {
        self.counts.add(address.ip());
    }

    /// Stops counting a connection that has closed.
    pub fn remove(&mut self, address: SocketAddr) {
        self.counts.remove(address.ip());
    }

    /// Returns the number of connections of this address.
    pub fn held(&self, address: SocketAddr) -> usize {
        self.counts.held(address.ip())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn socket(address: &str) -> SocketAddr {
        format!("{address}:9").parse().expect(address)
    }

    /// Adds a connection if the address may have one, and checks whether it may.
    #[track_caller]
    fn check_admitted(addresses: &mut AddressConnections, address: &str, is_admitted: bool) {
        let address = socket(address);
        assert_eq!(addresses.refusal(address, 0, usize::MAX).is_none(), is_admitted, "{address}");
        if is_admitted {
            addresses.add(address);
        }
    }

    #[test]
    fn every_address_has_its_own_limit() {
        let mut addresses = AddressConnections::new(2);
        for is_admitted in [true, true, false, false] {
            check_admitted(&mut addresses, "192.0.2.1", is_admitted);
            check_admitted(&mut addresses, "192.0.2.2", is_admitted);
        }
        addresses.remove(socket("192.0.2.1"));
        check_admitted(&mut addresses, "192.0.2.1", true);
        check_admitted(&mut addresses, "192.0.2.1", false);
    }

    #[test]
    fn ipv6_addresses_count_by_64() {
        let mut addresses = AddressConnections::new(1);
        check_admitted(&mut addresses, "[2001:db8::1]", true);
        check_admitted(&mut addresses, "[2001:db8::ffff:2]", false);
        check_admitted(&mut addresses, "[2001:db8:0:1::1]", true);
    }

    #[test]
    fn loopback_connections_have_no_limit_but_count() {
        let mut addresses = AddressConnections::new(1);
        for _ in 0..3 {
            check_admitted(&mut addresses, "127.0.0.1", true);
            check_admitted(&mut addresses, "[::1]", true);
        }
        let local = socket("127.0.0.1");
        assert_eq!(addresses.held(local), 3);
        assert_eq!(addresses.refusal(local, 6, 6), Some(AddressRefusal::HasItsShare));
        let mut unlimited = AddressConnections::new(0);
        (0..3).for_each(|_| check_admitted(&mut unlimited, "192.0.2.1", true));
    }

    #[test]
    fn closed_connections_take_no_memory() {
        let mut addresses = AddressConnections::new(0);
        let address = socket("[2001:db8::1]");
        addresses.add(address);
        addresses.remove(address);
        assert!(addresses.counts.0.is_empty());
    }

    #[test]
    fn share_is_half_of_all_once_three_quarters_are_taken() {
        for (max, taken, half) in [(1000, 750, 500), (16, 12, 8), (7, 6, 4), (4, 3, 2), (2, 2, 1), (1, 1, 1)]
        {
            assert!(has_its_share(half, taken, max), "{max}");
            assert!(!has_its_share(half - 1, taken, max), "{max}");
            assert!(!has_its_share(max, taken - 1, max), "{max}");
        }
        assert!(!has_its_share(1_000_000, 1_000_000, usize::MAX));
    }
}
