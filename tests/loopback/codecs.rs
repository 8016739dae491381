//! The codec of a station across a restart of the program.

use std::fs;
use std::path::Path;
use std::process::Command;

use coldwave::audio::{Codec, Framer, Header};

use crate::common::{BINARY, Coldwave, Listener, Peer, Request, fixture, wait_for};

fn start(folder: &Path) -> Coldwave {
    let config = folder.join("coldwave.toml");
    let text = "[server]\nlisten = [\"127.0.0.1:0\"]\nstate_dir = \"state\"\n\
                [[station]]\nmount = \"/live\"\nsource_password = \"deep water\"\n";
    fs::write(&config, text).expect("the folder is writable");
    let mut command = Command::new(BINARY);
    command.arg("--config").arg(&config).current_dir(folder);
    Coldwave::start(command, 1)
}

fn listen(server: &Coldwave) -> Listener {
    Listener::new(Request::new(server.address(), "GET", "/live").open())
}

fn source(server: &Coldwave) -> Peer {
    let request = Request::new(server.address(), "SOURCE", "/live").auth("source", "deep water");
    let mut peer = request.header("Content-Type", "audio/aac").open();
    assert!(peer.head().status.ends_with(" 200 OK"));
    peer
}

/// Returns the frames of a fixture.
fn aac() -> Vec<Vec<u8>> {
    let mut framer = Framer::with_codec(Codec::Aac);
    framer.push(&fs::read(fixture("aac/lc-24000-mono-32k.aac")).expect("a fixture"));
    framer.finish();
    let mut frames = Vec::new();
    while let Some(frame) = framer.next_frame() {
        frames.push(frame.bytes.to_vec());
    }
    frames
}

/// Returns the sampling rate and the channels of a frame.
fn format(listener: &Listener, at: usize) -> (u32, u8) {
    let header = Header::parse(Codec::Aac, listener.frame(at)).expect("a frame");
    (header.rate(), header.channels())
}

#[test]
fn aac_station_is_aac_from_the_first_byte_after_a_restart() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let frames = aac();
    let server = start(folder.path());
    let mut told_mp3 = listen(&server);
    assert_eq!(told_mp3.codec(), Codec::Mp3, "nothing is known yet");
    told_mp3.for_seconds(1.0);
    let mut encoder = source(&server);
    encoder.send(&frames.concat());
    told_mp3.until_end().expect("an orderly end");
    assert!(told_mp3.is_whole());
    let mut back = listen(&server);
    assert_eq!(back.codec(), Codec::Aac);
    back.until("a frame of the source", |it| {
        it.frames.iter().any(|at| frames.contains(&it.audio[at.clone()].to_vec()))
    });
    let stored = folder.path().join("state/sources.jsonl");
    wait_for("the codec to be stored while the source plays", || {
        let text = fs::read_to_string(&stored).ok()?;
        text.contains("\"codec\":\"aac\"").then_some(())
    });
    drop((encoder, back, server));
    let server = start(folder.path());
    let mut early = listen(&server);
    assert_eq!(early.codec(), Codec::Aac, "before the source returns");
    early.for_seconds(1.0);
    assert_eq!(format(&early, 0), (24_000, 1), "silence has the format of the last source");
    let mut encoder = source(&server);
    encoder.send(&frames.concat());
    early.until("a frame of the source", |it| {
        it.frames.iter().any(|at| frames.contains(&it.audio[at.clone()].to_vec()))
    });
}
