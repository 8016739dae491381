//! Programs that send a stream over TLS.

use std::fs;
use std::process::Command;

use super::music::{Music, frames};
use super::station::{ECDSA_NAME, PASSWORD, TlsStation};
use super::{Version, body};
use crate::common::{Program, fixture};
use crate::wait_for;

/// The music of the sources, and how many of its frames must be heard.
const TRACK: &str = "station/03-blue-hour-waltz.mp3";
const FRAMES: usize = 150;

/// ffmpeg's `icecast://` with its option for TLS, with the method PUT of its defaults, and with SOURCE.
#[test]
fn ffmpeg_sends_over_tls() {
    for (version, legacy) in Version::ALL.into_iter().zip(["0", "1"]) {
        let programs = [("ffmpeg", "ffmpeg"), ("curl", "curl")];
        let Some(station) = TlsStation::for_programs(&programs) else { return };
        let mut command = Command::new("ffmpeg");
        command.args(["-hide_banner", "-nostdin", "-loglevel", "error", "-re", "-i"]).arg(fixture(TRACK));
        command.args(["-map", "0:a", "-c", "copy", "-f", "mp3", "-write_xing", "0", "-id3v2_version", "0"]);
        command.args(["-content_type", "audio/mpeg", "-legacy_icecast", legacy, "-tls", "1"]);
        command.arg(format!("icecast://source:{PASSWORD}@{ECDSA_NAME}:{}/source", station.port()));
        command.env("GNUTLS_SYSTEM_PRIORITY_FILE", station.gnutls_priorities(version));
        check_source(&station, command);
    }
}

/// Starts a source, and checks that a listener over TLS hears its music.
#[track_caller]
fn check_source(station: &TlsStation, command: Command) {
    let music = Music::new(&[fs::read(fixture(TRACK)).expect("the fixture is readable")]);
    let mut listener = Command::new("curl");
    listener.args(["-sSiN", "--cacert"]).arg(station.authority());
    let listener = Program::start({
        listener.arg(station.url().replace("/live", "/source"));
        listener
    });
    let name = format!("{command:?}");
    let mut source = Program::start(command);
    let heard = wait_for(&name, || {
        assert!(source.is_running(), "{name} exited: {}", source.stderr.text());
        let (heard, skipped) = frames(&body(&listener.stdout.bytes()));
        assert_eq!(skipped, 0, "{name}: bytes that are not frames");
        // Before it there is silence.
        let live: Vec<_> = heard.into_iter().skip_while(|frame| !music.contains(frame)).collect();
        (live.len() >= FRAMES).then_some(live)
    });
    music.check_frames(&name, &heard);
}
