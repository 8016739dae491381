//! The reason for which a target cannot be banned.

/// Why a target cannot be banned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BanTargetError {
    /// It is not an address.
    Address,
    /// It is not a network.
    Network,
    /// The network is too large.
    TooWide,
    /// It is an address of this machine.
    ThisMachine,
    /// The pattern would match every program, or none.
    Agent,
}

impl BanTargetError {
    /// Returns the message for the client.
    pub fn message(self) -> &'static str {
        match self {
            Self::Address => "not an address, expected one such as 203.0.113.9",
            Self::Network => "not a network, expected one such as 203.0.113.0/24",
            Self::TooWide => "the network is too large: at least /8 for IPv4, or /16 for IPv6",
            Self::ThisMachine => "addresses of this machine cannot be banned",
            Self::Agent => "expected a part of a User-Agent, 3 to 105 characters besides *",
        }
    }
}
