//! What a `<mount>` says about itself, and who may send to it.

use std::thread;

use super::{ForeignServer, PASSWORD, audio};
use crate::common::{Peer, Request};

/// Logs in a source that says itself whether it is public, and sends audio.
fn source(foreign: &ForeignServer, mount: &str, is_public: &str) -> Peer {
    let request = Request::new(foreign.server.address(), "SOURCE", mount).auth("source", PASSWORD);
    let request = request.header("Content-Type", "audio/mpeg").header("ice-public", is_public);
    let mut source = request.open();
    assert!(source.head().status.contains(" 200 "));
    source.send(&audio());
    foreign.wait_for_mount(mount);
    source
}

#[test]
fn mount_is_public_if_the_file_says_so_and_not_its_source() {
    let foreign = ForeignServer::with_icecast(
        "<mount><mount-name>/listed</mount-name><public>1</public><no-mount>0</no-mount></mount>\
         <mount><mount-name>/secret</mount-name><public>1</public><no-yp>1</no-yp></mount>\
         <mount><mount-name>/other</mount-name><public>0</public><bitrate>64</bitrate></mount>",
    );
    let mounts = [("/listed", "0"), ("/secret", "1"), ("/other", "1")];
    let _sources = mounts.map(|(mount, is_public)| source(&foreign, mount, is_public));
    let is_public = |mount: &str| foreign.stats(mount).contains("<public>1</public>");
    assert_eq!(mounts.map(|(mount, _)| is_public(mount)), [true, false, false]);
    // The bit rate is that of the audio.
    let stats = foreign.stats("/other");
    assert!(stats.contains("<bitrate>128</bitrate>") && !stats.contains(">64<"), "{stats}");
}

#[test]
fn source_of_a_mount_with_hijack_replaces_the_one_that_sends() {
    let foreign =
        ForeignServer::with_icecast("<mount><mount-name>/live</mount-name><hijack>1</hijack></mount>");
    let mut first = foreign.source("/live");
    // The server reads what it needs, so the thread waits in between.
    let sending = thread::spawn(move || while first.try_send(&audio()).is_ok() {});
    foreign.wait_for_mount("/live");
    let mut listener = foreign.server.get("/live").listen();
    listener.until_seconds(2.0);
    let _second = foreign.source_with_audio("/live");
    sending.join().expect("the first source is disconnected");
    listener.for_seconds(2.0);
}

#[test]
fn sources_and_listeners_of_a_mount_with_authentication_by_url_need_no_other_server() {
    let foreign = ForeignServer::with_icecast(
        "<mount><mount-name>/live</mount-name><authentication type=\"url\">\
         <option name=\"stream_auth\" value=\"http://127.0.0.1:9/auth\"/>\
         <option name=\"listener_add\" value=\"http://127.0.0.1:9/auth\"/></authentication></mount>",
    );
    let login = |password: &str| {
        let request = Request::new(foreign.server.address(), "SOURCE", "/live").auth("source", password);
        request.header("Content-Type", "audio/mpeg").open()
    };
    assert!(login("of another server").head().status.contains(" 401 "));
    let mut source = login(PASSWORD);
    assert!(source.head().status.contains(" 200 "));
    source.send(&audio());
    foreign.wait_for_mount("/live");
    foreign.server.get("/live").listen().until("a frame", |it| !it.frames.is_empty());
}
