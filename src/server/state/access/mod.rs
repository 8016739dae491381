//! Access control: accounts, bans, failed logins, trusted proxies.

pub mod accounts;
mod failures;
pub mod forwarded;
mod known_logins;
pub mod login_attempt;
pub mod logins;
pub mod waiting_logins;

use std::net::IpAddr;

use super::ban_replies::BanReplies;
use crate::bans::Bans;
use crate::settings::Account;
use crate::trusted_proxies::TrustedProxies;
use forwarded::ForwardedClaims;
use logins::LoginLimits;

/// Access control.
#[derive(Debug)]
pub struct Access {
    /// The account of the administrator.
    pub admin: Account,
    pub bans: Bans,
    /// Responses about changes of the bans that are being stored.
    pub ban_replies: BanReplies,
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
            ban_replies: BanReplies::default(),
            proxies: TrustedProxies::default(),
            claims: ForwardedClaims::default(),
            is_missing_protocol_reported: false,
            logins: LoginLimits::default(),
        }
    }

    /// Returns whether many clients may share `address`: it belongs to a trusted proxy that does not forward
    /// the addresses of its clients, or to the machine itself, where a proxy may be missing in
    /// `trusted_proxies`.
    pub fn is_shared_address(&self, address: IpAddr) -> bool {
        address.is_loopback() || self.proxies.contains(address)
    }
}
