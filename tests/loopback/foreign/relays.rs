//! Relays and directories of an `icecast.xml`.

use std::io::{Read, Write};
use std::net::TcpListener;

use crate::common::{DEADLINE, wait_for};

use super::{ADMIN_PASSWORD, ForeignServer};

/// A server that the test itself is.
pub struct Upstream(TcpListener);

impl Upstream {
    pub fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        listener.set_nonblocking(true).expect("a socket");
        Self(listener)
    }

    /// Starts a server with these elements, in which `{upstream}` is the port of this one.
    pub fn follower(&self, elements: &str) -> ForeignServer {
        let port = self.0.local_addr().expect("bound").port();
        ForeignServer::with_icecast(&elements.replace("{upstream}", &port.to_string()))
    }

    /// Accepts a connection, answers it and returns its first bytes.
    pub fn request(&self, reply: &str) -> String {
        let (mut connection, _) = wait_for("a connection", || self.0.accept().ok());
        connection.set_read_timeout(Some(DEADLINE)).expect("a read timeout");
        let mut bytes = [0; 1000];
        let read = connection.read(&mut bytes).expect("a request");
        connection.write_all(format!("{reply}\r\n\r\n").as_bytes()).expect("a connection");
        String::from_utf8_lossy(&bytes[..read]).into_owned()
    }
}

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

pub fn is_relaying(server: &ForeignServer, mount: &str) -> bool {
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
    let upstream = Upstream::new();
    let _relay = upstream.follower(
        "<relay><upstream type=\"default\"><username>nina</username><password>p@ss:word</password></upstream>\
         <upstream><uri>http://127.0.0.1:{upstream}/tour</uri></upstream></relay>",
    );
    let request = upstream.request("HTTP/1.0 404 Not Found");
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

#[test]
fn relay_on_demand_waits_for_its_listener_and_one_that_is_switched_off_is_none() {
    let (master, _source) = master();
    let from = format!("<server>127.0.0.1</server><port>{}</port><mount>/tour</mount>", port(&master));
    let relay = ForeignServer::with_icecast(&format!(
        "<relay>{from}<local-mount>/off</local-mount><enable>0</enable></relay>\
         <relay>{from}<local-mount>/on</local-mount><enable>1</enable><on-demand>0</on-demand></relay>\
         <relay><host>{from}</host><local-mount>/later</local-mount><on-demand>1</on-demand></relay>"
    ));
    wait_for("the relay", || is_relaying(&relay, "/on").then_some(()));
    assert!(!is_relaying(&relay, "/later") && relay.status("/off").contains(" 404 "));
    let _listener = relay.server.get("/later").open();
    wait_for("the relay on demand", || is_relaying(&relay, "/later").then_some(()));
}

#[test]
fn relay_asks_for_titles_and_speaks_tls_if_its_elements_say_so() {
    let request = |elements: &str| {
        let upstream = Upstream::new();
        let _relay = upstream.follower(&format!(
            "<relay><server>127.0.0.1</server><port>{{upstream}}</port><mount>/tour</mount>{elements}</relay>"
        ));
        upstream.request("HTTP/1.0 404 Not Found")
    };
    for name in ["relay-shoutcast-metadata", "relay-icy-metadata"] {
        let request = request(&format!("<{name}>1</{name}>"));
        assert!(request.contains("\r\nIcy-MetaData: 1\r\n"), "{name}: {request}");
    }
    for elements in ["<ssl>1</ssl>", "<tls>1</tls>"] {
        // A handshake begins with a record of type 22.
        let request = request(elements);
        assert!(request.starts_with('\u{16}'), "{elements}: {request:?}");
    }
}
