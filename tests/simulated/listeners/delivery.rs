//! Delivery to listeners over links of every kind: whole frames in order, with the right titles.

use std::rc::Rc;
use std::time::Duration;

use crate::world::ear::Ear;
use crate::world::tone::Tone;
use crate::world::{Link, World, seed};
use coldwave::audio::Header;
use coldwave::settings::StationSettings;
use coldwave::station::{Input, Readiness};

const SECOND: Duration = Duration::from_secs(1);

/// Frames of 44.1 kHz in a second.
const FRAMES_PER_SECOND: u64 = 38;

fn all_links() -> Vec<Link> {
    vec![
        Link::Fast,
        Link::Erratic,
        Link::Slow { per_second: 20_000, buffer: 30_000 },
        Link::Slow { per_second: 17_000, buffer: 3 },
        Link::Slow { per_second: 12_000, buffer: 200_000 },
        Link::Stuck { buffer: 700 },
        Link::Stuck { buffer: 100_000 },
    ]
}

#[test]
fn new_listener_gets_the_burst_in_one_write() {
    let mut world = World::new(1);
    world.pass(15 * SECOND);
    let peer = world.tune_in("/live", Link::Fast);
    assert_eq!(world.socket(peer).writes, 1);
    let frames = world.ear(peer).frames;
    assert!((5 * FRAMES_PER_SECOND..=5 * FRAMES_PER_SECOND + 3).contains(&frames), "{frames}");
    assert_eq!(world.ear(peer).titles.len(), 1);
}

#[test]
fn listener_before_the_first_frame_gets_it_as_soon_as_it_exists() {
    let log = Rc::default();
    let tone = Tone::new("Tone", &log);
    let knobs = tone.knobs.clone();
    knobs.borrow_mut().readiness = Readiness::Pending;
    let stations = vec![(StationSettings::default(), vec![Box::new(tone) as Box<dyn Input>])];
    let mut world = World::with_inputs(1, stations, vec![log]);
    let peer = world.tune_in("/live", Link::Fast);
    let head = world.ear(peer).head();
    assert!(head.contains("icy-name") && !head.contains("icy-br") && !head.contains("icy-sr"), "{head}");
    assert_eq!(world.ear(peer).frames, 0);
    knobs.borrow_mut().readiness = Readiness::Ready;
    world.turn();
    assert!(world.ear(peer).frames >= 5 * FRAMES_PER_SECOND);
}

#[test]
fn listener_gets_one_write_per_delivery_interval() {
    let mut world = World::new(1);
    let peer = world.tune_in("/live", Link::Fast);
    world.pass(100 * SECOND);
    assert!((100..=102).contains(&world.socket(peer).writes), "{}", world.socket(peer).writes);
    let frames = world.ear(peer).frames;
    assert!((103 * FRAMES_PER_SECOND..106 * FRAMES_PER_SECOND).contains(&frames), "{frames}");
}

#[test]
fn frames_and_titles_are_right_over_any_link() {
    let seed = seed(2);
    for metaint in [1, 7, 417, 418, 16_000, 1_000_000] {
        let mut world = World::with(seed, vec![StationSettings { metaint, ..StationSettings::default() }]);
        let peers: Vec<_> = all_links().into_iter().map(|link| world.tune_in("/live", link)).collect();
        // With a block after every byte, the stream is many times longer.
        let seconds = if metaint < 100 { 40 } else { 300 };
        world.pass(seconds as u32 * SECOND);
        let fast = world.ear(peers[0]);
        assert_eq!((fast.skips, fast.silent_frames), (0, 0), "metaint {metaint}");
        assert!(fast.frames > seconds * FRAMES_PER_SECOND);
        assert!(fast.titles.len() as u64 >= seconds / 14 || metaint == 1_000_000, "{:?}", fast.titles);
        let erratic = world.ear(peers[1]);
        assert!(erratic.skips == 0 || metaint < 100, "{}", erratic.skips);
    }
}

#[test]
fn stream_without_titles_is_audio_only() {
    let mut world = World::new(3);
    let peer = world.connect(Link::Erratic);
    world.socket_mut(peer).ear = Some(Ear::new(&world.logs[0]));
    world.send(peer, b"GET /live HTTP/1.1\r\nHost: x\r\n\r\n");
    world.pass(100 * SECOND);
    assert!(!world.ear(peer).head().contains("metaint"));
    assert!(world.ear(peer).frames > 95 * FRAMES_PER_SECOND && world.ear(peer).titles.is_empty());
}

#[test]
fn listener_behind_buffer_skips_to_frame_boundary() {
    let mut world = World::new(seed(4));
    // 15 kB/s of a stream of 16 kB/s: one skip every seven minutes.
    let peer = world.tune_in("/live", Link::Slow { per_second: 15_000, buffer: 20_000 });
    world.pass(1800 * SECOND);
    world.assert_listens(peer);
    let ear = world.ear(peer);
    assert!((2..=5).contains(&ear.skips), "{}", ear.skips);
}

#[test]
fn partly_sent_title_block_before_a_skip_has_the_title_of_the_next_frame() {
    let frame = Header::DEFAULT.frame_len();
    let settings = StationSettings { metaint: frame as u32, ..StationSettings::default() };
    let mut world = World::with(1, vec![settings]);
    world.pass(SECOND);
    let other = world.tune_in("/live", Link::Fast);
    let head = world.ear(other).head().len();
    // The socket accepts the head, a frame and the start of the next block. The rest follows after a change
    // of title.
    let peer = world.tune_in("/live", Link::Stuck { buffer: head + frame + 5 });
    world.pass(35 * SECOND);
    world.socket_mut(peer).link = Link::Fast;
    world.pass(SECOND);
    world.assert_listens(peer);
    assert_eq!(world.ear(peer).skips, 1);
}

#[test]
fn third_skip_within_a_minute_disconnects_a_listener() {
    let mut world = World::new(seed(5));
    let half = world.tune_in("/live", Link::Slow { per_second: 3_000, buffer: 20_000 });
    world.pass(60 * SECOND);
    world.assert_listens(half);
    let stuck = world.tune_in("/live", Link::Stuck { buffer: 10_000 });
    world.pass(120 * SECOND);
    assert!(world.socket(stuck).closed, "25 s behind at 30, 55 and 80 s");
    assert_eq!(world.listeners(0), usize::from(!world.socket(half).closed));
}

#[test]
fn listener_that_reads_nothing_is_disconnected_whatever_the_buffer() {
    for buffer in [30, 36, 60, 120].map(Duration::from_secs) {
        let mut world = World::with(1, vec![StationSettings { buffer, ..StationSettings::default() }]);
        let stuck = world.tune_in("/live", Link::Stuck { buffer: 300_000 });
        // Its socket holds 300 kB. Then it falls behind by the buffer, and again by the buffer less the
        // burst.
        world.pass(20 * SECOND + 2 * buffer);
        assert!(world.socket(stuck).closed, "{buffer:?}");
    }
}

#[test]
fn extreme_intervals_and_bursts_still_deliver_without_skips() {
    for (interval, burst) in [(0, 5_000), (1, 0), (8_000, 1_000), (100_000, 0)] {
        let (delivery_interval, burst) = (Duration::from_millis(interval), Duration::from_millis(burst));
        let settings = StationSettings { delivery_interval, burst, ..StationSettings::default() };
        let mut world = World::with(1, vec![settings]);
        let peer = world.tune_in("/live", Link::Fast);
        world.pass(100 * SECOND);
        assert_eq!(world.ear(peer).skips, 0);
        assert!(world.socket(peer).writes >= 400, "{}", world.socket(peer).writes);
    }
}

#[test]
fn listeners_continue_after_the_process_stalls() {
    let mut world = World::new(seed(6));
    let peers: Vec<_> = [Link::Fast, Link::Erratic, Link::Stuck { buffer: 9 }]
        .map(|link| world.tune_in("/live", link))
        .into();
    world.pass(20 * SECOND);
    world.stall(20 * SECOND);
    world.pass(20 * SECOND);
    assert_eq!(world.ear(peers[0]).skips, 0, "a stall of 20 s is caught up without a skip");
    world.stall(100_000 * SECOND);
    world.pass(20 * SECOND);
    world.assert_listens(peers[0]);
    let frames = world.ear(peers[0]).frames;
    // This is the first burst and 60 s. Of the missed day, only a burst is sent; the last 20 s of the 60 s
    // follow it.
    assert!((88 * FRAMES_PER_SECOND..93 * FRAMES_PER_SECOND).contains(&frames), "{frames}");
}

/// The audio due after a stall may be more than a small buffer holds. Listeners then skip forward, but do not
/// count as peers that do not read.
#[test]
fn listeners_with_a_small_buffer_continue_after_a_stall_of_any_length() {
    for (burst_ms, buffer_ms, interval_ms) in
        [(5000, 5000, 200), (5000, 6000, 100), (2000, 3000, 500), (1000, 1000, 250)]
    {
        for stop_ms in (500..10_000).step_by(500) {
            let settings = StationSettings {
                burst: Duration::from_millis(burst_ms),
                buffer: Duration::from_millis(buffer_ms),
                delivery_interval: Duration::from_millis(interval_ms),
                ..StationSettings::default()
            };
            let mut world = World::with(1, vec![settings]);
            let peer = world.tune_in("/stream", Link::Fast);
            world.pass(20 * SECOND);
            world.stall(Duration::from_millis(stop_ms));
            world.pass(20 * SECOND);
            world.assert_listens(peer);
            assert!(world.ear(peer).skips <= 1, "{} after {stop_ms} ms", world.ear(peer).skips);
        }
    }
}

#[test]
fn stop_ends_every_stream_at_a_frame_boundary() {
    for seed in 0..30 {
        let mut world = World::new(seed);
        let peers: Vec<_> = all_links().into_iter().map(|link| world.tune_in("/live", link)).collect();
        world.pass(Duration::from_millis(7_130 * (seed + 1)));
        world.server.stop(world.now);
        world.turn();
        world.pass(2 * SECOND);
        for &peer in &peers {
            let socket = world.socket(peer);
            let disconnected_before = socket.closed && !socket.finished;
            let hardly_reads = matches!(socket.link, Link::Stuck { .. } | Link::Slow { buffer: 3, .. });
            assert!(disconnected_before || socket.finished || hardly_reads, "{:?}", socket.link);
            assert!(!socket.finished || world.ear(peer).is_at_frame_boundary(), "{:?}", socket.link);
        }
    }
}
