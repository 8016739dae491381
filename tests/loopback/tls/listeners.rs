//! Listeners, readers of events and requests over TLS.

use std::io::{Read, Write};
use std::net::Shutdown;

use rustls::ProtocolVersion;

use super::{NAME, TlsServer};
use crate::common::{DEADLINE, Listener, Peer, wait_for};

#[test]
fn listener_over_tls_hears_whole_frames_and_titles() {
    let server = TlsServer::start();
    let mut listener = server.get("/live").header("Icy-MetaData", "1").listen();
    listener.until_seconds(6.0);
    assert_eq!(listener.titles(), ["Coldwave Ensemble - Föhn over the Skerries"]);
}

#[test]
fn both_versions_are_spoken_and_sessions_resumed() {
    let server = TlsServer::start();
    for (client, version) in [
        (server.client.clone().tls12(), ProtocolVersion::TLSv1_2),
        (server.client.clone().tls13(), ProtocolVersion::TLSv1_3),
    ] {
        for is_resumed in [false, true] {
            let mut peer = client.connect(server.address());
            // The ticket of TLS 1.3 comes after the handshake.
            peer.send(format!("GET /status-json.xsl HTTP/1.1\r\nHost: {NAME}\r\n\r\n").as_bytes());
            let agreed = peer.agreed();
            assert_eq!((agreed.version, agreed.is_resumed), (Some(version), is_resumed));
            let reply = peer.read_to_end().expect("close_notify");
            assert!(reply.starts_with(b"HTTP/1.0 200 OK"), "{}", reply.escape_ascii());
        }
    }
    // The request for the metrics is one more.
    assert_eq!(server.metric("coldwave_tls_handshakes_total{result=\"full\"}"), 3);
    assert_eq!(server.metric("coldwave_tls_handshakes_total{result=\"failed\"}"), 0);
}

#[test]
fn admin_and_events_work_over_tls() {
    let server = TlsServer::start();
    let admin = server.get("/admin/stats").auth("admin", "lighthouse").send();
    assert!(admin.ok().contains("<icestats>"));
    assert_eq!(server.get("/admin/stats").send().status_line(), "HTTP/1.0 401 Unauthorized");
    let mut reader = server.get("/api/v1/events").header("Accept", "text/event-stream").open();
    assert_eq!(reader.head().get("Content-Type"), Some("text/event-stream"));
    let first = reader.read().expect("an event");
    assert!(first.starts_with(b"retry: "), "{}", first.escape_ascii());
}

#[test]
fn half_closed_listener_hears_on() {
    let server = TlsServer::start();
    for client in [server.client.clone().tls12(), server.client.clone().tls13()] {
        let mut peer = client.connect(server.address());
        peer.send(format!("GET /live HTTP/1.1\r\nHost: {NAME}\r\nUser-Agent: tests\r\n\r\n").as_bytes());
        peer.finish();
        let mut listener = Listener::new(peer);
        listener.until_seconds(6.0);
    }
}

#[test]
fn stream_ends_with_close_notify_when_the_server_stops() {
    let mut server = TlsServer::start();
    let mut listeners: Vec<Listener> = (0..3).map(|_| server.get("/live").listen()).collect();
    listeners.iter_mut().for_each(|listener| listener.until_seconds(3.0));
    server.server.signal("TERM");
    for listener in &mut listeners {
        listener.until_end().expect("close_notify");
        assert!(listener.is_whole());
    }
    assert!(server.server.wait().success());
}

/// The end of the connection without `close_notify` is the end of what the client sends, not of what it
/// reads.
#[test]
fn listener_that_ends_without_close_notify_hears_on() {
    let server = TlsServer::start();
    let peer = server.get("/live").open();
    peer.stream().shutdown(Shutdown::Write).expect("an open connection");
    let mut listener = Listener::new(peer);
    listener.until_seconds(6.0);
}

#[test]
fn reset_is_the_end_of_the_listener() {
    let server = TlsServer::start();
    let peer = server.get("/live").open();
    wait_for("a listener", || (listeners(&server) == 1).then_some(()));
    // It has not read what has arrived: the system resets the connection.
    drop(peer);
    wait_for("no listener", || (listeners(&server) == 0).then_some(()));
}

fn listeners(server: &TlsServer) -> u64 {
    server.metric("coldwave_stream_connections{mount=\"/live\"}")
}

/// Empty records cost time and have no content, of which a listener may send only so much.
#[test]
fn listener_that_sends_empty_records_is_disconnected() {
    let server = TlsServer::start();
    let mut peer = server.get("/live").open();
    peer.head();
    let stream = peer.stream().try_clone().expect("a socket");
    stream.set_read_timeout(Some(DEADLINE)).expect("a read timeout");
    let reader = std::thread::spawn(move || while matches!((&stream).read(&mut [0; 65536]), Ok(1..)) {});
    // Each key update is a record of 27 bytes; rustls ends the session after 32 without content between them.
    // With a byte in between, only our own bound does: after 24 KB of such records, some 530 rounds of 50
    // bytes, of which four are forgiven.
    let is_sent = |peer: &mut Peer| {
        let tls = peer.tls();
        tls.conn.refresh_traffic_keys().is_ok() && tls.write_all(b"x").is_ok() && tls.flush().is_ok()
    };
    let rounds = (0..10_000).take_while(|_| is_sent(&mut peer)).count();
    assert!(rounds < 10_000, "the server reads on and on");
    reader.join().expect("it does not panic");
    wait_for("the end", || {
        (server.metric("coldwave_sessions_ended_total{reason=\"excess_input\"}") == 1).then_some(())
    });
}
