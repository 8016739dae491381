//! How many connections each address has.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

/// What a client is told whose address has too many connections.
pub const TOO_MANY_CONNECTIONS: &str = "too many connections from your address";

/// The connections of every address, where they are limited.
///
/// An IPv6 address counts as its /64: that is what one household or one machine is given.
#[derive(Debug)]
pub struct AddressConnections {
    /// 0: not limited, and not counted.
    max: usize,
    connections: HashMap<IpAddr, usize>,
}

impl AddressConnections {
    /// Allows every address `max` connections; any number if that is 0.
    pub fn new(max: usize) -> Self {
        Self { max, connections: HashMap::new() }
    }

    /// Allows every address `max` connections from now on. Those that are `open` count, and none of them is closed.
    pub fn set_max(&mut self, max: usize, open: impl Iterator<Item = SocketAddr>) {
        *self = Self::new(max);
        for address in open {
            if let Some(address) = self.counted(address) {
                *self.connections.entry(address).or_default() += 1;
            }
        }
    }

    /// Counts one more connection of this address, if it may have one; says whether it may.
    pub fn try_add(&mut self, address: SocketAddr) -> bool {
        let Some(address) = self.counted(address) else { return true };
        let connections = self.connections.entry(address).or_default();
        let admitted = *connections < self.max;
        *connections += usize::from(admitted);
        admitted
    }

    /// Counts an admitted connection no more.
    pub fn remove(&mut self, address: SocketAddr) {
        let Some(address) = self.counted(address) else { return };
        if let Some(connections) = self.connections.get_mut(&address) {
            *connections = connections.saturating_sub(1);
            if *connections == 0 {
                self.connections.remove(&address);
            }
        }
    }

    /// Under what the connections of this address are counted; `None` if they are not. Those of this machine itself are
    /// not: a proxy or a relay on it speaks for many.
    fn counted(&self, address: SocketAddr) -> Option<IpAddr> {
        match address.ip() {
            ip if self.max == 0 || ip.is_loopback() => None,
            ip => Some(address_block(ip)),
        }
    }
}

/// The address that stands for all that one household or machine has: of IPv6, the /64.
pub fn address_block(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(ip) => Ipv6Addr::from_bits(ip.to_bits() & (u128::MAX << 64)).into(),
        ip => ip,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(addresses: &mut AddressConnections, address: &str, admitted: bool) {
        assert_eq!(addresses.try_add(format!("{address}:9").parse().expect(address)), admitted, "{address}");
    }

    #[test]
    fn every_address_has_its_own_limit() {
        let mut addresses = AddressConnections::new(2);
        for admitted in [true, true, false, false] {
            check(&mut addresses, "192.0.2.1", admitted);
            check(&mut addresses, "192.0.2.2", admitted);
        }
        addresses.remove("192.0.2.1:7".parse().expect("an address"));
        check(&mut addresses, "192.0.2.1", true);
        check(&mut addresses, "192.0.2.1", false);
    }

    #[test]
    fn a_network_of_ipv6_counts_as_one() {
        let mut addresses = AddressConnections::new(1);
        check(&mut addresses, "[2001:db8::1]", true);
        check(&mut addresses, "[2001:db8::ffff:2]", false);
        check(&mut addresses, "[2001:db8:0:1::1]", true);
    }

    #[test]
    fn this_machine_and_no_limit_are_not_counted() {
        let mut addresses = AddressConnections::new(1);
        for _ in 0..3 {
            check(&mut addresses, "127.0.0.1", true);
            check(&mut addresses, "[::1]", true);
        }
        let mut unlimited = AddressConnections::new(0);
        (0..3).for_each(|_| check(&mut unlimited, "192.0.2.1", true));
        assert!(addresses.connections.is_empty() && unlimited.connections.is_empty());
    }

    #[test]
    fn closed_connections_take_no_memory() {
        let mut addresses = AddressConnections::new(1);
        let address = "192.0.2.1:9".parse().expect("an address");
        assert!(addresses.try_add(address));
        addresses.remove(address);
        assert!(addresses.connections.is_empty());
    }

    #[test]
    fn changed_limit_counts_open_connections_and_closes_none() {
        let mut addresses = AddressConnections::new(0);
        let open = ["192.0.2.1:1", "192.0.2.1:2", "192.0.2.1:3"].map(|it| it.parse().expect("an address"));
        addresses.set_max(2, open.into_iter());
        check(&mut addresses, "192.0.2.1", false);
        check(&mut addresses, "192.0.2.2", true);
        open.into_iter().for_each(|address| addresses.remove(address));
        check(&mut addresses, "192.0.2.1", true);
    }
}
