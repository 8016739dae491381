//! Mounts that come and go with their sources, and what stands in for them.

use std::fs;

use coldwave::audio::{Codec, Header};

use super::{AUTHENTICATION, ForeignServer, PASSWORD, audio, icecast_xml, version_1_source};
use crate::common::{fixture, wait_for};

/// Returns how many listeners the API counts at a mount, if it is listed.
fn listeners(foreign: &ForeignServer, mount: &str) -> Option<u64> {
    let page = foreign.server.get("/api/v1/stations").send().json();
    let stations = page["stations"].as_array().expect("stations").clone();
    let station = stations.into_iter().find(|station| station["mount"] == mount)?;
    station["listeners"]["now"].as_u64()
}

#[test]
fn mount_exists_only_while_it_has_a_source() {
    let mount = "<mount><mount-name>/tour</mount-name><stream-name>Tour</stream-name></mount>";
    let foreign = ForeignServer::with_icecast(mount);
    assert!(foreign.status("/tour").contains("404"));
    assert_eq!(listeners(&foreign, "/tour"), None);
    let source = foreign.source_with_audio("/tour");
    wait_for("the mount", || foreign.status("/tour").contains("200").then_some(()));
    wait_for("the list", || listeners(&foreign, "/tour"));
    drop(source);
}

#[test]
fn fallback_mount_plays_on_the_mount_and_moves_no_listener() {
    let foreign = ForeignServer::with_icecast(
        "<mount><mount-name>/live</mount-name><fallback-mount>/backup</fallback-mount>\
         <fallback-override>1</fallback-override></mount>\
         <mount><mount-name>/kh</mount-name><fallback><mount>/backup</mount></fallback></mount>",
    );
    assert!(["/live", "/kh"].iter().all(|mount| foreign.status(mount).contains("404")));
    // A mount without <mount>, which its source makes.
    let backup = foreign.source_with_audio("/backup");
    ["/live", "/kh"].iter().for_each(|mount| foreign.wait_for_mount(mount));
    let mut listener = foreign.server.get("/live").listen();
    listener.until_seconds(3.0);
    let live = foreign.source_with_audio("/live");
    listener.until_seconds(5.0);
    drop(live);
    listener.until_seconds(8.0);
    wait_for("the count", || (listeners(&foreign, "/live") == Some(1)).then_some(()));
    assert_eq!(listeners(&foreign, "/backup"), Some(0));
    drop(backup);
}

#[test]
fn file_of_the_webroot_plays_while_there_is_no_source() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let web = folder.path().join("web");
    fs::create_dir(&web).expect("a folder");
    fs::write(web.join("fallback-[128].mp3"), audio()).expect("a file");
    let foreign = ForeignServer::with_icecast_in(
        folder,
        "<paths><webroot>{folder}/web</webroot></paths>\
         <mount><mount-name>/live</mount-name><fallback-mount>/fallback-[128].mp3</fallback-mount>\
         <fallback-override>1</fallback-override></mount>",
    );
    wait_for("the file", || foreign.status("/live").contains("200").then_some(()));
    // It is six seconds long.
    foreign.server.get("/live").listen().until_seconds(8.0);
}

/// The file would otherwise decide what the mount plays.
#[test]
fn sources_in_other_formats_than_the_file_are_heard_as_they_are() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let web = folder.path().join("web");
    fs::create_dir(&web).expect("a folder");
    fs::write(web.join("fallback.mp3"), audio()).expect("a file");
    let mount = |name: &str| {
        format!(
            "<mount><mount-name>{name}</mount-name><fallback-mount>/fallback.mp3</fallback-mount></mount>"
        )
    };
    let paths = "<paths><webroot>{folder}/web</webroot></paths>";
    let foreign = ForeignServer::with_icecast_in(folder, &format!("{paths}{}{}", mount("/a"), mount("/b")));
    ["/a", "/b"].iter().for_each(|mount| foreign.wait_for_mount(mount));
    let mut earlier = foreign.server.get("/a").listen();
    earlier.until_seconds(1.0);
    for (mount, media, file, codec, rate) in [
        ("/a", "audio/mpeg", "mp3/mpeg1-48000-joint-192k.mp3", Codec::Mp3, 48_000),
        ("/b", "audio/aac", "aac/lc-44100-stereo-96k.aac", Codec::Aac, 44_100),
    ] {
        let request = crate::common::Request::new(foreign.server.address(), "SOURCE", mount);
        let mut source = request.auth("source", PASSWORD).header("Content-Type", media).open();
        assert!(source.head().status.contains(" 200 "), "{mount}");
        source.send(&fs::read(fixture(file)).expect("a fixture").repeat(4));
        foreign.server.log().wait_for(&format!("{mount}: source is on the air"));
        let heard = wait_for("the format of the source", || {
            let mut listener = foreign.server.get(mount).listen();
            listener.until_seconds(0.1);
            let header = Header::parse(listener.codec(), listener.frame(0))?;
            (header.rate() == rate && listener.codec() == codec).then_some(header)
        });
        assert_eq!(heard.rate(), rate, "{mount}");
    }
    foreign.server.log().wait_for("/a: the fallback /static-fallback/1/fallback.mp3 is not used");
    let page = foreign.server.get("/status-json.xsl").send().ok();
    assert!(!page.contains("static-fallback"), "{page}");
}

#[test]
fn full_mount_sends_newcomers_to_its_fallback() {
    let foreign = ForeignServer::with_icecast(
        "<mount><mount-name>/live</mount-name><max-listeners>1</max-listeners>\
         <fallback-mount>/backup</fallback-mount><fallback-when-full>1</fallback-when-full></mount>",
    );
    let sources = ["/live", "/backup"].map(|mount| foreign.source_with_audio(mount));
    wait_for("the mounts", || listeners(&foreign, "/backup").and(listeners(&foreign, "/live")));
    let mut all = [0, 1, 2].map(|_| foreign.server.get("/live").listen());
    all.iter_mut().for_each(|listener| listener.until_seconds(1.0));
    wait_for("the counts", || (listeners(&foreign, "/backup") == Some(2)).then_some(()));
    assert_eq!(listeners(&foreign, "/live"), Some(1));
    drop(sources);
}

#[test]
fn sources_are_limited_and_patterns_have_passwords_of_their_own() {
    let foreign = ForeignServer::with_icecast(
        "<limits><sources>2</sources></limits>\
         <mount><mount-name>/dj/*</mount-name><password>other tide</password>\
         <max-listeners>7</max-listeners></mount>\
         <mount type=\"default\"><max-listeners>9</max-listeners></mount>",
    );
    let log_in = |mount: &str, password: &str| {
        let request = crate::common::Request::new(foreign.server.address(), "SOURCE", mount);
        let mut source = request.auth("source", password).header("Content-Type", "audio/mpeg").open();
        let status = source.head().status;
        (source, status)
    };
    assert!(!log_in("/dj/anna", PASSWORD).1.contains("200"));
    let (mut anna, status) = log_in("/dj/anna", "other tide");
    assert!(status.contains("200"), "{status}");
    anna.send(&audio());
    let tour = foreign.source_with_audio("/tour");
    let max = |mount: &str| {
        let page = foreign.server.get("/api/v1/stations").send().json();
        let stations = page["stations"].as_array().expect("stations").clone();
        let station = stations.into_iter().find(|station| station["mount"] == mount)?;
        station["listeners"]["max"].as_u64()
    };
    assert_eq!((wait_for("the mount", || max("/dj/anna")), wait_for("the mount", || max("/tour"))), (7, 9));
    let (_, status) = log_in("/third", PASSWORD);
    assert!(status.contains("403"), "{status}");
    drop((anna, tour));
}

#[test]
fn shoutcast_encoder_at_the_next_port_feeds_the_mount_of_its_socket() {
    let text = format!(
        "<icecast><listen-socket><port>{{port}}</port><bind-address>127.0.0.1</bind-address>\
         <shoutcast-mount>/shout</shoutcast-mount></listen-socket>{AUTHENTICATION}</icecast>"
    );
    let folder = tempfile::tempdir().expect("a temporary folder");
    let foreign = ForeignServer::with_file(folder, "icecast.xml", &text);
    let _encoder = version_1_source(([127, 0, 0, 1], foreign.port + 1), PASSWORD);
    wait_for("the mount", || foreign.status("/shout").contains("200").then_some(()));
}

#[test]
fn reload_adds_and_removes_the_fallback_of_a_mount() {
    let mount = |more: &str| icecast_xml(&format!("<mount><mount-name>/live</mount-name>{more}</mount>"));
    let foreign = ForeignServer::with_icecast("<mount><mount-name>/live</mount-name></mount>");
    let backup = foreign.source_with_audio("/backup");
    wait_for("the mount", || listeners(&foreign, "/backup"));
    assert!(foreign.status("/live").contains("404"));
    foreign.reload(&mount("<fallback-mount>/backup</fallback-mount>"));
    wait_for("the fallback", || foreign.status("/live").contains("200").then_some(()));
    drop(backup);
}
