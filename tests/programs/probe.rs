//! `coldwave probe` and Debian's icecast2: it finds no faults in a stream of ffmpeg or ezstream.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::common::{BINARY, Finished, Program, are_available, fixture, icecast, two_free_ports};
use crate::wait_for;

const PASSWORD: &str = "deep water";

/// What icecast2 and these sources do: icecast2 starts listeners anywhere in a frame, and ffmpeg announces no
/// bit rate.
const NOTES: [&str; 4] = ["no-bit-rate", "no-title", "off-frame-join", "tags"];

#[test]
fn icecast2_has_no_faults() {
    let programs =
        [("icecast2", "icecast2"), ("ffmpeg", "ffmpeg"), ("ezstream", "ezstream"), ("setpriv", "util-linux")];
    if !are_available(&programs) {
        return;
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let port = two_free_ports();
    let _icecast = start_icecast(folder.path(), port);
    let _sources = [ffmpeg(port), ezstream(folder.path(), port)];
    let urls = ["live", "ezstream"].map(|mount| format!("http://127.0.0.1:{port}/{mount}"));
    wait_for("both sources", || (probe(&["--seconds", "1"], &urls).code != Some(2)).then_some(()));
    let probed = probe(&["--seconds", "6", "--json"], &urls);
    let json: Value = serde_json::from_str(&probed.stdout).expect("JSON");
    for stream in json["streams"].as_array().expect("a list") {
        let findings = stream["findings"].as_array().expect("a list");
        let kinds: BTreeSet<_> = findings.iter().filter_map(|finding| finding["kind"].as_str()).collect();
        assert!(kinds.iter().all(|kind| NOTES.contains(kind)), "{stream:#}");
        assert_eq!((&stream["status"], &stream["audio"]["bit_rate_kbps"]), (&"ok".into(), &128.into()));
    }
    assert_eq!(probed.code, Some(0), "{probed:#?}");
}

fn probe(arguments: &[&str], urls: &[String]) -> Finished {
    let mut command = Command::new(BINARY);
    command.arg("probe").args(arguments).args(urls);
    Program::start(command).finish()
}

fn start_icecast(folder: &Path, port: u16) -> Program {
    let (config, logs) = (folder.join("icecast.xml"), icecast::log_folder(folder));
    let (logs, roots) = (logs.display(), icecast::ROOTS);
    let settings = format!(
        "<icecast><authentication><source-password>{PASSWORD}</source-password><admin-user>admin</admin-user>\
         <admin-password>{PASSWORD}</admin-password></authentication><hostname>localhost</hostname>\
         <listen-socket><port>{port}</port><bind-address>127.0.0.1</bind-address></listen-socket>\
         <paths><logdir>{logs}</logdir>{roots}</paths></icecast>"
    );
    fs::write(&config, settings).expect("the folder is writable");
    icecast::start(&config, port)
}

fn ffmpeg(port: u16) -> Program {
    let mut command = Command::new("ffmpeg");
    command.args(["-hide_banner", "-nostdin", "-loglevel", "error", "-re", "-stream_loop", "-1", "-i"]);
    command.arg(fixture("station/01-foehn-over-the-skerries.mp3"));
    command.args(["-c", "copy", "-f", "mp3", "-content_type", "audio/mpeg"]);
    command.arg(format!("icecast://source:{}@127.0.0.1:{port}/live", PASSWORD.replace(' ', "%20")));
    Program::start(command)
}

fn ezstream(folder: &Path, port: u16) -> Program {
    let (list, config) = (folder.join("list.m3u"), folder.join("ezstream.xml"));
    let music = fixture("station/02-last-ferry-light-snow.mp3");
    fs::write(&list, format!("{}\n", music.display())).expect("the folder is writable");
    let settings = format!(
        "<ezstream><servers><server><hostname>127.0.0.1</hostname><port>{port}</port>\
         <password>{PASSWORD}</password></server></servers>\
         <streams><stream><mountpoint>/ezstream</mountpoint><format>MP3</format>\
         <stream_bitrate>128</stream_bitrate></stream></streams>\
         <intakes><intake><type>playlist</type><filename>{}</filename></intake></intakes>\
         <metadata><format_str>@a@ - @t@</format_str></metadata></ezstream>",
        list.display()
    );
    fs::write(&config, settings).expect("the folder is writable");
    // ezstream refuses a configuration that others can read.
    let mut command = Command::new("ezstream");
    command.arg("-c").arg(config).env("LC_ALL", "C.UTF-8");
    Program::start(command)
}
