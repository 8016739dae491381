//! The one line of the log about the end of a source, or of an upstream, and the reason in the statistics.

use coldwave::audio::Header;
use coldwave::server::Peer;
use coldwave::session::CloseReason;
use coldwave::settings::{RelaySettings, Takeover};
use coldwave::stream_url::StreamUrl;

use super::{Live, MOUNT, is_closed, seconds, station, with, world};
use crate::log::{collect, lines_with};
use crate::world::encoder::Encoder;
use crate::world::upstream::FakeUpstream;
use crate::world::{Link, World};

const AUTHORIZATION: &str = "Authorization: Basic c291cmNlOmRlZXAgd2F0ZXI=";

/// Returns the line about the end of the source of the test, and its reason.
fn end_of(world: &World, peer: Peer) -> (String, CloseReason) {
    assert!(is_closed(world, peer));
    let lines = lines_with("live source source ended");
    assert_eq!(lines.len(), 1, "{lines:?}");
    let ended = world.ended.borrow();
    let source =
        ended.iter().rfind(|it| !it.request_line.contains("/api/") && !it.request_line.contains("kill"));
    (lines[0].clone(), source.expect("a source").reason)
}

fn live_world() -> (World, Live) {
    let mut world = world(with(|it| it.takeover = Takeover::AnyUser));
    world.enable_admin();
    collect();
    let mut live = Live::source(&mut world);
    live.play(&mut world, 3.0);
    (world, live)
}

/// A source whose request has these header lines, and then this body.
fn put(head: &str, body: impl FnOnce(Vec<u8>) -> Vec<u8>) -> (World, Peer) {
    let mut world = world(station());
    collect();
    let peer = world.connect(Link::Fast);
    let request =
        format!("PUT {MOUNT} HTTP/1.1\r\n{AUTHORIZATION}\r\nContent-Type: audio/mpeg\r\n{head}\r\n");
    world.send(peer, request.as_bytes());
    let audio = Encoder::new(&world.logs[0], 1, Header::DEFAULT).frames(100);
    let body = body(audio);
    world.send(peer, &body);
    (world, peer)
}

fn chunk(audio: &[u8]) -> Vec<u8> {
    [format!("{:x}\r\n", audio.len()).as_bytes(), audio, b"\r\n"].concat()
}

#[test]
fn end_of_a_source_is_logged_with_its_cause() {
    type End = fn(&mut World, &Live);
    let ends: [(End, &str, CloseReason); 6] = [
        (
            |world, live| world.half_close(live.peer),
            "(connection closed by the encoder)",
            CloseReason::SourceEnded,
        ),
        (|world, live| world.disconnect(live.peer), "(connection reset)", CloseReason::SourceReset),
        (|world, _| world.pass(seconds(11.0)), "(sent nothing for 10 s)", CloseReason::SourceTimeout),
        (
            |world, live| {
                world.pass(seconds(7.0));
                world.disconnect(live.peer);
            },
            "(connection reset, nothing sent for 7 s)",
            CloseReason::SourceReset,
        ),
        (
            |world, _| drop(world.get("/admin/killsource?mount=/live").by_admin().send()),
            "(kicked by admin at 127.0.0.1)",
            CloseReason::Kicked,
        ),
        (
            |world, _| {
                let mut nadia = Live::connect(world, 2, "nadia", "nadia-pw");
                nadia.play(world, 1.0);
            },
            "(replaced by nadia from 127.0.0.1:",
            CloseReason::Replaced,
        ),
    ];
    for (end, expected, reason) in ends {
        let (mut world, live) = live_world();
        end(&mut world, &live);
        let (line, logged) = end_of(&world, live.peer);
        assert!(line.contains(expected), "{line:?} has {expected:?}");
        assert_eq!(logged, reason);
        assert_eq!(lines_with("kicked by").len(), usize::from(reason == CloseReason::Kicked), "one line");
    }
}

#[test]
fn end_of_the_body_is_told_from_a_connection_closed_before_it() {
    let (world, peer) =
        put("Transfer-Encoding: chunked\r\n", |audio| [chunk(&audio), b"0\r\n\r\n".to_vec()].concat());
    assert!(lines_with("live source source ended")[0].contains("(end of its body)"), "the last chunk");
    drop((world, peer));
    type Cut = fn(Vec<u8>) -> Vec<u8>;
    let cuts: [Cut; 2] = [|audio| chunk(&audio), |audio| chunk(&audio)[..20_000].to_vec()];
    for cut in cuts {
        let (mut world, peer) = put("Transfer-Encoding: chunked\r\n", cut);
        world.half_close(peer);
        let (line, reason) = end_of(&world, peer);
        assert!(line.contains("(connection closed by the encoder before the end of its body)"), "{line}");
        assert_eq!(reason, CloseReason::SourceIncomplete);
    }
}

#[test]
fn malformed_chunks_are_a_reason_of_their_own() {
    let (world, peer) =
        put("Transfer-Encoding: chunked\r\n", |audio| [chunk(&audio), b"tea\r\n".to_vec()].concat());
    let (line, reason) = end_of(&world, peer);
    assert!(line.contains("(sent a malformed body)"), "{line}");
    assert_eq!(reason, CloseReason::MalformedBody);
}

#[test]
fn end_of_an_upstream_is_logged_with_its_cause() {
    type End = fn(&mut World, &FakeUpstream);
    let ends: [(&str, End, &str); 4] = [
        ("", |world, upstream| world.half_close(upstream.peer), "closed the connection; retrying"),
        ("", |world, upstream| world.disconnect(upstream.peer), "reset the connection; retrying"),
        ("", |world, _| world.pass(seconds(11.0)), "sent nothing for 10 s; retrying"),
        (
            "\nTransfer-Encoding: chunked",
            |world, upstream| world.half_close(upstream.peer),
            "closed the connection before the end of its body; retrying",
        ),
    ];
    for (head, end, expected) in ends {
        let url = StreamUrl::parse("http://radio.example:8000/live").expect("an address");
        let mut settings = station();
        settings.relay = Some(RelaySettings::new(url, false));
        let mut world = World::without_inputs(1, settings);
        world.turn();
        collect();
        let encoder = Encoder::new(&world.logs[0], 1, Header::DEFAULT);
        let mut upstream = FakeUpstream::accept(&mut world, encoder);
        upstream.answer(&mut world, &format!("HTTP/1.1 200 OK\nContent-Type: audio/mpeg{head}"));
        upstream.play(&mut world, 5.0);
        end(&mut world, &upstream);
        let lines = lines_with("retrying");
        assert!(lines.len() == 1 && lines[0].contains(expected), "{lines:?} has {expected:?}");
    }
}

/// Encoders stop in the middle of a frame, and the last whole frame is confirmed only by the end.
#[test]
fn silence_of_a_source_is_counted_from_its_last_byte_wherever_it_stops() {
    for rest in [0.0, 0.01, 0.5, 0.99] {
        for timeout in [2.0, 6.0, 12.0] {
            let mut world = world(with(|it| it.timeout = seconds(timeout)));
            collect();
            let mut live = Live::source(&mut world);
            live.play(&mut world, 3.0);
            let audio = live.encoder.frames(4);
            let frame = live.encoder.frame_len() as f64;
            world.feed(live.peer, &audio[..(frame * (3.0 + rest)) as usize]);
            world.pass(seconds(timeout + 1.0));
            let (line, _) = end_of(&world, live.peer);
            assert!(line.contains(&format!("(sent nothing for {timeout} s)")), "{rest}: {line}");
        }
    }
}
