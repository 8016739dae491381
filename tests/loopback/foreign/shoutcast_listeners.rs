//! Keys of sc_serv about listeners and sources: how many, how long, and what they get.

use std::time::Duration;

use super::limits::source_that_stops;
use super::shoutcast::with_lines;
use super::{ForeignServer, PASSWORD};
use crate::common::Request;

/// A second stream at /second.
const SECOND: &str = "streamid_2=2\nstreampath_2=/second\n";

fn start(lines: &str) -> ForeignServer {
    ForeignServer::with_shoutcast(&with_lines(&format!("{SECOND}{lines}")))
}

#[test]
fn listeners_beyond_maxuser_and_streammaxuser_are_refused() {
    let foreign = start("maxuser=3\nstreammaxuser_2=1");
    let _sources = ["/live", "/second"].map(|mount| foreign.source_with_audio(mount));
    ["/live", "/second"].iter().for_each(|mount| foreign.wait_for_mount(mount));
    let _second = foreign.listener("/second");
    assert!(!foreign.status("/second").contains(" 200 "));
    let _first = ["/live"; 2].map(|mount| foreign.listener(mount));
    assert!(!foreign.status("/live").contains(" 200 "));
}

#[test]
fn source_that_sends_nothing_is_disconnected_after_autodumptime_or_that_of_its_stream() {
    for (all, own) in
        [("autodumptime", "streamautodumptime"), ("autodumpsourcetime", "streamautodumpsourcetime")]
    {
        let foreign = start(&format!("{all}=1\n{own}_2=4"));
        let sources = ["/live", "/second"].map(|mount| source_that_stops(&foreign, mount));
        let times = sources.map(|(mut source, stopped)| {
            // The end may be a reset.
            let _ = source.read_to_end();
            stopped.elapsed()
        });
        assert!(times[0] < Duration::from_secs(15), "{all}: {times:?}: the default is 30 s");
        assert!(times[1] >= Duration::from_secs(4) && times[1] < Duration::from_secs(20), "{times:?}");
    }
}

#[test]
fn listeners_leave_a_stream_without_a_source_with_autodumpusers() {
    let foreign = start("autodumpusers=1\nstreamautodumpusers_2=0");
    let sources = ["/live", "/second"].map(|mount| foreign.source_with_audio(mount));
    let [mut leaving, mut staying] = ["/live", "/second"].map(|mount| {
        foreign.wait_for_mount(mount);
        foreign.server.get(mount).listen()
    });
    drop(sources);
    leaving.until_end().expect("the end of the stream");
    // Six seconds of the source, and then ten of silence: longer than the other one had.
    staying.until_seconds(leaving.seconds() + 1.0);
}

#[test]
fn streams_have_the_metaint_and_the_texts_of_the_file() {
    let foreign = start(
        "metainterval=4096\ntitleformat=Harbour FM\nurlformat=http://radio.example/\npublicserver=always\n\
               streampublicserver_2=never\nstreamhidestats_2=all\nhidestats=0",
    );
    let _sources = ["/live", "/second"].map(|mount| foreign.source_with_audio(mount));
    ["/live", "/second"].iter().for_each(|mount| foreign.wait_for_mount(mount));
    let head = foreign.server.get("/live").header("Icy-MetaData", "1").open().head();
    let header = |name: &str| head.get(name).unwrap_or_default().to_owned();
    assert_eq!(
        ["icy-metaint", "icy-name", "icy-url"].map(header),
        ["4096", "Harbour FM", "http://radio.example/"]
    );
    let is_public = |mount: &str| foreign.stats(mount).contains("<public>1</public>");
    assert_eq!(["/live", "/second"].map(is_public), [true, false]);
    let page = foreign.server.get("/status-json.xsl").send().ok();
    assert!(page.contains("/live\"") && !page.contains("/second\""), "{page}");
}

#[test]
fn buffer_has_the_seconds_of_adaptivebuffersize_unless_buffertype_is_0() {
    for (kind, is_adaptive) in [(0, false), (1, true)] {
        let lines = format!("buffertype={kind}\nfixedbuffersize=500000\nadaptivebuffersize=45");
        let seconds = start(&lines).metric("coldwave_buffer_size_seconds", "/live");
        assert_eq!(seconds >= 45.0, is_adaptive, "{kind}: {seconds}");
    }
}

#[test]
fn source_with_a_bit_rate_beyond_the_limits_is_refused() {
    let foreign =
        start("minbitrate=96000\nmaxbitrate=192000\nstreamminbitrate_2=48000\nstreammaxbitrate_2=320000");
    let login = |(mount, bitrate): (&str, &str)| {
        let request = Request::new(foreign.server.address(), "SOURCE", mount).auth("source", PASSWORD);
        let request = request.header("Content-Type", "audio/mpeg").header("ice-bitrate", bitrate);
        request.open().head().status.contains(" 200 ")
    };
    let logins = [("/live", "64"), ("/live", "256"), ("/second", "32"), ("/second", "384")];
    assert_eq!(logins.map(login), [false; 4]);
    assert_eq!([("/live", "128"), ("/second", "64")].map(login), [true; 2]);
    assert!(login(("/second", "320")));
}
