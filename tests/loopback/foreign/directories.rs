//! `<directory>`, and `<yp-directory>` of Icecast 2.5.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use super::ForeignServer;
use crate::directory::Directory;

/// Starts a server with a public mount, and a source there.
fn announced(directory: &str) -> (ForeignServer, crate::common::Peer) {
    let foreign = ForeignServer::with_icecast(&format!(
        "<hostname>radio.example</hostname>{directory}<mount><mount-name>/live</mount-name>\
         <stream-name>Harbour FM</stream-name><genre>Sea</genre><public>1</public></mount>"
    ));
    let mut source = foreign.source("/live");
    // Directories get a report every few seconds.
    source.send(&super::audio().repeat(4));
    (foreign, source)
}

#[test]
fn public_mount_of_an_icecast_xml_is_in_its_directory() {
    let directory = Directory::start();
    let url = format!("{}/cgi-bin/yp-cgi", directory.url);
    for element in [
        format!("<directory><yp-url>{url}</yp-url></directory>"),
        format!("<yp-directory url='{url}'><option name='timeout' value='15'/></yp-directory>"),
    ] {
        let (foreign, _source) = announced(&element);
        let add = directory.wait_for("add");
        let expected = format!("http://radio.example:{}/live", foreign.port);
        assert_eq!((add["sn"].as_str(), add["listenurl"].as_str()), ("Harbour FM", expected.as_str()));
        directory.forget();
    }
}

#[test]
fn directory_that_does_not_answer_is_given_up_after_its_timeout() {
    // It accepts connections, and never reads from them.
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}/", listener.local_addr().expect("bound"));
    let element = format!(
        "<directory><yp-url>{url}</yp-url><yp-url-timeout>1</yp-url-timeout>\
         <touch-interval>60</touch-interval></directory>"
    );
    let start = Instant::now();
    let (foreign, _source) = announced(&element);
    foreign.server.log().wait_for(&format!("cannot reach the directory {url}"));
    assert!(start.elapsed() < Duration::from_secs(13), "{:?}: the default is 15 s", start.elapsed());
}
