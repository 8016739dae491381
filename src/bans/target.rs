//! The target of a ban, and its text form.

use std::fmt;
use std::net::IpAddr;

use ipnet::{IpNet, Ipv4Net};

use super::agent::AgentPattern;
use super::target_error::BanTargetError;

/// The shortest prefix of a banned IPv4 network in bits. A wider ban is probably a mistake.
const PREFIX_MIN_IPV4: u8 = 8;
/// The same for IPv6. All public addresses are in 2000::/3, and a provider gets at most a /16 of it.
const PREFIX_MIN_IPV6: u8 = 16;

/// The IPv6 prefix length that one household or one machine has. The addresses within it change every day.
const HOUSEHOLD_PREFIX: u8 = 64;

/// The bits in front of the IPv4 address in an IPv4-mapped IPv6 address.
const MAPPED_PREFIX: u8 = 96;

/// The target of a ban.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BanTarget {
    /// One or more addresses.
    Network(IpNet),
    /// Programs; affects streams only.
    Agent(AgentPattern),
}

impl BanTarget {
    /// Parses one address; for IPv6 returns the /64 around it.
    ///
    /// # Errors
    /// If it is not an address, or one of this machine.
    pub fn parse_address(text: &str) -> Result<Self, BanTargetError> {
        let address = text.trim().parse::<IpAddr>().map_err(|_| BanTargetError::Address)?.to_canonical();
        Self::network_around(address, if address.is_ipv6() { HOUSEHOLD_PREFIX } else { 32 })
    }

    /// Returns the network of `address` with this prefix length.
    ///
    /// # Errors
    /// If the prefix length is invalid, or the network must not be banned.
    pub fn network_around(address: IpAddr, bits: u8) -> Result<Self, BanTargetError> {
        let network = IpNet::new(address, bits).map_err(|_| BanTargetError::Network)?;
        // Checked here, because the first address of the /64 around ::1 is not a loopback address.
        if address.is_loopback() { Err(BanTargetError::ThisMachine) } else { Self::from_network(network) }
    }

    /// Parses a network, such as `203.0.113.0/24`; without a slash, exactly that one address.
    ///
    /// # Errors
    /// If it is not a network, or must not be banned.
    pub fn parse_network(text: &str) -> Result<Self, BanTargetError> {
        let text = text.trim();
        let network = text.parse().or_else(|_| text.parse().map(|address: IpAddr| IpNet::from(address)));
        Self::from_network(network.map_err(|_| BanTargetError::Network)?)
    }

    fn from_network(network: IpNet) -> Result<Self, BanTargetError> {
        let network = canonical(network).trunc();
        let (shortest, is_loopback) = match network {
            IpNet::V4(_) => (PREFIX_MIN_IPV4, network.addr().is_loopback()),
            IpNet::V6(_) => (PREFIX_MIN_IPV6, network.addr().is_loopback()),
        };
        if is_loopback {
            Err(BanTargetError::ThisMachine)
        } else if network.prefix_len() < shortest {
            Err(BanTargetError::TooWide)
        } else {
            Ok(Self::Network(network))
        }
    }

    /// Parses a part of a User-Agent; see [`AgentPattern`].
    ///
    /// # Errors
    /// If it would match every program, or none.
    pub fn parse_agent(text: &str) -> Result<Self, BanTargetError> {
        AgentPattern::parse(text).map(Self::Agent)
    }

    /// Returns `address` or `agent`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Network(_) => "address",
            Self::Agent(_) => "agent",
        }
    }

    /// Returns whether a client with this address and User-Agent is a target.
    pub fn matches(&self, address: IpAddr, user_agent: &str) -> bool {
        match self {
            Self::Network(network) => !address.is_loopback() && network.contains(&address),
            Self::Agent(agent) => agent.matches(&user_agent.to_lowercase()),
        }
    }
}

/// Formats the target; a single address has no prefix length.
impl fmt::Display for BanTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Network(network) if network.prefix_len() == network.max_prefix_len() => {
                network.addr().fmt(f)
            }
            Self::Network(network) => network.fmt(f),
            Self::Agent(agent) => f.write_str(agent.text()),
        }
    }
}

/// Converts an IPv4-mapped IPv6 network to its IPv4 network.
fn canonical(network: IpNet) -> IpNet {
    let address = network.addr().to_canonical();
    match (network, address, network.prefix_len().checked_sub(MAPPED_PREFIX)) {
        (IpNet::V6(_), IpAddr::V4(address), Some(bits)) => {
            Ipv4Net::new(address, bits).map_or(network, IpNet::V4)
        }
        _ => network,
    }
}
