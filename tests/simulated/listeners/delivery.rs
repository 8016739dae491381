//! Listeners in a simulated world: whatever their links, what they hear is whole frames in order, with the titles in
//! force.

use std::rc::Rc;
use std::time::Duration;

use crate::world::tone::Tone;
use crate::world::{self, Link, World};
use coldwave::audio::Header;
use coldwave::settings::StationSettings;
use coldwave::station::{Input, Readiness};

const SECOND: Duration = Duration::from_secs(1);

/// Frames of 44.1 kHz in a second.
const FRAMES_PER_SECOND: u64 = 38;

fn all_links() -> Vec<Link> {
    vec![
        Link::Fast,
        Link::Moody,
        Link::Slow { per_second: 20_000, buffer: 30_000 },
        Link::Slow { per_second: 17_000, buffer: 3 },
        Link::Slow { per_second: 12_000, buffer: 200_000 },
        Link::Stuck { buffer: 700 },
        Link::Stuck { buffer: 100_000 },
    ]
}

#[test]
fn a_newcomer_is_sent_his_burst_in_one_write() {
    let mut world = World::new(1);
    world.pass(15 * SECOND);
    let peer = world.tune_in("/live", Link::Fast);
    assert_eq!(world.pretend(peer).writes, 1);
    let frames = world.ear(peer).frames;
    assert!((5 * FRAMES_PER_SECOND..=5 * FRAMES_PER_SECOND + 3).contains(&frames), "{frames}");
    assert_eq!(world.ear(peer).titles.len(), 1);
}

#[test]
fn who_comes_before_the_first_frame_hears_it_as_soon_as_it_is_there() {
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
fn a_listener_costs_one_write_per_interval() {
    let mut world = World::new(1);
    let peer = world.tune_in("/live", Link::Fast);
    world.pass(100 * SECOND);
    assert!((100..=102).contains(&world.pretend(peer).writes), "{}", world.pretend(peer).writes);
    let frames = world.ear(peer).frames;
    assert!((103 * FRAMES_PER_SECOND..106 * FRAMES_PER_SECOND).contains(&frames), "{frames}");
}

#[test]
fn whatever_the_link_frames_are_whole_and_titles_right() {
    let seed = world::seed(2);
    for metaint in [1, 7, 417, 418, 16_000, 1_000_000] {
        let mut world = World::with(seed, vec![StationSettings { metaint, ..StationSettings::default() }]);
        let peers: Vec<_> = all_links().into_iter().map(|link| world.tune_in("/live", link)).collect();
        // A block after every byte makes for a lot of them.
        let seconds = if metaint < 100 { 40 } else { 300 };
        world.pass(seconds as u32 * SECOND);
        let fast = world.ear(peers[0]);
        assert_eq!((fast.skips, fast.silent_frames), (0, 0), "metaint {metaint}");
        assert!(fast.frames > seconds * FRAMES_PER_SECOND);
        assert!(fast.titles.len() as u64 >= seconds / 14 || metaint == 1_000_000, "{:?}", fast.titles);
        let moody = world.ear(peers[1]);
        assert!(moody.skips == 0 || metaint < 100, "{}", moody.skips);
    }
}

#[test]
fn without_titles_there_is_nothing_but_audio() {
    let mut world = World::new(3);
    let peer = world.connect(Link::Moody);
    world.net.peers.get_mut(&peer).expect("it connected").ear = Some(world::ear::Ear::new(&world.logs[0]));
    world.send(peer, b"GET /live HTTP/1.1\r\nHost: x\r\n\r\n");
    world.pass(100 * SECOND);
    assert!(!world.ear(peer).head().contains("metaint"));
    assert!(world.ear(peer).frames > 95 * FRAMES_PER_SECOND && world.ear(peer).titles.is_empty());
}

#[test]
fn who_falls_behind_is_moved_forward_without_a_torn_frame() {
    let mut world = World::new(world::seed(4));
    // 15 kB/s of a station that plays 16: one skip every seven minutes.
    let peer = world.tune_in("/live", Link::Slow { per_second: 15_000, buffer: 20_000 });
    world.pass(1800 * SECOND);
    world.assert_listens(peer);
    let ear = world.ear(peer);
    assert!((2..=5).contains(&ear.skips), "{}", ear.skips);
}

#[test]
fn a_title_under_way_is_that_of_the_frame_behind_it_also_when_frames_are_left_out() {
    let frame = Header::DEFAULT.frame_len();
    let settings = StationSettings { metaint: frame as u32, ..StationSettings::default() };
    let mut world = World::with(1, vec![settings]);
    world.pass(SECOND);
    let other = world.tune_in("/live", Link::Fast);
    let head = world.ear(other).head().len();
    // He takes the head, a frame and the beginning of the block behind it, and the rest when another title is on.
    let peer = world.tune_in("/live", Link::Stuck { buffer: head + frame + 5 });
    world.pass(35 * SECOND);
    world.net.peers.get_mut(&peer).expect("he is there").link = Link::Fast;
    world.pass(SECOND);
    world.assert_listens(peer);
    assert_eq!(world.ear(peer).skips, 1);
}

#[test]
fn who_cannot_carry_the_station_is_dismissed_at_the_third_skip_in_a_minute() {
    let mut world = World::new(world::seed(5));
    let half = world.tune_in("/live", Link::Slow { per_second: 3_000, buffer: 20_000 });
    world.pass(60 * SECOND);
    world.assert_listens(half);
    let stuck = world.tune_in("/live", Link::Stuck { buffer: 10_000 });
    world.pass(120 * SECOND);
    assert!(world.pretend(stuck).closed, "25 s behind at 30, 55 and 80 s");
    assert_eq!(world.listeners(0), usize::from(!world.pretend(half).closed));
}

#[test]
fn whoever_takes_nothing_is_dismissed_however_much_is_kept_for_him() {
    for buffer in [30, 36, 60, 120].map(Duration::from_secs) {
        let mut world = World::with(1, vec![StationSettings { buffer, ..StationSettings::default() }]);
        let stuck = world.tune_in("/live", Link::Stuck { buffer: 300_000 });
        // He has 300 kB in hand, falls behind by the buffer, and again by what it has more than the burst.
        world.pass(20 * SECOND + 2 * buffer);
        assert!(world.pretend(stuck).closed, "{buffer:?}");
    }
}

#[test]
fn intervals_that_make_no_sense_do_no_harm() {
    for (interval, burst) in [(0, 5_000), (1, 0), (8_000, 1_000), (100_000, 0)] {
        let (delivery_interval, burst) = (Duration::from_millis(interval), Duration::from_millis(burst));
        let settings = StationSettings { delivery_interval, burst, ..StationSettings::default() };
        let mut world = World::with(1, vec![settings]);
        let peer = world.tune_in("/live", Link::Fast);
        world.pass(100 * SECOND);
        assert_eq!(world.ear(peer).skips, 0);
        assert!(world.pretend(peer).writes >= 400, "{}", world.pretend(peer).writes);
    }
}

#[test]
fn after_a_stop_of_the_process_listeners_go_on() {
    let mut world = World::new(world::seed(6));
    let peers: Vec<_> =
        [Link::Fast, Link::Moody, Link::Stuck { buffer: 9 }].map(|link| world.tune_in("/live", link)).into();
    world.pass(20 * SECOND);
    world.stand_still(20 * SECOND);
    world.pass(20 * SECOND);
    assert_eq!(world.ear(peers[0]).skips, 0, "20 s are caught up");
    world.stand_still(100_000 * SECOND);
    world.pass(20 * SECOND);
    world.assert_listens(peers[0]);
    let frames = world.ear(peers[0]).frames;
    // The burst of the start, 60 s, and of the day that was lost the last burst, 20 s after that.
    assert!((88 * FRAMES_PER_SECOND..93 * FRAMES_PER_SECOND).contains(&frames), "{frames}");
}

/// What is owed after a stop may be more than a small buffer holds: listeners skip forward, but are not taken for peers
/// that do not read.
#[test]
fn after_a_stop_of_any_length_listeners_with_a_small_buffer_go_on() {
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
            world.stand_still(Duration::from_millis(stop_ms));
            world.pass(20 * SECOND);
            world.assert_listens(peer);
            assert!(world.ear(peer).skips <= 1, "{} after {stop_ms} ms", world.ear(peer).skips);
        }
    }
}

#[test]
fn goodbye_comes_between_two_frames() {
    for seed in 0..30 {
        let mut world = World::new(seed);
        let peers: Vec<_> = all_links().into_iter().map(|link| world.tune_in("/live", link)).collect();
        world.pass(Duration::from_millis(7_130 * (seed + 1)));
        world.server.stop(world.now);
        world.turn();
        world.pass(2 * SECOND);
        for &peer in &peers {
            let pretend = world.pretend(peer);
            let gone_before = pretend.closed && !pretend.finished;
            let takes_nothing = matches!(pretend.link, Link::Stuck { .. } | Link::Slow { buffer: 3, .. });
            assert!(gone_before || pretend.finished || takes_nothing, "{:?}", pretend.link);
            assert!(!pretend.finished || world.ear(peer).stands_between_frames(), "{:?}", pretend.link);
        }
    }
}
