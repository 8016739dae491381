//! The blocks of IP addresses by which clients are counted and limited: a household, a network, a provider.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Returns the address under which a household or a machine is counted: for IPv6, the /64.
pub fn address_block(address: IpAddr) -> IpAddr {
    prefix(address, 32, 64)
}

/// Returns the network of an address: the /24 of an IPv4 address, the /48 of an IPv6 address. A customer of a
/// hosting company often has one.
pub fn network(address: IpAddr) -> IpAddr {
    prefix(address, 24, 48)
}

/// Returns the block that often belongs to one provider: the /16 of an IPv4 address, the /32 of an IPv6
/// address. A client whose address changes stays in it.
pub fn provider(address: IpAddr) -> IpAddr {
    prefix(address, 16, 32)
}

/// Returns the blocks that contain an address, from wide to narrow.
pub fn nested_blocks(address: IpAddr) -> [IpAddr; 4] {
    [prefix(address, 8, 16), provider(address), network(address), address_block(address)]
}

/// Returns the first bits of an address: `v4` bits of an IPv4 address, `v6` bits of an IPv6 address.
fn prefix(address: IpAddr, v4: u32, v6: u32) -> IpAddr {
    match address {
        IpAddr::V4(ip) => Ipv4Addr::from_bits(ip.to_bits() & (u32::MAX << (32 - v4))).into(),
        IpAddr::V6(ip) => Ipv6Addr::from_bits(ip.to_bits() & (u128::MAX << (128 - v6))).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_nested() {
        let shown = |address: &str| nested_blocks(address.parse().unwrap()).map(|block| block.to_string());
        assert_eq!(shown("203.0.113.9"), ["203.0.0.0", "203.0.0.0", "203.0.113.0", "203.0.113.9"]);
        assert_eq!(shown("2001:db8:1:2::9"), ["2001::", "2001:db8::", "2001:db8:1::", "2001:db8:1:2::"]);
    }
}
