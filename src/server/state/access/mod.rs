//! Who may do what: accounts, bans, failed logins, trusted proxies.

pub mod accounts;
pub mod forwarded;
pub mod logins;

use std::net::IpAddr;

use crate::bans::Bans;
use crate::proxies::TrustedProxies;
use crate::settings::Account;
use crate::time::Time;
use forwarded::ForwardedClaims;
use logins::FailedLogins;

/// Who may do what.
#[derive(Debug)]
pub struct Access {
    /// Who may see and do everything.
    pub admin: Account,
    pub bans: Bans,
    /// Proxies that are trusted in what they say of their clients.
    pub proxies: TrustedProxies,
    /// Addresses that speak for others without being trusted.
    pub claims: ForwardedClaims,
    failed_logins: FailedLogins,
}

impl Access {
    /// Access with these bans, no password and no trusted proxy.
    pub fn new(bans: Bans) -> Self {
        Self {
            admin: Account { user: String::new(), password: None },
            bans,
            proxies: TrustedProxies::default(),
            claims: ForwardedClaims::default(),
            failed_logins: FailedLogins::default(),
        }
    }

    /// Whether a login from `address` is looked at now. One of a proxy that does not say for whom it speaks always is.
    pub fn admits_login(&self, address: IpAddr, now: Time) -> bool {
        self.proxies.contains(address) || self.failed_logins.admits(address, now)
    }

    /// Notes that a login from `address` failed. A proxy that does not say for whom it speaks stands for everybody.
    pub fn note_failed_login(&mut self, address: IpAddr, now: Time) {
        if !self.proxies.contains(address) {
            self.failed_logins.note(address, now);
        }
    }
}
