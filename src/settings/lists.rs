//! The files with lists of addresses and programs.

use std::collections::BTreeMap;
use std::path::PathBuf;

/// What a list is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ListKind {
    /// Addresses that are refused.
    DenyIp,
    /// Addresses that are not refused, beside which all are.
    AllowIp,
    /// Programs that get no streams.
    DenyAgents,
    /// Addresses whose listeners are admitted though the limit of listeners is reached.
    ReservedIp,
}

impl ListKind {
    /// All kinds.
    pub const ALL: [Self; 4] = [Self::DenyIp, Self::AllowIp, Self::DenyAgents, Self::ReservedIp];

    /// Returns the key of the file in the configuration.
    pub fn key(self) -> &'static str {
        match self {
            Self::DenyIp => "deny_ip_file",
            Self::AllowIp => "allow_ip_file",
            Self::DenyAgents => "deny_agents_file",
            Self::ReservedIp => "reserved_ip_file",
        }
    }
}

/// The files of lists.
pub type ListFiles = BTreeMap<ListKind, PathBuf>;
