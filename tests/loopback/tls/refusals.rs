//! What is not TLS where it should be, or TLS where it should not be, and handshakes that fail.

use std::io::{Read, Write};
use std::time::{Duration, Instant};

use rustls::{AlertDescription, Error};

use super::TlsServer;
use crate::common::tls::{Authority, read_raw, tls_error, write_raw};
use crate::common::{Coldwave, fixture};

#[test]
fn client_of_a_port_without_certificate_gets_an_alert_at_once() {
    let server = Coldwave::with_music(&[fixture("station")]);
    let started = Instant::now();
    let error = Authority::new("tests").client().try_connect(server.address()).err().expect("no TLS there");
    assert_eq!(tls_error(&error), Some(&Error::AlertReceived(AlertDescription::HandshakeFailure)), "{error}");
    assert!(started.elapsed() < Duration::from_secs(5));
    server.log().wait_for("TLS, but no [[tls]] certificate is configured");
}

#[test]
fn tls_only_port_refuses_plain_requests_clearly() {
    let server = TlsServer::with_config("listen = [{ address = \"127.0.0.1:0\", tls_only = true }]");
    let reply = server.server.get("/live").send();
    assert_eq!(reply.status_line(), "HTTP/1.0 400 Bad Request");
    assert!(reply.text().contains("https://"), "{}", reply.text());
    let mut source = server.server.connect();
    source.send(b"deep water\r\n");
    let reply = source.read_to_end().expect("a reply");
    assert!(reply.starts_with(b"HTTP/1.0 400 Bad Request"), "{}", reply.escape_ascii());
    server.get("/live").listen().until_seconds(3.0);
}

#[test]
fn client_that_offers_only_h2_is_refused() {
    let server = TlsServer::start();
    let client = server.client.clone().alpn(&["h2"]);
    let error = client.try_connect(server.address()).err().expect("no h2");
    assert_eq!(tls_error(&error), Some(&Error::AlertReceived(AlertDescription::NoApplicationProtocol)));
    server.server.log().wait_for("TLS failed");
    let client = server.client.clone().alpn(&["h2", "http/1.1"]);
    assert_eq!(client.connect(server.address()).agreed().protocol.as_deref(), Some("http/1.1"));
}

#[test]
fn client_of_tls_1_1_gets_the_alert_for_its_version() {
    let server = TlsServer::start();
    let mut hello = server.client.client_hello(&server.address());
    // Without the extension that offers TLS 1.3 and 1.2, and with the version of TLS 1.1.
    let at = hello.windows(2).position(|pair| pair == [0x00, 0x2b]).expect("supported_versions");
    hello[at + 1] = 0xff;
    hello[10] = 0x02;
    let stream = server.raw();
    write_raw(&stream, &hello);
    // protocol_version (RFC 8446, 6.2).
    assert_eq!(read_raw(&stream)[5..], [0x02, 70]);
}

#[test]
fn noise_after_the_first_bytes_of_tls_ends_the_connection() {
    let server = TlsServer::start();
    let stream = server.raw();
    write_raw(&stream, b"\x16\x03\x01\x00\x05hello and more");
    let reply = read_raw(&stream);
    assert_eq!(reply.first(), Some(&0x15), "an alert: {}", reply.escape_ascii());
    assert_eq!(server.metric("coldwave_tls_handshakes_total{result=\"failed\"}"), 1);
}

#[test]
fn stalled_handshake_ends_after_ten_seconds() {
    let server = TlsServer::start();
    let hello = server.client.client_hello(&server.address());
    let (mut stalled, mut dripping) = (server.raw(), server.raw());
    write_raw(&stalled, &hello);
    let started = Instant::now();
    dripping.set_read_timeout(Some(Duration::from_millis(100))).expect("a read timeout");
    let mut rest = hello.iter();
    // A byte every 100 ms never completes the hello.
    while started.elapsed() < Duration::from_secs(20) {
        if dripping.write_all(&[*rest.next().unwrap_or(&0)]).is_err()
            || matches!(dripping.read(&mut [0; 9]), Ok(0))
        {
            break;
        }
    }
    let took = started.elapsed();
    assert!((Duration::from_secs(9)..Duration::from_secs(14)).contains(&took), "{took:?}");
    // The other one got its answer, and then the end.
    stalled.read_to_end(&mut Vec::new()).expect("the end");
    assert!(started.elapsed() < Duration::from_secs(14));
    assert_eq!(server.metric("coldwave_tls_handshakes_total{result=\"failed\"}"), 2);
}
