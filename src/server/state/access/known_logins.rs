//! Remembers from which addresses, and with which programs, which accounts have logged in.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

use super::login_attempt::{AccountRef, ClientProgram, LoginAttempt};
use crate::address_blocks::provider;
use crate::server::state::event_rate::EventRate;
use crate::time::Time;

/// How long a login is remembered. A DJ with a weekly show logs in within this time.
const KNOWN_FOR: Duration = Duration::from_secs(8 * 24 * 3600);

/// The most addresses that are remembered. With more, the one with the oldest login is dropped.
const ADDRESSES_MAX: usize = 1024;

/// The most accounts of an address. With more, the one with the oldest login is dropped.
const ACCOUNTS_MAX: usize = 16;

/// How often a known account may try passwords at once, beyond the limit of its address: a DJ is admitted
/// while others behind the same address guess, and they gain one guess per second.
const EXTRA_INTERVAL: Duration = Duration::from_secs(1);
const EXTRA_BURST: u32 = 60;

/// The accounts that have logged in, by the block of their address.
#[derive(Debug, Default)]
pub struct KnownLogins {
    accounts: HashMap<IpAddr, Vec<Known>>,
}

#[derive(Debug)]
struct Known {
    account: AccountRef,
    program: ClientProgram,
    /// When it logged in last.
    at: Time,
    extra: EventRate,
}

impl KnownLogins {
    /// Notes that `account` logged in from `block` with `program`.
    pub fn note(&mut self, block: IpAddr, account: AccountRef, program: ClientProgram, now: Time) {
        if !self.accounts.contains_key(&block) {
            self.drop_oldest(now);
        }
        let accounts = self.accounts.entry(block).or_default();
        if let Some(known) =
            accounts.iter_mut().find(|known| known.account == account && known.program == program)
        {
            known.at = now;
            return;
        }
        if accounts.len() >= ACCOUNTS_MAX
            && let Some(oldest) = (0..accounts.len()).min_by_key(|&at| accounts[at].at)
        {
            accounts.swap_remove(oldest);
        }
        let extra = EventRate::new(EXTRA_INTERVAL, EXTRA_BURST);
        accounts.push(Known { account, program, at: now, extra });
    }

    /// Forgets all logins with this account.
    pub fn forget(&mut self, account: &AccountRef) {
        self.accounts.values_mut().for_each(|accounts| accounts.retain(|known| known.account != *account));
        self.accounts.retain(|_, accounts| !accounts.is_empty());
    }

    /// Returns whether the account of `attempt` has logged in from `block` with the same program.
    pub fn contains(&mut self, block: IpAddr, attempt: &LoginAttempt, now: Time) -> bool {
        self.find(block, attempt, now).is_some()
    }

    /// Returns whether the attempt is [known](Self::contains) and has extra attempts left; if so, one less
    /// afterwards.
    pub fn take_extra(&mut self, block: IpAddr, attempt: &LoginAttempt, now: Time) -> bool {
        self.find(block, attempt, now).is_some_and(|known| {
            let is_exceeded = known.extra.is_exceeded(now);
            known.extra.note(now);
            !is_exceeded
        })
    }

    /// Returns whether any account has logged in from the [provider] of `address`.
    pub fn has_provider_of(&self, address: IpAddr, now: Time) -> bool {
        let is_known = |known: &[Known]| known.iter().any(|known| now.since(known.at) < KNOWN_FOR);
        let wanted = provider(address);
        self.accounts.iter().any(|(&block, known)| provider(block) == wanted && is_known(known))
    }

    fn find(&mut self, block: IpAddr, attempt: &LoginAttempt, now: Time) -> Option<&mut Known> {
        let accounts = self.accounts.get_mut(&block)?;
        let is_known = |known: &&mut Known| {
            known.program == attempt.program
                && now.since(known.at) < KNOWN_FOR
                && attempt.account.includes(&known.account)
        };
        accounts.iter_mut().find(is_known)
    }

    fn drop_oldest(&mut self, now: Time) {
        if self.accounts.len() < ADDRESSES_MAX {
            return;
        }
        let last_login = |known: &[Known]| known.iter().map(|known| known.at).max().unwrap_or_default();
        self.accounts.retain(|_, known| now.since(last_login(known)) < KNOWN_FOR);
        let oldest = self.accounts.iter().min_by_key(|(_, known)| last_login(known)).map(|(&block, _)| block);
        if let Some(oldest) = oldest.filter(|_| self.accounts.len() >= ADDRESSES_MAX) {
            self.accounts.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::station::StationKey;

    fn dj(user: &str) -> AccountRef {
        AccountRef::Source { station: Some(StationKey::default()), user: user.into() }
    }

    fn butt() -> ClientProgram {
        ClientProgram::new("butt")
    }

    fn attempt(account: AccountRef) -> LoginAttempt {
        LoginAttempt {
            address: [0; 4].into(),
            is_shared_address: false,
            account,
            program: butt(),
            is_from_unknown_page: false,
            has_waited: false,
        }
    }

    fn later(seconds: u64) -> Time {
        Time::after_start(Duration::from_secs(seconds))
    }

    #[test]
    fn forgotten_account_is_unknown_and_others_stay() {
        let mut known = KnownLogins::default();
        for account in [AccountRef::Admin, dj("anna")] {
            known.note([0; 4].into(), account, butt(), Time::START);
        }
        known.forget(&AccountRef::Admin);
        let mut is_known = |account| known.contains([0; 4].into(), &attempt(account), Time::START);
        assert_eq!([is_known(AccountRef::Admin), is_known(dj("anna"))], [false, true]);
    }

    #[test]
    fn login_is_known_for_eight_days_at_its_address() {
        let mut known = KnownLogins::default();
        let (home, other) = (IpAddr::from([192, 0, 2, 1]), IpAddr::from([192, 0, 2, 2]));
        known.note(home, dj("nadia"), butt(), later(1));
        assert!(known.contains(home, &attempt(dj("nadia")), later(7 * 24 * 3600)));
        assert!(
            known.contains(home, &attempt(dj("")), later(2))
                && !known.contains(home, &attempt(dj("anna")), later(2))
        );
        let guesser = LoginAttempt { program: ClientProgram::new("guesser"), ..attempt(dj("nadia")) };
        assert!(!known.contains(home, &guesser, later(2)));
        assert!(!known.contains(other, &attempt(dj("nadia")), later(2)));
        assert!(!known.contains(home, &attempt(dj("nadia")), later(8 * 24 * 3600 + 1)));
        assert!(known.has_provider_of([192, 0, 99, 9].into(), later(2)));
        assert!(!known.has_provider_of([192, 1, 2, 1].into(), later(2)));
        assert!(!known.has_provider_of([192, 0, 99, 9].into(), later(8 * 24 * 3600 + 1)));
    }

    #[test]
    fn known_accounts_are_bounded() {
        let mut known = KnownLogins::default();
        for number in 0..3000u32 {
            known.note(IpAddr::from(number.to_be_bytes()), dj("nadia"), butt(), later(number.into()));
        }
        (0..100).for_each(|at| known.note([9; 4].into(), dj(&at.to_string()), butt(), later(4000 + at)));
        assert_eq!(known.accounts.len(), ADDRESSES_MAX);
        assert_eq!(known.accounts[&IpAddr::from([9; 4])].len(), ACCOUNTS_MAX);
        assert!(known.contains([9; 4].into(), &attempt(dj("99")), later(5000)));
    }

    #[test]
    fn extra_attempts_are_limited() {
        let mut known = KnownLogins::default();
        let home = IpAddr::from([192, 0, 2, 1]);
        assert!(!known.take_extra(home, &attempt(dj("nadia")), later(1)));
        known.note(home, dj("nadia"), butt(), later(1));
        let taken = (0..100).filter(|_| known.take_extra(home, &attempt(dj("nadia")), later(1))).count();
        assert_eq!(taken, EXTRA_BURST as usize);
        assert!(known.take_extra(home, &attempt(dj("nadia")), later(2)));
    }
}
