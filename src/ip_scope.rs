//! Tells public IP addresses from those of private networks and of the machine itself.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Returns whether an address is on the public internet: neither of this machine, nor of a private network, a
/// link, a carrier's network or a multicast group. IPv6 addresses that contain an IPv4 address count as the
/// latter.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_ipv4(address),
        IpAddr::V6(address) => embedded_ipv4(address).map_or_else(|| is_public_ipv6(address), is_public_ipv4),
    }
}

fn is_public_ipv4(address: Ipv4Addr) -> bool {
    // 0.0.0.0/8 leads to this machine on Linux. 100.64.0.0/10 is of carriers (RFC 6598).
    let [first, second, ..] = address.octets();
    let is_shared = first == 100 && second & 0b1100_0000 == 64;
    !(first == 0
        || is_shared
        || address.is_loopback()
        || address.is_private()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_broadcast())
}

fn is_public_ipv6(address: Ipv6Addr) -> bool {
    !(address.is_loopback()
        || address.is_unspecified()
        || address.is_unique_local()
        || address.is_unicast_link_local()
        || address.is_multicast())
}

/// Returns the IPv4 address in `::ffff:0:0/96`, or in `64:ff9b::/96` (RFC 6052), which a NAT64 translates.
fn embedded_ipv4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let [.., high, low] = address.segments();
    let is_nat64 = address.segments()[..6] == [0x64, 0xff9b, 0, 0, 0, 0];
    let translated = || is_nat64.then(|| Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low)));
    address.to_ipv4_mapped().or_else(translated)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_addresses_of_every_kind_are_not_public() {
        for address in [
            "127.0.0.1",
            "0.0.0.0",
            "10.1.2.3",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "100.127.255.255",
            "224.0.0.1",
            "255.255.255.255",
            "::1",
            "::",
            "fe80::1",
            "fc00::1",
            "fd12:3456::1",
            "ff02::1",
            "::ffff:10.0.0.1",
            "64:ff9b::7f00:1",
        ] {
            assert!(!is_public(address.parse().expect(address)), "{address}");
        }
        for address in [
            "203.0.113.9",
            "172.32.0.1",
            "100.128.0.1",
            "11.0.0.1",
            "2001:db8::1",
            "::ffff:203.0.113.9",
            "64:ff9b::cb00:7109",
        ] {
            assert!(is_public(address.parse().expect(address)), "{address}");
        }
    }
}
