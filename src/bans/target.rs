//! What can be banned, as it is written.

use std::fmt;
use std::net::IpAddr;

use ipnet::{IpNet, Ipv4Net};

use super::agent::AgentPattern;
use super::target_error::BanTargetError;

/// Bits that the addresses of a banned network must have in common: what is wider was mistyped. Of IPv6 the whole
/// internet is a 2000::/3, of which providers are given a /16 at most.
const BITS_MIN_IPV4: u8 = 8;
const BITS_MIN_IPV6: u8 = 16;

/// Bits that the addresses of one household or one machine have in common in IPv6. It has a new one every day.
const HOUSEHOLD: u8 = 64;

/// Bits that an address of IPv4 has where it is written as one of IPv6.
const MAPPED: u8 = 96;

/// Who is not let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BanTarget {
    /// Addresses, or one.
    Network(IpNet),
    /// Programs, on streams.
    Agent(AgentPattern),
}

impl BanTarget {
    /// One address; of IPv6 the /64 around it.
    ///
    /// # Errors
    /// It is none, or this machine's own.
    pub fn parse_address(text: &str) -> Result<Self, BanTargetError> {
        let address = text.trim().parse::<IpAddr>().map_err(|_| BanTargetError::Address)?.to_canonical();
        Self::network_around(address, if address.is_ipv6() { HOUSEHOLD } else { 32 })
    }

    /// The network of `address` in which addresses have so many bits in common.
    ///
    /// # Errors
    /// There is none, or it is not to be banned.
    pub fn network_around(address: IpAddr, bits: u8) -> Result<Self, BanTargetError> {
        let network = IpNet::new(address, bits).map_err(|_| BanTargetError::Network)?;
        // The household of ::1 is nobody's.
        if address.is_loopback() { Err(BanTargetError::ThisMachine) } else { Self::from_network(network) }
    }

    /// A network, such as `203.0.113.0/24`; without a slash, that one address and nothing around it.
    ///
    /// # Errors
    /// It is none, or not to be banned.
    pub fn parse_network(text: &str) -> Result<Self, BanTargetError> {
        let text = text.trim();
        let network = text.parse().or_else(|_| text.parse().map(|address: IpAddr| IpNet::from(address)));
        Self::from_network(network.map_err(|_| BanTargetError::Network)?)
    }

    fn from_network(network: IpNet) -> Result<Self, BanTargetError> {
        let network = canonical(network).trunc();
        let (least, is_loopback) = match network {
            IpNet::V4(_) => (BITS_MIN_IPV4, network.addr().is_loopback()),
            IpNet::V6(_) => (BITS_MIN_IPV6, network.addr().is_loopback()),
        };
        if is_loopback {
            Err(BanTargetError::ThisMachine)
        } else if network.prefix_len() < least {
            Err(BanTargetError::TooWide)
        } else {
            Ok(Self::Network(network))
        }
    }

    /// A part of what a program calls itself; see [`AgentPattern`].
    ///
    /// # Errors
    /// It would fit everybody or nobody.
    pub fn parse_agent(text: &str) -> Result<Self, BanTargetError> {
        AgentPattern::parse(text).map(Self::Agent)
    }

    /// `address` or `agent`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Network(_) => "address",
            Self::Agent(_) => "agent",
        }
    }

    /// Whether somebody at `address`, who says that he uses `user_agent`, is meant.
    pub fn matches(&self, address: IpAddr, user_agent: &str) -> bool {
        match self {
            Self::Network(network) => !address.is_loopback() && network.contains(&address),
            Self::Agent(agent) => agent.matches(&user_agent.to_lowercase()),
        }
    }
}

/// As it is written: one address without the bits, which are all.
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

/// Networks of IPv4 that are written as IPv6 are those of IPv4.
fn canonical(network: IpNet) -> IpNet {
    let address = network.addr().to_canonical();
    match (network, address, network.prefix_len().checked_sub(MAPPED)) {
        (IpNet::V6(_), IpAddr::V4(address), Some(bits)) => {
            Ipv4Net::new(address, bits).map_or(network, IpNet::V4)
        }
        _ => network,
    }
}
