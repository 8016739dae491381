//! Who is not let in: addresses, networks, and programs by what they call themselves (protocol-notes/bans.md).
//!
//! Plain data with a fast look-up: thousands of bans cost a newcomer next to nothing.

mod agent;
mod target;
mod target_error;

pub use agent::AgentPattern;
pub use target::BanTarget;
pub use target_error::BanTargetError;

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;

use crate::text::truncated;

/// Networks and addresses that may be banned. Lists of bad neighbours have some thousand.
pub const NETWORKS_MAX: usize = 10_000;

/// Programs that may be banned. Each is looked for in the name of every newcomer's: that takes 5 microseconds for all of them.
pub const AGENTS_MAX: usize = 256;

/// The highest number of a ban that is believed where one is read: the highest whole one that a script can hold.
const ID_MAX: u64 = 1 << 53;

/// Bytes that are kept of why somebody is banned.
const REASON_MAX: usize = 200;

/// A ban.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ban {
    /// Its number, which no other has had.
    pub id: u64,
    /// Who is not let in.
    pub target: BanTarget,
    /// Why, in the operator's words; may be empty.
    pub reason: String,
    /// Since when: how long after 1970 began, in UTC.
    pub since: Duration,
}

/// All bans.
#[derive(Debug, Default)]
pub struct Bans {
    all: BTreeMap<u64, Arc<Ban>>,
    networks: HashMap<IpNet, u64>,
    /// How many networks there are of each kind: of IPv6 or not, and with so many bits in common. Only these have to be
    /// looked for.
    kinds: BTreeMap<(bool, u8), usize>,
    agents: BTreeMap<u64, AgentPattern>,
    last_id: u64,
}

/// There are as many bans of that kind as there may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooManyBans;

impl Bans {
    /// Bans somebody. Whoever is banned already stays so, for a new reason if one is given.
    ///
    /// # Errors
    /// There are too many.
    pub fn add(&mut self, what: BanTarget, reason: &str, since: Duration) -> Result<(), TooManyBans> {
        let reason = truncated(reason, REASON_MAX).to_owned();
        match self.find(&what) {
            Some(_) if reason.is_empty() => Ok(()),
            Some(ban) => {
                let (id, since) = (ban.id, ban.since);
                self.all.insert(id, Arc::new(Ban { id, target: what, reason, since }));
                Ok(())
            }
            None => self.put(Ban { id: self.last_id + 1, target: what, reason, since }),
        }
    }

    /// Puts back a ban that was kept, with its number if no other has it.
    ///
    /// # Errors
    /// There are too many.
    pub fn restore(&mut self, ban: Ban) -> Result<(), TooManyBans> {
        let ban = Ban { reason: truncated(&ban.reason, REASON_MAX).to_owned(), ..ban };
        match self.find(&ban.target) {
            Some(_) => Ok(()),
            None if !(1..=ID_MAX).contains(&ban.id) || self.all.contains_key(&ban.id) => {
                self.put(Ban { id: self.last_id + 1, ..ban })
            }
            None => self.put(ban),
        }
    }

    fn put(&mut self, ban: Ban) -> Result<(), TooManyBans> {
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

    /// Lifts the ban of this number, and returns it.
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

    /// The ban of just this.
    pub fn find(&self, what: &BanTarget) -> Option<&Ban> {
        let id = match what {
            BanTarget::Network(network) => self.networks.get(network),
            BanTarget::Agent(agent) => {
                self.agents.iter().find(|(_, other)| other.is_equivalent(agent)).map(|(id, _)| id)
            }
        };
        self.all.get(id?).map(Arc::as_ref)
    }

    /// Whether this address is banned. This machine's own never are: an operator gets in from here, and so does
    /// everybody else through a proxy that runs here.
    pub fn is_address_banned(&self, address: IpAddr) -> bool {
        if self.networks.is_empty() || address.is_loopback() {
            return false;
        }
        let kinds = self.kinds.range((address.is_ipv6(), 0)..=(address.is_ipv6(), u8::MAX));
        let mut networks = kinds.filter_map(|((_, bits), _)| IpNet::new(address, *bits).ok());
        networks.any(|network| self.networks.contains_key(&network.trunc()))
    }

    /// Whether a program that calls itself so is banned.
    pub fn is_agent_banned(&self, user_agent: &str) -> bool {
        if self.agents.is_empty() {
            return false;
        }
        let user_agent = user_agent.to_lowercase();
        self.agents.values().any(|agent| agent.matches(&user_agent))
    }

    /// All of them, the oldest first.
    pub fn all(&self) -> impl Iterator<Item = &Arc<Ban>> {
        self.all.values()
    }
}

fn kind(network: &IpNet) -> (bool, u8) {
    (matches!(network, IpNet::V6(_)), network.prefix_len())
}

#[cfg(test)]
mod tests;
