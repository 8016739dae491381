//! TLS that begins later than with the first byte: after a PROXY header, and after a request for it (RFC
//! 2817).

use std::io::Write;
use std::net::{SocketAddr, TcpStream};

use super::{NAME, TlsServer};
use crate::common::{Coldwave, Head, Listener, Peer, fixture};

/// Completes a handshake on a connection that was used without TLS before.
fn over_tls(server: &TlsServer, plain: &Peer) -> Peer {
    let stream: TcpStream = plain.stream().try_clone().expect("a socket");
    Peer::over_tls(server.client.handshake(stream).expect("a handshake"))
}

/// Asks for TLS on a plain connection as libshout does.
fn ask(address: SocketAddr, request: &str) -> (Peer, Head) {
    ask_with(address, request, "")
}

/// Asks for TLS with more header lines.
fn ask_with(address: SocketAddr, request: &str, lines: &str) -> (Peer, Head) {
    let mut peer = Peer::connect(address);
    let headers = format!("Connection: Upgrade\r\nUpgrade: TLS/1.0, HTTP/1.1\r\n{lines}");
    peer.send(format!("{request} HTTP/1.1\r\nHost: {NAME}\r\n{headers}\r\n").as_bytes());
    let head = peer.head();
    (peer, head)
}

#[test]
fn libshout_changes_to_tls_and_sends_on_the_same_connection() {
    let server = TlsServer::start();
    let (plain, head) = ask(server.address(), "OPTIONS *");
    assert_eq!(head.status, "HTTP/1.1 101 Switching Protocols");
    assert_eq!((head.get("Connection"), head.get("Upgrade")), (Some("Upgrade"), Some("TLS/1.0, HTTP/1.1")));
    let mut peer = over_tls(&server, &plain);
    let head = peer.head();
    assert_eq!((head.status.as_str(), head.get("Connection")), ("HTTP/1.1 200 OK", Some("keep-alive")));
    assert!(head.get("Allow").is_some_and(|methods| methods.contains("PUT")), "{head:?}");
    // The next request of the same connection.
    peer.send(format!("GET /live HTTP/1.1\r\nHost: {NAME}\r\nUser-Agent: tests\r\n\r\n").as_bytes());
    Listener::new(peer).until_seconds(3.0);
}

#[test]
fn other_request_for_tls_is_answered_over_tls() {
    let server = TlsServer::start();
    let (plain, head) = ask(server.address(), "GET /status-json.xsl");
    assert_eq!(head.status, "HTTP/1.1 101 Switching Protocols");
    let mut peer = over_tls(&server, &plain);
    assert_eq!(peer.head().status, "HTTP/1.0 200 OK");
    assert!(peer.read_to_end().expect("close_notify").starts_with(b"{\"icestats\""));
}

/// The request was parsed before the client used TLS.
#[test]
fn request_for_tls_is_answered_as_one_that_came_through_tls() {
    let server = TlsServer::with_config("https_redirect = true");
    let answer = |request: &str, lines: &str| {
        let (plain, head) = ask_with(server.address(), request, lines);
        assert_eq!(head.status, "HTTP/1.1 101 Switching Protocols");
        let head = over_tls(&server, &plain).head();
        (head.status.clone(), head.get("Location").map(str::to_owned))
    };
    let page = answer("GET /", "User-Agent: Mozilla/5.0\r\nAccept: text/html\r\n");
    assert_eq!(page, ("HTTP/1.0 200 OK".to_owned(), None));
    for (scheme, status) in [("http", "HTTP/1.0 403 Forbidden"), ("https", "HTTP/1.0 401 Unauthorized")] {
        let lines = format!("Origin: {scheme}://{NAME}\r\nContent-Length: 0\r\n");
        assert_eq!(answer("POST /api/v1/admin/stations/1/skip", &lines).0, status, "{scheme}");
    }
}

#[test]
fn tls_only_port_can_be_reached_by_an_upgrade() {
    let server = TlsServer::with_config("listen = [{ address = \"127.0.0.1:0\", tls_only = true }]");
    let (plain, head) = ask(server.address(), "OPTIONS *");
    assert_eq!(head.status, "HTTP/1.1 101 Switching Protocols");
    assert_eq!(over_tls(&server, &plain).head().status, "HTTP/1.1 200 OK");
}

#[test]
fn upgrade_without_certificate_is_refused() {
    let server = Coldwave::with_music(&[fixture("station")]);
    let (mut peer, head) = ask(server.address(), "OPTIONS *");
    assert_eq!(head.status, "HTTP/1.0 400 Bad Request");
    let body = peer.read_to_end().expect("a body");
    assert!(String::from_utf8_lossy(&body).contains("no [[tls]] certificate"), "{}", body.escape_ascii());
}

#[test]
fn other_upgrades_are_answered_without_tls() {
    let server = TlsServer::start();
    for (name, value) in [("Upgrade", "h2c"), ("Upgrade", "websocket"), ("Upgrade-Insecure-Requests", "1")] {
        let request = server.server.get("/status-json.xsl").http11().header("Host", NAME);
        let reply = request.header("Connection", "Upgrade").header(name, value).send();
        assert_eq!(reply.status_line(), "HTTP/1.0 200 OK", "{value}");
    }
}

/// What was announced by the head decides, not what has arrived with it.
#[test]
fn request_with_a_body_is_answered_without_tls() {
    let server = TlsServer::start();
    let headers = "Connection: Upgrade\r\nUpgrade: TLS/1.0\r\n";
    for request in
        ["PUT /live HTTP/1.1\r\nContent-Length: 5", "GET /status-json.xsl HTTP/1.1\r\nContent-Length: 5"]
    {
        let mut peer = Peer::connect(server.address());
        peer.send(format!("{request}\r\nHost: {NAME}\r\n{headers}\r\n").as_bytes());
        let head = peer.head();
        peer.send(b"audio");
        assert!(["HTTP/1.0 401 Unauthorized", "HTTP/1.0 200 OK"].contains(&head.status.as_str()), "{head:?}");
    }
}

#[test]
fn upgrade_of_http_1_0_is_answered_without_tls() {
    let server = TlsServer::start();
    let request = server.server.get("/status-json.xsl").header("Connection", "Upgrade");
    assert_eq!(request.header("Upgrade", "TLS/1.0").send().status_line(), "HTTP/1.0 200 OK");
}

#[test]
fn tls_behind_a_proxy_header_has_the_address_of_the_client() {
    let header_v2 = [
        b"\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x0c".as_slice(),
        &[192, 0, 2, 9, 127, 0, 0, 1, 0x10, 0x00, 0x1f, 0x40],
    ]
    .concat();
    let header_v1 = b"PROXY TCP4 192.0.2.9 127.0.0.1 4096 8000\r\n".to_vec();
    for listen in ["", "listen = [{ address = \"127.0.0.1:0\", tls_only = true }]\n"] {
        let server = TlsServer::with_config(&format!("{listen}trusted_proxies = [\"127.0.0.1\"]"));
        for (header, is_together) in [(&header_v1, true), (&header_v1, false), (&header_v2, true)] {
            let stream = server.raw();
            // The first bytes of the handshake may arrive with the header or after it.
            (&stream).write_all(header).expect("the server reads");
            if !is_together {
                std::thread::yield_now();
            }
            let mut peer = Peer::over_tls(server.client.handshake(stream).expect("a handshake"));
            peer.send(format!("GET /live HTTP/1.1\r\nHost: {NAME}\r\nUser-Agent: tests\r\n\r\n").as_bytes());
            let mut listener = Listener::new(peer);
            listener.until_seconds(2.0);
            let listed = server.get("/admin/listclients?mount=/live").auth("admin", "lighthouse").send().ok();
            assert!(listed.contains("192.0.2.9"), "{listed}");
        }
    }
}
