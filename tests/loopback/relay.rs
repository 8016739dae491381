//! Relays over real sockets: from coldwave to coldwave to coldwave, and from servers made by hand.

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::thread;

use coldwave::audio::{Header, silent_frame};
use coldwave::icy::Block;

use crate::common::{BINARY, Coldwave, Listening, fixture, title_text, wait_for};

/// Bytes of eight seconds at 128 kbit/s. The frame that ends behind them is left out by coldwave.
const TRACK: usize = 8 * 16_000;

/// A folder with eight seconds of each of two pieces of music, in which no two frames are alike.
fn music() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder for tests");
    for name in ["01-foehn-over-the-skerries.mp3", "02-last-ferry-light-snow.mp3"] {
        let mut bytes = fs::read(fixture(&format!("station/{name}"))).expect("a fixture can be read");
        bytes.truncate(TRACK);
        fs::write(folder.path().join(name), bytes).expect("a folder for tests can be written to");
    }
    folder
}

/// A coldwave that relays what is at this address, on any free port.
fn relay_of(url: &str) -> Coldwave {
    relay_on("127.0.0.1:0", url)
}

fn relay_on(listen: &str, url: &str) -> Coldwave {
    let mut command = Command::new(BINARY);
    command.args(["relay", url, "--listen", listen]).env_remove("RUST_LOG");
    Coldwave::started(command, 1)
}

/// A port that nobody listens on, for who has to know it before he does.
fn free_address() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("bound")
}

fn frames(listening: &Listening) -> Vec<&[u8]> {
    (0..listening.frames.len()).map(|at| listening.frame(at)).collect()
}

#[test]
fn a_chain_of_three_plays_what_the_first_plays() {
    let music = music();
    let first = Coldwave::playing(&[music.path()]);
    let mut original = first.listen_with_titles();
    let second = relay_of(first.url());
    let third = relay_of(second.url());
    let mut relayed = third.listen_with_titles();
    assert_eq!(relayed.head.get("icy-name"), original.head.get("icy-name"), "the name comes along");
    assert!(relayed.head.get("X-Coldwave-Path").is_none(), "a player is told nothing of the way");
    relayed.until_seconds(24.0);
    original.until("all that was relayed", |it| it.seconds() > relayed.seconds());
    let (all, heard) = (frames(&original), frames(&relayed));
    assert!(heard.iter().all(|frame| !is_silent(frame)), "nobody was ever late");
    // Music begins with a few frames that are alike.
    let is_same = |from: &usize| all[*from..].iter().zip(&heard).all(|(one, other)| one == other);
    let from = (0..all.len()).find(is_same).expect("it is all of the first's");
    let common = heard.len().min(all.len() - from);
    assert!(common > 800, "{common} frames can be compared");
    let (all, heard) = (original.titles(), relayed.titles());
    assert!(heard.len() >= 3, "{heard:?}");
    assert!(all.windows(heard.len()).any(|titles| titles == heard), "{heard:?} in {all:?}");
    for server in [&second, &third] {
        assert!(server.log().text().contains("relaying http://127.0.0.1:"), "{}", server.log().text());
    }
}

#[test]
fn who_relays_himself_is_told() {
    let address = free_address();
    let alone = relay_on(&address.to_string(), &format!("http://{address}/live"));
    alone.log().wait_for("responded with 508 Loop Detected");
}

/// Two that relay each other: whoever closes the circle finds it out, and the other goes on.
#[test]
fn two_do_not_relay_each_other() {
    let (music, ours, theirs) = (music(), free_address(), free_address());
    let settings = format!(
        "[server]\nlisten = [\"{ours}\"]\n[[station]]\nmusic = [{:?}]\nrelay = \"http://{theirs}/live\"\n",
        music.path()
    );
    let config = music.path().join("coldwave.toml");
    fs::write(&config, settings).expect("it can be written");
    let mut command = Command::new(BINARY);
    command.arg("--config").arg(&config).env_remove("RUST_LOG");
    let first = Coldwave::started(command, 1);
    first.log().wait_for("cannot be reached: connection refused");
    let second = relay_on(&theirs.to_string(), &format!("http://{ours}/live"));
    first.log().wait_for("relay loop");
    let mut listening = second.listen_with_titles();
    listening.until("the music of the first", |it| it.titles().iter().any(|title| title.contains("Föhn")));
}

/// A server made by hand, whose stream is numbered frames of silence with titles between them.
struct Handmade {
    listener: TcpListener,
}

const METAINT: usize = 5000;

/// Frames from which on another title holds.
const TITLES: [(u64, &str); 3] =
    [(0, "Nadia Karim - Tidewater"), (300, "O'Brien; \"Ça va\" — 東京"), (600, "Last Ferry")];

/// Frames of a stream: 26 seconds.
const FRAMES: u64 = 1000;

/// Behind the header and the side information.
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

/// The stream, and from which frame on each title holds in it: the first one behind its block.
fn stream(numbers: std::ops::Range<u64>) -> (Vec<u8>, Vec<(u64, String)>) {
    let (mut out, mut left, mut points) = (Vec::new(), METAINT, Vec::new());
    let mut titles = TITLES.iter().peekable();
    for number in numbers {
        let frame = frame(number);
        let mut rest = &frame[..];
        while left <= rest.len() {
            out.extend_from_slice(&rest[..left]);
            rest = &rest[left..];
            left = METAINT;
            match titles.next_if(|(from, _)| *from <= number) {
                None => out.push(0),
                Some((_, title)) => {
                    out.extend_from_slice(Block::from_title_text(title).bytes());
                    points.push((number + 1, (*title).to_owned()));
                }
            }
        }
        left -= rest.len();
        out.extend_from_slice(rest);
    }
    (out, points)
}

impl Handmade {
    fn new() -> Self {
        Self { listener: TcpListener::bind("127.0.0.1:0").expect("a port") }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.listener.local_addr().expect("bound"))
    }

    /// Waits for someone who asks, and returns what he asks for.
    fn accept(&self) -> (TcpStream, String) {
        let (mut stream, _) = self.listener.accept().expect("someone asks");
        let (mut head, mut byte) = (Vec::new(), [0]);
        while !head.ends_with(b"\r\n\r\n") {
            stream.read_exact(&mut byte).expect("a whole request");
            head.push(byte[0]);
        }
        (stream, String::from_utf8(head).expect("UTF-8"))
    }
}

/// Fails unless all of `numbers` was heard from where the listener joined on, in order, each with its title. He joins a moment
/// after the first, which is more than a burst ago by then.
fn check(listening: &Listening, numbers: std::ops::Range<u64>, points: &[(u64, String)]) {
    let heard: Vec<u64> = frames(listening).into_iter().filter_map(number_of).collect();
    let first = heard.first().copied().filter(|first| *first < 100).expect("he joined near the beginning");
    assert!(heard.iter().copied().eq(first..numbers.end), "{} of {numbers:?} were heard", heard.len());
    for (before, block) in listening.blocks.iter().filter(|(_, block)| !block.is_empty()) {
        let at =
            listening.frames.iter().position(|frame| frame.contains(before)).expect("a block in a frame");
        let Some(number) = number_of(listening.frame(at)) else { continue };
        let newer = points.partition_point(|(from, _)| *from <= number);
        let title = newer.checked_sub(1).map_or("", |last| &points[last].1);
        assert_eq!(title_text(block), title, "in frame {number}");
    }
    let told = listening.titles();
    assert!(TITLES.iter().all(|(_, title)| told.iter().any(|told| told == title)), "{told:?}");
}

fn relay_by_hand(answer: impl FnOnce(&Handmade, TcpStream, Vec<u8>) + Send + 'static) {
    let master = Handmade::new();
    let relay = relay_of(&master.url("/live"));
    let (body, points) = stream(0..FRAMES);
    let (socket, request) = master.accept();
    assert!(request.starts_with("GET /live HTTP/1.0\r\nHost: 127.0.0.1:"), "{request}");
    let mut listening = None;
    thread::scope(|scope| {
        scope.spawn(|| answer(&master, socket, body));
        let mut listener = relay.listen_with_titles();
        listener.until("the end of the stream", |it| {
            it.frames.last().is_some_and(|last| number_of(&it.audio[last.clone()]) == Some(FRAMES - 1))
        });
        listening = Some(listener);
    });
    check(&listening.expect("someone listened"), 0..FRAMES, &points);
}

#[test]
fn an_icy_server_is_relayed_frame_by_frame() {
    relay_by_hand(|_, mut socket, body| {
        let head = format!("ICY 200 OK\r\nicy-name:By hand\r\nicy-metaint:{METAINT}\r\n\r\n");
        socket.write_all(&[head.as_bytes(), &body].concat()).expect("it is read");
    });
}

#[test]
fn a_redirect_to_a_stream_in_chunks_is_relayed_frame_by_frame() {
    relay_by_hand(|master, mut socket, body| {
        socket.write_all(b"HTTP/1.1 302 Found\r\nLocation: /elsewhere?x=1\r\n\r\n").expect("it is read");
        let (mut socket, request) = master.accept();
        assert!(request.starts_with("GET /elsewhere?x=1 HTTP/1.0\r\n"), "{request}");
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: audio/mpeg\r\nTransfer-Encoding: chunked\r\nicy-metaint: {METAINT}\r\n\r\n"
        );
        socket.write_all(head.as_bytes()).expect("it is read");
        for chunk in body.chunks(1501) {
            let chunk = [format!("{:X}\r\n", chunk.len()).as_bytes(), chunk, b"\r\n"].concat();
            socket.write_all(&chunk).expect("it is read");
        }
        socket.write_all(b"0\r\n\r\n").expect("it is read");
    });
}

fn playing_on(address: SocketAddr, music: &Path) -> Coldwave {
    let mut command = Command::new(BINARY);
    command.args(["--listen", &address.to_string()]).arg(music).env_remove("RUST_LOG");
    Coldwave::started(command, 1)
}

/// How often the master dies; more for a measurement.
fn deaths() -> usize {
    std::env::var("COLDWAVE_DEATHS").map_or(2, |deaths| deaths.parse().expect("COLDWAVE_DEATHS is a number"))
}

#[test]
fn a_master_that_is_killed_and_started_again_costs_nobody_the_connection() {
    let (music, address) = (music(), free_address());
    let mut master = playing_on(address, music.path());
    let relay = relay_of(&format!("http://{address}/live"));
    let mut listening = relay.listen_with_titles();
    for death in 0..deaths() {
        listening.for_seconds(6.0);
        master.signal("KILL");
        master.wait();
        if death % 2 == 1 {
            // Long enough for it to be missed.
            listening.until("silence", |it| {
                it.frames.last().is_some_and(|last| is_silent(&it.audio[last.clone()]))
            });
        }
        master = playing_on(address, music.path());
        let lost = relay.log().count("retrying in");
        wait_for("the relay to be back", || (relay.log().count(": relaying") > death + 1).then_some(()));
        assert!(lost > death, "it was missed");
        listening.until("music again", |it| {
            it.frames.last().is_some_and(|last| !is_silent(&it.audio[last.clone()]))
        });
    }
}

fn is_silent(frame: &[u8]) -> bool {
    let header = Header::parse_mp3(*frame.first_chunk().expect("a header")).expect("a frame");
    frame == silent_frame(&header)
}

#[test]
fn what_cannot_be_relayed_is_said_in_one_line() {
    let address = free_address();
    let relay = relay_of(&format!("http://me:rosebud@{address}/live?token=rosebud"));
    relay
        .log()
        .wait_for(&format!("http://{address}/live cannot be reached: connection refused; retrying in "));
    assert!(!relay.log().text().contains("rosebud"), "{}", relay.log().text());
    let relay = relay_of("http://nowhere.invalid/live");
    relay.log().wait_for("http://nowhere.invalid/live cannot be reached: ");
}
