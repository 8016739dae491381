//! Elements of old files: in `<icecast>` itself, where newer ones have groups, and for old encoders.

use std::net::{SocketAddr, TcpStream};

use super::{AUTHENTICATION, ForeignServer, PASSWORD, version_1_source};

#[test]
fn port_address_and_password_in_the_root_of_an_old_file_apply() {
    let text = "<icecast><port>{port}</port><bind-address>127.0.0.2</bind-address>\
        <source-password>a long swim</source-password></icecast>";
    let folder = tempfile::tempdir().expect("a temporary folder");
    let foreign = ForeignServer::with_file(folder, "icecast.xml", text);
    assert_eq!(foreign.server.address(), SocketAddr::from(([127, 0, 0, 2], foreign.port)));
    assert!(TcpStream::connect(("127.0.0.1", foreign.port)).is_err());
    let _source = foreign.source_with_audio("/tour");
    foreign.wait_for_mount("/tour");
}

#[test]
fn port_with_shoutcast_compat_feeds_the_mount_of_the_root() {
    let text = format!(
        "<icecast>{AUTHENTICATION}<shoutcast-mount>/shout</shoutcast-mount>\
         <listen-socket><port>{{port}}</port><bind-address>127.0.0.1</bind-address></listen-socket>\
         <listen-socket><port>{{next}}</port><bind-address>127.0.0.1</bind-address>\
         <shoutcast-compat>1</shoutcast-compat></listen-socket></icecast>"
    );
    let folder = tempfile::tempdir().expect("a temporary folder");
    let foreign = ForeignServer::with_file(folder, "icecast.xml", &text);
    let _encoder = version_1_source(([127, 0, 0, 1], foreign.port + 1), PASSWORD);
    foreign.wait_for_mount("/shout");
}
