//! ffmpeg's `icecast://`. It sends no titles.

use std::fs;

use coldwave::audio::Codec;

use crate::audience::Audience;
use crate::common::wait_for;
use crate::sound::{ffmpeg, frames_of, music, prepare};
use crate::station::{NAME, PASSWORD, Station};
use crate::{Encoder, TITLE};

/// The default: a PUT that waits for `100 Continue`.
#[test]
fn ffmpeg_put() {
    mp3(&[]);
}

/// The SOURCE method of Icecast.
#[test]
fn ffmpeg_legacy() {
    mp3(&["-legacy_icecast", "1"]);
}

/// A mount that no station has, with the password for unlisted stations.
#[test]
fn ffmpeg_creates_an_unlisted_station() {
    let unlisted = "[unlisted]\nsource_password = \"a long swim\"\nmax_silence_s = 1\n";
    let Some(station) = Station::with_tables(&[("ffmpeg", "ffmpeg")], unlisted) else { return };
    station.write("music.mp3", music().concat());
    let mut command = ffmpeg();
    command.args(["-re", "-i"]).arg(station.folder().join("music.mp3")).args([
        "-c",
        "copy",
        "-ice_name",
        NAME,
    ]);
    command.args(["-f", "mp3", "-content_type", "audio/mpeg"]);
    command.arg(format!("icecast://source:a%20long%20swim@127.0.0.1:{}/tour", station.port));
    let encoder = Encoder::start(command);
    let page = || station.server.get("/api/v1/stations/tour").send();
    wait_for("the station", || page().status_line().contains(" 200 ").then_some(()));
    assert_eq!(page().json()["name"], NAME);
    drop(encoder);
    wait_for("its end", || page().status_line().contains(" 404 ").then_some(()));
}

/// AAC with a PUT.
#[test]
fn ffmpeg_put_aac() {
    aac(&[]);
}

/// AAC with the SOURCE method of Icecast.
#[test]
fn ffmpeg_legacy_aac() {
    aac(&["-legacy_icecast", "1"]);
}

#[track_caller]
fn mp3(options: &[&str]) {
    let Some(station) = Station::for_encoders(&[("ffmpeg", "ffmpeg")]) else { return };
    let mut audience = Audience::before_source(&station);
    let sent = music();
    station.write("music.mp3", sent.concat());
    let encoder =
        send_file(&station, "music.mp3", &[&["-f", "mp3", "-content_type", "audio/mpeg"], options].concat());
    audience.wait_for_live_seconds(1.0);
    station.update_title(TITLE);
    audience.wait_for_live_with_title(TITLE);
    audience.kill_and_wait_for_filler(encoder);
    audience.check_beginning_of(&sent);
}

/// The AutoDJ does not play AAC, so silence follows the source.
#[track_caller]
fn aac(options: &[&str]) {
    let Some(station) = Station::without_autodj(&[("ffmpeg", "ffmpeg")]) else { return };
    let path = station.write("music.mp3", music().concat()).with_extension("aac");
    let mut command = ffmpeg();
    command.arg("-i").arg(path.with_extension("mp3")).args(["-c:a", "aac", "-b:a", "96k"]).arg(&path);
    prepare(command);
    let sent = frames_of(Codec::Aac, &fs::read(path).expect("the output of ffmpeg"));
    let encoder =
        send_file(&station, "music.aac", &[&["-f", "adts", "-content_type", "audio/aac"], options].concat());
    let mut audience = Audience::during_source(&station);
    audience.wait_for_live_seconds(1.0);
    station.update_title(TITLE);
    audience.wait_for_live_with_title(TITLE);
    audience.kill_and_wait_for_filler(encoder);
    audience.check_part_of(&sent);
}

/// Starts ffmpeg, which sends a file without re-encoding it.
fn send_file(station: &Station, name: &str, options: &[&str]) -> Encoder {
    let mut command = ffmpeg();
    command.args(["-re", "-i"]).arg(station.folder().join(name)).args(["-c", "copy", "-ice_name", NAME]);
    command.args(options).arg(format!("icecast://source:{PASSWORD}@127.0.0.1:{}/live", station.port));
    Encoder::start(command)
}
