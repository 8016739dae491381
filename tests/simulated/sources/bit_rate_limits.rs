//! The bit rates that a source may have, as it announces them and as they are measured.

use coldwave::audio::Header;
use coldwave::server::Peer;
use coldwave::settings::{BitRateLimits, StationSettings};

use super::{is_closed, seconds, with, without_autodj};
use crate::log;
use crate::world::encoder::{Encoder, source_request};
use crate::world::{Link, World};

fn limited(min: Option<u32>, max: Option<u32>) -> StationSettings {
    with(|sources| sources.bitrates = BitRateLimits { max, min })
}

/// Sends a login with these further header lines.
fn log_in(world: &mut World, lines: &str) -> Peer {
    let peer = world.connect(Link::Fast);
    let request = source_request("/live", "source", "deep water");
    let head = [request.strip_suffix(b"\r\n").expect("an empty line"), lines.as_bytes(), b"\r\n"].concat();
    world.send(peer, &head);
    peer
}

/// Lets a source play until it is disconnected, for at most 60 seconds. Returns how long it has played.
fn play(world: &mut World, peer: Peer, kbps: u16) -> f64 {
    let header = Header::new_mp3(44_100, 2, kbps).expect("a format");
    let mut encoder = Encoder::new(&world.logs[0], 1, header);
    for tenth in 0..600 {
        if is_closed(world, peer) {
            return f64::from(tenth) / 10.0;
        }
        world.feed(peer, &encoder.seconds(0.1));
        world.pass(seconds(0.1));
    }
    60.0
}

#[test]
fn source_that_announces_another_bit_rate_is_refused() {
    let mut world = without_autodj(limited(Some(64), Some(192)));
    log::collect();
    for (lines, fault) in [
        ("ice-bitrate: 320\r\n", "has 320 kbit/s, more than max_source_bitrate (192)"),
        ("ice-audio-info: bitrate=193;channels=2\r\n", "has 193 kbit/s, more than max_source_bitrate (192)"),
        ("icy-br: 256000\r\n", "has 256 kbit/s, more than max_source_bitrate (192)"),
        ("icy-br: 32\r\n", "has 32 kbit/s, less than min_source_bitrate (64)"),
    ] {
        let peer = log_in(&mut world, lines);
        let reply = world.reply(peer);
        assert_eq!((reply.status(), reply.body()), (403, &*format!("its stream {fault}")), "{lines}");
        assert_eq!(log::lines_with(&format!("refused: its stream {fault}")).len(), 1, "{lines}");
    }
    for lines in ["", "ice-bitrate: 192\r\n", "ice-bitrate: 64\r\n", "ice-bitrate: 0\r\n", "icy-br: VBR\r\n"]
    {
        let mut world = without_autodj(limited(Some(64), Some(192)));
        let peer = log_in(&mut world, lines);
        assert!(world.reply(peer).status() == 200 && !is_closed(&world, peer), "{lines}");
    }
}

#[test]
fn source_that_sends_another_bit_rate_is_disconnected_after_ten_seconds() {
    for (kbps, limits, played, fault) in [
        (320, (None, Some(192)), 10.0, "has 320 kbit/s, more than max_source_bitrate (192)"),
        (64, (Some(96), None), 10.0, "has 64 kbit/s, less than min_source_bitrate (96)"),
        (128, (Some(96), Some(134)), 60.0, ""),
        (128, (Some(128), Some(128)), 60.0, ""),
    ] {
        let mut world = without_autodj(limited(limits.0, limits.1));
        log::collect();
        let peer = log_in(&mut world, "");
        let heard = play(&mut world, peer, kbps);
        assert!((played - 0.2..=played + 1.0).contains(&heard), "{kbps} kbit/s: {heard} s");
        let ended = format!("live source source ended (its stream {fault}) after");
        assert_eq!(log::lines_with(&ended).len(), usize::from(!fault.is_empty()), "{kbps} kbit/s");
    }
}

#[test]
fn changed_limit_applies_to_the_source_on_air() {
    let mut world = without_autodj(limited(None, None));
    let peer = log_in(&mut world, "");
    assert_eq!(play(&mut world, peer, 320) as u32, 60);
    let key = world.keys[0];
    world.server.apply_station(key, limited(None, Some(192)), world.now).expect("no conflict");
    let header = Header::new_mp3(44_100, 2, 320).expect("a format");
    let mut encoder = Encoder::new(&world.logs[0], 2, header);
    for _ in 0..120 {
        world.feed(peer, &encoder.seconds(0.1));
        world.pass(seconds(0.1));
        if is_closed(&world, peer) {
            return;
        }
    }
    panic!("the source is still connected");
}
