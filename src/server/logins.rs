//! Who gave a wrong password, and how often.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

use super::addresses::block;
use crate::time::Time;

/// After so many wrong passwords within [`WINDOW`] an address is not asked for more until that has passed. A person who
/// tries to remember needs fewer; a program that guesses gets nowhere with ten a minute.
const WRONG_MAX: u32 = 10;
const WINDOW: Duration = Duration::from_secs(60);

/// Addresses that are remembered. An attacker with more than that has his oldest forgotten, which gains him ten guesses for
/// every thousand addresses.
const ADDRESSES_MAX: usize = 1024;

/// Wrong passwords by address; IPv6 by /64, of which everyone has a whole one.
#[derive(Debug, Default)]
pub struct Logins {
    wrong: HashMap<IpAddr, Wrong>,
}

#[derive(Debug)]
struct Wrong {
    since: Time,
    times: u32,
}

impl Logins {
    /// Whether passwords from `address` are looked at now. This machine's own always are: behind a proxy here is everyone.
    pub fn admit(&self, address: IpAddr, now: Time) -> bool {
        let wrong = self.wrong.get(&block(address)).filter(|wrong| now.since(wrong.since) < WINDOW);
        wrong.is_none_or(|wrong| wrong.times < WRONG_MAX)
    }

    /// Notes that `address` gave a wrong password.
    pub fn note_wrong(&mut self, address: IpAddr, now: Time) {
        if address.is_loopback() {
            return;
        }
        let block = block(address);
        if !self.wrong.contains_key(&block) {
            self.make_room(now);
        }
        let wrong = self.wrong.entry(block).or_insert(Wrong { since: now, times: 0 });
        if now.since(wrong.since) >= WINDOW {
            *wrong = Wrong { since: now, times: 0 };
        }
        wrong.times += 1;
    }

    fn make_room(&mut self, now: Time) {
        if self.wrong.len() < ADDRESSES_MAX {
            return;
        }
        self.wrong.retain(|_, wrong| now.since(wrong.since) < WINDOW);
        let oldest = self.wrong.iter().min_by_key(|(_, wrong)| wrong.since).map(|(&address, _)| address);
        if let Some(oldest) = oldest.filter(|_| self.wrong.len() >= ADDRESSES_MAX) {
            self.wrong.remove(&oldest);
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

    fn times_admitted(logins: &mut Logins, address: IpAddr, now: Time) -> u32 {
        let mut admitted = 0;
        for _ in 0..100 {
            if logins.admit(address, now) {
                logins.note_wrong(address, now);
                admitted += 1;
            }
        }
        admitted
    }

    #[test]
    fn guessing_gets_ten_a_minute() {
        let mut logins = Logins::default();
        let (guesser, dj) = (Ipv4Addr::new(192, 0, 2, 1).into(), Ipv4Addr::new(192, 0, 2, 2).into());
        assert_eq!(times_admitted(&mut logins, guesser, later(5)), WRONG_MAX);
        assert!(!logins.admit(guesser, later(64)) && logins.admit(dj, later(64)));
        assert_eq!(times_admitted(&mut logins, guesser, later(65)), WRONG_MAX);
    }

    #[test]
    fn a_whole_network_is_one_guesser_and_this_machine_none() {
        let mut logins = Logins::default();
        let of = |last| Ipv6Addr::new(0x2001, 0xdb8, 0, 1, 0, 0, 0, last).into();
        assert_eq!(times_admitted(&mut logins, of(1), later(5)), WRONG_MAX);
        assert!(!logins.admit(of(2), later(5)));
        assert_eq!(times_admitted(&mut logins, Ipv4Addr::LOCALHOST.into(), later(5)), 100);
    }

    #[test]
    fn no_more_than_so_many_are_remembered() {
        let mut logins = Logins::default();
        for number in 0..5000u32 {
            logins.note_wrong(Ipv4Addr::from(0x0A00_0000 + number).into(), later(u64::from(number / 100)));
        }
        assert_eq!(logins.wrong.len(), ADDRESSES_MAX);
    }
}
