//! One line of a list of addresses.

use std::net::{IpAddr, Ipv4Addr};

use ipnet::{IpNet, Ipv4Net};

use super::wildcard::Wildcard;

/// The bits in front of the IPv4 address in an IPv4-mapped IPv6 address.
const MAPPED_PREFIX: u8 = 96;

/// Why a line is left out.
const NOT_AN_ADDRESS: &str =
    "is no address, network or pattern, such as 203.0.113.9, 203.0.113.0/24 or 203.0.*";

/// An entry of a list of addresses.
#[derive(Debug, PartialEq, Eq)]
pub enum AddressEntry {
    /// One address or more.
    Network(IpNet),
    /// A pattern that is not a network, such as `10.0.0.1?`.
    Pattern(Wildcard),
}

impl AddressEntry {
    /// Reads a line without white space around it. Besides addresses, networks and patterns, it may have
    /// sc_serv's form `203.0.113.9;255;`, with a mask of 0 for the 256 addresses around.
    ///
    /// # Errors
    /// Returns why it is left out, as the rest of a sentence that begins with the line.
    pub fn parse(line: &str) -> Result<Self, &'static str> {
        let mut fields = line.split(';').map(str::trim);
        let (address, mask) = (fields.next().unwrap_or_default(), fields.next().unwrap_or_default());
        let network = network_of(address);
        match (network, mask) {
            (Some(IpNet::V4(network)), "0") => Ok(Self::Network(around(network.addr()))),
            (Some(network), "" | "0" | "255") => Ok(Self::Network(network)),
            (None, "") if is_pattern(address) => Ok(Self::Pattern(Wildcard::new(address))),
            (Some(_), _) => Err("has a mask other than 255 and 0"),
            (None, _) => Err(NOT_AN_ADDRESS),
        }
    }

    /// Returns whether every address matches it, or every one of a version of IP.
    pub fn is_everyone(&self) -> bool {
        match self {
            Self::Network(network) => network.prefix_len() == 0,
            Self::Pattern(pattern) => pattern.matches_everything(),
        }
    }
}

/// Returns the network of an address, a network, or a pattern such as `203.0.*`.
pub fn network_of(text: &str) -> Option<IpNet> {
    network(text).or_else(|| leading_octets(text))
}

fn network(text: &str) -> Option<IpNet> {
    let address = || text.parse::<IpAddr>().ok().map(IpNet::from);
    let network = text.parse::<IpNet>().ok().or_else(address).or_else(|| with_netmask(text));
    network.map(|network| canonical(network).trunc())
}

/// Reads `203.0.113.0/255.255.255.0`.
fn with_netmask(text: &str) -> Option<IpNet> {
    let (address, mask) = text.split_once('/')?;
    Ipv4Net::with_netmask(address.parse().ok()?, mask.parse().ok()?).ok().map(IpNet::V4)
}

/// Returns the 256 addresses around one.
fn around(address: Ipv4Addr) -> IpNet {
    IpNet::V4(Ipv4Net::new_assert(address, 24).trunc())
}

/// Converts an IPv4-mapped IPv6 network to its IPv4 network.
fn canonical(network: IpNet) -> IpNet {
    match (network.addr().to_canonical(), network.prefix_len().checked_sub(MAPPED_PREFIX)) {
        (IpAddr::V4(address), Some(bits)) if network.addr().is_ipv6() => {
            Ipv4Net::new(address, bits).map_or(network, IpNet::V4)
        }
        _ => network,
    }
}

/// Returns the network of a pattern such as `203.0.*` or `203.0.113.*`, because a look-up of networks does
/// not take longer when there are many.
fn leading_octets(text: &str) -> Option<IpNet> {
    let parts: Vec<&str> = text.split('.').collect();
    let fixed = parts.iter().take_while(|part| **part != "*").count();
    let are_stars = parts[fixed..].iter().all(|part| *part == "*");
    if fixed == 0 || fixed >= parts.len() || parts.len() > 4 || !are_stars {
        return None;
    }
    let mut octets = [0; 4];
    for (octet, part) in octets.iter_mut().zip(&parts[..fixed]) {
        *octet = part.parse().ok()?;
    }
    Ipv4Net::new(octets.into(), fixed as u8 * 8).ok().map(IpNet::V4)
}

/// Returns whether a text is a pattern that an address in its usual form can match.
fn is_pattern(text: &str) -> bool {
    let is_possible = |c: char| c.is_ascii_hexdigit() || ".:*?".contains(c);
    text.contains(['*', '?']) && text.chars().all(is_possible)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_is_an_address_a_network_or_a_pattern() {
        for (line, expected) in [
            ("203.0.113.9", "203.0.113.9/32"),
            ("::ffff:203.0.113.9", "203.0.113.9/32"),
            ("::ffff:203.0.113.0/120", "203.0.113.0/24"),
            ("2001:DB8::1", "2001:db8::1/128"),
            ("2001:db8::1/32", "2001:db8::/32"),
            ("203.0.113.9/24", "203.0.113.0/24"),
            ("203.0.113.9/255.255.255.0", "203.0.113.0/24"),
            ("203.0.113.9;255;", "203.0.113.9/32"),
            ("203.0.113.9;0;", "203.0.113.0/24"),
            ("203.0.113.9;", "203.0.113.9/32"),
            ("2001:db8::1;255;", "2001:db8::1/128"),
            ("203.0.*", "203.0.0.0/16"),
            ("203.0.*.*", "203.0.0.0/16"),
            ("203.0.113.*", "203.0.113.0/24"),
        ] {
            match AddressEntry::parse(line) {
                Ok(AddressEntry::Network(network)) => assert_eq!(network.to_string(), expected, "{line}"),
                other => panic!("{line}: {other:?}"),
            }
        }
        for line in ["*.0.113.9", "203.0.113.1?", "2001:db8:*", "*"] {
            assert!(matches!(AddressEntry::parse(line), Ok(AddressEntry::Pattern(_))), "{line}");
        }
    }

    #[test]
    fn other_lines_are_left_out_with_the_reason() {
        for line in ["", "203.0.113", "203.0.113.256", "radio.example", "203.0.113.9/33", "203.0.113.9 x"] {
            assert_eq!(AddressEntry::parse(line), Err(NOT_AN_ADDRESS), "{line}");
        }
        assert!(AddressEntry::parse("203.0.113.9;128;").is_err_and(|reason| reason.contains("mask")));
        for (line, is_everyone) in
            [("0.0.0.0/0", true), ("::/0", true), ("*", true), ("10.*", false), ("1*", false)]
        {
            assert_eq!(AddressEntry::parse(line).expect(line).is_everyone(), is_everyone, "{line}");
        }
    }
}
