//! A list of addresses, networks and patterns of addresses.

use std::collections::{BTreeSet, HashSet};
use std::net::IpAddr;

use ipnet::IpNet;

use super::address_entry::AddressEntry;
use super::wildcard::Wildcard;

/// Addresses with a fast look-up.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct AddressList {
    networks: HashSet<IpNet>,
    /// The address families (IPv6 or not) and prefix lengths of the networks. A look-up only tries these
    /// combinations, so it takes as long with a hundred thousand networks as with ten.
    kinds: BTreeSet<(bool, u8)>,
    patterns: Vec<Wildcard>,
}

impl AddressList {
    /// Adds an entry.
    pub(super) fn add(&mut self, entry: AddressEntry) {
        match entry {
            AddressEntry::Network(network) => {
                self.kinds.insert((matches!(network, IpNet::V6(_)), network.prefix_len()));
                self.networks.insert(network);
            }
            AddressEntry::Pattern(pattern) => self.patterns.push(pattern),
        }
    }

    /// Returns the number of patterns, each of which takes time in every look-up.
    pub(super) fn patterns(&self) -> usize {
        self.patterns.len()
    }

    /// Returns the number of entries.
    pub fn len(&self) -> usize {
        self.networks.len() + self.patterns.len()
    }

    /// Returns whether the list has no entries.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns whether the list has this address.
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        let kinds = self.kinds.range((address.is_ipv6(), 0)..=(address.is_ipv6(), u8::MAX));
        let mut networks = kinds.filter_map(|(_, bits)| IpNet::new(address, *bits).ok());
        networks.any(|network| self.networks.contains(&network.trunc())) || self.matches_pattern(address)
    }

    fn matches_pattern(&self, address: IpAddr) -> bool {
        if self.patterns.is_empty() {
            return false;
        }
        let text = address.to_string();
        self.patterns.iter().any(|pattern| pattern.matches(&text))
    }
}
