//! Chooses the next track from music whose files may change at any time.

use std::path::{Path, PathBuf};
use std::time::Duration;

use encoding_rs::Encoding;
use log::debug;

use super::play_order::PlayOrder;
use super::scan::{Stamps, Track, scan};
use crate::time::Time;

/// Maximum age of the track list when a track is chosen from it.
///
/// A change of the music must take effect within a minute, at the next track: the track on air is always
/// played to its end. Up to 21 seconds of audio are read ahead (see `batch`), so a track is chosen up to 21
/// seconds before it is played, from a list that is then up to 30 seconds old. When a track begins, its list
/// is thus at most 51 seconds old, however long the tracks are. The published next titles are refreshed at
/// the same interval, also within a track: see `lookahead`. Even with tracks of ten seconds, the disk is
/// checked only twice a minute. The only track that is chosen earlier is the one that waits while a live
/// source is on air: it was chosen when the live session began.
pub const LIST_AGE_MAX: Duration = Duration::from_secs(30);

/// The tracks below some roots, and their play order.
pub struct Rotation {
    music: Vec<PathBuf>,
    /// The charset of playlists that are not UTF-8.
    charset: &'static Encoding,
    order: PlayOrder,
    /// The number of files in the directories that are not music.
    other_files: usize,
    first_warning: Option<String>,
    stamps: Stamps,
    /// Whether two scans, [`LIST_AGE_MAX`] apart, found the same stamps. One scan is not enough, because
    /// stamps do not show a change that follows within the same tick of the file system's clock, which is 2
    /// seconds on some systems.
    is_settled: bool,
    scanned_at: Option<Time>,
    checked_at: Time,
}

/// How much of the disk is checked before a track is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ScanDepth {
    /// Nothing.
    None,
    /// The stamps; everything if they differ.
    Stamps,
    /// Everything.
    Full,
}

impl ScanDepth {
    /// Returns which check is due. `scanned` is the time since the last scan, `checked` the time since the
    /// last check of any kind. At the beginning of a round, a full scan also detects changes that stamps do
    /// not show. It is omitted if the last scan is recent, because very short rounds would keep the disk
    /// busy.
    fn due(round_begins: bool, scanned: Option<Duration>, checked: Duration) -> Self {
        match scanned {
            None => Self::Full,
            Some(age) if round_begins && age >= LIST_AGE_MAX => Self::Full,
            Some(_) if round_begins || checked >= LIST_AGE_MAX => Self::Stamps,
            Some(_) => Self::None,
        }
    }
}

impl Rotation {
    /// Creates a rotation without access to the disk. Playlists that are not UTF-8 are in `charset`. The
    /// order is random if `shuffle` contains a seed.
    pub fn new(music: Vec<PathBuf>, shuffle: Option<u64>, charset: &'static Encoding) -> Self {
        Self {
            music,
            charset,
            order: PlayOrder::new(shuffle),
            other_files: 0,
            first_warning: None,
            stamps: Stamps::default(),
            is_settled: false,
            scanned_at: None,
            checked_at: Time::START,
        }
    }

    /// Begins a round and returns warnings. Blocks on disk.
    pub fn begin_round(&mut self, now: Time) -> Vec<String> {
        let warnings = self.update(true, now);
        self.order.begin_round();
        warnings
    }

    /// Returns the next track of the round, if there is one, and warnings. Blocks on disk.
    pub fn next(&mut self, now: Time) -> (Option<Track>, Vec<String>) {
        let warnings = self.update(false, now);
        (self.order.next(), warnings)
    }

    /// Updates the list if it is old, and returns warnings. Blocks on disk.
    pub fn refresh(&mut self, now: Time) -> Vec<String> {
        self.update(false, now)
    }

    /// Updates the list at once, and returns warnings. Blocks on disk.
    pub fn rescan(&mut self, now: Time) -> Vec<String> {
        self.checked_at = now;
        self.scan(now)
    }

    /// Continues after the track at `path`.
    pub fn continue_after(&mut self, path: &Path) {
        self.order.continue_after(path);
    }

    /// Returns the play order.
    pub fn order(&self) -> &PlayOrder {
        &self.order
    }

    /// Returns the number of files in the directories that are not music.
    pub fn other_files(&self) -> usize {
        self.other_files
    }

    /// Returns the first warning of the latest scan.
    pub fn first_warning(&self) -> Option<&str> {
        self.first_warning.as_deref()
    }

    /// Records that this track, the last one that [`next`](Self::next) returned, was played.
    pub fn mark_played(&mut self, track: Track) {
        self.order.mark_played(track);
    }

    /// Returns whether the operator named this path.
    pub fn is_root(&self, track: &Track) -> bool {
        self.music.contains(&track.path)
    }

    /// Returns whether something was added, removed or replaced since the last scan. Blocks on disk.
    pub fn has_changed(&self) -> bool {
        self.stamps.have_changed()
    }

    fn update(&mut self, round_begins: bool, now: Time) -> Vec<String> {
        let scanned = self.scanned_at.map(|scanned| now.since(scanned));
        let depth = ScanDepth::due(round_begins, scanned, now.since(self.checked_at));
        if depth == ScanDepth::None {
            return Vec::new();
        }
        self.checked_at = now;
        let is_expired = |age| age >= LIST_AGE_MAX;
        let unsettled = !self.is_settled && scanned.is_none_or(is_expired);
        if depth == ScanDepth::Full || unsettled || self.has_changed() { self.scan(now) } else { Vec::new() }
    }

    fn scan(&mut self, now: Time) -> Vec<String> {
        let mut found = scan(&self.music, self.charset);
        debug!("found {} tracks", found.tracks.len());
        let warnings = found.take_warnings();
        self.is_settled = self.scanned_at.is_some() && found.stamps == self.stamps;
        (self.scanned_at, self.stamps) = (Some(now), found.stamps);
        self.other_files = found.other_files;
        self.first_warning = warnings.first().cloned();
        self.order.replace_tracks(found.tracks);
        warnings
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};
    use std::time::SystemTime;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn disk_checks_are_due_by_age_and_at_round_begin() {
        let due = |begins, scanned: u32, checked: u32| {
            ScanDepth::due(begins, Some(SECOND * scanned), SECOND * checked)
        };
        assert_eq!(ScanDepth::due(true, None, Duration::ZERO), ScanDepth::Full);
        assert_eq!(due(false, 29, 29), ScanDepth::None);
        assert_eq!(due(false, 30, 30), ScanDepth::Stamps);
        assert_eq!(due(false, 3600, 29), ScanDepth::None);
        assert_eq!(due(true, 29, 0), ScanDepth::Stamps);
        assert_eq!(due(true, 30, 0), ScanDepth::Full);
    }

    struct Folder(tempfile::TempDir);

    impl Folder {
        /// Writes a file and keeps the directory's modification time, as if all changes were within one tick
        /// of its clock.
        fn write_unseen(&self, name: &str) {
            fs::write(self.0.path().join(name), "").expect("a file");
            File::open(self.0.path())
                .and_then(|dir| dir.set_modified(SystemTime::UNIX_EPOCH))
                .expect("a folder");
        }
    }

    fn name(track: Option<Track>) -> String {
        track.map_or(String::new(), |track| track.path.file_stem().expect("a name").display().to_string())
    }

    fn started(names: &[&str]) -> (Folder, Rotation) {
        let folder = Folder(tempfile::tempdir().expect("a folder"));
        names.iter().for_each(|name| folder.write_unseen(name));
        let mut rotation = Rotation::new(vec![folder.0.path().to_owned()], None, encoding_rs::WINDOWS_1252);
        assert_eq!(rotation.begin_round(Time::START), [""; 0]);
        (folder, rotation)
    }

    /// Returns the next track at this many seconds after the start.
    fn next(rotation: &mut Rotation, seconds: u32) -> String {
        name(rotation.next(Time::START + SECOND * seconds).0)
    }

    #[test]
    fn changes_are_found_between_two_tracks_after_half_a_minute() {
        let (folder, mut rotation) = started(&["1.mp3", "3.mp3", "5.mp3"]);
        assert_eq!(next(&mut rotation, 1), "1");
        fs::write(folder.0.path().join("2.mp3"), "").expect("a file");
        fs::remove_file(folder.0.path().join("5.mp3")).expect("an existing file");
        assert_eq!(next(&mut rotation, 29), "3", "chosen from the list of second 0");
        fs::write(folder.0.path().join("4.mp3"), "").expect("a file");
        assert_eq!(next(&mut rotation, 30), "4");
        assert_eq!(next(&mut rotation, 31), "");
        rotation.begin_round(Time::START + SECOND * 32);
        assert_eq!(["1", "2", "3", "4"].map(|_| next(&mut rotation, 33)), ["1", "2", "3", "4"]);
    }

    #[test]
    fn change_within_the_clock_tick_of_the_scan_is_found() {
        let (folder, mut rotation) = started(&["1.mp3", "2.mp3", "9.mp3"]);
        folder.write_unseen("3.mp3");
        assert!(!rotation.has_changed());
        assert_eq!(next(&mut rotation, 1), "1");
        assert_eq!(next(&mut rotation, 31), "2");
        assert_eq!(next(&mut rotation, 32), "3");
        // Now the stamps are settled, so a change that they do not show is found only at the next round.
        folder.write_unseen("4.mp3");
        assert_eq!(next(&mut rotation, 100), "9");
        rotation.begin_round(Time::START + SECOND * 101);
        assert_eq!(["1", "2", "3", "4"].map(|_| next(&mut rotation, 101)), ["1", "2", "3", "4"]);
    }

    #[test]
    fn round_that_begins_at_once_checks_the_stamps() {
        let (folder, mut rotation) = started(&["1.mp3"]);
        assert_eq!(next(&mut rotation, 1), "1");
        folder.write_unseen("2.mp3");
        rotation.begin_round(Time::START + SECOND * 2);
        assert_eq!([(), ()].map(|()| next(&mut rotation, 2)), ["1", ""]);
        fs::write(folder.0.path().join("3.mp3"), "").expect("a file");
        rotation.begin_round(Time::START + SECOND * 3);
        assert_eq!([(), (), ()].map(|()| next(&mut rotation, 3)), ["1", "2", "3"]);
    }
}
