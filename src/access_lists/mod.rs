//! Lists of addresses and programs in files of the operator: who is refused, and who is admitted though the
//! server is full (protocol-notes/bans.md, "Lists in files").
//!
//! Plain data with a fast look-up: a list of a hundred thousand addresses hardly slows down a new connection.
//! `list_file` reads a file, which may block.

mod address_entry;
mod address_list;
mod agent_list;
mod list_file;
mod wildcard;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

pub use address_entry::network_of;
pub use address_list::AddressList;
pub use agent_list::AgentList;
pub use list_file::{LoadedLists, ReadList, parse, read};

use crate::settings::ListKind;

/// The content of one file.
#[derive(Debug, PartialEq, Eq)]
pub enum AccessList {
    /// Addresses, networks and patterns of addresses.
    Addresses(AddressList),
    /// Patterns for the User-Agent of programs.
    Agents(AgentList),
}

impl AccessList {
    /// Returns an empty list.
    pub fn empty(kind: ListKind) -> Self {
        match kind {
            ListKind::DenyIp | ListKind::AllowIp | ListKind::ReservedIp => {
                Self::Addresses(AddressList::default())
            }
            ListKind::DenyAgents => Self::Agents(AgentList::default()),
        }
    }

    /// Returns the number of entries.
    pub fn len(&self) -> usize {
        match self {
            Self::Addresses(list) => list.len(),
            Self::Agents(list) => list.len(),
        }
    }

    /// Returns whether the list has no entries.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// The lists in force.
#[derive(Debug, Clone, Default)]
pub struct AccessLists {
    lists: BTreeMap<ListKind, Arc<AccessList>>,
}

impl AccessLists {
    /// Sets a list.
    pub fn set(&mut self, kind: ListKind, list: Arc<AccessList>) {
        self.lists.insert(kind, list);
    }

    /// Returns the kind of list because of which a client with this address is refused: it is denied, or
    /// there is a list of those that are allowed, and it is not on it. Addresses of this machine are never
    /// refused: the operator may connect from this host, and clients of a proxy on it have its address.
    pub fn refusing_address(&self, address: IpAddr) -> Option<ListKind> {
        if address.is_loopback() {
            return None;
        }
        let is_on = |kind| self.addresses(kind).map(|list| list.contains(address));
        if is_on(ListKind::DenyIp) == Some(true) {
            return Some(ListKind::DenyIp);
        }
        (is_on(ListKind::AllowIp) == Some(false)).then_some(ListKind::AllowIp)
    }

    /// Returns whether a program with this User-Agent gets no streams.
    pub fn denies_agent(&self, user_agent: &str) -> bool {
        match self.lists.get(&ListKind::DenyAgents).map(Arc::as_ref) {
            Some(AccessList::Agents(list)) => list.contains(user_agent),
            Some(AccessList::Addresses(_)) | None => false,
        }
    }

    /// Returns whether a listener with this address is admitted though the limit of listeners is reached.
    pub fn is_reserved(&self, address: IpAddr) -> bool {
        self.addresses(ListKind::ReservedIp).is_some_and(|list| list.contains(address))
    }

    fn addresses(&self, kind: ListKind) -> Option<&AddressList> {
        match self.lists.get(&kind).map(Arc::as_ref) {
            Some(AccessList::Addresses(list)) => Some(list),
            Some(AccessList::Agents(_)) | None => None,
        }
    }
}

#[cfg(test)]
mod tests;
