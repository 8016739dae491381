//! Encoders that use libshout: they first request the capabilities of the server, then they log in.

use std::path::PathBuf;
use std::process::Command;

use crate::audience::Audience;
use crate::sound::{music, tagged};
use crate::station::{NAME, PASSWORD, Station};
use crate::{Encoder, TITLE};

/// ezstream sends files one after the other without changes, including their tags, and sends their titles.
#[test]
fn ezstream_http() {
    ezstream("HTTP");
}

/// ezstream with the protocol of SHOUTcast.
#[test]
fn ezstream_icy() {
    ezstream("ICY");
}

#[track_caller]
fn ezstream(protocol: &str) {
    let Some(station) = Station::for_encoders(&[("ezstream", "ezstream")]) else { return };
    let mut audience = Audience::before_source(&station);
    let sent = music();
    let (first, second) = sent.split_at(70);
    let tracks = [("1.mp3", "First", first), ("2.mp3", TITLE, second)];
    let tracks = tracks.map(|(name, title, frames)| station.write(name, tagged(title, frames)));
    let list = station.write("list.m3u", tracks.map(|track| format!("{}\n", track.display())).concat());
    let config = station.write(
        "ezstream.xml",
        format!(
            "<ezstream>
               <servers><server>
                 <protocol>{protocol}</protocol><hostname>127.0.0.1</hostname><port>{}</port>
                 <password>{PASSWORD}</password>
               </server></servers>
               <streams><stream>
                 <mountpoint>/live</mountpoint><format>MP3</format><stream_name>{NAME}</stream_name>
                 <stream_bitrate>128</stream_bitrate><stream_samplerate>44100</stream_samplerate>
                 <stream_channels>2</stream_channels>
               </stream></streams>
               <intakes><intake><type>playlist</type><filename>{}</filename></intake></intakes>
               <metadata><format_str>@t@</format_str></metadata>
             </ezstream>",
            station.port,
            list.display()
        ),
    );
    let mut command = Command::new("ezstream");
    command.arg("-v").arg("-c").arg(config).env("LC_ALL", "C.UTF-8");
    let encoder = Encoder::start(command);
    audience.wait_for_live_with_title(TITLE);
    audience.kill_and_wait_for_filler(encoder);
    audience.check_beginning_of(&sent);
    assert!(audience.titles().contains(&"First".to_owned()), "{:?}", audience.titles());
}

/// libshout's own `shout` sends its input, and no titles.
#[test]
fn shout_http() {
    shout("http", "auto");
}

/// `shout` without a probe for TLS.
#[test]
fn shout_http_without_tls() {
    shout("http", "disabled");
}

/// `shout` with the protocol of SHOUTcast: on the port after that of the listeners.
#[test]
fn shout_icy() {
    shout("icy", "auto");
}

#[track_caller]
fn shout(protocol: &str, tls: &str) {
    let Some(station) = Station::for_encoders(&[("shout", "libshout-tools")]) else { return };
    let mut audience = Audience::before_source(&station);
    let sent = music();
    let music: PathBuf = station.write("music.mp3", sent.concat());
    let mut command = Command::new("sh");
    command.args(["-c", "music=$1; shift; exec shout \"$@\" <\"$music\"", "sh"]).arg(music);
    command.args(["--proto", protocol, "--tls-mode", tls, "--host", "127.0.0.1"]);
    command.args(["--port", &station.port.to_string(), "--mount", "/live", "--pass", PASSWORD]);
    // It accepts `--format mp3` only after `--usage audio`.
    command.args(["--usage", "audio", "--format", "mp3", "--station-name", NAME]);
    let encoder = Encoder::start(command);
    audience.wait_for_live_seconds(1.0);
    station.update_title(TITLE);
    audience.wait_for_live_with_title(TITLE);
    audience.kill_and_wait_for_filler(encoder);
    audience.check_beginning_of(&sent);
}
