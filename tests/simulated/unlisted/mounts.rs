//! Unlisted stations with settings of their own, and with the programme of another one as their last input.

use coldwave::settings::{StationSettings, UnlistedMount, UnlistedSettings};

use super::{Live, PASSWORD, SECOND, account, configured, find, is_closed, log_in, unlisted, world};
use crate::world::World;

fn with_mounts(mounts: &[(&str, StationSettings)]) -> UnlistedSettings {
    let mount = |(pattern, station): &(&str, StationSettings)| UnlistedMount {
        pattern: (*pattern).to_owned(),
        station: station.clone(),
    };
    UnlistedSettings { mounts: mounts.iter().map(mount).collect(), ..unlisted() }
}

/// Returns the settings of a pattern whose stations have this password.
fn template(password: &str) -> StationSettings {
    let mut station = unlisted().station(0, "/");
    (station.sources.account, station.is_name_default) = (account(password), true);
    station
}

fn apply(world: &mut World, settings: UnlistedSettings) {
    world.server.apply_unlisted(Some(settings), world.now);
}

#[test]
fn pattern_decides_the_password_and_the_settings() {
    let mut world = world(vec![]);
    let djs = StationSettings { max_listeners: Some(1), ..template("other tide") };
    apply(&mut world, with_mounts(&[("/dj/*", djs), ("/dj/anna", template("never used"))]));
    for (mount, password) in [("/dj/anna", PASSWORD), ("/tour", "other tide"), ("/dj/anna", "never used")] {
        let refused = log_in(&mut world, mount, password);
        assert_eq!(world.reply(refused).status(), 401, "{mount}");
    }
    let anna = log_in(&mut world, "/dj/anna", "other tide");
    assert_eq!(world.reply(anna).status(), 200);
    let mut tour = Live::start(&mut world, "/tour");
    tour.play(&mut world, 2.0);
    let key = find(&world, "/tour").expect("the station");
    assert_eq!(world.server.station_settings(key).and_then(|it| it.max_listeners), None);
}

#[test]
fn reload_gives_a_station_on_air_the_settings_of_its_pattern() {
    let mut world = world(vec![]);
    let mut live = Live::start(&mut world, "/tour");
    let listener = live.listen(&mut world, "/tour");
    let limit = |max| StationSettings { max_listeners: Some(max), ..template(PASSWORD) };
    for (pattern, max) in [("/t*", 5), ("*", 6)] {
        apply(&mut world, with_mounts(&[(pattern, limit(max))]));
        live.play(&mut world, 2.0);
        let key = find(&world, "/tour").expect("the station");
        assert_eq!(world.server.station_settings(key).and_then(|it| it.max_listeners), Some(max));
    }
    world.assert_listens(listener);
    assert_eq!(world.ear(listener).skips, 0);
}

#[test]
fn fallback_input_keeps_an_unlisted_station_only_for_its_listeners() {
    let mut world = world(vec![configured(1, "/live", "deep water")]);
    let station = StationSettings { fallback_input: Some("/live".into()), ..template(PASSWORD) };
    apply(&mut world, with_mounts(&[("*", station)]));
    let mut live = Live::start(&mut world, "/tour");
    let listener = live.listen(&mut world, "/tour");
    let programme = world.logs[0].clone();
    world.socket_mut(listener).ear.as_mut().expect("an ear").expect_station(&programme);
    live.play(&mut world, 5.0);
    world.disconnect(live.peer);
    world.pass(60 * SECOND);
    world.assert_listens(listener);
    assert_eq!(world.ear(listener).silent_frames, 0);
    assert!(find(&world, "/tour").is_some() && !is_closed(&world, listener));
    world.disconnect(listener);
    world.pass(20 * SECOND);
    assert!(find(&world, "/tour").is_none(), "no one hears it");
}
