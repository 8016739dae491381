use tempfile::TempDir;

use super::*;
use crate::settings::CertificateFiles;
use crate::tls::test_certificates::{TestAuthority, fixture};

fn certificates(all: &[&[&str]]) -> ByServerName {
    let (root, folder) = (TestAuthority::root("Root"), TempDir::new().expect("a folder"));
    let load = |names: &&[&str]| Certificate::load(&root.issue(names).write(folder.path(), "pair"));
    ByServerName::new(all.iter().map(|names| load(names).expect("a certificate")).collect())
}

/// Returns the first name of the certificate for a name.
fn chosen<'c>(certificates: &'c ByServerName, name: Option<&str>) -> &'c str {
    &certificates.choose(name, |_| true).expect("a certificate").names()[0]
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
    let second = |accepted| &all.choose(Some("radio.example"), with(accepted)).expect("one").names()[1];
    assert_eq!([second("one"), second("two"), second("neither")], ["one", "two", "one"]);
}

#[test]
fn without_certificates_none_is_chosen() {
    assert!(ByServerName::new(Vec::new()).choose(Some("radio.example"), |_| true).is_none());
}
