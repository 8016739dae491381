//! Debian's icecast2 as the upstream of a relay: listeners of coldwave receive what an encoder sends to it.

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::audience::Audience;
use crate::common::{Program, Request, two_free_ports, wait_for};
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

/// Starts an icecast2 that listens on `port`. icecast2 refuses to run as root, so a test that runs as root
/// starts it as a user without rights.
pub fn start(folder: &Path, port: u16) -> Encoder {
    let logs = folder.join("logs");
    fs::create_dir(&logs).expect("the folder is writable");
    for (path, mode) in [(folder, 0o755), (&logs, 0o777)] {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("a folder of this test");
    }
    let config = folder.join("icecast.xml");
    let logs = logs.display();
    let settings = format!(
        "<icecast><authentication><source-password>{PASSWORD}</source-password><admin-user>admin</admin-user>\
         <admin-password>{PASSWORD}</admin-password></authentication><hostname>localhost</hostname>\
         <listen-socket><port>{port}</port><bind-address>127.0.0.1</bind-address></listen-socket>\
         <paths><logdir>{logs}</logdir><webroot>/usr/share/icecast2/web</webroot>\
         <adminroot>/usr/share/icecast2/admin</adminroot></paths></icecast>"
    );
    fs::write(&config, settings).expect("the folder is writable");
    let mut icecast = start_process(&config);
    wait_for("icecast2 to answer", || {
        if !icecast.is_running() {
            icecast = start_process(&config);
        }
        is_ready(port).then_some(())
    });
    Encoder(icecast)
}

fn start_process(config: &Path) -> Program {
    let is_root = fs::metadata("/proc/self").expect("/proc shows processes").uid() == 0;
    let mut command = if is_root {
        let mut command = Command::new("setpriv");
        command.args(["--reuid=nobody", "--regid=nogroup", "--clear-groups", "--pdeathsig=KILL", "icecast2"]);
        command
    } else {
        Command::new("icecast2")
    };
    command.arg("-c").arg(config);
    Program::start(command)
}

/// Returns whether the statistics thread of the icecast2 at `port` runs. icecast2 2.4.4 crashes if a
/// connection is counted before that thread has created the counters. It has created them when it has set the
/// start time.
fn is_ready(port: u16) -> bool {
    let Ok(mut stream) = TcpStream::connect(address(port)) else { return false };
    let mut reply = String::new();
    stream.set_read_timeout(Some(Duration::from_secs(1))).expect("a read timeout");
    stream.write_all(b"GET /status-json.xsl HTTP/1.0\r\n\r\n").is_ok()
        && stream.read_to_string(&mut reply).is_ok()
        && reply.contains("server_start")
}

/// Returns the address of a port of localhost.
pub fn address(port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], port))
}
