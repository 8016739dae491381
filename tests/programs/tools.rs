//! What is no player, but asks like one.

use std::process::Command;

use coldwave::icy::{Deinterleaver, StreamPart};

use crate::common::{Program, title_text};
use crate::{LONG, NAME, Station, TRACKS, check_audio, check_titles, finish, script, wait_for};

/// ffprobe tells the station's name, its format and what is on.
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
        // A station has no end to seek to.
        "duration=N/A",
    ] {
        assert!(has(line), "no {line} in: {probed:#?}");
    }
    assert!(TRACKS.iter().any(|(_, title)| has(&format!("TAG:StreamTitle={title}"))), "{probed:#?}");
}

/// curl takes the stream and the rest. It is the one whose answers people look at.
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
        let (audio, titles) = curl_listens(&station, metaint);
        assert!(check_audio(&audio) >= f64::from(LONG));
        if metaint.is_some() {
            check_titles(&titles);
        }
    }
}

/// Python's jsonschema finds nothing against any answer of the API, nor against an event of any kind.
#[test]
fn jsonschema() {
    let Some(station) = Station::for_programs(&[("jsonschema", "python3-jsonschema")]) else { return };
    // Debian's own Python has Debian's packages.
    let mut command = Command::new("/usr/bin/python3");
    command.arg(script("schema.py")).arg(station.url().trim_end_matches("/live"));
    let fitting = finish(command).stdout;
    for name in ["Stations", "Station", "History", "Error", "TitleEvent", "ListenersEvent"] {
        assert!(fitting.lines().any(|line| line == name), "{name} is not in {fitting:?}");
    }
}

/// The audio of so long, and the titles between.
fn curl_listens(station: &Station, metaint: Option<u32>) -> (Vec<u8>, Vec<String>) {
    let mut command = Command::new("curl");
    command.args(["-sSN", station.url(), "-H", &format!("Icy-MetaData: {}", u8::from(metaint.is_some()))]);
    let mut listening = Program::started(command);
    let stream = wait_for("seconds of audio", || {
        assert!(listening.is_running(), "curl ended: {}", listening.stderr.text());
        Some(listening.stdout.bytes()).filter(|bytes| bytes.len() >= (LONG as usize + 1) * 16_000)
    });
    let (mut audio, mut titles) = (Vec::new(), Vec::new());
    Deinterleaver::new(metaint).push(&stream, |part| match part {
        StreamPart::Audio(bytes) => audio.extend_from_slice(bytes),
        StreamPart::Block([]) => {}
        StreamPart::Block(text) => titles.push(title_text(text)),
    });
    (audio, titles)
}
