//! Skipping a track of the AutoDJ.

use std::sync::mpsc::{Receiver, channel};

use coldwave::autodj::{AutoDj, MusicServices, MusicSettings};
use coldwave::station::{Input, InputFrame, Readiness};
use coldwave::time::{AudioTime, Time};
use serde_json::json;

use super::{SECOND, act, station};
use crate::world::{World, seed};

/// An AutoDJ that waits for its reader in real time, since simulated time passes faster than a disk reads.
struct BlockingAutoDj {
    dj: AutoDj,
    alerts: Receiver<()>,
}

impl Input for BlockingAutoDj {
    fn name(&self) -> String {
        self.dj.name()
    }

    fn poll(&mut self) -> Readiness {
        loop {
            match self.dj.poll() {
                Readiness::Pending => {
                    self.alerts.recv_timeout(20 * SECOND).expect("the reader alerts in time");
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

/// Returns the end of the first station's timeline after it has caught up with the clock.
fn end_time(world: &mut World) -> AudioTime {
    let now = world.now;
    world.server.snapshot(now);
    world.station(0).timeline().end_time()
}

#[test]
fn skip_starts_the_next_track_without_a_gap() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let bytes = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/mp3/cbr.mp3")).expect("a file");
    for name in ["1.mp3", "2.mp3", "3.mp3"] {
        std::fs::write(folder.path().join(name), bytes.repeat(100)).expect("the folder is writable");
    }
    let (alert, alerts) = channel();
    let alert = Box::new(move || {
        // The reader outlives the station for a moment.
        let _ = alert.send(());
    });
    let music = vec![folder.path().to_path_buf()];
    let dj = AutoDj::start(
        MusicSettings::new("/live", music),
        MusicServices::new(alert, Box::new(|| Time::START)),
    )
    .expect("a thread");
    let input: Box<dyn Input> = Box::new(BlockingAutoDj { dj, alerts });
    let mut world = World::with_inputs(seed(16), vec![(station(1, "/live"), vec![input])], Vec::new());
    world.enable_admin();
    world.pass(10 * SECOND);
    for (title, next) in [("1", "2"), ("2", "3"), ("3", "1")] {
        assert_eq!(world.station(0).title(), title);
        let before = end_time(&mut world);
        assert_eq!(act(&mut world, "/stations/1/skip", ""), (200, json!({"message": "Track skipped"})));
        // A second request has no effect, because the next track has not begun.
        assert_eq!(act(&mut world, "/stations/1/skip", "").0, 200);
        world.pass(2 * SECOND);
        assert_eq!(world.station(0).title(), next);
        let passed = (end_time(&mut world) - before).duration();
        assert!(passed.abs_diff(2 * SECOND) < SECOND / 5, "no gap and no excess audio: {passed:?}");
    }
}
