//! Tools that read the stream or the API without being players.

use std::process::Command;

use coldwave::icy::{Deinterleaver, StreamPart};

use crate::common::{Program, title_text};
use crate::{NAME, PLAY_SECONDS, Station, TRACKS, check_audio, check_titles, finish, script, wait_for};

/// ffprobe shows the name of the station, its format and the title.
#[test]
fn ffprobe() {
    let Some(station) = Station::for_programs(&[("ffprobe", "ffmpeg")]) else { return };
    let mut command = Command::new("ffprobe");
    let probed = finish({
        command.args(["-hide_banner", "-show_format", "-show_streams", station.url()]);
        command
    });
    let has = |line: &str| probed.stdout.lines().any(|probed| probed == line);
    for line in [
        "format_name=mp3",
        "codec_name=mp3",
        "sample_rate=44100",
        "bit_rate=128000",
        &format!("TAG:icy-name={NAME}"),
        // A stream has no duration.
        "duration=N/A",
    ] {
        assert!(has(line), "no {line} in: {probed:#?}");
    }
    assert!(TRACKS.iter().any(|(_, title)| has(&format!("TAG:StreamTitle={title}"))), "{probed:#?}");
}

/// curl reads the stream and other replies. Operators test servers with it.
#[test]
fn curl() {
    let Some(station) = Station::for_programs(&[("curl", "curl")]) else { return };
    let root = station.url().trim_end_matches("live");
    let curl = |arguments: &[&str], path: &str| {
        let mut command = Command::new("curl");
        command.args(["-sS", "--max-time", "100"]).args(arguments).arg(format!("{root}{path}"));
        finish(command).stdout
    };
    for arguments in [&["-I"][..], &["-I", "-H", "Icy-MetaData: 1"]] {
        assert!(curl(arguments, "live").starts_with("HTTP/1.0 200 OK\r\n"));
    }
    assert!(curl(&["-w", "%{http_code}"], "nothing").ends_with("404"));
    assert!(curl(&["-A", "Mozilla/5.0", "-H", "Accept: text/html"], "").contains(NAME));
    assert!(curl(&["-X", "OPTIONS", "-i"], "live").starts_with("HTTP/1.1 204"));
    assert!(curl(&["-X", "POST", "-w", "%{http_code}"], "live").ends_with("405"));
    for metaint in [None, Some(16_000)] {
        let (audio, titles) = listen_with_curl(&station, metaint);
        assert!(check_audio(&audio) >= f64::from(PLAY_SECONDS));
        if metaint.is_some() {
            check_titles(&titles);
        }
    }
}

/// Python's jsonschema accepts every reply of the API, and events of every kind.
#[test]
fn jsonschema() {
    let Some(station) = Station::for_programs(&[("jsonschema", "python3-jsonschema")]) else { return };
    // Debian's Python has Debian's packages.
    let mut command = Command::new("/usr/bin/python3");
    command.arg(script("schema.py")).arg(station.url().trim_end_matches("/live"));
    let valid = finish(command).stdout;
    for name in ["Stations", "Station", "History", "Error", "TitleEvent", "ListenersEvent"] {
        assert!(valid.lines().any(|line| line == name), "{name} is not in {valid:?}");
    }
}

/// Returns the audio of [`PLAY_SECONDS`] seconds, and the titles in it.
fn listen_with_curl(station: &Station, metaint: Option<u32>) -> (Vec<u8>, Vec<String>) {
    let mut command = Command::new("curl");
    command.args(["-sSN", station.url(), "-H", &format!("Icy-MetaData: {}", u8::from(metaint.is_some()))]);
    let mut curl = Program::start(command);
    let stream = wait_for("seconds of audio", || {
        assert!(curl.is_running(), "curl exited: {}", curl.stderr.text());
        Some(curl.stdout.bytes()).filter(|bytes| bytes.len() >= (PLAY_SECONDS as usize + 1) * 16_000)
    });
    let (mut audio, mut titles) = (Vec::new(), Vec::new());
    Deinterleaver::new(metaint).push(&stream, |part| match part {
        StreamPart::Audio(bytes) => audio.extend_from_slice(bytes),
        StreamPart::Block([]) => {}
        StreamPart::Block(text) => titles.push(title_text(text)),
    });
    (audio, titles)
}
