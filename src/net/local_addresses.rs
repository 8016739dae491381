//! The addresses at which other devices in the local network reach this machine.

use std::net::{IpAddr, SocketAddr};

/// The most addresses shown. A machine with more has networks that are not for people.
const SHOWN_MAX: usize = 4;

/// The beginnings of the names of interfaces that lead to containers and virtual machines.
const INTERNAL: [&str; 8] = ["docker", "br-", "veth", "virbr", "cni", "lxc", "lxdbr", "podman"];

/// An address of an interface.
struct InterfaceAddress {
    name: String,
    ip: IpAddr,
}

/// Returns the addresses at which others reach what listens on `listening`: the addresses of this machine for
/// a wildcard address, none for an address of the machine itself, such as `127.0.0.1`.
pub fn reachable(listening: &[SocketAddr]) -> Vec<SocketAddr> {
    let interfaces = if_addrs::get_if_addrs().unwrap_or_default();
    let interfaces = interfaces.into_iter().map(|one| InterfaceAddress { ip: one.ip(), name: one.name });
    reachable_of(listening, &interfaces.collect::<Vec<_>>())
}

fn reachable_of(listening: &[SocketAddr], interfaces: &[InterfaceAddress]) -> Vec<SocketAddr> {
    let mut all: Vec<SocketAddr> = Vec::new();
    for address in listening {
        let of_interfaces = interfaces.iter().filter(|one| {
            // `[::]` includes IPv4.
            address.ip().is_unspecified()
                && (address.is_ipv6() || one.ip.is_ipv4())
                && !INTERNAL.iter().any(|internal| one.name.starts_with(internal))
        });
        let ips = of_interfaces.map(|one| one.ip).chain([address.ip()]);
        for ip in ips.filter(is_reachable) {
            let found = SocketAddr::new(ip, address.port());
            if !all.contains(&found) {
                all.push(found);
            }
        }
    }
    all.sort_by_key(SocketAddr::is_ipv6);
    all.truncate(SHOWN_MAX);
    all
}

/// Returns whether another device can use an address. A link-local address needs the name of an interface.
fn is_reachable(ip: &IpAddr) -> bool {
    let is_link_local = match ip {
        IpAddr::V4(ip) => ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_unicast_link_local(),
    };
    !ip.is_loopback() && !ip.is_unspecified() && !is_link_local
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(listening: &[&str]) -> String {
        let interfaces = [
            ("lo", "127.0.0.1"),
            ("lo", "::1"),
            ("wlan0", "2001:db8::7"),
            ("wlan0", "fe80::7"),
            ("wlan0", "192.168.1.7"),
            ("docker0", "172.17.0.1"),
            ("eth0", "169.254.3.4"),
        ];
        let interfaces = interfaces.map(|(name, ip)| InterfaceAddress {
            name: name.to_owned(),
            ip: ip.parse().expect("an address"),
        });
        let listening: Vec<SocketAddr> =
            listening.iter().map(|address| address.parse().expect("an address")).collect();
        let found = reachable_of(&listening, &interfaces);
        found.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn addresses_of_the_local_network_are_shown() {
        assert_eq!(shown(&["[::]:8000"]), "192.168.1.7:8000 [2001:db8::7]:8000");
        assert_eq!(shown(&["0.0.0.0:8000"]), "192.168.1.7:8000");
        assert_eq!(shown(&["192.168.1.7:80", "0.0.0.0:8000"]), "192.168.1.7:80 192.168.1.7:8000");
        assert_eq!(shown(&["[::]:8000", "0.0.0.0:8000"]), "192.168.1.7:8000 [2001:db8::7]:8000");
        assert_eq!(shown(&["127.0.0.1:8000", "[::1]:8000"]), "");
    }
}
