//! Keys of sc_serv about ports, addresses and certificates, and about relays.

use std::net::{SocketAddr, TcpStream};

use super::shoutcast::{folder, with_lines};
use super::{ADMIN_PASSWORD, ForeignServer, PASSWORD, version_1_source};
use crate::common::tls::Authority;
use crate::common::{Request, two_free_ports, wait_for};

/// The passwords, and a stream at /live.
const STREAM: &str = "password=a long swim\nadminpassword=high water\nrequirestreamconfigs=1\nstreamid_1=1\n\
    streampath_1=/live\n";

#[test]
fn listeners_connect_at_all_ports_and_sources_of_version_1_at_the_port_of_portlegacy() {
    let legacy = two_free_ports();
    let foreign = ForeignServer::with_shoutcast(&with_lines(&format!(
        "alternateports={{next}}\nportlegacy={legacy}\nblockemptyuseragent=0"
    )));
    let _source = version_1_source(([127, 0, 0, 1], legacy), PASSWORD);
    for port in [foreign.port, foreign.port + 1] {
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let status = || Request::new(address, "GET", "/live").open().head().status;
        wait_for("the stream", || status().contains(" 200 ").then_some(()));
    }
}

#[test]
fn ports_are_open_at_the_address_of_listeners_and_at_that_of_sources() {
    for (listeners, sources) in [("destip", "srcip"), ("dstip", "srcdns"), ("destdns", "srcip")] {
        let foreign = ForeignServer::with_shoutcast(&format!(
            "portbase={{port}}\n{listeners}=127.0.0.2\n{sources}=127.0.0.3\n{STREAM}"
        ));
        let (port, next) = (foreign.port, foreign.port + 1);
        assert_eq!(foreign.server.address(), SocketAddr::from(([127, 0, 0, 2], port)), "{listeners}");
        for closed in [([127, 0, 0, 1], port), ([127, 0, 0, 3], port), ([127, 0, 0, 2], next)] {
            assert!(TcpStream::connect(SocketAddr::from(closed)).is_err(), "{closed:?}");
        }
        let _source = version_1_source(([127, 0, 0, 3], next), PASSWORD);
        foreign.wait_for_mount("/live");
    }
}

#[test]
fn certificate_of_an_sc_serv_conf_is_that_of_its_port() {
    let authority = Authority::new("Harbour");
    let issued = authority.certificate(&["127.0.0.1"]);
    let folder = folder();
    for (name, pem) in [("ssl.crt", &issued.certificate), ("ssl.key", &issued.key)] {
        std::fs::write(folder.path().join(name), pem).expect("a file");
    }
    let lines = "sslcertificatefile={folder}/ssl.crt\nsslcertificatekeyfile={folder}/ssl.key";
    let foreign = ForeignServer::with_file(folder, "sc_serv.conf", &with_lines(lines));
    let page = foreign.server.get("/index.html").over_tls(&authority.client()).open().head().status;
    assert!(page.contains(" 200 "), "{page}");
}

#[test]
fn only_configured_streams_take_sources_if_requirestreamconfigs_is_1() {
    for (required, expected) in [("1", false), ("0", true)] {
        let text = format!("destip=127.0.0.1\nportbase={{port}}\n{STREAM}");
        let text = text.replace("requirestreamconfigs=1", &format!("requirestreamconfigs={required}"));
        let foreign = ForeignServer::with_shoutcast(&text);
        let request = Request::new(foreign.server.address(), "SOURCE", "/tour").auth("source", PASSWORD);
        let status = request.header("Content-Type", "audio/mpeg").open().head().status;
        assert_eq!(status.contains(" 200 "), expected, "{required}: {status}");
        let login = |password: &str| {
            let request = foreign.server.get("/admin/stats").auth("admin", password);
            request.open().head().status.contains(" 200 ")
        };
        assert_eq!([ADMIN_PASSWORD, PASSWORD].map(login), [true, false]);
    }
}

#[test]
fn stream_relays_the_stream_of_another_server() {
    let master = ForeignServer::with_shoutcast(&with_lines("allowrelay=1\nstreamallowrelay_1=1"));
    let _source = master.source_with_audio("/live");
    master.wait_for_mount("/live");
    let (port, closed) = (master.server.address().port(), two_free_ports());
    for lines in [
        format!("relayserver=127.0.0.1\nrelayport={port}"),
        format!("streamrelayurl_1=http://127.0.0.1:{port}/live"),
        format!(
            "streamrelayurl_1=http://127.0.0.1:{closed}/live\nstreambackupurl_1=http://127.0.0.1:{port}/live"
        ),
        format!("streambackupurl_1=127.0.0.1:{port}/live"),
    ] {
        let follower = ForeignServer::with_shoutcast(&with_lines(&lines));
        wait_for(&lines, || super::relays::is_relaying(&follower, "/live").then_some(()));
        follower.wait_for_mount("/live");
    }
}
