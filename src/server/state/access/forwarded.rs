//! Detects a reverse proxy that is missing in `trusted_proxies`, for one warning.

use std::collections::HashMap;
use std::net::IpAddr;

/// An address that forwards for this many different clients, according to its headers, is probably a proxy.
const CLIENTS_SUSPICIOUS: usize = 3;

/// The most addresses that are watched. A proxy that is missing in the configuration is among the first to
/// connect.
const ADDRESSES_MAX: usize = 64;

/// Untrusted addresses that send forwarding headers, each with the clients in these headers.
#[derive(Debug, Default)]
pub struct ForwardedClaims {
    clients: HashMap<IpAddr, Vec<Box<str>>>,
    is_reported: bool,
}

impl ForwardedClaims {
    /// Notes that `address` requests a stream on behalf of `client`. Returns `true` once, when an address is
    /// probably a proxy.
    pub fn note(&mut self, address: IpAddr, client: &str) -> bool {
        let is_new = !self.clients.contains_key(&address);
        if self.is_reported || self.clients.len() == ADDRESSES_MAX && is_new {
            return false;
        }
        let clients = self.clients.entry(address).or_default();
        if !clients.iter().any(|other| **other == *client) {
            clients.push(client.into());
        }
        self.is_reported = clients.len() >= CLIENTS_SUSPICIOUS;
        if self.is_reported {
            self.clients = HashMap::new();
        }
        self.is_reported
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(last: u32) -> IpAddr {
        IpAddr::from((0xCB00_7100 + last).to_be_bytes())
    }

    #[test]
    fn unconfigured_proxy_is_reported_once() {
        let mut claims = ForwardedClaims::default();
        let noted = |claims: &mut ForwardedClaims, client| claims.note(address(1), client);
        assert!(!noted(&mut claims, "a") && !noted(&mut claims, "a") && !noted(&mut claims, "b"));
        assert!(!claims.note(address(2), "c"), "each of two addresses forwards for fewer clients");
        assert!(noted(&mut claims, "c"));
        assert!(!noted(&mut claims, "d") && claims.clients.is_empty());
    }

    #[test]
    fn watched_addresses_are_bounded() {
        let mut claims = ForwardedClaims::default();
        (0..1000).for_each(|number| assert!(!claims.note(address(number), "a")));
        assert_eq!(claims.clients.len(), ADDRESSES_MAX);
    }
}
