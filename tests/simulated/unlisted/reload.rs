//! Changes of the configuration while unlisted stations are on air.

use coldwave::session::CloseReason;
use coldwave::settings::{StationSettings, UnlistedSettings};
use coldwave::time::WallClock;

use super::{
    Live, PASSWORD, SECOND, account, add_without_music, configured, find, is_closed, log_in, reasons,
    unlisted, world,
};
use crate::world::setup::tone;
use crate::world::statistics::FakeDisk;
use crate::world::{Link, Setup, World, seed};

fn apply(world: &mut World, settings: Option<UnlistedSettings>) {
    world.server.apply_unlisted(settings, world.now);
}

#[test]
fn changed_password_applies_to_logins_and_disconnects_no_source() {
    let mut world = world(vec![]);
    let mut live = Live::start(&mut world, "/tour");
    let listener = live.listen(&mut world, "/tour");
    apply(&mut world, Some(UnlistedSettings { account: account("other tide"), ..unlisted() }));
    live.play(&mut world, 3.0);
    world.assert_listens(listener);
    for mount in ["/tour", "/elsewhere"] {
        let before = log_in(&mut world, mount, PASSWORD);
        assert_eq!(world.reply(before).status(), 401, "{mount}");
    }
    world.disconnect(live.peer);
    live.peer = log_in(&mut world, "/tour", "other tide");
    live.play(&mut world, 3.0);
    world.assert_listens(listener);
    assert_eq!(world.ear(listener).skips, 0);
}

#[test]
fn without_the_table_sources_stay_until_they_end() {
    let mut world = world(vec![configured(1, "/live", "deep water")]);
    let mut live = Live::start(&mut world, "/tour");
    let listener = live.listen(&mut world, "/tour");
    let waiting = Live::log_in(&mut world, "/waiting");
    apply(&mut world, None);
    live.play(&mut world, 15.0);
    world.assert_listens(listener);
    assert_eq!(world.ear(listener).silent_frames, 0);
    for mount in ["/tour", "/elsewhere"] {
        let refused = log_in(&mut world, mount, PASSWORD);
        assert_eq!(world.reply(refused).status(), 401, "{mount}");
    }
    let mut waiting = waiting;
    waiting.play(&mut world, 1.0);
    assert!(find(&world, "/waiting").is_none(), "it has begun too late");
    world.disconnect(live.peer);
    world.pass(8 * SECOND);
    world.assert_listens(listener);
    world.pass(5 * SECOND);
    assert!(is_closed(&world, listener), "as with the table, after max_silence");
    world.disconnect(listener);
    assert_eq!(reasons(&world, "GET /tour"), [CloseReason::SilenceTimeout]);
    assert_eq!(world.server.station_keys().len(), 1);
}

#[test]
fn source_on_air_keeps_its_login_for_titles() {
    for has_admin in [false, true] {
        for settings in [None, Some(UnlistedSettings { account: account("other tide"), ..unlisted() })] {
            let mut world = world(vec![]);
            if has_admin {
                world.enable_admin();
            }
            let mut live = Live::start(&mut world, "/tour");
            let key = find(&world, "/tour").expect("a station");
            apply(&mut world, settings);
            let set = |world: &mut World, title: &str, password: &str| {
                let target = format!("/admin/metadata?mode=updinfo&mount=/tour&song={title}");
                world.get(&target).auth("source", password).send().status()
            };
            // Titles come again and again.
            for number in 0..30 {
                assert_eq!(set(&mut world, &format!("Title{number}"), PASSWORD), 200);
            }
            live.play(&mut world, 2.0);
            assert_eq!(world.server.station(key).title(), "Title29");
            assert_eq!(set(&mut world, "Wrong", "low tide"), 401);
            let kick = |world: &mut World| {
                world.get("/admin/killsource?mount=/tour").auth("source", PASSWORD).send().status()
            };
            assert_eq!(kick(&mut world), 200);
            assert!(is_closed(&world, live.peer));
            assert_ne!(set(&mut world, "Late", PASSWORD), 200, "it is not on air");
        }
    }
}

#[test]
fn lower_maximum_closes_no_station() {
    let mut world = world(vec![]);
    let lives = ["/1", "/2", "/3"].map(|mount| Live::start(&mut world, mount));
    apply(&mut world, Some(UnlistedSettings { max: 1, ..unlisted() }));
    world.pass(SECOND);
    assert!(lives.iter().all(|live| !is_closed(&world, live.peer)));
    let refused = log_in(&mut world, "/4", PASSWORD);
    assert_eq!(world.reply(refused).status(), 403);
}

#[test]
fn configured_station_takes_over_listeners_and_source() {
    let mut world = world(vec![configured(1, "/live", "deep water")]);
    let mut live = Live::start(&mut world, "/tour");
    let listener = live.listen(&mut world, "/tour");
    live.play(&mut world, 3.0);
    let key = add_without_music(&mut world, configured(9, "/tour", PASSWORD));
    live.play(&mut world, 3.0);
    assert!(!is_closed(&world, live.peer) && world.server.is_live(key));
    world.assert_listens(listener);
    let ear = world.ear(listener);
    assert_eq!((ear.encoders(), ear.silent_frames, ear.skips), (vec![1], 0, 0));
    assert_eq!(world.head("/stream/9").send().header("icy-name"), Some("Configured"));
    assert_eq!(world.get("/api/v1/stations").send().json()["stations"].as_array().map(Vec::len), Some(2));
    // The station stays when its source is gone.
    world.disconnect(live.peer);
    world.pass(60 * SECOND);
    assert_eq!(find(&world, "/tour"), Some(key));
    world.assert_listens(listener);
}

#[test]
fn configured_station_has_its_stored_statistics_and_those_of_the_unlisted_one() {
    let disk = FakeDisk::default();
    let start = |stations, started_s| {
        let mut setup = Setup::with(stations);
        setup.hooks.statistics = Some(disk.open());
        setup.clock = WallClock::started_at(started_s * SECOND);
        World::start(seed(23), setup)
    };
    let stop = |mut world: World| {
        world.server.stop(world.now);
        world.turn();
        world.server.close_all(world.now);
        disk.of_mount("/tour").expect("its statistics")
    };
    let mut world = start(vec![configured(2, "/tour", PASSWORD)], 1_741_083_000);
    for _ in 0..3 {
        world.tune_in("/tour", Link::Fast);
    }
    world.pass(20 * SECOND);
    let before = stop(world);
    assert!(before.totals.sessions == 3 && before.peak == 3 && !before.titles.is_empty());

    let mut world = start(vec![configured(1, "/live", "deep water")], 1_741_090_000);
    world.server.apply_unlisted(Some(unlisted()), world.now);
    let mut live = Live::start(&mut world, "/tour");
    live.encoder.set_title("Of the guest");
    let target = "/admin/metadata?mode=updinfo&mount=/tour&song=Of+the+guest";
    assert_eq!(world.get(target).auth("source", PASSWORD).send().status(), 200);
    let listener = live.listen(&mut world, "/tour");
    live.play(&mut world, 5.0);
    add_without_music(&mut world, configured(2, "/tour", PASSWORD));
    live.play(&mut world, 5.0);
    world.assert_listens(listener);
    let after = stop(world);
    assert_eq!((after.totals.sessions, after.peak, after.peak_at), (4, 3, before.peak_at));
    assert!(after.totals.bytes_on_air > before.totals.bytes_on_air);
    let titles: Vec<&str> = after.titles.iter().map(|(_, it)| it.title.text.as_str()).collect();
    assert_eq!(titles[0], "Of the guest");
    assert!(before.titles.iter().map(|(_, it)| it.title.text.as_str()).eq(titles[1..].iter().copied()));
    assert_eq!(after.listeners[0], before.listeners[0]);
    assert_eq!(after.listeners.last().map(|(_, most)| *most), Some(1));
}

#[test]
fn configured_station_is_the_default_one_whatever_its_id() {
    let mut world = world(vec![configured(1, "/live", "deep water")]);
    let mut live = Live::start(&mut world, "/tour");
    world.reload(vec![configured(10, "/late", "deep water")]);
    live.play(&mut world, 1.0);
    let stations = world.get("/api/v1/stations").send().json()["stations"].clone();
    assert_eq!((&stations[0]["id"], &stations[1]["id"]), (&2.into(), &10.into()), "{stations}");
    let page = world.get("/stats").send();
    assert!(page.body().contains("Configured"), "{page}");
    for path in ["/;", "/stream"] {
        assert_eq!(world.head(path).send().header("icy-name"), Some("Configured"), "{path}");
    }
    world.reload(vec![]);
    assert_eq!(world.head("/;").send().header("icy-name"), Some("tour"), "there is no other");
}

#[test]
fn music_of_a_configured_station_plays_when_the_former_unlisted_source_ends() {
    let mut world = world(vec![]);
    let mut live = Live::start(&mut world, "/tour");
    let listener = live.listen(&mut world, "/tour");
    live.play(&mut world, 2.0);
    let settings = configured(1, "/tour", PASSWORD);
    world.server.add_station(settings, tone(&live.log), world.now).expect("the mount is free");
    live.play(&mut world, 2.0);
    assert_eq!(live.log.borrow().played(), 0);
    world.disconnect(live.peer);
    world.pass(30 * SECOND);
    assert!(live.log.borrow().played() > 500, "the music plays");
    world.assert_listens(listener);
    assert_eq!(world.ear(listener).silent_frames, 0);
}

#[test]
fn configured_station_closes_a_source_that_could_not_log_in_there() {
    for changes_password in [false, true] {
        let mut world = world(vec![]);
        let mut live = Live::start(&mut world, "/tour");
        let listener = live.listen(&mut world, "/tour");
        live.play(&mut world, 1.0);
        if changes_password {
            // The source has logged in with the former password, whatever is valid now.
            apply(&mut world, Some(UnlistedSettings { account: account("deep water"), ..unlisted() }));
        }
        let key = add_without_music(&mut world, configured(4, "/tour", "deep water"));
        world.pass(SECOND);
        assert!(is_closed(&world, live.peer) && !world.server.is_live(key));
        assert!(!is_closed(&world, listener), "its listeners stay");
        assert_eq!(reasons(&world, "SOURCE /tour"), [CloseReason::AccountRemoved]);
    }
}

#[test]
fn login_that_has_sent_no_audio_gives_way_to_a_configured_station() {
    let mut world = world(vec![]);
    let live = Live::log_in(&mut world, "/tour");
    let index = world.add_station(configured(4, "/tour", PASSWORD));
    world.turn();
    assert!(is_closed(&world, live.peer));
    let mut live = Live::log_in(&mut world, "/tour");
    live.play(&mut world, 1.0);
    assert!(world.is_live(index));
}

#[test]
fn unlisted_station_gives_its_id_to_a_configured_one() {
    let mut world = world(vec![configured(1, "/live", "deep water")]);
    let mut live = Live::start(&mut world, "/tour");
    let listener = live.listen(&mut world, "/stream/2");
    world.add_station(StationSettings { sources: Default::default(), ..configured(2, "/new", "deep water") });
    live.play(&mut world, 2.0);
    world.assert_listens(listener);
    assert_eq!(world.ear(listener).skips, 0);
    assert_eq!(world.head("/stream/2").send().header("icy-name"), Some("Configured"));
    assert_eq!(world.head("/stream/3").send().header("icy-name"), Some("tour"));
    // The same if a station that exists gets the id, or the mount.
    let settings = configured(3, "/live", "deep water");
    world.server.apply_station(world.keys[0], settings, world.now).expect("the id is free");
    live.play(&mut world, 1.0);
    world.assert_listens(listener);
    assert_eq!(world.head("/stream/4").send().header("icy-name"), Some("tour"));
    let settings = configured(3, "/tour", "deep water");
    world.server.apply_station(world.keys[0], settings, world.now).expect("the mount is free");
    world.turn();
    assert!(is_closed(&world, listener) && is_closed(&world, live.peer), "two stations cannot become one");
    assert_eq!(find(&world, "/tour"), Some(world.keys[0]));
}

#[test]
fn event_reader_of_an_unlisted_station_follows_it_while_others_swap_ids() {
    let low_and_high = vec![configured(1, "/low", "deep water"), configured(2, "/high", "deep water")];
    let mut world = world(low_and_high);
    let mut live = Live::start(&mut world, "/tour");
    let reader = world.get("/api/v1/events?sid=3").http11().header("Host", "h").open();
    live.play(&mut world, 2.0);
    let received = world.reply(reader).len();
    // The unlisted station has to give up its id, when that of `/high` seems to be free.
    world.reload(vec![configured(1, "/high", "deep water"), configured(3, "/low", "deep water")]);
    let listener = live.listen(&mut world, "/tour");
    live.play(&mut world, 3.0);
    world.assert_listens(listener);
    let events = world.reply(reader)[received..].to_owned();
    assert!(events.contains("\"/tour\"") && events.contains(r#""id":4,"#), "{events}");
    assert!(!events.contains("\"/high\"") && !events.contains("\"/low\""), "{events}");
    world.disconnect(live.peer);
    world.pass(15 * SECOND);
    assert!(world.socket(reader).finished, "the stream of events ends with its station");
}

#[test]
fn reload_leaves_unlisted_stations_alone() {
    let mut world = world(vec![configured(1, "/live", "deep water")]);
    let mut live = Live::start(&mut world, "/tour");
    let listener = live.listen(&mut world, "/tour");
    let key = find(&world, "/tour");
    for stations in [
        vec![configured(1, "/live", "high water")],
        vec![configured(2, "/new", "deep water"), configured(1, "/live", "deep water")],
        vec![configured(3, "/elsewhere", "deep water")],
        vec![],
    ] {
        world.reload(stations);
        live.play(&mut world, 2.0);
        world.assert_listens(listener);
    }
    assert_eq!((find(&world, "/tour"), world.server.station_keys().len()), (key, 1));
    assert_eq!((world.ear(listener).skips, world.ear(listener).silent_frames), (0, 0));
}
