//! Limits the connections of each address.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

/// The error message for a client whose address has too many connections.
pub const TOO_MANY_CONNECTIONS: &str = "too many connections from your address";

/// The number of connections of every address, if it is limited.
///
/// IPv6 addresses count by their /64, which usually belongs to one household or one machine.
#[derive(Debug)]
pub struct AddressConnections {
    /// The limit. With 0, connections are neither limited nor counted.
    max: usize,
    connections: HashMap<IpAddr, usize>,
}

impl AddressConnections {
    /// Allows every address `max` connections; 0 means any number.
    pub fn new(max: usize) -> Self {
        Self { max, connections: HashMap::new() }
    }

    /// Changes the limit to `max` connections for every address. The `open` connections count, and none of
    /// them is closed.
    pub fn set_max(&mut self, max: usize, open: impl Iterator<Item = SocketAddr>) {
        *self = Self::new(max);
        for address in open {
            if let Some(address) = self.counted(address) {
                *self.connections.entry(address).or_default() += 1;
            }
        }
    }

    /// Counts one more connection of this address, if the limit allows it. Returns whether it does.
    pub fn try_add(&mut self, address: SocketAddr) -> bool {
        let Some(address) = self.counted(address) else { return true };
        let connections = self.connections.entry(address).or_default();
        let is_admitted = *connections < self.max;
        *connections += usize::from(is_admitted);
        is_admitted
    }

    /// Stops counting an admitted connection that has closed.
    pub fn remove(&mut self, address: SocketAddr) {
        let Some(address) = self.counted(address) else { return };
        if let Some(connections) = self.connections.get_mut(&address) {
            *connections = connections.saturating_sub(1);
            if *connections == 0 {
                self.connections.remove(&address);
            }
        }
    }

    /// Returns the address under which connections of this address are counted; `None` if they are not
    /// counted. Loopback connections are not counted, because a local proxy or relay has many clients.
    fn counted(&self, address: SocketAddr) -> Option<IpAddr> {
        match address.ip() {
            ip if self.max == 0 || ip.is_loopback() => None,
            ip => Some(address_block(ip)),
        }
    }
}

/// Returns the address under which a household or a machine is counted: for IPv6, the /64.
pub fn address_block(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(ip) => Ipv6Addr::from_bits(ip.to_bits() & (u128::MAX << 64)).into(),
        ip => ip,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_admitted(addresses: &mut AddressConnections, address: &str, is_admitted: bool) {
        assert_eq!(
            addresses.try_add(format!("{address}:9").parse().expect(address)),
            is_admitted,
            "{address}"
        );
    }

    #[test]
    fn every_address_has_its_own_limit() {
        let mut addresses = AddressConnections::new(2);
        for is_admitted in [true, true, false, false] {
            check_admitted(&mut addresses, "192.0.2.1", is_admitted);
            check_admitted(&mut addresses, "192.0.2.2", is_admitted);
        }
        addresses.remove("192.0.2.1:7".parse().expect("an address"));
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
    fn loopback_and_unlimited_are_not_counted() {
        let mut addresses = AddressConnections::new(1);
        for _ in 0..3 {
            check_admitted(&mut addresses, "127.0.0.1", true);
            check_admitted(&mut addresses, "[::1]", true);
        }
        let mut unlimited = AddressConnections::new(0);
        (0..3).for_each(|_| check_admitted(&mut unlimited, "192.0.2.1", true));
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
        check_admitted(&mut addresses, "192.0.2.1", false);
        check_admitted(&mut addresses, "192.0.2.2", true);
        open.into_iter().for_each(|address| addresses.remove(address));
        check_admitted(&mut addresses, "192.0.2.1", true);
    }
}
