//! Relays and directories of an `icecast.xml`.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;

use crate::common::wait_for;

use super::{ADMIN_PASSWORD, ForeignServer};

/// Starts a server whose `/tour` is on the air.
fn master() -> (ForeignServer, crate::common::Peer) {
    let master = ForeignServer::with_icecast("<limits><sources>2</sources></limits>");
    let source = master.source_with_audio("/tour");
    wait_for("the mount", || master.status("/tour").contains(" 200 ").then_some(()));
    (master, source)
}

fn port(server: &ForeignServer) -> u16 {
    server.server.address().port()
}

fn is_relaying(server: &ForeignServer, mount: &str) -> bool {
    let stations = server.server.get("/api/v1/admin/stations").auth("admin", ADMIN_PASSWORD).send().ok();
    let stations: serde_json::Value = serde_json::from_str(&stations).expect("JSON");
    let stations = stations["stations"].as_array().expect("a list").clone();
    stations.iter().any(|it| it["mount"] == mount && it["relay"]["state"] == "streaming")
}

#[test]
fn relay_of_an_icecast_xml_plays_the_stream_at_its_local_mount() {
    let (master, _source) = master();
    let relay = ForeignServer::with_icecast(&format!(
        "<relay><server>127.0.0.1</server><port>{}</port><mount>/tour</mount><local-mount>/here</local-mount>\
         <relay-shoutcast-metadata>1</relay-shoutcast-metadata></relay>",
        port(&master)
    ));
    wait_for("the relay", || is_relaying(&relay, "/here").then_some(()));
    assert!(relay.status("/here").contains(" 200 ") && relay.status("/tour").contains(" 404 "));
}

#[test]
fn first_master_of_a_kh_relay_that_works_is_relayed() {
    let (master, _source) = master();
    let closed = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port");
    let relay = ForeignServer::with_icecast(&format!(
        "<relay><local-mount>/tour</local-mount>\
         <master><server>127.0.0.1</server><port>{}</port><mount>/tour</mount><priority>2</priority></master>\
         <master><ip>127.0.0.1</ip><port>{}</port><mount>/tour</mount><priority>1</priority></master></relay>",
        port(&master),
        closed.port()
    ));
    wait_for("the relay", || is_relaying(&relay, "/tour").then_some(()));
    let log = relay.server.log().text();
    assert!(log.contains(&format!("http://{closed}/tour cannot be reached: ")), "{log}");
    assert!(log.contains(&format!("; trying http://127.0.0.1:{}/tour", port(&master))), "{log}");
}

#[test]
fn login_of_a_relay_is_sent_to_the_upstream() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let upstream = listener.local_addr().expect("bound");
    let request = thread::spawn(move || {
        let (mut connection, _) = listener.accept().expect("the relay connects");
        let mut bytes = [0; 1000];
        let read = connection.read(&mut bytes).expect("a request");
        connection.write_all(b"HTTP/1.0 404 Not Found\r\n\r\n").expect("a connection");
        String::from_utf8_lossy(&bytes[..read]).into_owned()
    });
    let _relay = ForeignServer::with_icecast(&format!(
        "<relay><upstream type=\"default\"><username>nina</username><password>p@ss:word</password></upstream>\
         <upstream><uri>http://{upstream}/tour</uri></upstream></relay>",
    ));
    let request = request.join().expect("a request");
    assert!(request.starts_with("GET /tour HTTP/1.0\r\n"), "{request}");
    // printf 'nina:p@ss:word' | base64
    assert!(request.contains("Authorization: Basic bmluYTpwQHNzOndvcmQ=\r\n"), "{request}");
}

#[test]
fn relay_on_demand_connects_for_a_listener() {
    let (master, _source) = master();
    let relay = ForeignServer::with_icecast(&format!(
        "<relays-on-demand>1</relays-on-demand><relay><server>127.0.0.1</server><port>{}</port>\
         <mount>/tour</mount></relay>",
        port(&master)
    ));
    assert!(!is_relaying(&relay, "/tour"));
    let mut listener = relay.server.get("/tour").open();
    wait_for("the relay", || is_relaying(&relay, "/tour").then_some(()));
    assert!(listener.head().status.contains(" 200 "));
}
