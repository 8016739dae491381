//! What sources are refused for after their login, and what the log says about it.

use coldwave::audio::{Header, silent_frame};
use coldwave::server::{FIRST_FRAME_TIMEOUT, Peer};
use coldwave::settings::StationCodec;
use coldwave::trusted_proxies::TrustedProxies;

use super::{Live, is_closed, log_in, seconds, station, without_autodj, world};
use crate::log;
use crate::world::encoder::source_request;
use crate::world::{Link, Reply, World};

/// Sends a request for PUT or SOURCE with the right password.
fn request(world: &mut World, method: &str, lines: &str) -> Peer {
    let request = world.request(method, "/live").auth("source", "deep water").lines(lines);
    request.agent("butt 0.1.37").from("203.0.113.9:33184").open()
}

#[test]
fn container_is_refused_at_once_by_its_signature() {
    for (beginning, name) in [
        (&b"OggS\0\x02\0\0\0\0\0\0\0\0"[..], "Ogg"),
        (b"fLaC\0\0\0\x22\x10\0\x10\0", "FLAC"),
        (b"\x1A\x45\xDF\xA3\x9F\x42\x86\x81\x01", "Matroska or WebM"),
        (b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\x01\0\x02\0", "WAV"),
        (b"\0\0\0\x20ftypM4A \0\0\0\0", "MP4"),
    ] {
        for login in [
            source_request("/live", "source", "deep water"),
            b"deep water\r\nicy-name:x\r\n\r\n".to_vec(),
            b"SOURCE deep water /live\r\n\r\n".to_vec(),
        ] {
            let mut world = world(station());
            log::collect();
            let peer = world.connect(Link::Fast);
            world.send(peer, &login);
            world.send(peer, beginning);
            assert!(is_closed(&world, peer), "{name}");
            let expected =
                format!("refused: it sends {name}; coldwave plays MP3 (audio/mpeg) and AAC (audio/aac)");
            assert_eq!(log::lines_with(&expected).len(), 1, "{name}");
            world.pass(seconds(1.0));
            assert_eq!(log::lines_with("127.0.0.1").len(), 1, "one line");
        }
    }
}

#[test]
fn type_that_is_not_supported_is_refused_with_those_that_are() {
    let mut world = world(station());
    log::collect();
    let peer = request(&mut world, "PUT", "Content-Type: application/ogg");
    let reply = world.reply(peer);
    assert_eq!(reply.status(), 415);
    let text = "its type is \"application/ogg\"; coldwave plays MP3 (audio/mpeg) and AAC (audio/aac)";
    assert_eq!(reply.body(), format!("Content-type not supported: {text}"));
    assert_eq!(
        log::lines_with("refused"),
        [format!("/live: source source at 203.0.113.9:33184 refused: {text}")]
    );
}

#[test]
fn other_codec_is_logged_with_what_is_expected_and_the_key_that_changes_it() {
    let mut settings = station();
    (settings.codec, settings.is_codec_given) = (StationCodec::Mp3, true);
    let mut world = without_autodj(settings);
    log::collect();
    let peer = request(&mut world, "PUT", "Content-Type: audio/aacp");
    let text = "it sends AAC (\"audio/aacp\"); the station plays MP3, because of its configuration; \
                codec = \"aac\" or allow_codec_change = true changes that";
    assert_eq!(world.reply(peer).body(), format!("Content-type not supported: {text}"));
    assert_eq!(log::lines_with(text).len(), 1);
}

#[test]
fn frames_of_another_codec_than_announced_are_recognised_at_once() {
    let mut world = world(station());
    log::collect();
    let peer = log_in(&mut world, "source", "deep water");
    let frame = silent_frame(&Header::new_aac(44_100, 2, 300).expect("a format"));
    world.feed(peer, &frame.repeat(8));
    assert!(is_closed(&world, peer) && !world.is_live(0));
    assert_eq!(
        log::lines_with("refused: it sends AAC frames but announces \"audio/mpeg\"; the station").len(),
        1
    );
}

#[test]
fn source_without_framing_behind_an_http_proxy_is_refused_at_once() {
    let types = "Content-Type: audio/mpeg\n";
    for (method, lines, is_refused) in [
        ("PUT", "X-Forwarded-For: 203.0.113.9", true),
        ("SOURCE", "X-Forwarded-For: 203.0.113.9", true),
        ("PUT", "Via: 1.1 squid\nContent-Length: 0", true),
        ("SOURCE", "Forwarded: for=203.0.113.9\nContent-Length: 0", true),
        ("PUT", "X-Real-IP: 203.0.113.9", true),
        ("PUT", "X-Forwarded-For: 203.0.113.9\nTransfer-Encoding: chunked", false),
        ("SOURCE", "X-Forwarded-For: 203.0.113.9\nTransfer-Encoding: chunked", false),
        ("PUT", "X-Forwarded-For: 203.0.113.9\nContent-Length: 5", false),
        ("PUT", "", false),
        ("SOURCE", "Content-Length: 0", false),
    ] {
        for is_trusted in [false, true] {
            let mut world = world(station());
            if is_trusted {
                let trusted = "203.0.113.9/32".parse().expect("a network");
                world.configure(|config| config.trusted_proxies = TrustedProxies::new(vec![trusted]));
            }
            log::collect();
            let peer = request(&mut world, method, &format!("{types}{lines}"));
            let reply: Reply = world.reply(peer);
            assert_eq!(reply.status(), if is_refused { 411 } else { 200 }, "{method} {lines}");
            assert_eq!(reply.contains("or connect to coldwave directly"), is_refused, "{method} {lines}");
            let logged = log::lines_with("so the proxy forwards no audio").len();
            assert_eq!(logged, usize::from(is_refused), "{method} {lines}");
        }
    }
    // Without a valid password, nothing is revealed, and libshout's first request gets its 401.
    let mut world = world(station());
    let reply = world.request("PUT", "/live").header("Via", "1.1 x").header("Content-Length", "0").send();
    assert_eq!(reply.status(), 401);
}

#[test]
fn source_that_sends_nothing_for_three_seconds_is_logged_once() {
    const LINE: &str = "has sent nothing for 3 s after its login";
    let mut world = world(station());
    log::collect();
    let quiet = request(&mut world, "SOURCE", "");
    let mut live = Live::connect(&mut world, 1, "nadia", "nadia-pw");
    live.play(&mut world, 2.9);
    assert_eq!(log::lines_with(LINE), [""; 0]);
    live.play(&mut world, 6.0);
    assert_eq!(
        log::lines_with(LINE),
        [format!("/live: source source at 203.0.113.9:33184 (\"butt 0.1.37\") {LINE}")]
    );
    live.play(&mut world, FIRST_FRAME_TIMEOUT.as_secs_f64());
    assert!(is_closed(&world, quiet));
    assert_eq!(log::lines_with("refused: it sent no MP3 frame").len(), 1);
    // The same through a proxy, which may have swallowed the audio.
    let mut world = self::world(station());
    log::collect();
    log_in(&mut world, "source", "deep water");
    world.pass(seconds(4.0));
    let hint = "; an HTTP proxy forwards only audio that has a length or is sent in chunks";
    assert_eq!(log::lines_with(hint).len(), 1);
}
