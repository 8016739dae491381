//! Relays over real sockets: chains of coldwave processes, and upstreams that the test implements.

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::thread;

use coldwave::audio::{Header, silent_frame};
use coldwave::icy::Block;

use crate::common::{BINARY, Coldwave, Listener, fixture, title_text, wait_for};

/// Bytes of eight seconds at 128 kbit/s. Coldwave drops the incomplete last frame.
const TRACK_BYTES: usize = 8 * 16_000;

/// Creates a folder with eight seconds each of two pieces of music, in which no two frames are equal.
fn music() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for name in ["01-foehn-over-the-skerries.mp3", "02-last-ferry-light-snow.mp3"] {
        let mut bytes = fs::read(fixture(&format!("station/{name}"))).expect("the fixture is readable");
        bytes.truncate(TRACK_BYTES);
        fs::write(folder.path().join(name), bytes).expect("the folder is writable");
    }
    folder
}

/// Starts a coldwave that relays this URL, on any free port.
fn relay_of(url: &str) -> Coldwave {
    relay_on("127.0.0.1:0", url)
}

fn relay_on(listen: &str, url: &str) -> Coldwave {
    let mut command = Command::new(BINARY);
    command.args(["relay", url, "--listen", listen]).env_remove("RUST_LOG");
    Coldwave::start(command, 1)
}

/// Returns an address that is free, for tests that must know it before a process listens there.
fn free_address() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("bound")
}

fn frames(listener: &Listener) -> Vec<&[u8]> {
    (0..listener.frames.len()).map(|at| listener.frame(at)).collect()
}

#[test]
fn chain_of_three_servers_plays_the_frames_of_the_first() {
    let music = music();
    let first = Coldwave::with_music(&[music.path()]);
    let mut original = first.listen_with_titles();
    let second = relay_of(first.url());
    let third = relay_of(second.url());
    let mut relayed = third.listen_with_titles();
    assert_eq!(relayed.head.get("icy-name"), original.head.get("icy-name"), "the name is relayed");
    assert!(relayed.head.get("X-Coldwave-Path").is_none(), "players do not get the relay path");
    relayed.until_seconds(24.0);
    original.until("everything that was relayed", |it| it.seconds() > relayed.seconds());
    let (all, received) = (frames(&original), frames(&relayed));
    assert!(received.iter().all(|frame| !is_silent(frame)), "no server inserted silence");
    // The music begins with a few equal frames.
    let is_same = |from: &usize| all[*from..].iter().zip(&received).all(|(one, other)| one == other);
    let from = (0..all.len()).find(is_same).expect("the frames of the first server");
    let common = received.len().min(all.len() - from);
    assert!(common > 800, "{common} frames can be compared");
    let (all, received) = (original.titles(), relayed.titles());
    assert!(received.len() >= 3, "{received:?}");
    assert!(all.windows(received.len()).any(|titles| titles == received), "{received:?} in {all:?}");
    for server in [&second, &third] {
        assert!(server.log().text().contains("relaying http://127.0.0.1:"), "{}", server.log().text());
    }
}

#[test]
fn server_that_relays_itself_gets_508() {
    let address = free_address();
    let alone = relay_on(&address.to_string(), &format!("http://{address}/live"));
    alone.log().wait_for("responded with 508 Loop Detected");
}

/// Two servers relay each other. The server that would close the loop detects it, and the other one plays on.
#[test]
fn loop_of_two_servers_is_detected() {
    let (music, ours, theirs) = (music(), free_address(), free_address());
    let config = format!(
        "[server]\nlisten = [\"{ours}\"]\n[[station]]\nmusic = [{:?}]\nrelay = \"http://{theirs}/live\"\n",
        music.path()
    );
    let first = Coldwave::with_config(music.path(), &config, 1);
    first.log().wait_for("cannot be reached: connection refused");
    let second = relay_on(&theirs.to_string(), &format!("http://{ours}/live"));
    first.log().wait_for("relay loop");
    let mut listener = second.listen_with_titles();
    listener.until("the music of the first", |it| it.titles().iter().any(|title| title.contains("Föhn")));
}

/// An upstream that the test implements. Its stream is numbered silent frames with titles between them.
struct Upstream {
    listener: TcpListener,
}

const METAINT: usize = 5000;

/// The first frame of each title.
const TITLES: [(u64, &str); 3] =
    [(0, "Nadia Karim - Tidewater"), (300, "O'Brien; \"Ça va\" — 東京"), (600, "Last Ferry")];

/// The frames of a stream: 26 seconds.
const FRAMES: u64 = 1000;

/// The offset of the number: after the header and the side information.
const NUMBER_AT: usize = 40;

fn frame(number: u64) -> Vec<u8> {
    let mut frame = silent_frame(&Header::DEFAULT);
    frame[NUMBER_AT..NUMBER_AT + 8].copy_from_slice(&(number + 1).to_le_bytes());
    frame
}

fn number_of(frame: &[u8]) -> Option<u64> {
    let bytes = frame[NUMBER_AT..NUMBER_AT + 8].try_into().expect("eight bytes");
    u64::from_le_bytes(bytes).checked_sub(1)
}

/// Returns the stream, and the first frame of each title in it: the first one after its block.
fn stream(numbers: std::ops::Range<u64>) -> (Vec<u8>, Vec<(u64, String)>) {
    let (mut out, mut until_block, mut title_starts) = (Vec::new(), METAINT, Vec::new());
    let mut titles = TITLES.iter().peekable();
    for number in numbers {
        let frame = frame(number);
        let mut rest = &frame[..];
        while until_block <= rest.len() {
            out.extend_from_slice(&rest[..until_block]);
            rest = &rest[until_block..];
            until_block = METAINT;
            match titles.next_if(|(from, _)| *from <= number) {
                None => out.push(0),
                Some((_, title)) => {
                    out.extend_from_slice(Block::from_title_text(title).bytes());
                    title_starts.push((number + 1, (*title).to_owned()));
                }
            }
        }
        until_block -= rest.len();
        out.extend_from_slice(rest);
    }
    (out, title_starts)
}

impl Upstream {
    fn new() -> Self {
        Self { listener: TcpListener::bind("127.0.0.1:0").expect("a port") }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.listener.local_addr().expect("bound"))
    }

    /// Accepts a connection and returns it with the request.
    fn accept(&self) -> (TcpStream, String) {
        let (mut stream, _) = self.listener.accept().expect("a connection");
        let (mut head, mut byte) = (Vec::new(), [0]);
        while !head.ends_with(b"\r\n\r\n") {
            stream.read_exact(&mut byte).expect("a whole request");
            head.push(byte[0]);
        }
        (stream, String::from_utf8(head).expect("UTF-8"))
    }
}

/// Fails unless the listener received all `numbers` from its first one on, in order and with the right
/// titles. The first one is above zero, because the listener joins when the first frame is more than a burst
/// behind.
fn check(listener: &Listener, numbers: std::ops::Range<u64>, title_starts: &[(u64, String)]) {
    let received: Vec<u64> = frames(listener).into_iter().filter_map(number_of).collect();
    let first = received
        .first()
        .copied()
        .filter(|first| *first < 100)
        .expect("the listener joined near the beginning");
    assert!(
        received.iter().copied().eq(first..numbers.end),
        "{} of {numbers:?} were received",
        received.len()
    );
    for (before, block) in listener.blocks.iter().filter(|(_, block)| !block.is_empty()) {
        let at = listener.frames.iter().position(|frame| frame.contains(before)).expect("a block in a frame");
        let Some(number) = number_of(listener.frame(at)) else { continue };
        let newer = title_starts.partition_point(|(from, _)| *from <= number);
        let title = newer.checked_sub(1).map_or("", |last| &title_starts[last].1);
        assert_eq!(title_text(block), title, "in frame {number}");
    }
    let titles = listener.titles();
    assert!(TITLES.iter().all(|(_, title)| titles.iter().any(|it| it == title)), "{titles:?}");
}

/// Starts a relay of an upstream that `answer` implements, and checks that a listener of the relay receives
/// the whole stream.
fn relay_from(answer: impl FnOnce(&Upstream, TcpStream, Vec<u8>) + Send + 'static) {
    let upstream = Upstream::new();
    let relay = relay_of(&upstream.url("/live"));
    let (body, title_starts) = stream(0..FRAMES);
    let (socket, request) = upstream.accept();
    assert!(request.starts_with("GET /live HTTP/1.0\r\nHost: 127.0.0.1:"), "{request}");
    let listener = thread::scope(|scope| {
        scope.spawn(|| answer(&upstream, socket, body));
        let mut listener = relay.listen_with_titles();
        listener.until("the end of the stream", |it| {
            it.frames.last().is_some_and(|last| number_of(&it.audio[last.clone()]) == Some(FRAMES - 1))
        });
        listener
    });
    check(&listener, 0..FRAMES, &title_starts);
}

#[test]
fn icy_server_is_relayed_frame_by_frame() {
    relay_from(|_, mut socket, body| {
        let head = format!("ICY 200 OK\r\nicy-name:By hand\r\nicy-metaint:{METAINT}\r\n\r\n");
        socket.write_all(&[head.as_bytes(), &body].concat()).expect("the relay reads");
    });
}

#[test]
fn redirect_to_a_chunked_stream_is_relayed_frame_by_frame() {
    relay_from(|upstream, mut socket, body| {
        socket.write_all(b"HTTP/1.1 302 Found\r\nLocation: /elsewhere?x=1\r\n\r\n").expect("the relay reads");
        let (mut socket, request) = upstream.accept();
        assert!(request.starts_with("GET /elsewhere?x=1 HTTP/1.0\r\n"), "{request}");
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: audio/mpeg\r\nTransfer-Encoding: chunked\r\nicy-metaint: {METAINT}\r\n\r\n"
        );
        socket.write_all(head.as_bytes()).expect("the relay reads");
        for chunk in body.chunks(1501) {
            let chunk = [format!("{:X}\r\n", chunk.len()).as_bytes(), chunk, b"\r\n"].concat();
            socket.write_all(&chunk).expect("the relay reads");
        }
        socket.write_all(b"0\r\n\r\n").expect("the relay reads");
    });
}

fn playing_on(address: SocketAddr, music: &Path) -> Coldwave {
    let mut command = Command::new(BINARY);
    command.args(["--listen", &address.to_string()]).arg(music).env_remove("RUST_LOG");
    Coldwave::start(command, 1)
}

/// Returns how often the upstream is killed: `COLDWAVE_LOSSES`, or 2.
fn losses() -> usize {
    std::env::var("COLDWAVE_LOSSES").map_or(2, |losses| losses.parse().expect("COLDWAVE_LOSSES is a number"))
}

#[test]
fn restarted_upstream_disconnects_no_listener() {
    let (music, address) = (music(), free_address());
    let mut upstream = playing_on(address, music.path());
    let relay = relay_of(&format!("http://{address}/live"));
    let mut listener = relay.listen_with_titles();
    for loss in 0..losses() {
        listener.for_seconds(6.0);
        upstream.signal("KILL");
        upstream.wait();
        if loss % 2 == 1 {
            // Wait until the station has run out of audio.
            listener.until("silence", |it| {
                it.frames.last().is_some_and(|last| is_silent(&it.audio[last.clone()]))
            });
        }
        upstream = playing_on(address, music.path());
        let lost = relay.log().count("retrying in");
        wait_for("the relay to be back", || (relay.log().count(": relaying") > loss + 1).then_some(()));
        assert!(lost > loss, "the relay logs the loss");
        listener.until("music again", |it| {
            it.frames.last().is_some_and(|last| !is_silent(&it.audio[last.clone()]))
        });
    }
}

fn is_silent(frame: &[u8]) -> bool {
    let header = Header::parse_mp3(*frame.first_chunk().expect("a header")).expect("a frame");
    frame == silent_frame(&header)
}

#[test]
fn unreachable_upstream_is_logged_without_credentials() {
    let address = free_address();
    let relay = relay_of(&format!("http://me:rosebud@{address}/live?token=rosebud"));
    relay
        .log()
        .wait_for(&format!("http://{address}/live cannot be reached: connection refused; retrying in "));
    assert!(!relay.log().text().contains("rosebud"), "{}", relay.log().text());
    let relay = relay_of("http://nowhere.invalid/live");
    relay.log().wait_for("http://nowhere.invalid/live cannot be reached: ");
}
