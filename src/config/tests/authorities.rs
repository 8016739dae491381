//! Tests of `tls_ca`, and of `https://` addresses of others.

use std::path::Path;

use super::{expect_errors, expect_valid, station};

/// Relative to the directory of the configuration file, `fixtures`.
const AUTHORITIES: &str = "tls/authority.pem";

fn server(line: &str) -> String {
    format!("[server]\n{line}\n{}", station(""))
}

#[test]
fn file_of_authorities_is_checked_when_the_configuration_is_read() {
    let settings = expect_valid(&server(&format!("tls_ca = {AUTHORITIES:?}")));
    let path = settings.tls.ca.expect("a path");
    assert!(path.is_file() && path.ends_with(Path::new(AUTHORITIES)), "{}", path.display());
    for (line, expected) in [
        ("tls_ca = 5", "5 is invalid, expected a string in quotes"),
        ("tls_ca = ''", "'' is empty, expected a path"),
        ("tls_ca = '~/a.pem'", "'~/a.pem' begins with ~, which is not expanded"),
        ("tls_ca = 'missing.pem'", "'missing.pem' cannot be read: No such file or directory"),
        ("tls_ca = '..'", "'..' cannot be read: "),
    ] {
        expect_errors(&server(line), &[&format!("f:2: [server] tls_ca: {expected}")]);
    }
}

#[test]
fn addresses_over_tls_are_found_without_their_logins() {
    let relay = station("relay = 'https://me:rosebud@radio.example:8000/live?token=rosebud'");
    let settings = expect_valid(&relay);
    let addresses: Vec<String> = settings.https_addresses().collect();
    assert_eq!(addresses, ["https://radio.example:8000/live"]);
    assert!(settings.may_connect_over_tls());
    let plain = expect_valid(&station("relay = 'http://radio.example/live'"));
    assert_eq!(plain.https_addresses().count(), 0);
    assert!(plain.may_connect_over_tls(), "it may redirect");
    assert!(!expect_valid(&station("")).may_connect_over_tls());
    let directory =
        "[server]\npublic_url = 'http://radio.example'\n[directory]\nurl = 'https://dir.example/yp'\n";
    let settings = expect_valid(&format!("{directory}{}", station("public = true\nname = \"A\"")));
    assert_eq!(settings.https_addresses().collect::<Vec<_>>(), ["https://dir.example/yp"]);
}
