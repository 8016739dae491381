//! `<limits>`, and the same elements in `<mount>`.

use std::fs;
use std::time::{Duration, Instant};

use super::ForeignServer;
use crate::common::{CHECKED, Peer, fixture};

#[test]
fn listener_beyond_the_limit_of_the_server_is_refused() {
    for limits in ["<clients>2</clients>", "<clients>100</clients><max-listeners>2</max-listeners>"] {
        let foreign = ForeignServer::with_icecast(&format!("<limits>{limits}</limits>"));
        let _source = foreign.source_with_audio("/tour");
        foreign.wait_for_mount("/tour");
        let listeners = [(); 2].map(|()| foreign.listener("/tour"));
        let status = foreign.status("/tour");
        assert!(!status.contains(" 200 "), "{limits}: {status}");
        drop(listeners);
    }
}

/// Logs a source in that sends a second of audio and then nothing, and returns it with the time.
pub fn source_that_stops(foreign: &ForeignServer, mount: &str) -> (Peer, Instant) {
    let mut source = foreign.source(mount);
    source.send(&fs::read(fixture(CHECKED)).expect("a fixture").repeat(2));
    (source, Instant::now())
}

#[test]
fn source_that_sends_nothing_is_disconnected_after_the_time_of_its_mount_or_of_limits() {
    let foreign = ForeignServer::with_icecast(
        "<limits><source-timeout>1</source-timeout></limits>\
         <mount><mount-name>/patient</mount-name><source-timeout>4</source-timeout></mount>",
    );
    let sources = ["/tour", "/patient"].map(|mount| source_that_stops(&foreign, mount));
    let times = sources.map(|(mut source, stopped)| {
        // The end may be a reset.
        let _ = source.read_to_end();
        stopped.elapsed()
    });
    assert!(times[0] < Duration::from_secs(8), "{times:?}: the default is 10 s");
    assert!(times[1] >= Duration::from_secs(4) && times[1] < Duration::from_secs(9), "{times:?}");
}

#[test]
fn server_without_a_burst_sends_audio_as_it_is_played() {
    let foreign = ForeignServer::with_icecast(
        "<limits><burst-size>65535</burst-size><burst-on-connect>0</burst-on-connect></limits>",
    );
    let _source = foreign.source_with_audio("/tour");
    foreign.wait_for_mount("/tour");
    foreign.server.get("/tour").listen().until_seconds(3.0);
    let start = Instant::now();
    foreign.server.get("/tour").listen().until_seconds(2.0);
    assert!(start.elapsed() >= Duration::from_secs(1), "{:?}", start.elapsed());
}

#[test]
fn metadata_interval_of_a_mount_is_its_metaint() {
    let intervals = [("mp3-", "4096"), ("icy-", "5000"), ("", "6000")];
    let mounts = intervals.map(|(kind, bytes)| {
        let name = format!("{kind}metadata-interval");
        format!("<mount><mount-name>/{kind}a</mount-name><{name}>{bytes}</{name}></mount>")
    });
    let foreign = ForeignServer::with_icecast(&mounts.concat());
    for (kind, bytes) in intervals {
        let mount = format!("/{kind}a");
        let _source = foreign.source_with_audio(&mount);
        foreign.wait_for_mount(&mount);
        let head = foreign.server.get(&mount).header("Icy-MetaData", "1").open().head();
        assert_eq!(head.get("icy-metaint"), Some(bytes), "{mount}");
    }
}
