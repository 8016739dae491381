//! Renditions of a real encode worker: they begin with their station, and survive the death of the worker.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use coldwave::audio::Header;

use crate::common::{Coldwave, Listener, title_text, wait_for};
use crate::killed_workers::{OnDrop, Victims, kill_all, listen, longest_silence, variable, write_music};

/// The mounts of the station and of its renditions, with the bit rates of these.
const MOUNTS: [(&str, Option<u16>); 4] =
    [("/live", None), ("/live-128", Some(128)), ("/live-64", Some(64)), ("/live-32", Some(32))];

/// One worker for the music, and one for the renditions.
const WORKERS: usize = 2;

/// The bytes of audio between two metadata blocks: fewer than those of the shortest frame, so that each block
/// belongs to one frame.
const METAINT: usize = 100;

/// The longest time without sound after a death. Goal 5 of the encoder's measurements.
const SILENCE_MAX: f64 = 1.0;

struct Station {
    server: Coldwave,
    _folder: tempfile::TempDir,
}

impl Station {
    /// Starts a station whose music is converted.
    fn start() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        write_music(&folder.path().join("music"));
        let mut config = format!(
            "[server]\nlisten = [\"127.0.0.1:0\"]\nmetrics = \"public\"\nencode_workers = {WORKERS}\n\
             [[station]]\nmusic = [\"music\"]\nmetaint = {METAINT}\n"
        );
        for (mount, bitrate) in MOUNTS {
            if let Some(bitrate) = bitrate {
                config += &format!("[[station.rendition]]\nmount = \"{mount}\"\nbitrate = {bitrate}\n");
            }
        }
        Self { server: Coldwave::with_config(folder.path(), &config, MOUNTS.len()), _folder: folder }
    }

    fn listen(&self, mount: &str) -> Listener {
        let mut listener = self.server.get(mount).header("Icy-MetaData", "1").listen();
        listener.until("a title", |it| it.titles().iter().any(|title| !title.is_empty()));
        listener
    }

    /// Returns the value of a metric of a mount.
    fn metric(&self, name: &str, mount: &str) -> f64 {
        let page = self.server.get("/metrics").send().ok();
        let is_meant = |line: &&str| line.starts_with(name) && line.contains(&format!("mount=\"{mount}\""));
        let line = page.lines().find(is_meant).unwrap_or_else(|| panic!("{name} of {mount} in {page}"));
        line.rsplit(' ').next().and_then(|value| value.parse().ok()).expect("a number")
    }
}

/// Returns the titles that a listener has received after its first, each with the time at which it began, in
/// seconds since its first frame, and the duration of a frame.
fn titles(listener: &Listener) -> (Vec<(String, f64)>, f64) {
    let header = Header::parse(listener.codec(), listener.frame(0)).expect("a frame");
    let frame = f64::from(header.samples()) / f64::from(header.rate());
    let named = listener.blocks.iter().filter(|(_, text)| !text.is_empty());
    let title = |(offset, text): &(usize, Vec<u8>)| {
        let at = listener.frames.partition_point(|frame| frame.start <= *offset) - 1;
        (title_text(text), at as f64 * frame)
    };
    let named = named.map(title).filter(|(title, _)| !title.is_empty()).skip(1);
    (named.collect(), frame)
}

/// Fails unless the titles of a rendition are as far from each other as those of the station, within a frame
/// of either: no frame is lost or added in between.
#[track_caller]
fn check_titles(station: &Listener, rendition: &Listener) {
    let ((station, frame), (rendition, its_frame)) = (titles(station), titles(rendition));
    let first = rendition.first().expect("titles").0.clone();
    let from = station.iter().position(|(title, _)| *title == first).expect("a title of the station");
    // Listeners that joined at different times share a first title, or do so from the next one on.
    let pairs: Vec<_> = station[from..].iter().zip(&rendition).collect();
    assert!(pairs.len() > 3, "{station:?} {rendition:?}");
    let origin = pairs[0].0.1 - pairs[0].1.1;
    for ((title, at), (its_title, its_time)) in pairs {
        assert_eq!(title, its_title);
        let apart = at - its_time - origin;
        assert!(apart.abs() <= frame.max(its_frame) * 1.01, "{title} is {apart:.3} s apart");
    }
}

/// `COLDWAVE_KILLS` is how many workers die, 4 by default, and `COLDWAVE_SEED` repeats a choice of moments.
#[test]
fn renditions_continue_in_place_when_their_worker_is_killed() {
    let kills = variable("COLDWAVE_KILLS").unwrap_or(4);
    let seed = variable("COLDWAVE_SEED").unwrap_or_else(|| fastrand::u64(..));
    println!("{kills} deaths, COLDWAVE_SEED={seed}");
    let station = Station::start();
    let is_done = AtomicBool::new(false);
    let heard: Vec<Listener> = thread::scope(|scope| {
        let (station, is_done) = (&station, &is_done);
        let done = OnDrop(is_done);
        let threads: Vec<_> = MOUNTS
            .map(|(mount, _)| {
                scope.spawn(move || {
                    let mut listener = station.listen(mount);
                    listen(&mut listener, is_done);
                    listener
                })
            })
            .into_iter()
            .collect();
        let random = fastrand::Rng::with_seed(seed);
        let mut victims = Victims::find(&station.server, WORKERS, random);
        let mut clock = station.listen("/live");
        clock.for_seconds(8.0);
        kill_all(&mut clock, &mut victims, kills);
        clock.for_seconds(8.0);
        drop(done);
        threads.into_iter().map(|thread| thread.join().expect("no listener is lost")).collect()
    });
    assert!(is_done.load(Ordering::Relaxed));
    for ((mount, _), listener) in MOUNTS.iter().zip(&heard) {
        let (silence, at) = longest_silence(listener);
        println!(
            "{mount}: {:.1} s heard, at most {silence:.2} s of silence, at {at:.1} s",
            listener.seconds()
        );
        assert!(silence <= SILENCE_MAX, "{silence:.2} s of silence");
    }
    for (listener, (mount, _)) in heard[1..].iter().zip(&MOUNTS[1..]) {
        check_titles(&heard[0], listener);
        let restarts = station.metric("coldwave_rendition_restarts_total", mount);
        let delay = station.metric("coldwave_rendition_delay_seconds", mount);
        println!("{mount}: {restarts} restarts, {delay:.3} s behind the station");
        assert!(delay < 1.0);
    }
}

/// The response head is complete before the first frame, and the first frames follow those of the station.
#[test]
fn renditions_begin_with_their_station() {
    let station = Station::start();
    let mut listeners = MOUNTS.map(|(mount, bitrate)| (bitrate, station.server.get(mount).listen()));
    for (bitrate, listener) in &mut listeners {
        let head = bitrate.map(|bitrate| bitrate.to_string());
        assert!(head.is_none() || listener.head.get("icy-br") == head.as_deref(), "{:?}", listener.head);
        listener.until_seconds(6.0);
    }
    for (mount, _) in &MOUNTS[1..] {
        let behind = || station.metric("coldwave_rendition_delay_seconds", mount);
        wait_for("the rendition to be at the live edge", || (behind() < 1.0).then_some(()));
        assert!(station.metric("coldwave_rendition_gaps_total", mount) < 1.0);
    }
}
