//! Bans of addresses, networks and programs by their User-Agent (protocol-notes/bans.md).
//!
//! Plain data with a fast look-up: thousands of bans hardly slow down a new connection.

mod agent;
mod store;
mod target;
mod target_error;

pub use agent::AgentPattern;
pub use store::{BanStore, StoreResult};
pub use target::BanTarget;
pub use target_error::BanTargetError;

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;

use crate::text::truncated;

/// The most banned networks and addresses. Public lists of bad networks have some thousand.
pub const NETWORKS_MAX: usize = 10_000;

/// The most banned programs. Each pattern is searched in the User-Agent of every new listener: 5 microseconds
/// for all of them.
pub const AGENTS_MAX: usize = 256;

/// The highest id that is accepted when bans are read: the highest integer that a script can represent
/// exactly.
const ID_MAX: u64 = 1 << 53;

/// The most bytes of a ban's reason.
const REASON_MAX: usize = 200;

/// A ban.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ban {
    /// The id. While the server runs, the id of a removed ban is not reused.
    pub id: u64,
    /// The target of the ban.
    pub target: BanTarget,
    /// The operator's reason; may be empty.
    pub reason: String,
    /// When the ban was added: the time since 1970-01-01, UTC.
    pub since: Duration,
}

/// All bans.
#[derive(Debug, Default)]
pub struct Bans {
    all: BTreeMap<u64, Arc<Ban>>,
    networks: HashMap<IpNet, u64>,
    /// The number of networks by address family (IPv6 or not) and prefix length. A look-up only tries these
    /// combinations.
    kinds: BTreeMap<(bool, u8), usize>,
    agents: BTreeMap<u64, AgentPattern>,
    last_id: u64,
}

/// The limit for this kind of ban is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooManyBans;

impl Bans {
    /// Adds a ban. If the target is already banned, the existing ban stays and gets the new reason, unless
    /// that is empty.
    ///
    /// # Errors
    /// If the limit is reached.
    pub fn add(&mut self, target: BanTarget, reason: &str, since: Duration) -> Result<(), TooManyBans> {
        let reason = truncated(reason, REASON_MAX).to_owned();
        match self.find(&target) {
            Some(_) if reason.is_empty() => Ok(()),
            Some(ban) => {
                let (id, since) = (ban.id, ban.since);
                self.all.insert(id, Arc::new(Ban { id, target, reason, since }));
                Ok(())
            }
            None => self.insert(Ban { id: self.last_id + 1, target, reason, since }),
        }
    }

    /// Restores a stored ban. It keeps its id unless another ban has that id.
    ///
    /// # Errors
    /// If the limit is reached.
    pub fn restore(&mut self, ban: Ban) -> Result<(), TooManyBans> {
        let ban = Ban { reason: truncated(&ban.reason, REASON_MAX).to_owned(), ..ban };
        match self.find(&ban.target) {
            Some(_) => Ok(()),
            None if !(1..=ID_MAX).contains(&ban.id) || self.all.contains_key(&ban.id) => {
                self.insert(Ban { id: self.last_id + 1, ..ban })
            }
            None => self.insert(ban),
        }
    }

    fn insert(&mut self, ban: Ban) -> Result<(), TooManyBans> {
        let id = ban.id;
        match &ban.target {
            BanTarget::Network(_) if self.networks.len() == NETWORKS_MAX => return Err(TooManyBans),
            BanTarget::Agent(_) if self.agents.len() == AGENTS_MAX => return Err(TooManyBans),
            BanTarget::Network(network) => {
                self.networks.insert(*network, id);
                *self.kinds.entry(kind(network)).or_default() += 1;
            }
            BanTarget::Agent(agent) => drop(self.agents.insert(id, agent.clone())),
        }
        self.last_id = self.last_id.max(id);
        self.all.insert(id, Arc::new(ban));
        Ok(())
    }

    /// Removes the ban with this id and returns it.
    pub fn remove(&mut self, id: u64) -> Option<Arc<Ban>> {
        let ban = self.all.remove(&id)?;
        match &ban.target {
            BanTarget::Agent(_) => drop(self.agents.remove(&id)),
            BanTarget::Network(network) => {
                self.networks.remove(network);
                let left = self.kinds.get_mut(&kind(network)).map(|count| {
                    *count -= 1;
                    *count
                });
                if left == Some(0) {
                    self.kinds.remove(&kind(network));
                }
            }
        }
        Some(ban)
    }

    /// Returns the ban of exactly this target.
    pub fn find(&self, target: &BanTarget) -> Option<&Ban> {
        let id = match target {
            BanTarget::Network(network) => self.networks.get(network),
            BanTarget::Agent(agent) => {
                self.agents.iter().find(|(_, other)| other.is_equivalent(agent)).map(|(id, _)| id)
            }
        };
        self.all.get(id?).map(Arc::as_ref)
    }

    /// Returns whether this address is banned. Loopback addresses are never banned: the operator may connect
    /// from this host, and all clients of a proxy on this host have its address.
    pub fn is_address_banned(&self, address: IpAddr) -> bool {
        if self.networks.is_empty() || address.is_loopback() {
            return false;
        }
        let kinds = self.kinds.range((address.is_ipv6(), 0)..=(address.is_ipv6(), u8::MAX));
        let mut networks = kinds.filter_map(|((_, bits), _)| IpNet::new(address, *bits).ok());
        networks.any(|network| self.networks.contains_key(&network.trunc()))
    }

    /// Returns whether a program with this User-Agent is banned.
    pub fn is_agent_banned(&self, user_agent: &str) -> bool {
        if self.agents.is_empty() {
            return false;
        }
        let user_agent = user_agent.to_lowercase();
        self.agents.values().any(|agent| agent.matches(&user_agent))
    }

    /// Returns all bans, the oldest first.
    pub fn all(&self) -> impl Iterator<Item = &Arc<Ban>> {
        self.all.values()
    }
}

fn kind(network: &IpNet) -> (bool, u8) {
    (matches!(network, IpNet::V6(_)), network.prefix_len())
}

#[cfg(test)]
mod tests;
