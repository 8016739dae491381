//! Debian's icecast2 as the upstream of a relay: listeners of coldwave receive what an encoder sends to it.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::audience::Audience;
use crate::common::{Request, icecast, two_free_ports};
use crate::sound::{ffmpeg, music};
use crate::station::{PASSWORD, Station};
use crate::{Encoder, TITLE};

#[test]
fn icecast2_is_relayed() {
    let port = two_free_ports();
    let programs = [("icecast2", "icecast2"), ("ffmpeg", "ffmpeg"), ("setpriv", "util-linux")];
    let relay = format!("relay = \"http://127.0.0.1:{port}/live\"\n");
    let Some(station) = Station::with_settings(&programs, &relay) else { return };
    let _icecast = start(station.folder(), port);
    let mut audience = Audience::before_source(&station);
    let sent = music();
    station.write("music.mp3", sent.concat());
    let mut command = ffmpeg();
    command.args(["-re", "-i"]).arg(station.folder().join("music.mp3")).args(["-c", "copy", "-f", "mp3"]);
    command.args(["-content_type", "audio/mpeg"]);
    command.arg(format!("icecast://source:{PASSWORD}@127.0.0.1:{port}/live"));
    let encoder = Encoder::start(command);
    audience.wait_for_live_seconds(1.0);
    // Icecast sends titles in Latin-1, and characters that Latin-1 lacks in the form `&#8212;`.
    let title = utf8_percent_encode(TITLE, NON_ALPHANUMERIC);
    let target = format!("/admin/metadata?mount=/live&mode=updinfo&charset=UTF-8&song={title}");
    let update = Request::new(address(port), "GET", &target).auth("source", PASSWORD).send();
    assert_eq!(update.status_line(), "HTTP/1.0 200 OK");
    audience.wait_for_live_with_title(TITLE);
    audience.kill_and_wait_for_filler(encoder);
    let heard = audience.live();
    let is_same = |from: &usize| sent[*from..].iter().zip(&heard).all(|(sent, heard)| sent == heard);
    assert!(
        (0..sent.len() - heard.len()).any(|from| is_same(&from)),
        "the {} frames heard are not consecutive frames of the encoder",
        heard.len()
    );
}

/// Starts an icecast2 that listens on `port`.
pub fn start(folder: &Path, port: u16) -> Encoder {
    let config = folder.join("icecast.xml");
    let logs = icecast::log_folder(folder);
    let (logs, roots) = (logs.display(), icecast::ROOTS);
    let settings = format!(
        "<icecast><authentication><source-password>{PASSWORD}</source-password><admin-user>admin</admin-user>\
         <admin-password>{PASSWORD}</admin-password></authentication><hostname>localhost</hostname>\
         <listen-socket><port>{port}</port><bind-address>127.0.0.1</bind-address></listen-socket>\
         <paths><logdir>{logs}</logdir>{roots}</paths></icecast>"
    );
    fs::write(&config, settings).expect("the folder is writable");
    Encoder(icecast::start(&config, port))
}

/// Returns the address of a port of localhost.
pub fn address(port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], port))
}
