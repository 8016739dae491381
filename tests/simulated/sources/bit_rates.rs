//! The bit rate that a source states, and where it is shown.

use coldwave::audio::Header;
use coldwave::server::Peer;
use coldwave::settings::Takeover;
use serde_json::Value;

use super::codecs::aac;
use super::{MOUNT, seconds, station, with, without_autodj};
use crate::world::encoder::{Encoder, source_request_with_type};
use crate::world::{Link, World};

/// Frames of 300 bytes at 44,100 Hz.
const MEASURED: u64 = 103;

struct Stating {
    encoder: Encoder,
    peer: Peer,
}

impl Stating {
    /// Connects a source that sends these further header lines.
    fn connect(world: &mut World, header: Header, lines: &str) -> Self {
        let content_type = header.codec().content_type();
        let request = source_request_with_type(MOUNT, "source", "deep water", content_type);
        let head =
            [request.strip_suffix(b"\r\n").expect("an empty line"), lines.as_bytes(), b"\r\n"].concat();
        let peer = world.connect(Link::Fast);
        world.send(peer, &head);
        Self { encoder: Encoder::new(&world.logs[0], 1, header), peer }
    }

    fn play(&mut self, world: &mut World, time: f64) {
        for _ in 0..(time * 10.0).round() as u64 {
            world.feed(self.peer, &self.encoder.seconds(0.1));
            world.pass(seconds(0.1));
        }
    }
}

/// Returns the bit rates that head and pages state. Fails if they differ.
#[track_caller]
fn shown(world: &mut World) -> Option<u64> {
    world.pass(seconds(1.1));
    let head = world.head(MOUNT).send();
    let number = |text: &str| text.parse::<u64>().expect("a number");
    let in_head = head.header("icy-br").map(number);
    let info = head.header("ice-audio-info").unwrap_or_default().to_owned();
    assert_eq!(
        in_head.map(|kbps| info.contains(&format!("bitrate={kbps};"))),
        in_head.map(|_| true),
        "{info}"
    );
    let api = world.get("/api/v1/stations").send().json()["stations"][0]["bitrate_kbps"].as_u64();
    let icecast = &world.get("/status-json.xsl").send().json()["icestats"]["source"];
    let [bitrate, ice_bitrate] = ["bitrate", "ice-bitrate"].map(|key| icecast[key].as_u64());
    let dnas = world.get("/statistics?json=1").send().json()["streams"][0]["bitrate"].clone();
    let dnas = dnas.as_u64().or_else(|| dnas.as_str().map(number));
    if icecast != &Value::Null {
        assert_eq!([in_head, bitrate, ice_bitrate, dnas], [api; 4]);
    }
    assert_eq!(in_head, api);
    api
}

#[test]
fn stated_bit_rate_of_aac_is_shown_while_its_source_is_on_air() {
    let mut world = without_autodj(station());
    for (lines, expected) in [
        ("ice-audio-info: bitrate=64;samplerate=44100;channels=2\r\n", 64),
        ("ice-audio-info: ice-bitrate=48;ice-channels=2\r\n", 48),
        ("ice-bitrate: 32\r\n", 32),
        ("icy-br: 256\r\n", 256),
        ("icy-br: 0\r\nice-audio-info: bitrate=Quality 4\r\n", MEASURED),
        ("icy-br: 1000000000\r\n", MEASURED),
        ("", MEASURED),
    ] {
        let mut source = Stating::connect(&mut world, aac(44_100, 2), lines);
        source.play(&mut world, 8.0);
        assert_eq!(shown(&mut world), Some(expected), "{lines:?}");
        world.disconnect(source.peer);
        world.pass(seconds(8.0));
        let silence = shown(&mut world).expect("silence has a bit rate");
        assert!(silence.abs_diff(MEASURED) < 5, "what was stated is gone: {silence}");
    }
}

#[test]
fn bit_rate_of_mp3_is_that_of_its_frames() {
    let mut world = without_autodj(station());
    let header = Header::new_mp3(44_100, 2, 192).expect("a header");
    let mut source = Stating::connect(&mut world, header, "ice-audio-info: bitrate=64;samplerate=44100\r\n");
    source.play(&mut world, 8.0);
    assert_eq!(shown(&mut world), Some(192));
}

#[test]
fn next_source_states_its_own_bit_rate() {
    let mut world = without_autodj(with(|it| it.takeover = Takeover::AnyUser));
    let mut first = Stating::connect(&mut world, aac(44_100, 2), "icy-br: 64\r\n");
    first.play(&mut world, 3.0);
    let mut second = Stating::connect(&mut world, aac(44_100, 2), "icy-br: 96\r\n");
    // It has sent no frame yet, so the first one is still on air.
    first.play(&mut world, 1.0);
    assert_eq!(shown(&mut world), Some(64));
    second.encoder = Encoder::new(&world.logs[0], 2, aac(44_100, 2));
    second.play(&mut world, 3.0);
    assert_eq!(shown(&mut world), Some(96));
}

#[test]
fn mean_contains_nothing_of_before_a_change_of_the_codec() {
    let mut world = without_autodj(station());
    let mp3 = Header::new_mp3(44_100, 2, 256).expect("a header");
    let mut first = Stating::connect(&mut world, mp3, "");
    first.play(&mut world, 8.0);
    world.disconnect(first.peer);
    let mut second = Stating::connect(&mut world, aac(44_100, 2), "");
    second.encoder = Encoder::new(&world.logs[0], 2, aac(44_100, 2));
    let mut announced = Vec::new();
    for _ in 0..50 {
        second.play(&mut world, 0.1);
        let head = world.head(MOUNT).send();
        if head.header("content-type") == Some("audio/aac") {
            announced.push(head.header("icy-br").map(|kbps| kbps.parse::<u64>().expect("a number")));
        }
    }
    let is_right = |kbps: u64| kbps.abs_diff(MEASURED) < 5;
    assert!(announced.iter().flatten().all(|kbps| is_right(*kbps)), "{announced:?}");
    assert!(announced.iter().flatten().count() > 25, "{announced:?}");
}

#[test]
fn mean_of_a_source_contains_nothing_of_the_last_one() {
    let mut world = without_autodj(station());
    let [high, low] = [256, 64].map(|kbps| Header::new_mp3(44_100, 2, kbps).expect("a header"));
    let mut first = Stating::connect(&mut world, high, "");
    first.play(&mut world, 8.0);
    world.disconnect(first.peer);
    world.pass(seconds(4.0));
    let mut second = Stating::connect(&mut world, low, "");
    second.encoder = Encoder::new(&world.logs[0], 2, low);
    second.play(&mut world, 2.5);
    let head = world.head(MOUNT).send();
    assert_eq!(head.header("icy-br"), Some("64"));
}
