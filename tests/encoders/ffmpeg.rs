//! ffmpeg's `icecast://`. It sends no titles.

use std::fs;

use coldwave::audio::Codec;

use crate::audience::Audience;
use crate::sound::{ffmpeg, frames_of, music, prepare};
use crate::station::{NAME, PASSWORD, Station};
use crate::{Encoder, TITLE};

/// As it comes: a PUT that waits to be told to go on.
#[test]
fn ffmpeg_put() {
    mp3(&[]);
}

/// Icecast's own method.
#[test]
fn ffmpeg_legacy() {
    mp3(&["-legacy_icecast", "1"]);
}

/// AAC, with a PUT.
#[test]
fn ffmpeg_put_aac() {
    aac(&[]);
}

/// AAC, with Icecast's own method.
#[test]
fn ffmpeg_legacy_aac() {
    aac(&["-legacy_icecast", "1"]);
}

#[track_caller]
fn mp3(options: &[&str]) {
    let Some(station) = Station::for_encoders(&[("ffmpeg", "ffmpeg")]) else { return };
    let mut audience = Audience::of_autodj(&station);
    let sent = music();
    station.write("music.mp3", sent.concat());
    let encoder =
        sends(&station, "music.mp3", &[&["-f", "mp3", "-content_type", "audio/mpeg"], options].concat());
    audience.hears_live_for(1.0);
    station.update_title(TITLE);
    audience.hears_live_with(TITLE);
    audience.hears_it_killed(encoder);
    audience.heard_from_its_beginning(&sent);
}

/// There is no AutoDJ that plays AAC: silence takes over.
#[track_caller]
fn aac(options: &[&str]) {
    let Some(station) = Station::without_autodj(&[("ffmpeg", "ffmpeg")]) else { return };
    let path = station.write("music.mp3", music().concat()).with_extension("aac");
    let mut command = ffmpeg();
    command.arg("-i").arg(path.with_extension("mp3")).args(["-c:a", "aac", "-b:a", "96k"]).arg(&path);
    prepare(command);
    let sent = frames_of(Codec::Aac, &fs::read(path).expect("ffmpeg wrote it"));
    let encoder =
        sends(&station, "music.aac", &[&["-f", "adts", "-content_type", "audio/aac"], options].concat());
    let mut audience = Audience::of_source(&station);
    audience.hears_live_for(1.0);
    station.update_title(TITLE);
    audience.hears_live_with(TITLE);
    audience.hears_it_killed(encoder);
    audience.heard_a_piece(&sent);
}

/// Sends a file as it is.
fn sends(station: &Station, name: &str, options: &[&str]) -> Encoder {
    let mut command = ffmpeg();
    command.args(["-re", "-i"]).arg(station.folder().join(name)).args(["-c", "copy", "-ice_name", NAME]);
    command.args(options).arg(format!("icecast://source:{PASSWORD}@127.0.0.1:{}/live", station.port));
    Encoder::started(command)
}
