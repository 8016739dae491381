//! Limits failed logins per address.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

use crate::server::state::addresses::address_block;
use crate::time::Time;

/// The most failed logins of an address within [`WINDOW`]; further logins are refused until it has passed. A
/// user who tries several passwords needs fewer. Ten guesses a minute do not suffice for a program that tries
/// all passwords.
const FAILURES_MAX: u32 = 10;
const WINDOW: Duration = Duration::from_secs(60);

/// The most addresses with failed logins that are stored. With more, the oldest is dropped, so that an
/// attacker gets ten more guesses for every thousand addresses.
const ADDRESSES_MAX: usize = 1024;

/// Failed logins by address. IPv6 addresses count by /64, because a customer usually has a complete one.
#[derive(Debug, Default)]
pub struct FailedLogins {
    failures: HashMap<IpAddr, Failures>,
}

#[derive(Debug)]
struct Failures {
    since: Time,
    count: u32,
}

impl FailedLogins {
    /// Returns whether a login from `address` may be checked now.
    pub fn admits(&self, address: IpAddr, now: Time) -> bool {
        let failures = self.failures.get(&address_block(address)).filter(|it| now.since(it.since) < WINDOW);
        failures.is_none_or(|failures| failures.count < FAILURES_MAX)
    }

    /// Notes a failed login from `address`. Loopback addresses are not counted: a local proxy may forward for
    /// all clients.
    pub fn note(&mut self, address: IpAddr, now: Time) {
        if address.is_loopback() {
            return;
        }
        let block = address_block(address);
        if !self.failures.contains_key(&block) {
            self.drop_oldest(now);
        }
        let failures = self.failures.entry(block).or_insert(Failures { since: now, count: 0 });
        if now.since(failures.since) >= WINDOW {
            *failures = Failures { since: now, count: 0 };
        }
        failures.count += 1;
    }

    fn drop_oldest(&mut self, now: Time) {
        if self.failures.len() < ADDRESSES_MAX {
            return;
        }
        self.failures.retain(|_, failures| now.since(failures.since) < WINDOW);
        let oldest = self.failures.iter().min_by_key(|(_, it)| it.since).map(|(&address, _)| address);
        if let Some(oldest) = oldest.filter(|_| self.failures.len() >= ADDRESSES_MAX) {
            self.failures.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{Ipv4Addr, Ipv6Addr};

    fn later(seconds: u64) -> Time {
        Time::after_start(Duration::from_secs(seconds))
    }

    fn times_admitted(logins: &mut FailedLogins, address: IpAddr, now: Time) -> u32 {
        let mut admitted = 0;
        for _ in 0..100 {
            if logins.admits(address, now) {
                logins.note(address, now);
                admitted += 1;
            }
        }
        admitted
    }

    #[test]
    fn ten_failed_logins_a_minute_are_admitted() {
        let mut logins = FailedLogins::default();
        let (attacker, dj) = (Ipv4Addr::new(192, 0, 2, 1).into(), Ipv4Addr::new(192, 0, 2, 2).into());
        assert_eq!(times_admitted(&mut logins, attacker, later(5)), FAILURES_MAX);
        assert!(!logins.admits(attacker, later(64)) && logins.admits(dj, later(64)));
        assert_eq!(times_admitted(&mut logins, attacker, later(65)), FAILURES_MAX);
    }

    #[test]
    fn ipv6_logins_count_by_64_and_loopback_is_unlimited() {
        let mut logins = FailedLogins::default();
        let address = |last| Ipv6Addr::new(0x2001, 0xdb8, 0, 1, 0, 0, 0, last).into();
        assert_eq!(times_admitted(&mut logins, address(1), later(5)), FAILURES_MAX);
        assert!(!logins.admits(address(2), later(5)));
        assert_eq!(times_admitted(&mut logins, Ipv4Addr::LOCALHOST.into(), later(5)), 100);
    }

    #[test]
    fn stored_addresses_are_bounded() {
        let mut logins = FailedLogins::default();
        for number in 0..5000u32 {
            logins.note(Ipv4Addr::from(0x0A00_0000 + number).into(), later(u64::from(number / 100)));
        }
        assert_eq!(logins.failures.len(), ADDRESSES_MAX);
    }
}
