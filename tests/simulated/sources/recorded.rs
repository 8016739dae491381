//! What is on disk of sources that went live on the whole server.

use std::fs;
use std::time::Duration;

use crate::world::encoder::{Encoder, source_request};
use crate::world::{self, Setup, World};
use coldwave::audio::Header;
use coldwave::record;
use coldwave::server::Hooks;
use coldwave::settings::{Account, RecordSettings, Secret, SourceSettings, StationSettings};

/// Long enough for any disk; only a test that fails waits that long.
const PATIENCE: Duration = Duration::from_secs(20);

#[test]
fn each_session_is_on_disk_as_it_was_sent() {
    let folder = tempfile::tempdir().expect("a folder");
    let record = RecordSettings { folder: folder.path().to_owned(), pattern: "{dj}".into() };
    let account = Account { user: "source".into(), password: Some(Secret::new("deep water")) };
    let station = StationSettings {
        sources: SourceSettings { account, ..SourceSettings::default() },
        record: Some(record),
        ..StationSettings::default()
    };
    let (recorder, recordings) = record::start();
    let hooks = Hooks { recorder, ..Hooks::default() };
    let mut world = World::start(world::seed(7), Setup { hooks, ..Setup::with(vec![station]) });
    let mut encoder = Encoder::new(&world.logs[0], 1, Header::DEFAULT);
    // The second replaces the first; the third comes after all are gone.
    let mut sent = Vec::new();
    let mut log_in = |world: &mut World, seconds: u32| {
        let peer = world.connect(world::Link::Fast);
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
    world.hang_up(second);
    world.pass(Duration::from_secs(1));
    log_in(&mut world, 5);
    drop(world);
    assert!(recordings.finish(PATIENCE), "all is written in time");
    let mut written: Vec<Vec<u8>> = ["source.mp3", "source-2.mp3", "source-3.mp3"]
        .map(|name| fs::read(folder.path().join(name)).expect(name))
        .into();
    // Each has a thread of its own, so which has which name is theirs to find out.
    written.sort();
    sent.sort();
    for (sent, written) in sent.iter().zip(&written) {
        // The last frame of who is cut off is known to be whole only where its end was told.
        let missing = sent.len() - written.len();
        assert!(sent.starts_with(written) && missing < 500, "{} of {}", written.len(), sent.len());
    }
}
