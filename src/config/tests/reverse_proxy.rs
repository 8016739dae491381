//! Tests of the keys for reverse proxies and robots.

use super::{expect_errors, expect_valid, read, station};
use crate::settings::RobotsPolicy;

#[test]
fn robots_may_read_pages_unless_forbidden() {
    let robots = |line: &str| expect_valid(&format!("[server]\n{line}\n{}", station(""))).robots;
    assert_eq!(["", "robots = 'pages'"].map(robots), [RobotsPolicy::Pages; 2]);
    assert_eq!(robots("robots = 'none'"), RobotsPolicy::Nothing);
    let all = format!("[server]\nrobots = 'all'\n{}", station(""));
    expect_errors(&all, &["f:2: [server] robots: "]);
}

/// Behind a proxy with TLS that sends no `X-Forwarded-Proto`, all links would begin with `http://`.
#[test]
fn trusted_proxies_without_a_public_url_cause_a_warning() {
    let warnings = |lines: &str| {
        let text = format!("[server]\n{lines}\n{}", station(""));
        let (_, errors, warnings) = read(&text);
        assert!(errors.is_empty(), "{errors:?}");
        warnings.iter().filter(|warning| warning.contains("X-Forwarded-Proto")).count()
    };
    assert_eq!(warnings("trusted_proxies = ['127.0.0.1']"), 1);
    assert_eq!(warnings("trusted_proxies = ['127.0.0.1']\npublic_url = 'http://h'"), 0);
    assert_eq!(["", "trusted_proxies = []"].map(warnings), [0, 0]);
}

#[test]
fn trusted_proxies_and_public_url_are_checked() {
    let server = |lines: &str| format!("[server]\n{lines}\n{}", station(""));
    let settings = expect_valid(&server(
        "trusted_proxies = ['127.0.0.1', '10.1.2.3/8', '::1']\npublic_url = 'https://Radio.example/fm/'",
    ));
    let networks: Vec<String> = settings.trusted_proxies.networks().iter().map(ToString::to_string).collect();
    assert_eq!(networks, ["127.0.0.1/32", "10.0.0.0/8", "::1/128"]);
    assert_eq!(settings.public_url.as_deref(), Some("https://radio.example/fm"));
    assert!(expect_valid(&server("trusted_proxies = []")).trusted_proxies.networks().is_empty());
    for (line, expected) in [
        ("trusted_proxies = true", "is invalid, expected a list of IP addresses and networks"),
        (
            "trusted_proxies = ['proxy.example']",
            "'proxy.example' is invalid, expected a list of IP addresses",
        ),
        (
            "trusted_proxies = ['10.0.0.0/33']",
            "expected a list of IP addresses and networks, such as [\"127.",
        ),
        ("trusted_proxies = [1]", "f:2: [server] trusted_proxies: 1 is invalid"),
        ("public_url = 5", "f:2: [server] public_url: 5 is invalid, expected a string in quotes"),
        ("public_url = 'radio.example'", "expected an address that begins with http:// or https://"),
        ("public_url = 'https://a:b@h'", "contains a login"),
        ("public_url = 'https://h/?a'", "contains ? or #"),
        ("public_url = 'https://h/a b'", "must be percent-encoded"),
        ("public_url = 'https://h:0'", "expected a port from 1 to 65535"),
        ("public_urls = 'https://h'", "did you mean \"public_url\"?"),
    ] {
        expect_errors(&server(line), &[expected]);
    }
    let (_, errors, warnings) = read(&server("trusted_proxies = ['::/0']\npublic_url = 'http://h'"));
    assert!(errors.is_empty() && warnings[0].contains("trusts every client"), "{warnings:?}");
    let many = vec!["'10.0.0.0/8'"; 257].join(", ");
    expect_errors(&server(&format!("trusted_proxies = [{many}]")), &["has more than 256 entries"]);
}
