//! What a listener hears: whole frames from the first byte on, and the titles that belong to them.

use std::time::{Duration, Instant};

use coldwave::audio::{Framer, Header};

use crate::common::{Coldwave, Listening, fixture, two_tracks};

const FIRST_TITLE: &str = "Coldwave Ensemble - Föhn over the Skerries";

#[test]
fn frames_and_blocks_are_where_they_belong() {
    let server = Coldwave::playing(&[fixture("station")]);
    let (mut plain, mut titled) = (server.listen(), server.listen_with_titles());
    let metaint: usize =
        titled.head.get("icy-metaint").expect("titles were asked for").parse().expect("a number");
    plain.until_seconds(8.0);
    titled.until("five blocks and the frame behind them", |it| {
        it.blocks.len() >= 5 && it.frames.last().is_some_and(|frame| frame.end > 5 * metaint)
    });
    // That both are whole frames, they see for themselves.
    assert!(plain.blocks.is_empty());
    for (at, (audio_before, text)) in titled.blocks.iter().enumerate() {
        assert_eq!(*audio_before, (at + 1) * metaint);
        assert_eq!(text.is_empty(), at > 0, "the first block is full, and then nothing is new: block {at}");
    }
    assert_eq!(titled.titles(), [FIRST_TITLE]);
}

#[test]
fn what_is_heard_is_the_music_frame_by_frame() {
    let server = Coldwave::playing(&[fixture("station")]);
    let mut listening = server.listen();
    listening.until_seconds(8.0);
    let music = std::fs::read(fixture("station/01-foehn-over-the-skerries.mp3")).expect("a fixture");
    let (mut framer, mut frames) = (Framer::new(), Vec::new());
    framer.push(&music);
    framer.finish();
    while let Some(frame) = framer.next_frame() {
        frames.push(frame.bytes.to_vec());
    }
    // Not by the first frame alone: music begins with frames of nothing, which are all the same.
    let heard: Vec<&[u8]> = (0..listening.frames.len()).map(|at| listening.frame(at)).collect();
    let is_heard = frames.windows(heard.len()).any(|window| window == heard);
    assert!(is_heard, "{} frames that are not the music's", heard.len());
}

#[test]
fn a_burst_is_there_at_once() {
    let server = Coldwave::playing(&[fixture("station")]);
    // The first listener of a fresh station, and one who joins later.
    for _ in 0..2 {
        let asked = Instant::now();
        let mut listening = server.listen();
        listening.until_seconds(4.5);
        let took = asked.elapsed();
        assert!(
            took < Duration::from_secs(2),
            "4.5 s of audio took {took:?}: as fast as it plays, or nearly"
        );
        listening.until_seconds(6.0);
    }
}

#[test]
fn the_stream_goes_on_as_fast_as_it_plays() {
    let server = Coldwave::playing(&[fixture("station")]);
    let mut listening = server.listen();
    listening.until_seconds(5.0);
    let (started, already) = (Instant::now(), listening.seconds());
    listening.for_seconds(6.0);
    let (heard, took) = (listening.seconds() - already, started.elapsed().as_secs_f64());
    // Audio leaves once a second, and the machine may be busy.
    assert!((heard - took).abs() < 2.5, "{heard:.1} s of audio in {took:.1} s");
}

#[test]
fn everyone_hears_the_same() {
    let server = Coldwave::playing(&[fixture("station")]);
    let (mut early, mut late) = (server.listen(), server.listen_with_titles());
    early.until_seconds(7.0);
    late.until_seconds(7.0);
    let all_of = |it: &Listening| (0..it.frames.len()).map(|at| it.frame(at).to_vec()).collect::<Vec<_>>();
    let (early, late) = (all_of(&early), all_of(&late));
    // Not by the first frame alone: music begins with frames of nothing, which are all the same.
    let in_common = |joined: usize| (early.len() - joined).min(late.len());
    let same_from = |&joined: &usize| early[joined..][..in_common(joined)] == late[..in_common(joined)];
    let common = (0..early.len()).find(same_from).map_or(0, in_common);
    assert!(common > 200, "they have only {common} frames in common, of {} and {}", early.len(), late.len());
}

/// The title that belongs to the byte at `at` of the audio: only the frames of one track have checksums.
fn title_at(listening: &Listening, at: usize) -> &'static str {
    let frame = listening.frames.iter().find(|frame| frame.contains(&at)).expect("a whole frame there");
    let header = listening.audio[frame.start..].first_chunk().copied().and_then(Header::parse_mp3);
    if header.expect("a frame").has_crc() { "Check Mate" } else { "Anchors Aweigh" }
}

#[test]
fn titles_change_with_the_music() {
    let folder = two_tracks();
    let server = Coldwave::playing(&[folder.path()]);
    let mut listening = server.listen_with_titles();
    listening.until("four titles, and a second more", |it| {
        it.titles().len() >= 4
            && it.frames.last().is_some_and(|frame| frame.end > it.blocks.last().unwrap().0)
    });
    let mut told = String::new();
    for (at, text) in &listening.blocks {
        let title = title_at(&listening, *at);
        if told == title {
            assert_eq!(text, b"", "a title is told once, at {at}");
        } else {
            told = crate::common::title_text(text);
        }
        assert_eq!(told, title, "the title of the audio that follows, at {at}");
    }
    for pair in listening.titles().windows(2) {
        assert_ne!(pair[0], pair[1]);
    }
}

#[test]
fn all_addresses_carry_the_station() {
    let mut command = std::process::Command::new(crate::common::BINARY);
    let has_ipv6 = std::net::TcpListener::bind("[::1]:0").is_ok();
    let addresses: &[&str] = if has_ipv6 {
        &["127.0.0.1:0", "0.0.0.0:0", "[::1]:0", "[::]:0"]
    } else {
        &["127.0.0.1:0", "0.0.0.0:0"]
    };
    for address in addresses {
        command.args(["--listen", address]);
    }
    let server = Coldwave::started(command, addresses.len());
    assert_eq!(server.urls.len(), addresses.len());
    for (url, listen) in server.urls.iter().zip(addresses) {
        let shown = listen.replace("0.0.0.0", "localhost").replace("[::]", "localhost").replace(":0", ":");
        let port = url.strip_prefix(&format!("http://{shown}")).and_then(|rest| rest.strip_suffix("/live"));
        let port: u16 = port.and_then(|port| port.parse().ok()).unwrap_or_else(|| panic!("{listen}: {url}"));
        assert_ne!(port, 0, "{url}");
        // A wildcard is for every address of the machine; one of IPv6 for those of IPv4 too.
        let mut hosts = if listen.starts_with("[::1]") { vec!["::1"] } else { vec!["127.0.0.1"] };
        hosts.extend(listen.starts_with("[::]").then_some("::1"));
        for host in hosts {
            let mut peer =
                crate::common::Peer::connect((host.parse::<std::net::IpAddr>().unwrap(), port).into());
            peer.send(b"GET /live HTTP/1.0\r\n\r\n");
            Listening::to(peer).until("a frame", |it| !it.frames.is_empty());
        }
    }
}
