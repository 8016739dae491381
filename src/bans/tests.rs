//! Tests of bans: matching and limits.

use super::*;

fn network(text: &str) -> BanTarget {
    BanTarget::parse_network(text).expect(text)
}

fn bans(all: &[&str]) -> Bans {
    let mut bans = Bans::default();
    all.iter().for_each(|text| bans.add(network(text), "", Duration::ZERO).expect(text));
    bans
}

fn is_banned(bans: &Bans, address: &str) -> bool {
    bans.is_address_banned(address.parse().expect(address))
}

#[test]
fn addresses_in_a_banned_network_are_banned() {
    let bans = bans(&["203.0.113.9", "198.51.100.0/24", "10.0.0.0/8", "2001:db8:1::/48", "2001:db8::1"]);
    for (address, banned) in [
        ("203.0.113.9", true),
        ("203.0.113.8", false),
        ("198.51.100.255", true),
        ("198.51.101.0", false),
        ("10.255.0.1", true),
        ("11.0.0.1", false),
        ("2001:db8:1:ffff::9", true),
        ("2001:db8:2::", false),
        ("2001:db8::1", true),
        ("2001:db8::2", false),
        ("127.0.0.1", false),
        ("::1", false),
    ] {
        assert_eq!(is_banned(&bans, address), banned, "{address}");
    }
}

#[test]
fn targets_are_parsed_or_refused_with_the_reason() {
    use BanTargetError::{Address, Network, ThisMachine, TooWide};
    for (text, by_address, by_network) in [
        ("203.0.113.9", Ok("203.0.113.9"), Ok("203.0.113.9")),
        (" 203.0.113.9 ", Ok("203.0.113.9"), Ok("203.0.113.9")),
        ("203.0.113.9/24", Err(Address), Ok("203.0.113.0/24")),
        ("2001:db8::9", Ok("2001:db8::/64"), Ok("2001:db8::9")),
        ("::ffff:203.0.113.9", Ok("203.0.113.9"), Ok("203.0.113.9")),
        ("::ffff:203.0.113.9/120", Err(Address), Ok("203.0.113.0/24")),
        ("0.0.0.0/0", Err(Address), Err(TooWide)),
        ("2000::/3", Err(Address), Err(TooWide)),
        ("127.0.0.1", Err(ThisMachine), Err(ThisMachine)),
        ("127.0.0.0/8", Err(Address), Err(ThisMachine)),
        ("::1", Err(ThisMachine), Err(ThisMachine)),
        ("", Err(Address), Err(Network)),
        ("radio.example", Err(Address), Err(Network)),
        ("203.0.113.9/33", Err(Address), Err(Network)),
    ] {
        let shown = |banned: Result<BanTarget, BanTargetError>| banned.map(|it| it.to_string());
        assert_eq!(shown(BanTarget::parse_address(text)), by_address.map(str::to_owned), "{text}");
        assert_eq!(shown(BanTarget::parse_network(text)), by_network.map(str::to_owned), "{text}");
    }
}

#[test]
fn removed_ban_leaves_nothing_and_its_id_is_not_reused() {
    let mut bans = bans(&["203.0.113.0/24", "198.51.100.0/24"]);
    bans.add(BanTarget::parse_agent("EvilBot").expect("a name"), "noise", Duration::from_secs(5))
        .expect("room");
    let ids: Vec<u64> = bans.all().map(|ban| ban.id).collect();
    assert_eq!(ids, [1, 2, 3]);
    assert!(bans.is_agent_banned("x evilbot/1") && is_banned(&bans, "198.51.100.1"));
    for id in ids {
        assert!(bans.remove(id).is_some() && bans.remove(id).is_none());
    }
    assert!(!bans.is_agent_banned("x evilbot/1") && !is_banned(&bans, "198.51.100.1"));
    assert!(bans.kinds.is_empty() && bans.networks.is_empty() && bans.agents.is_empty());
    bans.add(network("203.0.113.0/24"), "", Duration::ZERO).expect("room");
    assert_eq!(bans.all().next().map(|ban| ban.id), Some(4), "no id is used twice");
}

#[test]
fn same_target_is_banned_once() {
    let mut bans = bans(&["203.0.113.0/24", "203.0.113.7/24"]);
    for (agent, reason) in [("EvilBot", "noise"), ("evilbot", ""), ("EVILBOT", "more noise")] {
        bans.add(BanTarget::parse_agent(agent).expect(agent), reason, Duration::ZERO).expect("room");
    }
    let all: Vec<(String, &str)> =
        bans.all().map(|ban| (ban.target.to_string(), ban.reason.as_str())).collect();
    assert_eq!(all, [("203.0.113.0/24".to_owned(), ""), ("EVILBOT".to_owned(), "more noise")]);
}

#[test]
fn bans_and_reasons_are_limited() {
    let mut bans = Bans::default();
    for number in 0..NETWORKS_MAX as u32 {
        let address = std::net::Ipv4Addr::from(0x0B00_0000 + number);
        bans.add(network(&address.to_string()), "", Duration::ZERO).expect("room");
    }
    assert_eq!(bans.add(network("203.0.113.9"), "", Duration::ZERO), Err(TooManyBans));
    assert_eq!(bans.add(network("11.0.0.1"), "reason", Duration::ZERO), Ok(()));
    for number in 0..AGENTS_MAX {
        bans.add(BanTarget::parse_agent(&format!("bot {number}")).expect("a name"), "", Duration::ZERO)
            .expect("room");
    }
    assert_eq!(
        bans.add(BanTarget::parse_agent("one more").expect("a name"), "", Duration::ZERO),
        Err(TooManyBans)
    );
    let long = "é".repeat(REASON_MAX);
    bans.add(network("11.0.0.2"), &long, Duration::ZERO).expect("it is there already");
    assert!(bans.find(&network("11.0.0.2")).is_some_and(|ban| ban.reason.len() <= REASON_MAX));
}
