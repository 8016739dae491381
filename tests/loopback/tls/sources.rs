//! Encoders over TLS.

use std::time::{Duration, Instant};

use super::TlsServer;
use crate::common::{CHECKED, Listener, Peer, fixture, two_free_ports};

/// Frames with checksums, which the AutoDJ's music does not have.
fn audio() -> Vec<u8> {
    std::fs::read(fixture(CHECKED)).expect("a fixture").repeat(8)
}

/// Sends audio in real time until the listener hears the source.
#[track_caller]
fn is_heard(source: &mut Peer, listener: &mut Listener) {
    let (audio, started) = (audio(), Instant::now());
    for part in audio.chunks(2000).cycle() {
        source.send(part);
        let heard = |it: &Listener| (0..it.frames.len()).filter(|at| it.frame(*at)[1] & 1 == 0).count();
        let before = listener.frames.len();
        listener.until("more audio", |it| it.frames.len() > before);
        if heard(listener) > 20 {
            return;
        }
        assert!(started.elapsed() < Duration::from_secs(30), "the source is not heard");
    }
}

#[test]
fn source_and_put_over_tls_are_heard() {
    let server = TlsServer::start();
    for (method, status) in [("SOURCE", "HTTP/1.0 200 OK"), ("PUT", "HTTP/1.0 200 OK")] {
        let request = server.request(method, "/live").auth("source", "deep water");
        let mut source = request.header("Content-Type", "audio/mpeg").open();
        assert_eq!(source.head().status, status, "{method}");
        is_heard(&mut source, &mut server.get("/live").listen());
        source.finish();
    }
}

#[test]
fn shoutcast_source_over_tls_is_heard_on_both_ports() {
    let port = two_free_ports();
    let server = TlsServer::with_config(&format!("listen = [\"127.0.0.1:{port}\"]"));
    for port in [port, port + 1] {
        let address = std::net::SocketAddr::from(([127, 0, 0, 1], port));
        let mut source = server.client.connect(address);
        source.send(b"deep water\r\n");
        assert_eq!(source.read().expect("a reply"), b"OK2\r\nicy-caps:11\r\n\r\n");
        source.send(b"icy-name:Tests\r\ncontent-type:audio/mpeg\r\n\r\n");
        is_heard(&mut source, &mut server.get("/live").listen());
        source.finish();
    }
}

/// A record that cannot be opened ends the source like a lost connection: the listeners hear on.
#[test]
fn damaged_record_ends_the_source_and_not_its_listeners() {
    let server = TlsServer::start();
    let request = server.request("SOURCE", "/live").auth("source", "deep water");
    let mut source = request.header("Content-Type", "audio/mpeg").open();
    source.head();
    let mut listener = server.get("/live").listen();
    is_heard(&mut source, &mut listener);
    let record = [&[0x17, 0x03, 0x03, 0x00, 0x40][..], &[0; 0x40]].concat();
    crate::common::tls::write_raw(source.stream(), &record);
    server.server.log().wait_for("ended (failed in TLS: ");
    listener.for_seconds(8.0);
    assert_eq!(server.metric("coldwave_sessions_ended_total{reason=\"tls_failed\"}"), 1);
    assert_eq!(server.metric("coldwave_tls_handshakes_total{result=\"failed\"}"), 0);
}
