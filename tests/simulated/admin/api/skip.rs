//! Skipping a track of the AutoDJ.

use std::sync::mpsc::{Receiver, channel};

use coldwave::autodj::AutoDj;
use coldwave::settings::{Account, Secret};
use coldwave::station::{Input, InputFrame, Readiness};
use coldwave::time::{AudioTime, Time};
use serde_json::json;

use super::{SECOND, act, station, world};
use crate::world::World;

/// The AutoDJ itself, for whose reader time stands still: the world's passes faster than any disk reads.
struct Patient {
    dj: AutoDj,
    alerts: Receiver<()>,
}

impl Input for Patient {
    fn name(&self) -> String {
        self.dj.name()
    }

    fn poll(&mut self) -> Readiness {
        loop {
            match self.dj.poll() {
                Readiness::Pending => {
                    self.alerts.recv_timeout(20 * SECOND).expect("the reader has something in time");
                }
                readiness => return readiness,
            }
        }
    }

    fn next_frame(&mut self) -> InputFrame<'_> {
        self.dj.next_frame()
    }

    fn skip_track(&mut self) {
        self.dj.skip_track();
    }
}

/// How much audio the first station has played when it has played all that it owes.
fn paid(world: &mut World) -> AudioTime {
    let now = world.now;
    world.server.snapshot(now);
    world.station(0).timeline().end_time()
}

#[test]
fn the_next_track_begins_where_one_is_skipped() {
    let folder = tempfile::tempdir().expect("a folder");
    let bytes = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/mp3/cbr.mp3")).expect("a file");
    for name in ["1.mp3", "2.mp3", "3.mp3"] {
        std::fs::write(folder.path().join(name), bytes.repeat(100)).expect("room");
    }
    let (alert, alerts) = channel();
    let alert = Box::new(move || {
        // The reader outlives the station for a moment.
        let _ = alert.send(());
    });
    let music = vec![folder.path().to_path_buf()];
    let dj = AutoDj::start("/live", music, None, alert, Box::new(|| Time::START)).expect("a thread");
    let input: Box<dyn Input> = Box::new(Patient { dj, alerts });
    let mut world = World::with_inputs(world::seed(16), vec![(station(1, "/live"), vec![input])], Vec::new());
    world.configure(|config| {
        config.admin = Account { user: "admin".into(), password: Some(Secret::new("lighthouse")) }
    });
    world.pass(10 * SECOND);
    for (title, next) in [("1", "2"), ("2", "3"), ("3", "1")] {
        assert_eq!(world.station(0).title(), title);
        let played = paid(&mut world);
        assert_eq!(act(&mut world, "/stations/1/skip", ""), (200, json!({"message": "Track skipped"})));
        // However often: nothing of the next was heard yet.
        assert_eq!(act(&mut world, "/stations/1/skip", "").0, 200);
        world.pass(2 * SECOND);
        assert_eq!(world.station(0).title(), next);
        let passed = (paid(&mut world) - played).duration();
        assert!(passed.abs_diff(2 * SECOND) < SECOND / 5, "no gap, and nothing too much: {passed:?}");
    }
}
