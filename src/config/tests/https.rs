//! Tests of `https_redirect` and `acme_webroot`. `tests/loopback/tls/links.rs` has those with certificates.

use super::{expect_errors, expect_valid, read, station};

fn server(lines: &str) -> String {
    format!("[server]\n{lines}\n{}", station(""))
}

#[test]
fn redirect_needs_an_address_to_lead_to() {
    assert!(!expect_valid(&server("")).tls.redirect);
    assert!(!expect_valid(&server("https_redirect = false")).tls.redirect);
    let (url, redirect) = ("public_url = 'https://radio.example'", "https_redirect = true");
    assert!(expect_valid(&server(&format!("{url}\n{redirect}"))).tls.redirect);
    expect_errors(&server(redirect), &["f:2: [server] https_redirect: leads nowhere: it needs [[tls]]"]);
    let plain = format!("{}\n{redirect}", "public_url = 'http://radio.example'");
    expect_errors(
        &server(&plain),
        &["f:3: [server] https_redirect: leads to https://, but public_url begins"],
    );
    expect_errors(&server("https_redirect = 'yes'"), &["f:2: [server] https_redirect: 'yes' is invalid"]);
}

/// A port of SHOUTcast v1 sources also answers requests.
#[test]
fn keys_for_clients_without_tls_need_a_port_for_them() {
    let tls_only = "listen = [{ address = 8443, tls_only = true }]";
    let plain_too = "listen = [{ address = 8443, tls_only = true }, 8080]";
    let warnings = |ports: &str| {
        let keys = "acme_webroot = 'station'\nhttps_redirect = true\nsource_listen = []";
        let text = format!("[server]\n{keys}\n{ports}\n[[tls]]\ncertificate = 'tls/ec-sec1.pem'\n");
        let (_, errors, warnings) = read(&format!("{text}{}", station("")));
        assert!(errors.is_empty(), "{errors:?}");
        let is_about_ports = |warning: &&String| warning.contains("port");
        warnings.iter().filter(is_about_ports).cloned().collect::<Vec<_>>()
    };
    let found = warnings(tls_only);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].starts_with("f:2: [server] acme_webroot: no port speaks plain HTTP"), "{found:?}");
    assert!(found[1].starts_with("f:3: [server] https_redirect: has no effect: all ports"), "{found:?}");
    assert_eq!(warnings(plain_too), [""; 0]);
    assert_eq!(warnings(""), [""; 0]);
    let behind_proxy = "trusted_proxies = ['127.0.0.1']\npublic_url = 'https://radio.example'";
    assert_eq!(warnings(&format!("{tls_only}\n{behind_proxy}")), [""; 0]);
}

#[test]
fn webroot_is_a_directory_that_may_be_created_later() {
    let webroot = |path: &str| read(&server(&format!("acme_webroot = {path:?}")));
    let folder = tempfile::tempdir().expect("a folder");
    let existing = folder.path().to_str().expect("UTF-8");
    let (settings, errors, warnings) = webroot(existing);
    assert!(errors.is_empty() && warnings.is_empty(), "{errors:?} {warnings:?}");
    assert_eq!(settings.tls.acme_webroot.as_deref(), Some(folder.path()));
    let (settings, errors, warnings) = webroot(&format!("{existing}/later"));
    assert!(errors.is_empty(), "{errors:?}");
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    let expected = "later does not exist: create it, so that an ACME client can write there";
    assert!(warnings[0].starts_with("f:2: [server] acme_webroot: "), "{warnings:?}");
    assert!(warnings[0].contains(expected), "{warnings:?}");
    assert_eq!(settings.tls.acme_webroot, Some(folder.path().join("later")));
    std::fs::write(folder.path().join("file"), "").expect("room");
    expect_errors(&server(&format!("acme_webroot = '{existing}/file'")), &["is not a directory"]);
    expect_errors(&server("acme_webroot = ''"), &["is empty, expected a path"]);
    expect_errors(&server("acme_webroot = true"), &["true is invalid, expected a string in quotes"]);
}
