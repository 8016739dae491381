//! Tests of `[master]`.

use std::time::Duration;

use super::{expect_errors, expect_valid, read, station};

fn master(lines: &str) -> String {
    format!("[master]\n{lines}\n{}", station(""))
}

#[test]
fn master_has_an_address_and_a_login() {
    let settings = expect_valid(&master("url = 'http://master.example:8000'"));
    let found = settings.master.expect("a master");
    assert_eq!((found.url.to_string().as_str(), found.url.login()), ("http://master.example:8000/", None));
    assert_eq!((found.interval, found.on_demand, found.max), (Duration::from_secs(120), false, 100));
    let all = "url = 'https://[::1]/'\nuser = 'nina'\npassword = 'p@ss:word'\ninterval_s = 5\non_demand = true\nmax = 7";
    let found = expect_valid(&master(all)).master.expect("a master");
    assert_eq!(found.url.login(), Some(&b"nina:p@ss:word"[..]));
    assert_eq!((found.interval.as_secs(), found.on_demand, found.max), (5, true, 7));
    let found = expect_valid(&master("url = 'http://a'\npassword = 'tide'")).master.expect("a master");
    assert_eq!(found.url.login(), Some(&b"relay:tide"[..]));
    assert!(expect_valid("[master]\nurl = 'http://a'\n").stations.is_empty(), "it needs no station");
}

#[test]
fn invalid_masters_are_reported_without_their_password() {
    for (lines, expected) in [
        ("", "f:1: [master] url: is required, expected the address of a server"),
        ("url = 'a'", "f:2: [master] url: expected the address of a server without a login and a path"),
        ("url = 'http://me:rosebud@a'", "f:2: [master] url: expected the address of a server without"),
        ("url = 'http://a/live'", "f:2: [master] url: expected the address of a server without"),
        ("url = 'http://a'\npassword = ''", "f:3: [master] password: expected 1 to 255 bytes on one line"),
        ("url = 'http://a'\nuser = 'a:b'\npassword = 'x'", "f:3: [master] user: expected 1 to 255 bytes"),
        ("url = 'http://a'\nmax = 0", "max: 0 is out of range"),
        ("url = 'http://a'\ninterval_s = 0", "interval_s: 0 is out of range"),
    ] {
        expect_errors(&master(lines), &[expected]);
    }
    let (_, errors, warnings) = read(&master("url = 'http://a'\nuser = 'nina'"));
    assert!(
        errors.is_empty() && warnings[0].contains("user: has no effect without password"),
        "{warnings:?}"
    );
}
