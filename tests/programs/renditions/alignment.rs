//! Where titles begin in the sound, on all mounts.

use std::fs;
use std::path::Path;
use std::thread;

use super::{Ladders, METAINT, RUNGS, STATIONS, TONES, mount, play_seconds};
use crate::any_music::sound::Sound;
use crate::common::{Listener, title_text};
use crate::only_browser;

/// The sound is measured in windows of 8 ms.
const MEASURE: f64 = 0.008;

/// A title, and where it begins in seconds.
type PlacedTitle = (String, f64);

/// What a listener with HTTP/1.0 has heard.
struct Heard {
    /// The titles after the first, each once.
    titles: Vec<PlacedTitle>,
    /// Where the tone changes.
    changes: Vec<f64>,
    /// The duration of a frame.
    frame: f64,
}

impl Heard {
    fn new(listener: &Listener, path: &Path) -> Self {
        let header = coldwave::audio::Header::parse(listener.codec(), listener.frame(0)).expect("a frame");
        let frame = f64::from(header.samples()) / f64::from(header.rate());
        let end = listener.frames.last().expect("frames").end;
        fs::write(path, &listener.audio[..end]).expect("the folder is writable");
        let changes = Sound::decode(path).tone_changes(TONES);
        Self { titles: titles(listener, frame), changes, frame }
    }

    /// Returns by how much a title is earlier than a change of the tone: the change for which this is closest
    /// to `expected`.
    fn distance(&self, at: f64, expected: f64) -> f64 {
        let distances = self.changes.iter().map(|change| change - at);
        let closest = distances.min_by(|a, b| (a - expected).abs().total_cmp(&(b - expected).abs()));
        closest.expect("the tone changes")
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

/// Compares the places of the titles of a rendition with those of the station.
#[track_caller]
fn check(name: &str, station: &Heard, rendition: &Heard) {
    let mut compared = 0;
    let mut largest: f64 = 0.0;
    for (title, at) in &rendition.titles {
        let Some((_, its)) = station.titles.iter().find(|(other, _)| other == title) else { continue };
        let expected = station.distance(*its, 0.0);
        // The change of the tone that belongs to one of the last titles may not have been heard any more.
        let is_heard = |last: &f64| at + expected <= last + rendition.frame + MEASURE;
        if !rendition.changes.last().is_some_and(is_heard) {
            continue;
        }
        let apart = rendition.distance(*at, expected) - expected;
        largest = largest.max(apart.abs());
        compared += 1;
        assert!(apart.abs() <= rendition.frame + MEASURE, "{title} of {name} is {apart:.4} s apart");
    }
    println!("{name}: {compared} titles, at most {:.1} ms apart", largest * 1000.0);
    assert!(compared >= 3, "{:?} {:?}", station.titles, rendition.titles);
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

/// How often the titles are compared at most. A run in which the machine has no time for the encoder contains
/// silence, and no change of the tone where the titles are.
const ATTEMPTS: u32 = 3;

/// The clients use HTTP/1.0, and check every byte and every frame.
#[test]
fn titles_of_all_mounts_are_within_a_frame_by_sample_time() {
    let _quiet = only_browser();
    for attempt in 1..=ATTEMPTS {
        let Some(ladders) = Ladders::for_programs(&[]) else { return };
        let heard = hear_all(&ladders);
        if attempt < ATTEMPTS && ladders.server.log().count("the encoder is too slow") > 0 {
            continue;
        }
        for of_station in heard.chunks(1 + RUNGS.len()) {
            for (mount, rendition) in &of_station[1..] {
                check(mount, &of_station[0].1, rendition);
            }
        }
        return;
    }
}

/// Returns what listeners of all mounts hear: those of each station behind the station itself.
fn hear_all(ladders: &Ladders) -> Vec<(String, Heard)> {
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
                let path = ladders.folder.path().join(format!("{}.mp3", mount.trim_start_matches('/')));
                (mount, Heard::new(&listener, &path))
            })
        };
        let threads: Vec<_> = STATIONS.into_iter().flat_map(mounts).map(listen).collect();
        threads.into_iter().map(|thread| thread.join().expect("the stream is whole")).collect()
    })
}
