//! Sources that create station after station.

use coldwave::session::CloseReason;
use coldwave::settings::UnlistedSettings;

use super::{Live, PASSWORD, SECOND, find, log_in, status, unlisted, world};
use crate::log;

/// Ten thousand logins at different mounts in a minute, each with a second of audio or none.
#[test]
fn number_of_stations_never_exceeds_the_maximum() {
    let mut world = world(vec![]);
    world.event_interval_max = SECOND;
    let audio = coldwave::audio::silent_frame(&coldwave::audio::Header::DEFAULT).repeat(10);
    let (mut most, mut refused) = (0, 0);
    for number in 0..10_000 {
        let peer = log_in(&mut world, &format!("/tour/{number}"), PASSWORD);
        if number % 3 != 0 {
            world.feed(peer, &audio);
        }
        most = most.max(world.server.station_keys().len());
        refused += usize::from(world.reply(peer).status() == 403);
        world.disconnect(peer);
        world.forget_closed();
        world.pass(SECOND * 6 / 1000);
    }
    assert_eq!(most, 10);
    assert!(refused > 5000 && refused < 10_000, "{refused} were refused");
    world.pass(20 * SECOND);
    assert!(world.server.station_keys().is_empty());
    assert_eq!(status(&mut world, "/tour/0"), 404);
    let ended = world.ended.borrow();
    assert!(ended.iter().all(|it| it.reason != CloseReason::StationRemoved));
}

#[test]
fn sources_without_audio_do_not_stay_and_block_others() {
    let mut world = world(vec![]);
    world.server.apply_unlisted(Some(UnlistedSettings { max: 3, ..unlisted() }), world.now);
    for number in 0..3 {
        log_in(&mut world, &format!("/{number}"), PASSWORD);
    }
    let refused = log_in(&mut world, "/tour", PASSWORD);
    assert_eq!(world.reply(refused).status(), 403);
    world.pass(60 * SECOND);
    Live::start(&mut world, "/tour");
    assert!((0..3).all(|number| find(&world, &format!("/{number}")).is_none()));
}

#[test]
fn log_limits_pass_to_the_next_station() {
    log::collect();
    let mut world = world(vec![]);
    let settings = UnlistedSettings { max: 1, max_silence: SECOND, ..unlisted() };
    world.server.apply_unlisted(Some(settings), world.now);
    let began = world.now;
    for number in 0..20 {
        let mount = format!("/tour/{number}");
        let mut live = Live::start(&mut world, &mount);
        for _ in 0..10 {
            world.disconnect(live.peer);
            live.reconnect(&mut world, &mount);
            live.play(&mut world, 0.3);
        }
        world.disconnect(live.peer);
        world.pass(3 * SECOND);
        assert_eq!(find(&world, &mount), None);
    }
    // Each source causes two lines, and each station two more: 480.
    let windows = world.now.since(began).as_secs() as usize / 10 + 1;
    let lines = log::lines_with("/tour/");
    let of_sources = lines.iter().filter(|line| line.contains("live") || line.contains("unlisted")).count();
    assert!(of_sources <= 30 * windows && of_sources > 100, "{of_sources} lines in {windows} windows");
    assert!(of_sources < 480);
    assert!(!log::lines_with("more lines about live sources").is_empty());
}
