//! MPD's output `shout`. It uses libshout without a probe for TLS, and re-encodes the audio.

use std::process::{Command, Stdio};

use crate::audience::Audience;
use crate::common::wait_for;
use crate::sound::{check_tone, make_tone};
use crate::station::{NAME, PASSWORD, Station};
use crate::{Encoder, TITLE};

/// With the protocol of Icecast 2.
#[test]
fn mpd_icecast2() {
    mpd("icecast2");
}

/// With the protocol of SHOUTcast.
#[test]
fn mpd_shoutcast() {
    mpd("shoutcast");
}

/// With the protocol of xaudiocast.
#[test]
fn mpd_icecast1() {
    mpd("icecast1");
}

#[track_caller]
fn mpd(protocol: &str) {
    let programs = [("mpd", "mpd"), ("mpc", "mpc"), ("ffmpeg", "ffmpeg")];
    let Some(station) = Station::for_encoders(&programs) else { return };
    let mut audience = Audience::before_source(&station);
    let tags = ["artist=Çelik", &format!("title={TITLE}")];
    make_tone(&station.folder().join("tone.flac"), &tags);
    let encoder = play(&station, protocol);
    // Without an artist, its title would still begin with a dash.
    audience.wait_for_live_with_title(&format!("Çelik - {TITLE}"));
    audience.kill_and_wait_for_filler(encoder);
    check_tone(station.folder(), &audience.live());
}

/// Starts MPD, which plays the tone to the station.
fn play(station: &Station, protocol: &str) -> Encoder {
    let folder = station.folder().display();
    let config = station.write(
        "mpd.conf",
        format!(
            "music_directory \"{folder}\"\nbind_to_address \"{folder}/socket\"\nlog_level \"verbose\"\n\
             zeroconf_enabled \"no\"\ndatabase {{\n plugin \"simple\"\n path \"{folder}/database\"\n}}\n\
             audio_output {{\n type \"shout\"\n name \"{NAME}\"\n host \"127.0.0.1\"\n port \"{}\"\n\
             mount \"/live\"\n password \"{PASSWORD}\"\n encoder \"lame\"\n bitrate \"128\"\n\
             format \"44100:16:2\"\n protocol \"{protocol}\"\n}}\n",
            station.port
        ),
    );
    let mut command = Command::new("mpd");
    command.env("HOME", station.folder()).args(["--no-daemon", "--stderr"]).arg(config);
    let encoder = Encoder::start(command);
    let mpc = |arguments: &[&str]| {
        let mut command = Command::new("mpc");
        command.arg("--host").arg(station.folder().join("socket")).args(arguments);
        command.stdout(Stdio::null()).stderr(Stdio::null()).env("LC_ALL", "C.UTF-8");
        command.status().expect("mpc runs").success()
    };
    wait_for("MPD to listen", || mpc(&["status"]).then_some(()));
    for arguments in [&["update", "--wait"][..], &["add", "tone.flac"], &["play"]] {
        assert!(mpc(arguments), "MPD does not {arguments:?}");
    }
    encoder
}
