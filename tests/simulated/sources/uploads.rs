//! Sources that send a whole body and end it: each gets one reply, and all that it sent is played.

use coldwave::audio::{Header, silent_frame};
use coldwave::server::Peer;
use coldwave::session::CloseReason;

use super::{is_closed, seconds, station, world};
use crate::log;
use crate::world::encoder::Encoder;
use crate::world::{Link, World};

const AUTHORIZATION: &str = "Authorization: Basic c291cmNlOmRlZXAgd2F0ZXI=\r\n";
const MPEG: &str = "Content-Type: audio/mpeg\r\n";

/// Frames of four seconds.
const FRAMES: u64 = 154;

/// Returns a body in chunks of 1,000 bytes.
fn chunked(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for chunk in body.chunks(1_000) {
        out.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        out.extend_from_slice(chunk);
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(b"0\r\n\r\n");
    out
}

/// A way to send audio that ends.
struct Upload {
    /// The head, with `LENGTH` for the length of the body.
    head: String,
    is_chunked: bool,
    /// Whether the client closes its sending side after the audio.
    half_closes: bool,
    reply: &'static str,
}

const OK: &str = "HTTP/1.0 200 OK\r\n\r\n";

const CHUNKED: &str = "Transfer-Encoding: chunked\r\n";
const LENGTH: &str = "Content-Length: LENGTH\r\n";

fn head(method: &str, version: &str, more: &str) -> String {
    format!("{method} /live HTTP/{version}\r\n{AUTHORIZATION}{MPEG}{more}\r\n")
}

fn uploads() -> Vec<Upload> {
    let upload = |head, half_closes| Upload { head, is_chunked: false, half_closes, reply: OK };
    let length = |version, more: &str| head("PUT", version, &format!("{LENGTH}{more}"));
    let chunked = |method| Upload { is_chunked: true, ..upload(head(method, "1.1", CHUNKED), false) };
    let continued = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.0 200 OK\r\n\r\n";
    let v1 = "deep water\r\ncontent-type:audio/mpeg\r\n\r\n".to_owned();
    vec![
        upload(length("1.1", ""), false),
        upload(length("1.0", ""), false),
        upload(length("1.1", "Connection: keep-alive\r\n"), false),
        upload(length("1.1", ""), true),
        chunked("PUT"),
        chunked("SOURCE"),
        Upload { reply: continued, ..upload(length("1.1", "Expect: 100-continue\r\n"), false) },
        upload(head("SOURCE", "1.0", ""), true),
        upload(head("PUT", "1.1", ""), true),
        Upload { reply: "OK2\r\nicy-caps:11\r\n\r\n", ..upload(v1, true) },
        Upload { reply: "OK\r\n", ..upload("SOURCE deep water /live\r\n\r\n".into(), true) },
    ]
}

/// Sends `bytes` in pieces of this size, and then closes the sending side if the upload does so.
fn send(world: &mut World, peer: Peer, bytes: &[u8], piece: usize, half_closes: bool) {
    let mut pieces = bytes.chunks(piece).peekable();
    while let Some(piece) = pieces.next() {
        // The end arrives in the same turn as the last bytes, before anything is written.
        world.server.received(peer, piece, world.now);
        if half_closes && pieces.peek().is_none() {
            world.server.received_eof(peer, world.now);
        }
        world.turn();
    }
}

#[test]
fn upload_gets_one_reply_then_the_end_and_is_played_whole() {
    for upload in uploads() {
        for piece in [usize::MAX, 700] {
            let case = format!("{}, {piece}", upload.head);
            let mut world = world(station());
            let ear = world.tune_in("/live", Link::Fast);
            let peer = world.connect(Link::Fast);
            let body = Encoder::new(&world.logs[0], 1, Header::DEFAULT).frames(FRAMES);
            let head = upload.head.replace("LENGTH", &body.len().to_string());
            let body = if upload.is_chunked { chunked(&body) } else { body };
            send(&mut world, peer, &[head.as_bytes(), &body].concat(), piece, upload.half_closes);
            assert_eq!(world.reply(peer), upload.reply, "{case}");
            assert!(is_closed(&world, peer), "{case}: the reply ends at once");
            world.pass(seconds(16.0));
            assert_eq!(world.ear(ear).live_frames, FRAMES, "{case}");
            let ended = world.ended.borrow().iter().map(|it| (it.status, it.reason)).collect::<Vec<_>>();
            assert_eq!(ended, [(200, CloseReason::SourceEnded)], "{case}");
        }
    }
}

#[test]
fn bytes_after_the_length_are_ignored() {
    let mut world = world(station());
    let ear = world.tune_in("/live", Link::Fast);
    let peer = world.connect(Link::Fast);
    let body = Encoder::new(&world.logs[0], 1, Header::DEFAULT).frames(FRAMES);
    let head = head("PUT", "1.1", &format!("Content-Length: {}\r\n", body.len()));
    let more = silent_frame(&Header::DEFAULT).repeat(10);
    send(&mut world, peer, &[head.as_bytes(), &body, &more].concat(), usize::MAX, false);
    send(&mut world, peer, &more, usize::MAX, true);
    assert_eq!(world.reply(peer), OK);
    world.pass(seconds(16.0));
    assert_eq!(world.ear(ear).live_frames, FRAMES);
}

#[test]
fn single_frame_is_played() {
    let mut world = world(station());
    let ear = world.tune_in("/live", Link::Fast);
    let peer = world.connect(Link::Fast);
    let body = Encoder::new(&world.logs[0], 1, Header::DEFAULT).frames(1);
    let head = head("PUT", "1.1", &format!("Content-Length: {}\r\n", body.len()));
    send(&mut world, peer, &[head.as_bytes(), &body].concat(), usize::MAX, false);
    assert_eq!(world.reply(peer), OK);
    world.pass(seconds(8.0));
    assert_eq!(world.ear(ear).live_frames, 1);
}

#[test]
fn upload_without_a_frame_gets_an_error_with_the_reason() {
    let junk = "x".repeat(5_000);
    for (head, body, half_closes, status, text) in [
        (head("PUT", "1.1", "Content-Length: 0\r\n"), "", false, 400, "its Content-Length is 0"),
        (
            head("PUT", "1.1", "Transfer-Encoding: chunked\r\n"),
            "0\r\n\r\n",
            false,
            400,
            "it sent no MP3 frame",
        ),
        (head("PUT", "1.1", "Content-Length: 5000\r\n"), &junk, false, 400, "it sent no MP3 frame"),
        (head("SOURCE", "1.0", ""), &junk, true, 400, "it sent no MP3 frame"),
        (head("SOURCE", "1.0", ""), "", true, 400, "it sent no MP3 frame"),
        (
            head("PUT", "1.1", "Content-Length: 9\r\n"),
            "OggS\0\u{2}\0\0\0",
            false,
            415,
            "Content-type not supported: it sends Ogg",
        ),
    ] {
        let mut world = world(station());
        log::collect();
        let peer = world.connect(Link::Fast);
        send(&mut world, peer, (head.clone() + body).as_bytes(), usize::MAX, half_closes);
        let reply = world.reply(peer);
        assert_eq!(reply.status(), status, "{head}: {reply}");
        assert!(reply.body().contains(text), "{head}: {reply}");
        assert_eq!(reply.matches("HTTP/1.").count(), 1, "{head}: {reply}");
        assert!(is_closed(&world, peer) && !world.is_live(0), "{head}");
        world.pass(seconds(16.0));
        assert_eq!(log::lines_with("refused: ").len(), 1, "{head}");
    }
    let mut world = world(station());
    let peer = world.connect(Link::Fast);
    send(&mut world, peer, b"deep water\r\n\r\njunk", usize::MAX, true);
    assert_eq!(world.reply(peer), "invalid password\r\n");
}

#[test]
fn refusal_after_the_reply_only_closes_the_connection() {
    let mut world = world(station());
    let peer = world.connect(Link::Fast);
    world.send(peer, head("SOURCE", "1.0", "").as_bytes());
    send(&mut world, peer, b"OggS\0\x02\0\0\0\0", usize::MAX, false);
    assert_eq!(world.reply(peer), OK, "there is never a second reply");
    assert!(is_closed(&world, peer));
}
