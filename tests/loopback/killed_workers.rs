//! Encode workers that are killed: no listener is lost, no frame is torn, and the sound is back within a
//! second.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use coldwave::audio::Codec;
use coldwave::transcode::{PcmBlock, StreamDecoder};

use crate::common::{Coldwave, Listener, Peer, Request, fixture, wait_for, write_flac_tone};

/// The stations that convert FLAC, and as many that convert a live source. Each has a worker.
const STATIONS: usize = 3;

/// From the third death within a minute on, a worker is started again after a pause. No worker is killed more
/// often.
const DEATHS_PER_MINUTE: usize = 2;

const MINUTE: Duration = Duration::from_secs(61);

/// The longest time without sound after a death.
const SILENCE_MAX: f64 = 1.0;

/// A frame below this level is silent. The tones are at 0.2 and the music is louder.
const SILENT: f32 = 0.003;

/// Returns a number from the environment.
pub fn variable(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|value| value.parse().unwrap_or_else(|_| panic!("{name} is not a number")))
}

/// The stations `/file0` … and `/live0` ….
struct Stations {
    server: Coldwave,
    _folder: tempfile::TempDir,
}

impl Stations {
    fn start() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let workers = 2 * STATIONS;
        let mut config = format!("[server]\nlisten = [\"127.0.0.1:0\"]\nencode_workers = {workers}\n");
        for station in 0..STATIONS {
            write_music(&folder.path().join(format!("music{station}")));
            config += &format!("[[station]]\nmount = \"/file{station}\"\nmusic = [\"music{station}\"]\n");
            config += &format!(
                "[[station]]\nmount = \"/live{station}\"\nsource_password = \"deep water\"\n\
                 format = {{ samplerate = 44100, channels = 2, bitrate = 128 }}\n"
            );
        }
        Self { server: Coldwave::with_config(folder.path(), &config, workers), _folder: folder }
    }

    /// Connects a listener when the station has sound.
    fn listen(&self, mount: &str) -> Listener {
        let mut listener = self.server.get(mount).header("Icy-MetaData", "1").listen();
        listener.until("sound", |it| it.frames.last().is_some_and(|last| !is_empty(&it.audio[last.clone()])));
        listener
    }
}

/// Returns whether a frame has nothing but a header, as those that stations play when no input has audio.
fn is_empty(frame: &[u8]) -> bool {
    frame[4..].iter().all(|byte| *byte == 0)
}

/// Writes files of three seconds.
pub fn write_music(folder: &Path) {
    fs::create_dir(folder).expect("the folder is writable");
    for number in 0..8 {
        write_flac_tone(&folder.join(format!("{number}.flac")), 300.0 + 50.0 * number as f32, 3.0);
    }
}

/// A live source in mono at 48 kHz.
struct Source {
    peer: Peer,
    frames: Vec<u8>,
}

/// The frames of the fixture, and what each lasts.
const SOURCE: &str = "mp3/mpeg1-48000-mono-32k.mp3";
const SOURCE_FRAME: usize = 96;
const SOURCE_FRAME_SECONDS: f64 = 1152.0 / 48_000.0;

/// The frames that a source is ahead of real time, two seconds, and how often it sends.
const CUSHION: usize = 84;
const SOURCE_INTERVAL: Duration = Duration::from_millis(100);

impl Source {
    fn start(server: &Coldwave, mount: &str) -> Self {
        let request = Request::new(server.address(), "SOURCE", mount);
        let request = request.auth("source", "deep water").header("Content-Type", "audio/mpeg");
        let mut peer = request.open();
        assert_eq!(peer.head().status, "HTTP/1.0 200 OK");
        Self { peer, frames: fs::read(fixture(SOURCE)).expect("a fixture") }
    }

    /// Sends frames in real time, as an encoder does, until `is_done`.
    fn play(mut self, is_done: &AtomicBool) {
        let (start, mut sent) = (Instant::now(), 0);
        while !is_done.load(Ordering::Relaxed) {
            let due = (start.elapsed().as_secs_f64() / SOURCE_FRAME_SECONDS) as usize;
            self.send(CUSHION + due - sent);
            sent = CUSHION + due;
            thread::sleep(SOURCE_INTERVAL);
        }
    }

    fn send(&mut self, frames: usize) {
        let bytes: Vec<u8> = self.frames.iter().cycle().take(frames * SOURCE_FRAME).copied().collect();
        let rotation = bytes.len() % self.frames.len();
        self.frames.rotate_left(rotation);
        self.peer.send(&bytes);
    }
}

/// Listens until `is_done`.
pub fn listen(listener: &mut Listener, is_done: &AtomicBool) {
    while !is_done.load(Ordering::Relaxed) {
        let before = listener.frames.len();
        listener.until("more audio", |it| it.frames.len() > before);
    }
}

/// A child process.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Worker(u32);

/// Returns the processes that a process has started and that run, and those that have ended and wait to be
/// reaped.
fn children(parent: u32) -> (BTreeSet<Worker>, BTreeSet<Worker>) {
    let mut found = (BTreeSet::new(), BTreeSet::new());
    for entry in fs::read_dir("/proc").expect("/proc shows processes").flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        // It may have ended meanwhile.
        let Ok(stat) = fs::read_to_string(entry.path().join("stat")) else { continue };
        let fields: Vec<&str> = stat.rsplit(')').next().expect("a name").split_whitespace().collect();
        if fields[1] == parent.to_string() {
            let of_state = if fields[0] == "Z" { &mut found.1 } else { &mut found.0 };
            of_state.insert(Worker(pid));
        }
    }
    found
}

/// The workers of a server, each with the times at which it died.
pub struct Victims {
    server: u32,
    slots: Vec<(Worker, Vec<Instant>)>,
    random: fastrand::Rng,
}

impl Victims {
    pub fn find(server: &Coldwave, workers: usize, random: fastrand::Rng) -> Self {
        let server = server.pid();
        let found =
            wait_for("all workers", || Some(children(server).0).filter(|found| found.len() == workers));
        Self { server, slots: found.into_iter().map(|worker| (worker, Vec::new())).collect(), random }
    }

    /// Kills a worker that may be killed, and waits until another has taken its place.
    ///
    /// Returns how long that took, or `None` if no worker may be killed yet.
    fn kill_one(&mut self) -> Option<Duration> {
        let may_die = |deaths: &[Instant]| {
            deaths.iter().filter(|death| death.elapsed() < MINUTE).count() < DEATHS_PER_MINUTE
        };
        let candidates: Vec<usize> = (0..self.slots.len()).filter(|at| may_die(&self.slots[*at].1)).collect();
        let at = *candidates.get(self.random.usize(..candidates.len().max(1)))?;
        kill(&self.slots[at].0);
        let killed = Instant::now();
        let others: BTreeSet<Worker> = self.slots.iter().map(|(worker, _)| worker.clone()).collect();
        let next = wait_for("another worker", || children(self.server).0.difference(&others).next().cloned());
        self.slots[at].0 = next;
        self.slots[at].1.push(killed);
        wait_for("the worker to be reaped", || children(self.server).1.is_empty().then_some(()));
        Some(killed.elapsed())
    }
}

fn kill(worker: &Worker) {
    signal("KILL", worker.0);
}

fn signal(name: &str, pid: u32) {
    let script = format!("kill -{name} {pid}");
    let status = std::process::Command::new("sh").args(["-c", &script]).status();
    assert!(status.expect("a shell is installed").success(), "{script}");
}

/// Kills workers at random moments. A listener is the clock.
pub fn kill_all(clock: &mut Listener, victims: &mut Victims, kills: u64) {
    let mut done = 0;
    while done < kills {
        clock.for_seconds(victims.random.f64() * 1.5);
        if let Some(elapsed) = victims.kill_one() {
            done += 1;
            println!("death {done}: another worker after {:.0} ms", elapsed.as_secs_f64() * 1000.0);
        }
    }
    clock.for_seconds(3.0);
}

/// Returns the longest time without sound in what a listener has received, in seconds, and where it began.
/// The silence before the first sound does not count.
pub fn longest_silence(listener: &Listener) -> (f64, f64) {
    let (mut decoder, mut block) = (StreamDecoder::new(Codec::Mp3), PcmBlock::default());
    let (mut at, mut silent, mut longest) = (0.0, f64::NEG_INFINITY, (0.0, 0.0));
    for frame in 0..listener.frames.len() {
        decoder.decode(listener.frame(frame), &mut block);
        let seconds = block.frames() as f64 / f64::from(block.rate);
        at += seconds;
        silent = if rms(&block.samples) < SILENT { silent + seconds } else { 0.0 };
        if silent > longest.0 {
            longest = (silent, at - silent);
        }
    }
    longest
}

fn rms(samples: &[f32]) -> f32 {
    (samples.iter().map(|sample| sample * sample).sum::<f32>() / samples.len().max(1) as f32).sqrt()
}

/// `COLDWAVE_KILLS` is how many workers die, 12 by default, and `COLDWAVE_SEED` repeats a choice of moments.
#[test]
fn listeners_survive_the_death_of_encode_workers_at_any_moment() {
    let kills = variable("COLDWAVE_KILLS").unwrap_or(12);
    let seed = variable("COLDWAVE_SEED").unwrap_or_else(|| fastrand::u64(..));
    println!("{kills} deaths, COLDWAVE_SEED={seed}");
    let stations = Stations::start();
    let is_done = AtomicBool::new(false);
    let heard: Vec<(String, Listener)> = thread::scope(|scope| {
        let mounts = (0..STATIONS).flat_map(|at| [format!("/file{at}"), format!("/live{at}")]);
        let (stations, is_done) = (&stations, &is_done);
        let done = OnDrop(is_done);
        let threads: Vec<_> = mounts
            .map(|mount| {
                if mount.starts_with("/live") {
                    let source = Source::start(&stations.server, &mount);
                    scope.spawn(move || source.play(is_done));
                }
                scope.spawn(move || {
                    let mut listener = stations.listen(&mount);
                    listen(&mut listener, is_done);
                    (mount, listener)
                })
            })
            .collect();
        let mut victims = Victims::find(&stations.server, 2 * STATIONS, fastrand::Rng::with_seed(seed));
        kill_all(&mut stations.listen("/file0"), &mut victims, kills);
        drop(done);
        threads.into_iter().map(|thread| thread.join().expect("no listener is lost")).collect()
    });
    let silences = heard.iter().map(|(mount, listener)| {
        let (silence, at) = longest_silence(listener);
        println!(
            "{mount}: {:.1} s heard, at most {silence:.2} s of silence, at {at:.1} s",
            listener.seconds()
        );
        silence
    });
    let longest = silences.fold(0.0, f64::max);
    assert!(longest <= SILENCE_MAX, "{longest:.2} s of silence");
}

/// Ends the listeners, also when the test fails.
pub struct OnDrop<'a>(pub &'a AtomicBool);

impl Drop for OnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// However the server ends, its workers end with it.
#[test]
fn encode_workers_end_with_the_server() {
    for name in ["TERM", "KILL"] {
        let folder = tempfile::tempdir().expect("a temporary folder");
        write_music(&folder.path().join("music"));
        let mut server = Coldwave::with_music(&[folder.path().join("music")]);
        let workers =
            wait_for("a worker", || Some(children(server.pid()).0).filter(|workers| !workers.is_empty()));
        server.signal(name);
        server.wait();
        for Worker(pid) in workers {
            let process = format!("/proc/{pid}");
            wait_for("the worker to end", || (!Path::new(&process).exists()).then_some(()));
        }
    }
}

#[test]
fn encode_worker_survives_the_signals_of_its_control_group() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    write_music(&folder.path().join("music"));
    let config = "[server]\nlisten = [\"127.0.0.1:0\"]\n[[station]]\nmusic = [\"music\"]\n";
    let server = Coldwave::with_config(folder.path(), config, 1);
    let mut listener = server.get("/live").header("Icy-MetaData", "1").listen();
    listener.until("sound", |it| it.frames.last().is_some_and(|last| !is_empty(&it.audio[last.clone()])));
    let before = children(server.pid()).0;
    assert!(!before.is_empty());
    for name in ["HUP", "INT", "TERM", "USR1", "USR2", "ALRM", "VTALRM", "PROF", "IO"] {
        before.iter().for_each(|worker| signal(name, worker.0));
    }
    listener.for_seconds(1.0);
    assert_eq!(children(server.pid()), (before, BTreeSet::new()), "{}", server.log().text());
}
