//! Tests of lists and their files.

use std::fs;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use super::list_file::{ENTRIES_MAX, PATTERNS_MAX};
use super::{AccessList, AccessLists, parse, read};
use crate::settings::ListKind;

fn lists(texts: &[(ListKind, &str)]) -> AccessLists {
    let mut lists = AccessLists::default();
    for (kind, text) in texts {
        let (list, remarks) = parse(*kind, text.as_bytes());
        assert_eq!(remarks, Vec::<String>::new(), "{text}");
        lists.set(*kind, Arc::new(list));
    }
    lists
}

fn address(text: &str) -> IpAddr {
    text.parse().expect(text)
}

#[test]
fn denied_addresses_and_those_that_are_not_allowed_are_refused() {
    let denied = "# bans\n\n203.0.113.9\r\n198.51.100.0/24 # a network\n192.0.2.7;255;\n2001:db8::5\n";
    let check = |lists: &AccessLists, cases: &[(&str, Option<ListKind>)]| {
        for (text, expected) in cases {
            assert_eq!(lists.refusing_address(address(text)), *expected, "{text}");
        }
    };
    let deny = Some(ListKind::DenyIp);
    let only_denied = lists(&[(ListKind::DenyIp, denied)]);
    check(&only_denied, &[("203.0.113.9", deny), ("::ffff:203.0.113.9", deny), ("203.0.113.8", None)]);
    check(&only_denied, &[("198.51.100.77", deny), ("192.0.2.7", deny), ("192.0.2.8", None)]);
    check(&only_denied, &[("2001:db8::5", deny), ("2001:db8::6", None), ("127.0.0.1", None)]);
    let allow = Some(ListKind::AllowIp);
    let both = lists(&[(ListKind::DenyIp, "203.0.113.9"), (ListKind::AllowIp, "203.0.113.*\n127.0.0.1")]);
    check(&both, &[("203.0.113.9", deny), ("203.0.113.8", None), ("192.0.2.1", allow), ("::1", None)]);
    let empty = lists(&[(ListKind::AllowIp, "")]);
    check(&empty, &[("192.0.2.1", allow), ("127.0.0.1", None)]);
    check(&AccessLists::default(), &[("192.0.2.1", None)]);
}

#[test]
fn agents_are_compared_as_a_whole_ignoring_case() {
    let lists = lists(&[(ListKind::DenyAgents, "EvilBot/1.0 #2\n*scraper*\nold?player/*\n# x\n")]);
    for (user_agent, is_denied) in [
        ("evilbot/1.0 #2", true),
        ("evilbot/1.0", false),
        ("Mozilla/5.0 (Scraper)", true),
        ("Old player/1", true),
        ("oldplayer/1", false),
        ("", false),
        ("VLC/3.0", false),
    ] {
        assert_eq!(lists.denies_agent(user_agent), is_denied, "{user_agent}");
    }
    assert!(!AccessLists::default().denies_agent("EvilBot"));
}

#[test]
fn bad_line_is_named_and_the_others_apply() {
    let (list, remarks) =
        parse(ListKind::DenyIp, b"\xef\xbb\xbf1.2.3.4\nradio.example\n0.0.0.0/0\n\n5.6.7.8\n");
    assert_eq!(list.len(), 2);
    assert_eq!(remarks.len(), 1, "{remarks:?}");
    assert!(remarks[0].starts_with("line 2: \"radio.example\" is no address"), "{remarks:?}");
    assert!(remarks[0].ends_with("(and another line); the other entries apply"), "{remarks:?}");
    let (list, remarks) = parse(ListKind::DenyAgents, b"ok\n*\n\xff\xfe\n");
    assert_eq!((list.len(), remarks.len()), (2, 1));
    assert!(remarks[0].starts_with("line 2: \"*\" would refuse every program"), "{remarks:?}");
    let (list, remarks) = parse(ListKind::AllowIp, b"0.0.0.0/0\n");
    assert_eq!((list.len(), remarks), (1, Vec::new()), "a list of those who may connect can have all");
}

#[test]
fn list_with_more_entries_than_possible_has_the_first_ones() {
    let network = |index: usize| format!("10.{}.{}.{}\n", index >> 16, (index >> 8) & 255, index & 255);
    let text: String = (0..ENTRIES_MAX + 2).map(network).collect();
    let (list, remarks) = parse(ListKind::DenyIp, text.as_bytes());
    assert_eq!(list.len(), ENTRIES_MAX);
    assert_eq!(remarks, ["line 250001: only 250000 entries are possible, all after them are left out"]);
    let text: String = (0..PATTERNS_MAX + 1).map(|index| format!("*bot {index}*\n")).collect();
    let (list, remarks) = parse(ListKind::DenyAgents, text.as_bytes());
    assert_eq!((list.len(), remarks.len()), (PATTERNS_MAX, 1));
    assert!(remarks[0].contains("at most 1000"), "{remarks:?}");
    let text = format!("{text}whole name");
    assert_eq!(parse(ListKind::DenyAgents, text.as_bytes()).0.len(), PATTERNS_MAX + 1);
}

/// The time limit is far above what it takes, so that only a look-up that visits all entries exceeds it.
#[test]
fn look_up_in_a_long_list_is_fast() {
    let network = |index: usize| format!("10.{}.{}.{}\n", index >> 16, (index >> 8) & 255, index & 255);
    let text: String = (0..100_000).map(network).chain(["198.51.100.0/24\n".to_owned()]).collect();
    let lists = lists(&[(ListKind::DenyIp, &text)]);
    let started = Instant::now();
    let denied = (0..100_000_u32).filter(|index| {
        let address = IpAddr::from([10, 1, (index >> 8) as u8, *index as u8]);
        lists.refusing_address(address).is_some()
    });
    assert_eq!(denied.count(), 2 * (100_000 - 65_536));
    assert!(started.elapsed().as_secs() < 10, "100,000 look-ups take {:?}", started.elapsed());
}

#[test]
fn file_is_read_or_the_reason_is_returned() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("bans.txt");
    let reason = read(ListKind::DenyIp, &path).expect_err("no file");
    assert_eq!(reason, "does not exist");
    assert_eq!(read(ListKind::DenyIp, folder.path()).expect_err("a folder"), "is a directory, not a file");
    fs::write(&path, "").expect("room");
    let empty = read(ListKind::DenyIp, &path).expect("an empty file");
    assert_eq!((empty.list.as_ref(), empty.remarks), (&AccessList::empty(ListKind::DenyIp), Vec::new()));
    fs::write(&path, "203.0.113.9\n").expect("room");
    let one = read(ListKind::DenyIp, &path).expect("a file");
    assert_eq!((one.list.len(), one.stamp == empty.stamp), (1, false));
    let long = fs::File::create(&path).expect("room");
    long.set_len(16 * 1024 * 1024 + 1).expect("room");
    assert_eq!(read(ListKind::DenyIp, &path).expect_err("too long"), "is longer than 16 MB");
}
