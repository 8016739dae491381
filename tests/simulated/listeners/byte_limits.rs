//! Bursts and buffers in bytes, as Icecast's `burst-size` and `queue-size`.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use coldwave::audio::Header;
use coldwave::settings::StationSettings;
use coldwave::station::Input;

use crate::world::tone::{Log, Tone};
use crate::world::{Link, World, seed};

const SECOND: Duration = Duration::from_secs(1);

/// Creates a world with one station that plays a tone at this bit rate.
fn world(default_seed: u64, kbps: u16, settings: StationSettings) -> World {
    let log = Rc::new(RefCell::new(Log::default()));
    let tone = Tone::new("Tone", &log);
    tone.knobs.borrow_mut().formats = vec![Header::new_mp3(44_100, 2, kbps).expect("a format")];
    let inputs: Vec<Box<dyn Input>> = vec![Box::new(tone)];
    World::with_inputs(seed(default_seed), vec![(settings, inputs)], vec![log])
}

/// Returns the most bytes that a frame at this bit rate has.
fn frame_max(kbps: u16) -> u64 {
    Header::new_mp3(44_100, 2, kbps).expect("a format").frame_len() as u64 + 1
}

#[test]
fn burst_in_bytes_is_the_same_at_every_bit_rate() {
    for kbps in [32, 128, 320] {
        for burst in [0, 20_000, 65_536] {
            let settings = StationSettings {
                burst_bytes: Some(burst),
                buffer_bytes: Some(524_288),
                ..StationSettings::default()
            };
            let mut world = world(51, kbps, settings);
            world.pass(60 * SECOND);
            let end = world.station(0).timeline().end();
            let joined = end - world.station(0).join_offset();
            let (burst, frame) = (u64::from(burst), frame_max(kbps));
            assert!(joined <= burst && joined + frame > burst, "{joined} of {burst} bytes at {kbps} kbit/s");
            let listener = world.tune_in("/live", Link::Fast);
            world.turn();
            let received = world.ear(listener).frames * frame;
            assert!(received + 2 * frame > joined, "{received} of {joined} bytes at once");
            world.pass(60 * SECOND);
            world.assert_listens(listener);
            assert_eq!(world.ear(listener).skips, 0);
        }
    }
}

#[test]
fn listener_behind_a_buffer_in_bytes_skips_forward() {
    for kbps in [32, 320] {
        let settings = StationSettings {
            burst_bytes: Some(65_536),
            buffer_bytes: Some(524_288),
            ..StationSettings::default()
        };
        let mut world = world(52, kbps, settings);
        world.pass(60 * SECOND);
        let listener = world.tune_in("/live", Link::Fast);
        world.turn();
        world.socket_mut(listener).link = Link::Stuck { buffer: 0 };
        let per_second = u64::from(kbps) * 1000 / 8;
        // The burst was read, so the whole buffer is left.
        world.pass(Duration::from_secs(524_288 / per_second - 2));
        world.socket_mut(listener).link = Link::Fast;
        world.pass(2 * SECOND);
        assert_eq!(world.ear(listener).skips, 0, "{kbps} kbit/s");
        world.socket_mut(listener).link = Link::Stuck { buffer: 0 };
        world.pass(Duration::from_secs(524_288 / per_second + 4));
        world.socket_mut(listener).link = Link::Fast;
        world.pass(2 * SECOND);
        assert_eq!(world.ear(listener).skips, 1, "{kbps} kbit/s");
        world.assert_listens(listener);
    }
}

/// A burst in bytes that is longer than the buffer in seconds must not make each new listener late.
#[test]
fn burst_and_buffer_in_different_units_fit_each_other() {
    let default = StationSettings::default();
    for (kbps, settings) in [
        (32, StationSettings { burst_bytes: Some(262_144), ..default.clone() }),
        (320, StationSettings { buffer_bytes: Some(16_384), ..default.clone() }),
        (320, StationSettings { burst_bytes: Some(65_536), buffer_bytes: Some(16_384), ..default }),
    ] {
        let mut world = world(53, kbps, settings);
        world.pass(100 * SECOND);
        let listeners = [0; 3].map(|_| {
            world.pass(SECOND);
            world.tune_in("/live", Link::Fast)
        });
        world.pass(30 * SECOND);
        for listener in listeners {
            world.assert_listens(listener);
            assert_eq!(world.ear(listener).skips, 0, "{kbps} kbit/s");
        }
    }
}
