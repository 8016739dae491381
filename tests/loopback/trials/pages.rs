//! Reports about pages and addresses: clients that got an endless stream, and links that led nowhere.

use std::net::{Ipv6Addr, TcpListener};
use std::process::Command;

use crate::common::{BINARY, Coldwave, fixture};

/// Starts the bundled station.
fn station() -> Coldwave {
    Coldwave::with_music(&[""; 0])
}

/// `curl -A 'WhatsApp/2.23' -H 'Accept: text/html' http://localhost:8000/` never ended.
#[test]
fn link_preview_of_the_front_page_ends() {
    let server = station();
    for (agent, accept) in [
        ("WhatsApp/2.23", "text/html"),
        ("facebookexternalhit/1.1", "*/*"),
        ("Links (2.28; Linux)", "*/*"),
        ("Uptime-Kuma/1.23.16", "text/html,*/*;q=0.8"),
        ("any", "text/html"),
    ] {
        let page = server.get("/").http11().agent(agent).header("Accept", accept).send();
        assert!(page.text().contains("<meta property=\"og:title\""), "{agent}: {}", page.text());
    }
    let station = server.get("/api/v1/stations/1").send().json();
    assert_eq!(station["listeners"]["now"], 0, "{station}");
}

/// Links led to `localhost` without a `Host`, and to `http://name::8000` with an empty port.
#[test]
fn links_without_a_host_lead_to_the_address_of_the_connection() {
    let server = station();
    let (address, port) = (server.address(), server.address().port());
    for (host, base) in [
        (None, format!("http://{address}")),
        (Some(""), format!("http://{address}")),
        (Some("a b"), format!("http://{address}")),
        (Some("radio.example:"), format!("http://radio.example:{port}")),
    ] {
        for (target, link) in
            [("/listen.m3u", "/live"), ("/listen.pls", "/live"), ("/index.html", "/index.html")]
        {
            let request = server.get(target).agent("Mozilla/5.0").header("Accept", "text/html");
            let request = host.into_iter().fold(request, |request, host| request.header("Host", host));
            let page = request.send().ok();
            assert!(page.contains(&format!("{base}{link}")), "{target} for {host:?}: {page}");
        }
    }
}

#[test]
fn links_over_ipv6_have_brackets() {
    if TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).is_err() {
        return eprintln!("skipped: there is no IPv6 here");
    }
    let mut command = Command::new(BINARY);
    command.args(["--listen", "[::1]:0"]).arg(fixture("station")).env_remove("RUST_LOG");
    let server = Coldwave::start(command, 1);
    let playlist = server.get("/listen.m3u").send().ok();
    let url = format!("\nhttp://[::1]:{}/live", server.address().port());
    assert!(playlist.contains(&url), "{playlist}");
}

/// A proxy that ends TLS and says nothing about it gets links with `http://`, without a word anywhere.
#[test]
fn proxy_that_reports_no_protocol_is_logged_once() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let config = |keys: &str| {
        format!(
            "[server]\nlisten = ['127.0.0.1:0']\ntrusted_proxies = ['127.0.0.1']\n{keys}\n[[station]]\nmusic = ['{}']",
            fixture("station").display()
        )
    };
    let line = "127.0.0.1 sends no X-Forwarded-Proto";
    for (keys, headers, count) in [
        ("", "X-Forwarded-For", 1),
        ("public_url = 'http://radio.example'", "X-Forwarded-For", 0),
        ("", "X-Forwarded-Proto", 0),
    ] {
        let server = Coldwave::with_config(folder.path(), &config(keys), 1);
        for _ in 0..3 {
            let value = if headers == "X-Forwarded-For" { "203.0.113.7" } else { "https" };
            let playlist = server.get("/listen.m3u").header("Host", "radio.example").header(headers, value);
            assert!(playlist.send().ok().contains("://radio.example"), "{keys}");
        }
        assert_eq!(server.log().count(line), count, "{keys} {headers}: {}", server.log().text());
        let warned =
            server.log().count("links begin with https:// only if the proxy sends X-Forwarded-Proto");
        assert_eq!(warned, usize::from(keys.is_empty()), "{}", server.log().text());
    }
}
