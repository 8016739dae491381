//! Encoders that speak with libshout's voice: first they ask what the server can, then they log in.

use std::path::PathBuf;
use std::process::Command;

use crate::audience::Audience;
use crate::sound::{music, tagged};
use crate::station::{NAME, PASSWORD, Station};
use crate::{Encoder, TITLE};

/// ezstream sends files as they are, one after the other, tags too, and tells their titles.
#[test]
fn ezstream_http() {
    ezstream("HTTP");
}

/// The same as SHOUTcast had it.
#[test]
fn ezstream_icy() {
    ezstream("ICY");
}

#[track_caller]
fn ezstream(protocol: &str) {
    let Some(station) = Station::for_encoders(&[("ezstream", "ezstream")]) else { return };
    let mut audience = Audience::of_autodj(&station);
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
    let encoder = Encoder::started(command);
    audience.hears_live_with(TITLE);
    audience.hears_it_killed(encoder);
    audience.heard_from_its_beginning(&sent);
    assert!(audience.titles().contains(&"First".to_owned()), "{:?}", audience.titles());
}

/// libshout's own `shout` sends what it reads, and no titles.
#[test]
fn shout_http() {
    shout("http", "auto");
}

/// Without looking for TLS first.
#[test]
fn shout_http_without_tls() {
    shout("http", "disabled");
}

/// As SHOUTcast had it: on the port behind that of the listeners.
#[test]
fn shout_icy() {
    shout("icy", "auto");
}

#[track_caller]
fn shout(protocol: &str, tls: &str) {
    let Some(station) = Station::for_encoders(&[("shout", "libshout-tools")]) else { return };
    let mut audience = Audience::of_autodj(&station);
    let sent = music();
    let music: PathBuf = station.write("music.mp3", sent.concat());
    let mut command = Command::new("sh");
    command.args(["-c", "music=$1; shift; exec shout \"$@\" <\"$music\"", "sh"]).arg(music);
    command.args(["--proto", protocol, "--tls-mode", tls, "--host", "127.0.0.1"]);
    command.args(["--port", &station.port.to_string(), "--mount", "/live", "--pass", PASSWORD]);
    // It knows no MP3 of which it was not told before that it is audio.
    command.args(["--usage", "audio", "--format", "mp3", "--station-name", NAME]);
    let encoder = Encoder::started(command);
    audience.hears_live_for(1.0);
    station.update_title(TITLE);
    audience.hears_live_with(TITLE);
    audience.hears_it_killed(encoder);
    audience.heard_from_its_beginning(&sent);
}
