//! Tests of the limits of failed logins.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::*;
use crate::server::state::access::login_attempt::ClientProgram;
use crate::station::StationKey;

fn later(seconds: u64) -> Time {
    Time::after_start(Duration::from_secs(seconds))
}

fn dj(user: &str) -> AccountRef {
    AccountRef::Source { station: Some(StationKey::default()), user: user.into() }
}

fn attempt(address: impl Into<IpAddr>, account: AccountRef) -> LoginAttempt {
    LoginAttempt {
        address: address.into(),
        is_shared_address: false,
        account,
        program: ClientProgram::new("butt"),
        is_from_unknown_page: false,
        has_waited: false,
    }
}

/// Makes 100 wrong logins within 50 s; returns how many of them were compared.
fn compared(limits: &mut LoginLimits, attempt: &LoginAttempt, since: Time) -> u32 {
    let mut compared = 0;
    for at in 0..100 {
        let now = since + Duration::from_millis(at * 500);
        if matches!(limits.turn(attempt, now), LoginTurn::Now | LoginTurn::NowBeyondLimit) {
            limits.note_failed(attempt, now);
            compared += 1;
        }
    }
    compared
}

#[test]
fn ten_failed_logins_a_minute_are_compared() {
    let mut limits = LoginLimits::default();
    let attacker = attempt([192, 0, 2, 1], dj("nadia"));
    assert_eq!(compared(&mut limits, &attacker, later(5)), ACCOUNT_FAILURES_MAX);
    assert_eq!(limits.turn(&attacker, later(64)), LoginTurn::Never);
    for other in [attempt([192, 0, 2, 2], dj("nadia")), attempt([192, 0, 2, 1], dj("anna"))] {
        assert_eq!(limits.turn(&other, later(64)), LoginTurn::Now, "{other:?}");
    }
    assert_eq!(compared(&mut limits, &attacker, later(65)), ACCOUNT_FAILURES_MAX);
}

#[test]
fn failures_that_any_page_may_have_caused_count_separately() {
    let mut limits = LoginLimits::default();
    let own = attempt([192, 0, 2, 1], AccountRef::Admin);
    let from_page = LoginAttempt { is_from_unknown_page: true, ..own.clone() };
    assert_eq!(compared(&mut limits, &from_page, later(5)), ACCOUNT_FAILURES_MAX);
    assert_eq!(limits.turn(&from_page, later(60)), LoginTurn::Never);
    assert_eq!(compared(&mut limits, &own, later(5)), ACCOUNT_FAILURES_MAX);
}

#[test]
fn ipv6_logins_count_by_64_and_networks_have_a_limit() {
    let address = |subnet, last| Ipv6Addr::new(0x2001, 0xdb8, 7, subnet, 0, 0, 0, last);
    let mut limits = LoginLimits::default();
    assert_eq!(compared(&mut limits, &attempt(address(1, 1), dj("a")), later(5)), ACCOUNT_FAILURES_MAX);
    assert_eq!(limits.turn(&attempt(address(1, 2), dj("a")), later(60)), LoginTurn::Never);
    for host in 0..300u16 {
        let now = later(5) + Duration::from_millis(u64::from(host) * 150);
        let guess = attempt(address(host, 1), dj("a"));
        if limits.turn(&guess, now) == LoginTurn::Now {
            limits.note_failed(&guess, now);
        }
    }
    let next_network = Ipv6Addr::new(0x2001, 0xdb8, 8, 0, 0, 0, 0, 1);
    assert_eq!(limits.turn(&attempt(address(400, 1), dj("b")), later(51)), LoginTurn::Never);
    assert_eq!(limits.turn(&attempt(next_network, dj("a")), later(51)), LoginTurn::Now);
    assert_eq!(limits.by_network.len(), 1);
}

#[test]
fn known_account_is_compared_beyond_the_limits() {
    let mut limits = LoginLimits::default();
    let home = attempt([192, 0, 2, 1], dj("nadia"));
    limits.note_succeeded(&home, dj("nadia"), later(1));
    (0..300u16).for_each(|_| limits.note_failed(&home, later(5)));
    assert_eq!(limits.turn(&home, later(5)), LoginTurn::NowBeyondLimit);
    assert_eq!(limits.turn(&attempt([192, 0, 2, 1], dj("anna")), later(5)), LoginTurn::Never);
    assert_eq!(limits.turn(&attempt([192, 0, 2, 9], dj("nadia")), later(5)), LoginTurn::Never, "its network");
    assert_eq!(limits.turn(&attempt([203, 0, 113, 9], dj("nadia")), later(5)), LoginTurn::Later, "the rate");
    let other_program = LoginAttempt { program: ClientProgram::new("guesser"), ..home.clone() };
    assert_eq!(limits.turn(&other_program, later(5)), LoginTurn::Never);
    let compared = (0..500).filter(|_| limits.turn(&home, later(5)) == LoginTurn::NowBeyondLimit).count();
    assert!(compared < 60, "{compared} guesses of others behind the address");
    assert_eq!(limits.turn(&home, later(5)), LoginTurn::Later);
}

#[test]
fn shared_address_is_limited_by_the_rate_alone() {
    let mut limits = LoginLimits::default();
    let shared = LoginAttempt { is_shared_address: true, ..attempt(Ipv4Addr::LOCALHOST, AccountRef::Admin) };
    assert_eq!(compared(&mut limits, &shared, later(5)), 100);
    (0..FAILURE_BURST).for_each(|_| limits.note_failed(&shared, later(60)));
    limits.note_succeeded(&shared, AccountRef::Admin, later(60));
    assert_eq!(limits.turn(&shared, later(60)), LoginTurn::Later);
    let waited = LoginAttempt { has_waited: true, ..shared };
    assert_eq!(limits.turn(&waited, later(60)), LoginTurn::NowBeyondLimit);
}

#[test]
fn counted_accounts_are_bounded() {
    let mut limits = LoginLimits::default();
    for number in 0..10_000u32 {
        let guess = attempt(Ipv4Addr::from(0x0A00_0000 + number * 256), dj("a"));
        limits.note_failed(&guess, later(u64::from(number / 1000)));
    }
    assert_eq!(limits.by_account.len(), ACCOUNTS_COUNTED_MAX);
    assert_eq!(limits.by_network.len(), NETWORKS_COUNTED_MAX);
}
