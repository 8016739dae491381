//! Recordings of sources on the whole server.

use std::cell::RefCell;
use std::fs;
use std::rc::Rc;
use std::time::Duration;

use crate::world::encoder::{Encoder, source_request};
use crate::world::{Link, Setup, World, seed};
use coldwave::audio::Header;
use coldwave::record;
use coldwave::server::Hooks;
use coldwave::settings::{Account, RecordSettings, Secret, SourceSettings, StationSettings};

/// Long enough for any disk; only a failing test waits that long.
const WRITE_TIMEOUT: Duration = Duration::from_secs(20);

#[test]
fn every_session_is_recorded_as_it_was_sent() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let record = RecordSettings { folder: folder.path().to_owned(), pattern: "{dj}".into() };
    let account = Account { user: "source".into(), password: Some(Secret::new("deep water")) };
    let station = StationSettings {
        sources: SourceSettings { account, ..SourceSettings::default() },
        record: Some(record),
        ..StationSettings::default()
    };
    let (recorder, recordings) = record::start();
    let hooks = Hooks { recorder, ..Hooks::default() };
    let mut world = World::start(seed(7), Setup { hooks, ..Setup::with(vec![station]) });
    let mut encoder = Encoder::new(&world.logs[0], 1, Header::DEFAULT);
    // The second source replaces the first; the third connects after both have ended.
    let mut sent = Vec::new();
    let mut log_in = |world: &mut World, seconds: u32| {
        let peer = world.connect(Link::Fast);
        world.send(peer, &source_request("/live", "source", "deep water"));
        let mut bytes = Vec::new();
        for _ in 0..seconds * 10 {
            let audio = encoder.seconds(0.1);
            world.feed(peer, &audio);
            bytes.extend(audio);
            world.pass(Duration::from_millis(100));
        }
        sent.push(bytes);
        peer
    };
    log_in(&mut world, 8);
    let second = log_in(&mut world, 3);
    let shown = world.server.admin_snapshot(world.now).stations.remove(0);
    assert!(shown.records_sources && shown.source.is_some_and(|source| source.is_recorded));
    world.disconnect(second);
    world.pass(Duration::from_secs(1));
    log_in(&mut world, 5);
    drop(world);
    assert!(recordings.finish(WRITE_TIMEOUT), "the recordings are written in time");
    let mut written: Vec<Vec<u8>> = ["source.mp3", "source-2.mp3", "source-3.mp3"]
        .map(|name| fs::read(folder.path().join(name)).expect(name))
        .into();
    // Each recording has its own thread, so the order of the names is undefined.
    written.sort();
    sent.sort();
    for (sent, written) in sent.iter().zip(&written) {
        // The last frame of a lost source may be incomplete, and is then not recorded.
        let missing = sent.len() - written.len();
        assert!(sent.starts_with(written) && missing < 500, "{} of {}", written.len(), sent.len());
    }
}

/// A source that reconnects all the time would fill the disk with files, also for other stations.
#[test]
fn source_that_reconnects_too_often_is_recorded_at_a_limited_rate() {
    let started = Rc::new(RefCell::new(Vec::new()));
    let log = started.clone();
    let hooks = Hooks {
        recorder: Box::new(move |station, _, _| {
            log.borrow_mut().push(station.id);
            None
        }),
        ..Hooks::default()
    };
    let account = Account { user: "source".into(), password: Some(Secret::new("deep water")) };
    let station = |id| StationSettings {
        id,
        mount: format!("/{id}"),
        sources: SourceSettings { account: account.clone(), ..SourceSettings::default() },
        record: Some(RecordSettings { folder: "unused".into(), pattern: "{dj}".into() }),
        ..StationSettings::default()
    };
    let mut world = World::start(seed(8), Setup { hooks, ..Setup::with(vec![station(1), station(2)]) });
    let mut encoder = Encoder::new(&world.logs[0], 1, Header::DEFAULT);
    let mut session = |world: &mut World, mount: &str| {
        let peer = world.connect(Link::Fast);
        world.send(peer, &source_request(mount, "source", "deep water"));
        world.feed(peer, &encoder.seconds(0.5));
        world.pass(Duration::from_millis(50));
        world.disconnect(peer);
    };
    let count = |id| started.borrow().iter().filter(|&&other| other == id).count();
    (0..200).for_each(|_| session(&mut world, "/1"));
    assert!((60..=66).contains(&count(1)), "{}", count(1));
    session(&mut world, "/2");
    assert_eq!(count(2), 1, "other stations have limits of their own");
    let before = count(1);
    // No encoder reconnects more often than this.
    for _ in 0..100 {
        world.pass(Duration::from_secs(2));
        session(&mut world, "/1");
    }
    assert_eq!(count(1), before + 100);
}
