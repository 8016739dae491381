//! The stream: whole frames from the first byte on, and the right titles.

use std::net::{IpAddr, SocketAddr};
use std::process::Command;
use std::time::{Duration, Instant};

use coldwave::audio::{Framer, Header};

use crate::common::{BINARY, Coldwave, Listener, Request, fixture, title_text, two_tracks};

const FIRST_TITLE: &str = "Coldwave Ensemble - Föhn over the Skerries";

#[test]
fn frames_are_whole_and_blocks_at_the_interval() {
    let server = Coldwave::with_music(&[fixture("station")]);
    let (mut plain, mut titled) = (server.listen(), server.listen_with_titles());
    let metaint: usize =
        titled.head.get("icy-metaint").expect("titles were requested").parse().expect("a number");
    plain.until_seconds(8.0);
    titled.until("five blocks and the frame after them", |it| {
        it.blocks.len() >= 5 && it.frames.last().is_some_and(|frame| frame.end > 5 * metaint)
    });
    // Both listeners have checked that their frames are whole.
    assert!(plain.blocks.is_empty());
    for (at, (audio_before, text)) in titled.blocks.iter().enumerate() {
        assert_eq!(*audio_before, (at + 1) * metaint);
        assert_eq!(text.is_empty(), at > 0, "only the first block has a title: block {at}");
    }
    assert_eq!(titled.titles(), [FIRST_TITLE]);
}

#[test]
fn stream_is_the_music_frame_by_frame() {
    let server = Coldwave::with_music(&[fixture("station")]);
    let mut listener = server.listen();
    listener.until_seconds(8.0);
    let music = std::fs::read(fixture("station/01-foehn-over-the-skerries.mp3")).expect("a fixture");
    let (mut framer, mut frames) = (Framer::new(), Vec::new());
    framer.push(&music);
    framer.finish();
    while let Some(frame) = framer.next_frame() {
        frames.push(frame.bytes.to_vec());
    }
    // Not the first frame alone: the music begins with equal silent frames.
    let received: Vec<&[u8]> = (0..listener.frames.len()).map(|at| listener.frame(at)).collect();
    let is_in_music = frames.windows(received.len()).any(|window| window == received);
    assert!(is_in_music, "{} frames that are not in the music", received.len());
}

#[test]
fn burst_arrives_at_once() {
    let server = Coldwave::with_music(&[fixture("station")]);
    // The first listener of a new station, and one that joins later.
    for _ in 0..2 {
        let started = Instant::now();
        let mut listener = server.listen();
        listener.until_seconds(4.5);
        let took = started.elapsed();
        assert!(
            took < Duration::from_secs(2),
            "4.5 s of audio took {took:?}, which is too close to real time"
        );
        listener.until_seconds(6.0);
    }
}

#[test]
fn stream_continues_in_real_time() {
    let server = Coldwave::with_music(&[fixture("station")]);
    let mut listener = server.listen();
    listener.until_seconds(5.0);
    let (started, already) = (Instant::now(), listener.seconds());
    listener.for_seconds(6.0);
    let (received, took) = (listener.seconds() - already, started.elapsed().as_secs_f64());
    // Audio is sent once a second, and the machine may be busy.
    assert!((received - took).abs() < 2.5, "{received:.1} s of audio in {took:.1} s");
}

#[test]
fn all_listeners_get_the_same_frames() {
    let server = Coldwave::with_music(&[fixture("station")]);
    let (mut early, mut late) = (server.listen(), server.listen_with_titles());
    early.until_seconds(7.0);
    late.until_seconds(7.0);
    let all_of = |it: &Listener| (0..it.frames.len()).map(|at| it.frame(at).to_vec()).collect::<Vec<_>>();
    let (early, late) = (all_of(&early), all_of(&late));
    // Not the first frame alone: the music begins with equal silent frames.
    let in_common = |joined: usize| (early.len() - joined).min(late.len());
    let same_from = |&joined: &usize| early[joined..][..in_common(joined)] == late[..in_common(joined)];
    let common = (0..early.len()).find(same_from).map_or(0, in_common);
    assert!(common > 200, "only {common} frames in common, of {} and {}", early.len(), late.len());
}

/// Returns the title of the audio byte at `at`. Only the frames of one track have checksums.
fn title_at(listener: &Listener, at: usize) -> &'static str {
    let frame = listener.frames.iter().find(|frame| frame.contains(&at)).expect("a whole frame");
    let header = listener.audio[frame.start..].first_chunk().copied().and_then(Header::parse_mp3);
    if header.expect("a frame").has_crc() { "Check Mate" } else { "Anchors Aweigh" }
}

#[test]
fn titles_change_with_the_tracks() {
    let folder = two_tracks();
    let server = Coldwave::with_music(&[folder.path()]);
    let mut listener = server.listen_with_titles();
    listener.until("four titles and the frame after them", |it| {
        it.titles().len() >= 4
            && it.frames.last().is_some_and(|frame| frame.end > it.blocks.last().unwrap().0)
    });
    let mut current = String::new();
    for (at, text) in &listener.blocks {
        let title = title_at(&listener, *at);
        if current == title {
            assert_eq!(text, b"", "a title is sent once, at {at}");
        } else {
            current = title_text(text);
        }
        assert_eq!(current, title, "the title of the audio that follows, at {at}");
    }
    for pair in listener.titles().windows(2) {
        assert_ne!(pair[0], pair[1]);
    }
}

#[test]
fn station_streams_on_every_address() {
    let mut command = Command::new(BINARY);
    let has_ipv6 = std::net::TcpListener::bind("[::1]:0").is_ok();
    let addresses: &[&str] = if has_ipv6 {
        &["127.0.0.1:0", "0.0.0.0:0", "[::1]:0", "[::]:0"]
    } else {
        &["127.0.0.1:0", "0.0.0.0:0"]
    };
    for address in addresses {
        command.args(["--listen", address]);
    }
    let server = Coldwave::start(command, addresses.len());
    assert_eq!(server.urls.len(), addresses.len());
    for (url, listen) in server.urls.iter().zip(addresses) {
        let shown = listen.replace("0.0.0.0", "localhost").replace("[::]", "localhost").replace(":0", ":");
        let port = url.strip_prefix(&format!("http://{shown}")).and_then(|rest| rest.strip_suffix("/live"));
        let port: u16 = port.and_then(|port| port.parse().ok()).unwrap_or_else(|| panic!("{listen}: {url}"));
        assert_ne!(port, 0, "{url}");
        // A wildcard address accepts connections to every address. The wildcard of IPv6 includes IPv4.
        let mut hosts = if listen.starts_with("[::1]") { vec!["::1"] } else { vec!["127.0.0.1"] };
        hosts.extend(listen.starts_with("[::]").then_some("::1"));
        for host in hosts {
            let address = SocketAddr::from((host.parse::<IpAddr>().expect("an address"), port));
            let mut listener = Request::new(address, "GET", "/live").listen();
            listener.until("a frame", |it| !it.frames.is_empty());
        }
    }
}
