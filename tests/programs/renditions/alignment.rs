//! Where titles begin in the sound, on all mounts.

use std::fs;
use std::path::Path;
use std::thread;

use super::{Ladders, METAINT, RUNGS, STATIONS, TONE_SECONDS, TONES, mount, play_seconds};
use crate::any_music::sound::Sound;
use crate::common::{Listener, title_text};
use crate::only_browser;

/// The sound is measured in windows of 8 ms.
const MEASURE: f64 = 0.008;

/// A title, and where it begins in seconds.
type PlacedTitle = (String, f64);

/// How far from a change of the tone silence may be, in seconds, so that the change is still found.
const STEADY: f64 = 0.5;

/// With how many titles of each mount the places must be compared.
const COMPARED_MIN: usize = 3;

/// What a listener with HTTP/1.0 has heard.
struct Heard {
    /// The titles after the first, each once.
    titles: Vec<PlacedTitle>,
    /// Where the tone changes.
    changes: Vec<f64>,
    /// Which hundredths of a second are silent.
    silences: Vec<usize>,
    /// The duration of a frame.
    frame: f64,
}

impl Heard {
    fn new(listener: &Listener, path: &Path) -> Self {
        let header = coldwave::audio::Header::parse(listener.codec(), listener.frame(0)).expect("a frame");
        let frame = f64::from(header.samples()) / f64::from(header.rate());
        let end = listener.frames.last().expect("frames").end;
        fs::write(path, &listener.audio[..end]).expect("the folder is writable");
        let sound = Sound::decode(path);
        let (changes, silences) = (sound.tone_changes(TONES), sound.silences());
        Self { titles: titles(listener, frame), changes, silences, frame }
    }

    /// Returns by how much a title is earlier than a change of the tone: the change for which this is closest
    /// to `expected`.
    fn distance(&self, at: f64, expected: f64) -> Option<f64> {
        let distances = self.changes.iter().map(|change| change - at);
        distances.min_by(|a, b| (a - expected).abs().total_cmp(&(b - expected).abs()))
    }

    /// Returns whether a change of the tone would be found here: there is sound before and after it. If the
    /// machine has no time for the encoder, renditions are silent for a while.
    fn is_steady(&self, at: f64) -> bool {
        let is_near = |hundredth: &usize| (*hundredth as f64 / 100.0 - at).abs() < STEADY;
        let is_heard = self.changes.last().is_some_and(|last| at <= last + self.frame + MEASURE);
        is_heard && !self.silences.iter().any(is_near)
    }
}

fn titles(listener: &Listener, frame: f64) -> Vec<PlacedTitle> {
    let mut titles: Vec<PlacedTitle> = Vec::new();
    for (offset, text) in listener.blocks.iter().filter(|(_, text)| !text.is_empty()).skip(1) {
        let at = listener.frames.partition_point(|frame| frame.start <= *offset) - 1;
        assert!(offset - listener.frames[at].start <= METAINT, "a block in every frame");
        let title = title_text(text);
        if !title.is_empty() && titles.iter().all(|(other, _)| *other != title) {
            titles.push((title, at as f64 * frame));
        }
    }
    titles
}

/// Compares the places of the titles of a rendition with those of the station, and returns how many were
/// compared.
#[track_caller]
fn check(name: &str, station: &Heard, rendition: &Heard) -> usize {
    let mut compared = 0;
    let mut largest: f64 = 0.0;
    for (title, at) in &rendition.titles {
        let its = station.titles.iter().find(|(other, _)| other == title);
        let Some(expected) = its.and_then(|(_, its)| station.distance(*its, 0.0)) else { continue };
        // A change that is farther away belongs to another title: the station was silent at this one.
        if expected.abs() > f64::from(TONE_SECONDS) || !rendition.is_steady(at + expected) {
            continue;
        }
        let apart = rendition.distance(*at, expected).expect("the tone changes") - expected;
        largest = largest.max(apart.abs());
        compared += 1;
        assert!(apart.abs() <= rendition.frame + MEASURE, "{title} of {name} is {apart:.4} s apart");
    }
    println!("{name}: {compared} titles, at most {:.1} ms apart", largest * 1000.0);
    compared
}

/// Sets a title at the live station every two seconds. A listener is the clock.
fn set_titles(ladders: &Ladders, seconds: f64) {
    let mut clock = ladders.server.get("/live").header("Icy-MetaData", "1").listen();
    let until = clock.seconds() + seconds + 6.0;
    let mut number = 0;
    while clock.seconds() < until {
        number += 1;
        let target = format!("/admin/metadata?mount=/live-64&mode=updinfo&song=Title{number}");
        ladders.server.get(&target).auth("source", "deep water").agent("Mozilla").send().ok();
        clock.for_seconds(2.3);
    }
}

/// How often the programme is heard at most, until enough titles are compared. In a run in which the machine
/// has no time for the encoder there may be silence where the titles are.
const ATTEMPTS: u32 = 5;

/// The clients use HTTP/1.0, and check every byte and every frame.
#[test]
fn titles_of_all_mounts_are_within_a_frame_by_sample_time() {
    let _quiet = only_browser();
    let mut compared = [[0; RUNGS.len()]; STATIONS.len()];
    for _ in 0..ATTEMPTS {
        let Some(ladders) = Ladders::for_programs(&[]) else { return };
        let heard = hear_all(ladders);
        for (of_station, compared) in heard.chunks(1 + RUNGS.len()).zip(&mut compared) {
            for ((mount, rendition), compared) in of_station[1..].iter().zip(compared) {
                *compared += check(mount, &of_station[0].1, rendition);
            }
        }
        if compared.as_flattened().iter().all(|titles| *titles >= COMPARED_MIN) {
            return;
        }
    }
    panic!("fewer than {COMPARED_MIN} titles of a mount could be compared: {compared:?}");
}

/// Returns what listeners of all mounts hear: those of each station behind the station itself.
fn hear_all(ladders: Ladders) -> Vec<(String, Heard)> {
    let listeners = listen_to_all(&ladders);
    // The sound is decoded when no encoder needs the processor any more.
    drop((ladders.server, ladders._source));
    let hear = |(mount, listener): (String, Listener)| {
        let path = ladders.folder.path().join(format!("{}.mp3", mount.trim_start_matches('/')));
        (mount, Heard::new(&listener, &path))
    };
    listeners.into_iter().map(hear).collect()
}

/// Returns listeners that have listened to all mounts, in this order.
fn listen_to_all(ladders: &Ladders) -> Vec<(String, Listener)> {
    let seconds = f64::from(play_seconds()) + 10.0;
    let mounts = |station: &'static str| {
        let renditions = RUNGS.iter().map(move |(kbps, ..)| mount(station, *kbps));
        std::iter::once(station.to_owned()).chain(renditions)
    };
    thread::scope(|scope| {
        scope.spawn(move || set_titles(ladders, seconds));
        let listen = |mount: String| {
            scope.spawn(move || {
                let mut listener = ladders.server.get(&mount).header("Icy-MetaData", "1").listen();
                while listener.seconds() < seconds {
                    listener.for_seconds(1.0);
                }
                (mount, listener)
            })
        };
        let threads: Vec<_> = STATIONS.into_iter().flat_map(mounts).map(listen).collect();
        threads.into_iter().map(|thread| thread.join().expect("the stream is whole")).collect()
    })
}
