//! Requests of the station to the reader of its music: to look at it again, to continue after a track, to
//! end.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use super::harness::{AutoDjHarness, LONG_TRACK_BYTES, MusicFolder, READ_TIMEOUT, frames_of};
use coldwave::autodj::{AutoDj, FormatStore, MusicServices, MusicSettings, StoredFormat};
use coldwave::settings::{StationIdentity, StationSettings};
use coldwave::station::{Input, Progress, Readiness, ReplaceWhen, Station, TrackInfo};
use coldwave::time::Time;

/// Waits until these are the next titles.
#[track_caller]
fn expect_next(dj: &mut AutoDj, titles: &[&str]) {
    wait_until(|| {
        dj.poll();
        let next = dj.upcoming_titles();
        (next == titles).then_some(()).ok_or_else(|| format!("the next titles are {next:?}, not {titles:?}"))
    });
}

/// Waits until `check` succeeds.
#[track_caller]
fn wait_until(mut check: impl FnMut() -> Result<(), String>) {
    let until = Instant::now() + READ_TIMEOUT;
    while let Err(message) = check() {
        assert!(Instant::now() < until, "{message}");
        thread::sleep(Duration::from_millis(1));
    }
}

fn playing(folder: &MusicFolder) -> AutoDjHarness {
    let mut harness = AutoDjHarness::new(&[folder.root()], None);
    assert_eq!(harness.wait(), Readiness::Ready);
    harness.dj.next_frame();
    harness
}

#[test]
fn rescan_finds_new_and_removed_files_at_once() {
    let folder = MusicFolder::with_long_tracks(&["1", "3", "5"]);
    let mut harness = playing(&folder);
    expect_next(&mut harness.dj, &["3", "5", "1", "3", "5"]);
    folder.add("2");
    fs::remove_file(folder.path("5")).expect("the file exists");
    // The clock stands still: without the request, the list is not checked.
    harness.dj.rescan();
    expect_next(&mut harness.dj, &["2", "3", "1", "2", "3"]);
}

#[test]
fn rescan_does_not_interrupt_the_track() {
    let folder = MusicFolder::with_long_tracks(&["1", "2"]);
    let whole = frames_of(&folder.path("1"));
    let mut harness = AutoDjHarness::new(&[folder.root()], None);
    assert_eq!(harness.wait(), Readiness::Ready);
    fs::remove_file(folder.path("1")).expect("the file exists");
    for _ in 0..100 {
        harness.dj.rescan();
    }
    let tracks = harness.tracks(2);
    assert!(tracks[0].1 == whole, "{} of {LONG_TRACK_BYTES}", tracks[0].1.len());
    assert_eq!((tracks[0].0.as_str(), tracks[1].0.as_str()), ("1", "2"));
    assert_eq!(harness.tracks(1)[0].0, "2", "the first track is gone");
}

#[test]
fn rescan_finds_the_first_music_at_once() {
    let folder = MusicFolder::new(&[]);
    let mut harness = AutoDjHarness::new(&[folder.root()], None);
    assert_eq!(harness.wait(), Readiness::Idle);
    folder.add("1");
    harness.dj.rescan();
    while harness.dj.poll() != Readiness::Ready {
        harness.alerts.recv_timeout(READ_TIMEOUT).expect("the reader finds the new file");
    }
}

#[test]
fn autodj_that_follows_another_begins_with_the_next_track() {
    let folder = MusicFolder::new(&["1+", "2", "3", "4"]);
    let after = |file: PathBuf, is_read: bool| {
        let mut harness = AutoDjHarness::new(&[folder.root()], None);
        if is_read {
            assert_eq!(harness.wait(), Readiness::Ready);
        }
        harness.dj.continue_after(&TrackInfo { file: file.clone(), ..TrackInfo::default() });
        if file == folder.path("2") {
            expect_next(&mut harness.dj, &["3", "4", "1+", "2", "3"]);
        }
        harness.tracks(4).into_iter().map(|(title, _)| title).collect::<Vec<_>>()
    };
    for is_read in [true, false] {
        assert_eq!(after(folder.path("2"), is_read), ["3", "4", "1+", "2"]);
        assert_eq!(after(folder.path("4"), is_read), ["1+", "2", "3", "4"]);
        assert_eq!(after(folder.path("unknown"), is_read), ["1+", "2", "3", "4"]);
    }
}

#[test]
fn shuffled_autodj_that_follows_another_does_not_repeat_its_track() {
    let folder = MusicFolder::new(&["1", "2"]);
    for seed in 0..20 {
        let mut harness = AutoDjHarness::new(&[folder.root()], Some(seed));
        harness.dj.continue_after(&TrackInfo { file: folder.path("1"), ..TrackInfo::default() });
        assert_eq!(harness.tracks(1)[0].0, "2");
    }
}

/// A program that writes to a pipe may do so for ever, and other music waits for the end of the track.
#[test]
fn named_pipe_ends_when_other_music_waits() {
    let folder = MusicFolder::with_long_tracks(&["1"]);
    let path = folder.root().join("pipe");
    assert!(Command::new("mkfifo").arg(&path).status().expect("mkfifo can be run").success());
    let mut harness = AutoDjHarness::new(&[&path], None);
    let bytes = fs::read(folder.path("1")).expect("a file");
    let mut pipe = OpenOptions::new().write(true).open(&path).expect("the AutoDJ reads the pipe");
    let writer = thread::spawn(move || while pipe.write_all(&bytes).is_ok() {});
    for _ in 0..2000 {
        assert_eq!(harness.wait(), Readiness::Ready);
        harness.dj.next_frame();
        assert!(!harness.dj.is_at_track_boundary(), "it goes on");
    }
    harness.dj.end_endless_track();
    let mut frames = 0;
    while !harness.dj.is_at_track_boundary() {
        match harness.dj.poll() {
            Readiness::Ready => {
                harness.dj.next_frame();
                frames += 1;
            }
            Readiness::Pending | Readiness::Idle => thread::sleep(Duration::from_millis(1)),
        }
        assert!(frames < 5000, "more than was read ahead");
    }
    drop(harness);
    writer.join().expect("the writer ends with the pipe");
}

#[test]
fn stored_format_follows_a_renamed_station() {
    let (state, folder) = (tempfile::tempdir().expect("a folder"), MusicFolder::with_long_tracks(&["1"]));
    let formats = FormatStore::open(Some(state.path().to_owned()));
    let identity = |mount: &str| StationIdentity { id: None, mount: mount.to_owned() };
    let format = StoredFormat { rate: Some(48_000), channels: Some(1) };
    formats.save(&identity("/test"), format);
    let settings = MusicSettings::new("/test", vec![folder.root().to_owned()]);
    let store = formats.clone();
    let mut harness = AutoDjHarness::start(settings, |services| MusicServices { formats: store, ..services });
    assert_eq!(harness.wait(), Readiness::Ready);
    harness.dj.rename(&identity("/new"));
    wait_until(|| match formats.load(&identity("/new")) {
        Some(found) if found == format => Ok(()),
        other => Err(format!("{other:?}")),
    });
}

/// Returns the number of threads of this process that read music of `mount`.
fn readers(mount: &str) -> usize {
    let name = |task: &Path| fs::read_to_string(task.join("comm")).unwrap_or_default();
    let tasks = fs::read_dir("/proc/self/task").expect("the threads of the process");
    let tasks = tasks.filter_map(Result::ok).map(|task| name(&task.path()));
    tasks.filter(|name| name.trim_end() == format!("autodj {mount}")).count()
}

/// Returns the number of files below `folder` that this process has opened.
fn open_files(folder: &Path) -> usize {
    let files = fs::read_dir("/proc/self/fd").expect("the open files of the process");
    let targets = files.filter_map(|file| fs::read_link(file.ok()?.path()).ok());
    targets.filter(|target| target.starts_with(folder)).count()
}

#[test]
fn readers_of_replaced_music_end() {
    let folder = MusicFolder::with_long_tracks(&["1", "2"]);
    let start = || {
        let settings = MusicSettings::new("/ends", vec![folder.root().to_owned()]);
        let services = MusicServices::new(Box::new(|| {}), Box::new(|| Time::START));
        Box::new(AutoDj::start(settings, services).expect("a thread")) as Box<dyn Input>
    };
    let mut now = Time::after_start(Duration::from_secs(10));
    let mut station = Station::new(&StationSettings::default(), now);
    station.add_input(start());
    for change in 0..100 {
        let when = if change % 2 == 0 { ReplaceWhen::AtTrackEnd } else { ReplaceWhen::Now };
        station.replace_inputs(vec![start()], when);
        now = now + Duration::from_millis(500);
        while station.advance_to(now) == Progress::ServeAllFirst {
            station.mark_all_served();
        }
    }
    wait_until(|| match (readers("/ends"), open_files(folder.root())) {
        (1, 0..=1) => Ok(()),
        counts => Err(format!("threads and open files: {counts:?}")),
    });
    drop(station);
    wait_until(|| match (readers("/ends"), open_files(folder.root())) {
        (0, 0) => Ok(()),
        counts => Err(format!("threads and open files: {counts:?}")),
    });
}
