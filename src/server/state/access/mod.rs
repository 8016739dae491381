//! Access control: accounts, bans, failed logins, trusted proxies.

pub mod accounts;
pub mod forwarded;
pub mod logins;

use std::net::IpAddr;

use super::ban_replies::BanReplies;
use crate::bans::Bans;
use crate::settings::Account;
use crate::time::Time;
use crate::trusted_proxies::TrustedProxies;
use forwarded::ForwardedClaims;
use logins::FailedLogins;

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
    failed_logins: FailedLogins,
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
            failed_logins: FailedLogins::default(),
        }
    }

    /// Returns whether a login from `address` may be checked now. It always may if the address is a trusted
    /// proxy that does not forward its client's address.
    pub fn admits_login(&self, address: IpAddr, now: Time) -> bool {
        self.proxies.contains(address) || self.failed_logins.admits(address, now)
    }

    /// Notes a failed login from `address`. A trusted proxy that does not forward its client's address is not
    /// counted, because all of its clients share its address.
    pub fn note_failed_login(&mut self, address: IpAddr, now: Time) {
        if !self.proxies.contains(address) {
            self.failed_logins.note(address, now);
        }
    }
}
