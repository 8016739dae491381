//! Tests of the choice by name.

use tempfile::TempDir;

use super::*;
use crate::settings::CertificateFiles;
use crate::tls::test_certificates::{DAY, TODAY, TestAuthority, fixture};

fn certificates(all: &[&[&str]]) -> ByServerName {
    let (root, folder) = (TestAuthority::root("Root"), TempDir::new().expect("a folder"));
    let load = |names: &&[&str]| Certificate::load(&root.issue(names).write(folder.path(), "pair"));
    ByServerName::new(all.iter().map(|names| load(names).expect("a certificate")).collect())
}

/// Returns the first name of the certificate for a name.
fn chosen<'c>(certificates: &'c ByServerName, name: Option<&str>) -> &'c str {
    &certificates.choose(name, TODAY, |_| true).expect("a certificate").names()[0]
}

#[test]
fn exact_name_then_wildcard_then_first_certificate_is_chosen() {
    let all = certificates(&[
        &["first.example"],
        &["*.radio.example", "radio.example"],
        &["live.radio.example", "192.0.2.1"],
    ]);
    for (name, expected) in [
        (Some("first.example"), "first.example"),
        (Some("radio.example"), "*.radio.example"),
        (Some("a.radio.example"), "*.radio.example"),
        (Some("A.Radio.EXAMPLE"), "*.radio.example"),
        (Some("live.radio.example"), "live.radio.example"),
        (Some("live.radio.example."), "live.radio.example"),
        (Some("b.radio.example."), "*.radio.example"),
        // A wildcard stands for exactly one label.
        (Some("a.b.radio.example"), "first.example"),
        (Some(".radio.example"), "first.example"),
        (Some("other.example"), "first.example"),
        (Some("example"), "first.example"),
        (Some("."), "first.example"),
        (Some(""), "first.example"),
        (None, "first.example"),
    ] {
        assert_eq!(chosen(&all, name), expected, "{name:?}");
    }
}

#[test]
fn common_name_is_not_a_name_of_the_server() {
    let load = |file| {
        let files = CertificateFiles { certificate: fixture(file), key: None };
        Certificate::load(&files).expect("a certificate")
    };
    let all = ByServerName::new(vec![load("ec-sec1.pem"), load("version-1.pem")]);
    assert_eq!(chosen(&all, Some("old.example")), "ec.example");
}

#[test]
fn of_two_certificates_with_a_name_the_one_that_the_client_accepts_is_chosen() {
    let all = certificates(&[&["other.example"], &["radio.example", "one"], &["radio.example", "two"]]);
    let with = |name: &'static str| move |it: &Certificate| it.names().iter().any(|other| other == name);
    let second =
        |accepted| &all.choose(Some("radio.example"), TODAY, with(accepted)).expect("one").names()[1];
    assert_eq!([second("one"), second("two"), second("neither")], ["one", "two", "one"]);
}

#[test]
fn without_certificates_none_is_chosen() {
    assert!(ByServerName::new(Vec::new()).choose(Some("radio.example"), TODAY, |_| true).is_none());
}

/// Creates certificates: their names and the days until they expire.
fn expiring(all: &[(&[&str], i32)]) -> ByServerName {
    let (root, folder) = (TestAuthority::root("Root"), TempDir::new().expect("a folder"));
    let end = |days: i32| match u32::try_from(days) {
        Ok(days) => TODAY + DAY * days,
        Err(_) => TODAY - DAY * days.unsigned_abs(),
    };
    let load = |&(names, days): &(&[&str], i32)| {
        let pair = root.issue_valid(names, TODAY - 90 * DAY, end(days));
        Certificate::load(&pair.write(folder.path(), "pair")).expect("a certificate")
    };
    ByServerName::new(all.iter().map(load).collect())
}

#[test]
fn of_two_certificates_for_a_name_the_valid_one_is_chosen_in_both_orders() {
    let old: (&[&str], i32) = (&["radio.example", "old"], -1);
    let new: (&[&str], i32) = (&["radio.example", "new"], 9);
    let wildcard: (&[&str], i32) = (&["*.example", "wildcard"], 9);
    let old_wildcard: (&[&str], i32) = (&["*.example", "old wildcard"], -1);
    for (all, expected) in [
        (vec![old, new], "new"),
        (vec![new, old], "new"),
        (vec![old, wildcard], "wildcard"),
        (vec![wildcard, old], "wildcard"),
        (vec![wildcard, new], "new"),
        (vec![old_wildcard, old], "old"),
    ] {
        let all = expiring(&all);
        let chosen = all.choose(Some("radio.example"), TODAY, |_| true).expect("a certificate");
        assert_eq!(chosen.names()[1], expected, "{all:?}");
        // A valid one is of no use to a client that cannot use its key.
        let refuses_valid = |it: &Certificate| !it.is_valid_at(TODAY);
        let chosen = all.choose(Some("radio.example"), TODAY, refuses_valid).expect("a certificate");
        let has_old = all.certificates.iter().any(|it| !it.is_valid_at(TODAY));
        assert_eq!(chosen.is_valid_at(TODAY), !has_old, "{all:?}");
    }
}

#[test]
fn host_is_certified_if_its_clients_get_a_valid_certificate_with_its_name() {
    let all = expiring(&[
        (&["radio.example", "192.0.2.1", "2001:db8::1"], 9),
        (&["*.radio.example", "192.0.2.2"], 9),
        (&["old.radio.example", "old.example"], -1),
        (&["old.example"], 1),
        (&["expired.example"], -1),
    ]);
    for (host, expected) in [
        ("radio.example", true),
        ("live.radio.example", true),
        ("a.b.radio.example", false),
        // Its clients get the one with the wildcard.
        ("old.radio.example", true),
        ("old.example", true),
        ("expired.example", false),
        ("other.example", false),
        ("192.0.2.1", true),
        ("2001:db8:0::1", true),
        // Clients that reach an address send no name, and get the first certificate.
        ("192.0.2.2", false),
        ("", false),
    ] {
        assert_eq!(all.certifies(host, TODAY), expected, "{host}");
    }
    assert!(!all.certifies("radio.example", TODAY + 10 * DAY), "expired");
    assert!(!ByServerName::new(Vec::new()).certifies("radio.example", TODAY));
}
