//! Links and redirects on a port that speaks plain HTTP and TLS: each client gets links that it can follow.

use std::fs;
use std::net::SocketAddr;

use tempfile::TempDir;

use super::{NAME, TlsServer};
use crate::common::tls::{Authority, ServerCertificate};
use crate::common::{Coldwave, Reply, Request, fixture, run_to_end, wait_for};

/// What a browser sends with the request for a page.
const ACCEPT: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

/// The resources with links, and a text before each link.
const LINKING: [(&str, &str); 10] = [
    ("/listen.pls", "File1="),
    ("/listen.m3u", ""),
    ("/live.m3u", ""),
    ("/live.xspf", "<location>"),
    ("/status-json.xsl", "\"listenurl\":\""),
    ("/statistics", ""),
    ("/api/v1/stations", "\""),
    ("/index.html", "content=\""),
    ("/embed", "\""),
    ("/robots.txt", ""),
];

/// The resources without links to this server.
const WITHOUT_LINKS: [&str; 3] = ["/statistics", "/embed", "/robots.txt"];

/// Starts a request whose `Host` has the port, as all of them do that use another one than the default.
fn get(server: &TlsServer, target: &str) -> Request {
    let host = format!("{NAME}:{}", server.server.address().port());
    server.server.get(target).http11().header("Host", &host)
}

fn as_browser(request: Request) -> Request {
    request.agent("Mozilla/5.0").header("Accept", ACCEPT).header("Upgrade-Insecure-Requests", "1")
}

fn location(reply: &Reply) -> Option<&str> {
    reply.head.get("Location")
}

#[test]
fn links_begin_with_the_scheme_that_the_client_used() {
    let server = TlsServer::start();
    let port = server.server.address().port();
    for (target, before) in LINKING {
        let request = || as_browser(get(&server, target));
        let replies = [("http", request().send()), ("https", request().over_tls(&server.client).send())];
        for (scheme, reply) in replies {
            let body = reply.ok();
            let other = if scheme == "http" { "https" } else { "http" };
            assert!(!body.contains(&format!("{other}://{NAME}")), "{target} by {scheme}: {body}");
            let link = format!("{before}{scheme}://{NAME}:{port}/");
            let has_links = !WITHOUT_LINKS.contains(&target);
            assert_eq!(body.contains(&link), has_links, "{target} by {scheme}: {link} in {body}");
        }
    }
}

#[test]
fn host_without_a_port_is_completed_by_the_port_of_the_connection() {
    let server = TlsServer::start();
    let port = server.server.address().port();
    let playlist = server.get("/listen.m3u").send().ok();
    assert_eq!(playlist.lines().last(), Some(format!("https://{NAME}:{port}/live").as_str()));
    let host = format!("{NAME}:443");
    let request = server.server.get("/listen.m3u").http11().header("Host", &host).over_tls(&server.client);
    assert_eq!(request.send().ok().lines().last(), Some(format!("https://{NAME}/live").as_str()));
}

#[test]
fn events_have_links_with_the_scheme_of_the_reader() {
    let server = TlsServer::start();
    let port = server.server.address().port();
    for (scheme, request) in [
        ("http", get(&server, "/api/v1/events")),
        ("https", get(&server, "/api/v1/events").over_tls(&server.client)),
    ] {
        let mut reader = request.open();
        let mut text = String::new();
        let link = format!("{scheme}://{NAME}:{port}/");
        wait_for("an event with a link", || {
            text += &String::from_utf8_lossy(&reader.read().expect("events"));
            text.contains(&link).then_some(())
        });
    }
}

#[test]
fn trusted_proxy_has_the_last_word_about_the_scheme() {
    let server = TlsServer::with_config("trusted_proxies = [\"127.0.0.1\"]");
    let playlist = |request: Request| {
        let request = request.header("X-Forwarded-For", "203.0.113.9");
        request.send().ok().lines().last().map(str::to_owned).expect("a playlist")
    };
    let plain = || server.server.get("/listen.m3u").http11().header("Host", NAME);
    let encrypted = || plain().over_tls(&server.client);
    let says = |request: Request, scheme: &str| playlist(request.header("X-Forwarded-Proto", scheme));
    assert_eq!(playlist(plain()), format!("http://{NAME}/live"));
    assert_eq!(says(plain(), "https"), format!("https://{NAME}/live"));
    assert_eq!(playlist(encrypted()), format!("https://{NAME}/live"));
    assert_eq!(says(encrypted(), "http"), format!("http://{NAME}/live"));
    assert_eq!(says(encrypted(), "https"), format!("https://{NAME}/live"));
}

#[test]
fn listeners_and_their_encryption_are_listed_for_the_administrator() {
    let server = TlsServer::start();
    let _plain = server.server.listen();
    let _encrypted = server.get("/live").listen();
    let list = || server.server.get("/api/v1/admin/stations/1/listeners").auth("admin", "lighthouse");
    let encrypted = wait_for("two listeners", || {
        let json = list().send().json();
        let listeners = json["listeners"].as_array().expect("a list").clone();
        let mut all: Vec<bool> =
            listeners.iter().map(|it| it["tls"].as_bool().expect("true or false")).collect();
        all.sort_unstable();
        (all.len() == 2).then_some(all)
    });
    assert_eq!(encrypted, [false, true]);
}

/// A page that came without TLS may have been changed on its way.
#[test]
fn plain_page_cannot_act_over_tls() {
    let server = TlsServer::start();
    let port = server.server.address().port();
    let is_refused = |scheme: &str, over_tls: bool| {
        let request = Request::new(server.server.address(), "POST", "/api/v1/admin/stations/1/skip")
            .http11()
            .header("Host", &format!("{NAME}:{port}"))
            .header("Origin", &format!("{scheme}://{NAME}:{port}"))
            .auth("admin", "lighthouse")
            .body("");
        let request = if over_tls { request.over_tls(&server.client) } else { request };
        request.send().status_line() == "HTTP/1.0 403 Forbidden"
    };
    // A skip that comes right after another one is a conflict, but allowed.
    assert!(!is_refused("https", true) && !is_refused("http", false));
    assert!(is_refused("http", true));
}

#[test]
fn browsers_that_request_a_page_are_redirected() {
    let server = TlsServer::with_config("https_redirect = true");
    let port = server.server.address().port();
    for target in ["/", "/?sid=1&x=%22", "/index.html", "/embed?sid=1", "/api/v1/", "/admin/", "/admin"] {
        let reply = as_browser(get(&server, target)).send();
        assert_eq!(reply.status_line(), "HTTP/1.0 307 Temporary Redirect", "{target}");
        assert_eq!(location(&reply), Some(format!("https://{NAME}:{port}{target}").as_str()));
        assert_eq!(reply.head.get("Vary"), Some("Accept, User-Agent"));
        assert!(
            reply.head.get("Cache-Control").is_some_and(|it| it.contains("no-cache")),
            "{:?}",
            reply.head
        );
        assert_eq!(reply.head.get("Strict-Transport-Security"), None);
        let encrypted = as_browser(get(&server, target)).over_tls(&server.client).send();
        assert_eq!(location(&encrypted).filter(|it| it.contains("://")), None, "{target}");
    }
    let with_host = |host: &str| as_browser(server.server.get("/").http11().header("Host", host)).send();
    let reply = with_host(&format!("127.0.0.1:{port}"));
    assert_eq!(location(&reply), Some(format!("https://127.0.0.1:{port}/").as_str()));
    for host in ["localhost", "192.168.1.7", "other.example", "www.radio.example"] {
        assert_eq!(location(&with_host(&format!("{host}:{port}"))), None, "no certificate for {host}");
    }
    let reply = with_host(NAME);
    assert_eq!(
        location(&reply),
        Some(format!("https://{NAME}:80/").as_str()),
        "the port that the browser uses"
    );
}

/// Starts a coldwave that redirects browsers, with these certificates in this order.
fn redirecting(certificates: &[ServerCertificate]) -> (Coldwave, TempDir) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let write = |(at, certificate): (usize, &ServerCertificate)| {
        certificate.write(folder.path(), &format!("station{at}"))
    };
    let tls: String = certificates.iter().enumerate().map(write).collect();
    let music = fixture("station");
    let config = format!(
        "[server]\nlisten = [\"127.0.0.1:0\"]\nhttps_redirect = true\n{tls}\n[[station]]\nmusic = [{music:?}]\n"
    );
    (Coldwave::with_config(folder.path(), &config, 1), folder)
}

/// The page without TLS is better than a warning of the browser.
#[test]
fn browser_is_redirected_only_to_the_certificate_that_it_gets() {
    let authority = Authority::new("tests");
    let (valid, expired) = (|name| authority.certificate(&[name]), |name| authority.expired(&[name]));
    for (certificates, host, is_redirected) in [
        (vec![expired(NAME)], NAME, false),
        (vec![expired(NAME), valid(NAME)], NAME, true),
        (vec![expired("a.radio.example"), valid("*.radio.example")], "a.radio.example", true),
        // A client that uses an address gets the first one.
        (vec![valid(NAME), valid("127.0.0.1")], "127.0.0.1", false),
        (vec![valid("127.0.0.1"), valid(NAME)], "127.0.0.1", true),
    ] {
        let (server, _folder) = redirecting(&certificates);
        let reply = as_browser(server.get("/").http11().header("Host", host)).send();
        let url = is_redirected.then(|| format!("https://{host}:80/"));
        assert_eq!(location(&reply), url.as_deref(), "{host}");
        let client = authority.client().named(host).without_resumption();
        let accepts = client.try_connect(server.address()).is_ok();
        assert_eq!(accepts, is_redirected, "clients of {host} accept what they get");
    }
}

#[test]
fn nothing_but_pages_of_browsers_is_redirected() {
    let server = TlsServer::with_config("https_redirect = true\nacme_webroot = \"/nonexistent\"");
    let is_redirected = |request: Request| {
        let head = request.open().head();
        head.status.contains(" 30") && head.get("Location").is_some_and(|url| url.starts_with("https://"))
    };
    for target in [
        "/live",
        "/stream/1",
        "/;",
        "/listen.pls",
        "/live.m3u",
        "/7.html",
        "/played.html",
        "/status.xsl",
        "/status-json.xsl",
        "/stats",
        "/statistics",
        "/api/v1/stations",
        "/api/v1/openapi.json",
        "/api/v1/events",
        "/api/v1/admin/stations",
        "/admin/stats",
        "/admin/listmounts",
        "/admin.cgi",
        "/admin/metadata?mount=/live&mode=updinfo&song=x",
        "/metrics",
        "/streamart",
        "/playingart",
        "/assets/cover.svg",
        "/robots.txt",
        "/favicon.ico",
        "/.well-known/acme-challenge/token",
        "/nothing",
    ] {
        assert!(!is_redirected(as_browser(get(&server, target))), "{target}");
    }
    for (agent, accept) in
        [("curl/8", "*/*"), ("VLC/3", "*/*"), ("Mozilla/5.0", "*/*"), ("UptimeRobot/2.0", "*/*")]
    {
        assert!(!is_redirected(get(&server, "/").agent(agent).header("Accept", accept)), "{agent}");
    }
    assert!(!is_redirected(as_browser(get(&server, "/")).header("Icy-MetaData", "1")));
    for header in ["X-Forwarded-Proto", "X-Forwarded-For", "Forwarded", "Via"] {
        assert!(!is_redirected(as_browser(get(&server, "/")).header(header, "https")), "a proxy: {header}");
    }
    let post = Request::new(server.server.address(), "POST", "/admin/");
    assert!(!is_redirected(as_browser(post.header("Host", NAME)).body("")));
}

#[test]
fn client_of_a_trusted_proxy_is_redirected_only_to_the_public_url() {
    let ask = |server: &TlsServer, scheme: &str| {
        let request = as_browser(get(server, "/?sid=1")).header("X-Forwarded-For", "203.0.113.9");
        let request = if scheme.is_empty() { request } else { request.header("X-Forwarded-Proto", scheme) };
        location(&request.send()).map(str::to_owned)
    };
    let keys = "https_redirect = true\ntrusted_proxies = [\"127.0.0.1\"]";
    let server = TlsServer::with_config(keys);
    assert_eq!(["", "http", "https"].map(|scheme| ask(&server, scheme)), [const { None }; 3]);
    let server = TlsServer::with_config(&format!("{keys}\npublic_url = \"https://fm.example/radio\""));
    let redirect = Some("https://fm.example/radio/?sid=1".to_owned());
    assert_eq!(["", "http", "https"].map(|scheme| ask(&server, scheme)), [None, redirect, None]);
}

#[test]
fn log_and_check_say_where_pages_are_with_tls() {
    let server = TlsServer::with_config("public_url = \"http://fm.example\"");
    let address: SocketAddr = server.server.address();
    assert_eq!(server.server.url(), format!("http://{address}/live"), "scripts read stdout");
    server
        .server
        .log()
        .wait_for("[server] public_url: begins with http://, so no link of a client that uses TLS");
    drop(server);
    let server = TlsServer::start();
    let port = server.server.address().port();
    server
        .server
        .log()
        .wait_for(&format!("page for listeners: http://127.0.0.1:{port}/, with TLS https://{NAME}:{port}/"));
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("coldwave.toml");
    fs::write(
        &path,
        "[server]\nhttps_redirect = true\n[[station]]\nmount = \"/live\"\nsource_password = \"x\"\n",
    )
    .expect("the folder is writable");
    let checked = run_to_end(&["--check", "--config", path.to_str().expect("UTF-8")]);
    assert!(checked.code != Some(0), "{checked:?}");
    assert!(
        checked.stderr.contains("[server] https_redirect: leads nowhere: it needs [[tls]]"),
        "{checked:?}"
    );
}
