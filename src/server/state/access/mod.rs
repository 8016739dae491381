//! Access control: accounts, bans, failed logins, trusted proxies.

pub mod accounts;
mod failures;
pub mod forwarded;
mod known_logins;
pub mod login_attempt;
pub mod logins;
pub mod recheck;
pub mod waiting_logins;

use std::net::{IpAddr, SocketAddr};

use super::ban_replies::BanReplies;
use crate::access_lists::AccessLists;
use crate::bans::Bans;
use crate::settings::Account;
use crate::trusted_proxies::TrustedProxies;
use forwarded::ForwardedClaims;
use logins::LoginLimits;
use recheck::Recheck;

/// Access control.
#[derive(Debug)]
pub struct Access {
    /// The account of the administrator.
    pub admin: Account,
    pub bans: Bans,
    /// The lists in files of the operator.
    pub lists: AccessLists,
    /// The sessions that have to be compared with other lists than when they began.
    pub recheck: Recheck,
    /// Responses about changes of the bans that are being stored.
    pub ban_replies: BanReplies,
    /// The mounts of the SHOUTcast v1 sources that name none, by the addresses to which they connect.
    pub source_mounts: Vec<(SocketAddr, String)>,
    /// Proxies whose forwarded addresses are trusted.
    pub proxies: TrustedProxies,
    /// Untrusted addresses that send forwarding headers.
    pub claims: ForwardedClaims,
    /// Whether it was reported that a trusted proxy does not say whether its clients use TLS.
    pub is_missing_protocol_reported: bool,
    /// The limits of failed logins, and the logins that wait for their turn.
    pub logins: LoginLimits,
}

impl Access {
    /// Creates access control with these bans, without an admin password or trusted proxies.
    pub fn new(bans: Bans) -> Self {
        Self {
            admin: Account { user: String::new(), password: None },
            bans,
            lists: AccessLists::default(),
            recheck: Recheck::default(),
            ban_replies: BanReplies::default(),
            source_mounts: Vec::new(),
            proxies: TrustedProxies::default(),
            claims: ForwardedClaims::default(),
            is_missing_protocol_reported: false,
            logins: LoginLimits::default(),
        }
    }

    /// Returns whether clients with this address are refused, because of a ban or a list.
    pub fn refuses_address(&self, address: IpAddr) -> bool {
        self.bans.is_address_banned(address) || self.lists.refusing_address(address).is_some()
    }

    /// Returns whether many clients may share `address`: it belongs to a trusted proxy that does not forward
    /// the addresses of its clients, or to the machine itself, where a proxy may be missing in
    /// `trusted_proxies`.
    pub fn is_shared_address(&self, address: IpAddr) -> bool {
        address.is_loopback() || self.proxies.contains(address)
    }
}
