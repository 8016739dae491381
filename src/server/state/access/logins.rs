//! Decides when the password of a login is compared: at once, after a wait, or not at all.

use std::net::IpAddr;
use std::time::Duration;

use super::failures::FailureCounts;
use super::known_logins::KnownLogins;
use super::login_attempt::{AccountRef, LoginAttempt};
use super::waiting_logins::WaitingLogins;
use crate::address_blocks::{address_block, network};
use crate::server::state::event_rate::EventRate;
use crate::server::state::peer::Peer;
use crate::time::Time;

/// The most failed logins of an account from one address within a minute. A user who tries several passwords
/// needs fewer. Ten guesses a minute do not suffice for a program that tries all passwords.
const ACCOUNT_FAILURES_MAX: u32 = 10;
const ACCOUNTS_COUNTED_MAX: usize = 4096;

/// The most failed logins from one [network] within a minute, for all accounts together.
const NETWORK_FAILURES_MAX: u32 = 50;
const NETWORKS_COUNTED_MAX: usize = 4096;

/// How often logins from all addresses together may fail before further ones wait.
const FAILURE_INTERVAL: Duration = Duration::from_millis(100);
const FAILURE_BURST: u32 = 20;

/// The limits of failed logins (protocol-notes/logins.md).
#[derive(Debug)]
pub struct LoginLimits {
    by_account: FailureCounts<(IpAddr, AccountRef, bool)>,
    by_network: FailureCounts<(IpAddr, bool)>,
    rate: EventRate,
    known: KnownLogins,
    /// Logins that wait for their turn.
    pub waiting: WaitingLogins,
}

/// When the password of a login is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoginTurn {
    /// Now. A wrong one gets the usual reply.
    Now,
    /// Now, although a limit is reached. A wrong one gets the reply for too many failed logins.
    NowBeyondLimit,
    /// After a wait.
    Later,
    /// Not at all.
    Never,
}

impl Default for LoginLimits {
    fn default() -> Self {
        Self {
            by_account: FailureCounts::new(ACCOUNT_FAILURES_MAX, ACCOUNTS_COUNTED_MAX),
            by_network: FailureCounts::new(NETWORK_FAILURES_MAX, NETWORKS_COUNTED_MAX),
            rate: EventRate::new(FAILURE_INTERVAL, FAILURE_BURST),
            known: KnownLogins::default(),
            waiting: WaitingLogins::default(),
        }
    }
}

impl LoginLimits {
    /// Returns when the password of a login is compared.
    ///
    /// An account with too many failed logins from the address, or a network with too many, is refused,
    /// unless the account has logged in from this address with this program before. Beyond the rate of all
    /// failed logins, logins wait, with the same exception. A known one waits only if it exceeds both limits
    /// very often.
    pub fn turn(&mut self, attempt: &LoginAttempt, now: Time) -> LoginTurn {
        let is_limited = self.is_limited(attempt, now);
        let is_rate_exceeded = self.rate.is_exceeded(now) || !self.waiting.is_empty();
        let block = address_block(attempt.address);
        let is_known = !attempt.is_shared_address && self.known.contains(block, attempt, now);
        match () {
            () if !is_limited && !is_rate_exceeded && !attempt.has_waited => LoginTurn::Now,
            () if is_limited && !is_known => LoginTurn::Never,
            () if attempt.has_waited => LoginTurn::NowBeyondLimit,
            () if is_known && self.known.take_extra(block, attempt, now) => LoginTurn::NowBeyondLimit,
            () => LoginTurn::Later,
        }
    }

    /// Adds a login to those that wait. If there is no room, returns the login that gives way.
    pub fn wait(&mut self, peer: Peer, address: IpAddr, now: Time) -> Option<Peer> {
        let is_from_known_provider = self.known.has_provider_of(address, now);
        self.waiting.push(peer, address, is_from_known_provider, now)
    }

    /// Returns whether the account or the network has too many failed logins. The address of a proxy that
    /// does not name its clients has no such limits: one of them could lock out all others.
    fn is_limited(&self, attempt: &LoginAttempt, now: Time) -> bool {
        !attempt.is_shared_address
            && (self.by_account.is_exhausted(&account_key(attempt), now)
                || self.by_network.is_exhausted(&network_key(attempt), now))
    }

    /// Notes that the password of a login was wrong.
    pub fn note_failed(&mut self, attempt: &LoginAttempt, now: Time) {
        self.rate.note(now);
        if !attempt.is_shared_address {
            self.by_account.note(&account_key(attempt), now);
            self.by_network.note(&network_key(attempt), now);
        }
    }

    /// Notes that `account` logged in with its password.
    pub fn note_succeeded(&mut self, attempt: &LoginAttempt, account: AccountRef, now: Time) {
        if !attempt.is_shared_address {
            self.known.note(address_block(attempt.address), account, attempt.program, now);
        }
    }

    /// Forgets who has logged in with this account, because its name or password has changed.
    pub fn forget(&mut self, account: &AccountRef) {
        self.known.forget(account);
    }
}

fn account_key(attempt: &LoginAttempt) -> (IpAddr, AccountRef, bool) {
    (address_block(attempt.address), attempt.account.clone(), attempt.is_from_unknown_page)
}

fn network_key(attempt: &LoginAttempt) -> (IpAddr, bool) {
    (network(attempt.address), attempt.is_from_unknown_page)
}

#[cfg(test)]
mod tests;
