//! Tests of the cache: restarts, changed files, damaged lines, write errors and the bound.

use std::fs;
use std::os::unix::ffi::OsStrExt;

use proptest::prelude::*;

use super::line::{parse_line, push_line};
use super::measured::Measured;
use super::table::TRACKS_MAX;
use super::*;
use crate::file_version::FileVersion;
use crate::transcode::TagLoudness;

/// A file whose loudness is measured.
struct Track {
    path: PathBuf,
    metadata: Metadata,
}

impl Track {
    /// Writes a file with this content into `folder`.
    fn write(folder: &Path, name: &str, content: &str) -> Self {
        let path = folder.join(name);
        fs::write(&path, content).expect("room");
        Self { metadata: fs::metadata(&path).expect("a file"), path }
    }

    fn get(&self, cache: &LoudnessCache) -> Option<Option<f32>> {
        cache.get(&self.path, &self.metadata)
    }

    fn put(&self, cache: &LoudnessCache, lufs: Option<f32>) {
        cache.put(&self.path, &self.metadata, lufs);
    }
}

fn stored(folder: &Path) -> String {
    fs::read_to_string(folder.join(FILE_NAME)).expect("the file")
}

#[test]
fn gain_reaches_the_target_within_bounds() {
    for (target, lufs, expected) in [
        (-16.0, -9.5, -6.5),
        (-16.0, -23.0, 7.0),
        (-16.0, -60.0, 20.0),
        (-40.0, 10.0, -40.0),
        (-16.0, f32::NAN, 0.0),
        (f32::NEG_INFINITY, f32::NEG_INFINITY, 0.0),
        (-16.0, f32::NEG_INFINITY, 20.0),
    ] {
        assert_eq!(gain_for(target, lufs), expected, "{target} {lufs}");
    }
}

#[test]
fn loudness_survives_a_restart() {
    let folder = tempfile::tempdir().expect("a folder");
    let cache = LoudnessCache::open(Some(folder.path()));
    let names = ["a.flac", "new\nline % \u{1b}[0m.flac", "ü 音.flac", "2.flac"];
    let tracks = names.map(|name| Track::write(folder.path(), name, name));
    let latin1 = folder.path().join(std::ffi::OsStr::from_bytes(b"Bj\xf6rk.flac"));
    assert_eq!(tracks[0].get(&cache), None);
    tracks[0].put(&cache, Some(-9.876));
    tracks[1].put(&cache, None);
    tracks[2].put(&cache.clone(), Some(-14.0));
    cache.put(&latin1, &tracks[0].metadata, Some(-5.0));
    assert_eq!(tracks[2].get(&cache), Some(Some(-14.0)), "clones share the cache");
    cache.flush();
    let cache = LoudnessCache::open(Some(folder.path()));
    let found = tracks.each_ref().map(|track| track.get(&cache));
    assert_eq!(found, [Some(Some(-9.88)), Some(None), Some(Some(-14.0)), None]);
    assert_eq!(cache.get(&latin1, &tracks[0].metadata), Some(Some(-5.0)));
    let text = stored(folder.path());
    assert!(text.lines().nth(1).is_some_and(|line| line.starts_with("-9.88 6 1")), "{text}");
    assert!(text.contains("/ü 音.flac\n") && text.contains("/Bj%F6rk.flac\n"), "{text}");
    assert!(text.contains("new%0Aline %25 %1B[0m.flac\n"), "{text}");
}

#[test]
fn changed_file_is_measured_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let cache = LoudnessCache::open(None);
    let track = Track::write(folder.path(), "a.flac", "123");
    track.put(&cache, Some(-9.0));
    assert_eq!(track.get(&cache), Some(Some(-9.0)));
    let longer = Track::write(folder.path(), "a.flac", "1234");
    assert_eq!(longer.get(&cache), None);
    let file = fs::File::options().write(true).open(&track.path).expect("our own file");
    let modified = longer.metadata.modified().expect("a time") - Duration::from_secs(100);
    file.set_modified(modified).expect("our own file");
    let older = Track { metadata: file.metadata().expect("a file"), path: track.path.clone() };
    longer.put(&cache, Some(-8.0));
    assert_eq!((longer.get(&cache), older.get(&cache)), (Some(Some(-8.0)), None));
}

#[test]
fn exact_tags_win_and_rough_tags_do_not() {
    let folder = tempfile::tempdir().expect("a folder");
    let cache = LoudnessCache::open(None);
    let file = Track::write(folder.path(), "a.flac", "123");
    let known = |lufs: Option<f32>, is_rough: bool| {
        let loudness = lufs.map(|lufs| TagLoudness { lufs, is_rough });
        let track = TrackInfo { file: file.path.clone(), loudness, ..TrackInfo::default() };
        cache.known(&track, &file.metadata)
    };
    assert_eq!((known(None, false), known(Some(-7.0), true)), (None, None));
    file.put(&cache, Some(-9.0));
    assert_eq!(known(None, false), Some(Some(-9.0)));
    assert_eq!(known(Some(-7.0), true), Some(Some(-9.0)));
    assert_eq!(known(Some(-7.0), false), Some(Some(-7.0)));
}

#[test]
fn damaged_lines_are_ignored() {
    let text = "# comment\n\n-9.00 1 2.000000003 /a\n-9.00 1 2.000000003 b\nnan 1 2.0 /c\n-70 1 2.0 /d\n\
                silent -1 2.0 /e\nsilent 1 2 /f\nsilent 1 2.0\n\u{0}\nsilent 1 2.5 /g h\n-9.00 1 2.0000";
    let (table, invalid) = LoudnessTable::parse(&[text.as_bytes(), b"\n\xff\xfe"].concat());
    assert_eq!(invalid, [5, 6, 7, 8, 9, 10, 12, 13], "a relative path is valid");
    assert!(format!("{table:?}").matches("Measured").count() == 3, "{table:?}");
}

#[test]
fn file_that_cannot_be_used_leaves_the_cache_in_memory() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir(folder.path().join(FILE_NAME)).expect("a folder");
    let cache = LoudnessCache::open(Some(folder.path()));
    let track = Track::write(folder.path(), "a.flac", "123");
    track.put(&cache, Some(-9.0));
    cache.flush();
    assert_eq!(track.get(&cache), Some(Some(-9.0)));
}

#[test]
fn failed_write_is_repeated() {
    let folder = tempfile::tempdir().expect("a folder");
    let state = folder.path().join("state");
    let cache = LoudnessCache::open(Some(&state));
    let track = Track::write(folder.path(), "a.flac", "123");
    track.put(&cache, Some(-9.0));
    cache.flush();
    assert!(!state.exists());
    fs::create_dir(&state).expect("a folder");
    cache.flush();
    assert!(stored(&state).contains("-9.00 3 "));
}

#[test]
fn unchanged_cache_is_not_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let cache = LoudnessCache::open(Some(folder.path()));
    let track = Track::write(folder.path(), "a.flac", "123");
    track.get(&cache);
    cache.flush();
    assert!(!folder.path().join(FILE_NAME).exists());
    track.put(&cache, Some(-9.0));
    cache.flush();
    fs::remove_file(folder.path().join(FILE_NAME)).expect("the file");
    track.get(&cache);
    cache.flush();
    assert!(!folder.path().join(FILE_NAME).exists());
}

#[test]
fn full_cache_drops_what_was_not_used_for_the_longest_time() {
    let folder = tempfile::tempdir().expect("a folder");
    let metadata = Track::write(folder.path(), "a.flac", "123").metadata;
    let path = |number: usize| PathBuf::from(format!("/music/{number}"));
    let mut table = LoudnessTable::default();
    let mut due = 0;
    for number in 0..TRACKS_MAX {
        due += usize::from(table.put(&path(number), &metadata, None));
        if due > 0 {
            assert!(table.take_text().is_some());
            due = 0;
        }
    }
    assert_eq!(table.get(&path(0), &metadata), Some(None), "a full cache keeps all");
    table.put(&path(TRACKS_MAX), &metadata, None);
    assert_eq!(table.get(&path(0), &metadata), Some(None), "it was used");
    assert_eq!(table.get(&path(1), &metadata), None);
    assert_eq!(table.get(&path(TRACKS_MAX), &metadata), Some(None));
    let (text, _) = table.take_text().expect("a change");
    assert!(text.lines().count() > TRACKS_MAX * 9 / 10 && text.len() < FILE_BYTES_MAX as usize / 4);
    let (mut table, invalid) = LoudnessTable::parse(text.as_bytes());
    assert_eq!((table.get(&path(1), &metadata), invalid), (None, Vec::new()));
    assert_eq!(table.get(&path(TRACKS_MAX), &metadata), Some(None));
}

proptest! {
    #[test]
    fn any_path_and_value_survives(
        name in proptest::collection::vec(1..=u8::MAX, 0..40),
        lufs in proptest::option::of(-6000..=1000_i16),
        len: u64,
        seconds: i64,
        nanoseconds in 0..1_000_000_000_i64,
    ) {
        let path = Path::new("/").join(std::ffi::OsStr::from_bytes(&[b"x", name.as_slice()].concat()));
        let lufs = lufs.map(|lufs| f32::from(lufs) / 100.0);
        let measured = Measured { version: FileVersion { len, modified: (seconds, nanoseconds) }, lufs };
        let mut line = String::new();
        push_line(&mut line, &path, &measured);
        prop_assert_eq!(line.matches('\n').count(), 1);
        prop_assert_eq!(parse_line(line.trim_end_matches('\n')), Some((path, measured)));
    }

    #[test]
    fn any_text_is_parsed(text in ".*") {
        let _ = parse_line(&text);
    }
}

#[test]
fn moved_cache_takes_its_tracks_along_and_leaves_the_old_file() {
    let (old, new) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    let [a, b, c] = ["a", "b", "c"].map(|name| Track::write(old.path(), name, name));
    let other = LoudnessCache::open(Some(new.path()));
    b.put(&other, Some(-1.0));
    c.put(&other, Some(-30.0));
    other.flush();
    let cache = LoudnessCache::open(Some(old.path()));
    let clone = cache.clone();
    a.put(&cache, Some(-10.0));
    cache.flush();
    let left = stored(old.path());
    b.put(&cache, Some(-20.0));
    clone.move_to(Some(LoudnessFile::read(new.path()).0));
    assert_eq!(
        [&a, &b, &c].map(|track| track.get(&cache)),
        [-10.0, -20.0, -30.0].map(|lufs| Some(Some(lufs)))
    );
    cache.flush();
    let restarted = LoudnessCache::open(Some(new.path()));
    assert_eq!(
        [&a, &b, &c].map(|track| track.get(&restarted)),
        [-10.0, -20.0, -30.0].map(|lufs| Some(Some(lufs)))
    );
    clone.move_to(None);
    assert_eq!(a.get(&cache), Some(Some(-10.0)), "it is still in memory");
    assert_eq!(stored(old.path()), left);
}
