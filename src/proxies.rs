//! The proxies that are believed what they say of whoever is behind them.

use std::net::IpAddr;

use ipnet::IpNet;

/// Networks of proxies; none to begin with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<IpNet>);

impl TrustedProxies {
    /// Believes whoever is in one of these networks.
    pub fn new(networks: Vec<IpNet>) -> Self {
        Self(networks)
    }

    /// Whether who has this address is believed. An IPv4 address that is written as one of IPv6 is that IPv4 address.
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(&address))
    }

    /// The networks, in the order in which they were given.
    pub fn networks(&self) -> &[IpNet] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_hold_their_addresses() {
        let networks = ["10.0.0.0/8", "192.0.2.1/32", "2001:db8::/32"];
        let proxies = TrustedProxies::new(networks.map(|network| network.parse().unwrap()).into());
        for (address, trusted) in [
            ("10.255.0.1", true),
            ("::ffff:10.0.0.1", true),
            ("192.0.2.1", true),
            ("2001:db8:1::1", true),
            ("192.0.2.2", false),
            ("11.0.0.1", false),
            ("::1", false),
        ] {
            assert_eq!(proxies.contains(address.parse().unwrap()), trusted, "{address}");
        }
        assert!(!TrustedProxies::default().contains("127.0.0.1".parse().unwrap()));
    }
}
