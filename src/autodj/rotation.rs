//! What is played next of music that people keep changing.

use std::path::PathBuf;
use std::time::Duration;

use log::debug;

use super::play_order::PlayOrder;
use super::scan::{Stamps, Track, scan};
use crate::time::Time;

/// How old the list may be when a track is chosen from it.
///
/// A change is to be noticed within a minute. Nothing else can be *played* before the track on the air has ended, so
/// what counts is how old the list is when the next is chosen. It is chosen as early as what is read ahead lasts, at most
/// 21 seconds (see `batch`), so what is heard was chosen from a list no older than 51 seconds, however long the tracks
/// are. What is told to come next is looked up as often, also within a track: see `lookahead`. With tracks of ten seconds, the
/// disk is still asked only twice a minute. Only the track that is ready behind a live session was chosen when that began.
pub const LIST_AGE_MAX: Duration = Duration::from_secs(30);

/// The music behind some roots, and whose turn it is.
pub struct Rotation {
    music: Vec<PathBuf>,
    order: PlayOrder,
    stamps: Stamps,
    /// Whether two scans, [`LIST_AGE_MAX`] apart, saw the same stamps. After one only, there may have been a change
    /// right behind it in the same tick of the file system's clock, which is 2 seconds on some.
    is_settled: bool,
    scanned_at: Option<Time>,
    checked_at: Time,
}

/// How closely the disk is looked at before a track is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ScanDepth {
    /// Not at all.
    None,
    /// At the stamps; at everything where they differ.
    Stamps,
    /// At everything.
    Full,
}

impl ScanDepth {
    /// What is due this long after the disk was last scanned, and last looked at in any way. When a round begins, even
    /// changes that stamps cannot tell are noticed, unless the round was so short that the disk would never rest.
    fn due(round_begins: bool, scanned: Option<Duration>, looked: Duration) -> Self {
        match scanned {
            None => Self::Full,
            Some(age) if round_begins && age >= LIST_AGE_MAX => Self::Full,
            Some(_) if round_begins || looked >= LIST_AGE_MAX => Self::Stamps,
            Some(_) => Self::None,
        }
    }
}

impl Rotation {
    /// Nothing is looked at yet. With a seed for `shuffle`, the order is random.
    pub fn new(music: Vec<PathBuf>, shuffle: Option<u64>) -> Self {
        Self {
            music,
            order: PlayOrder::new(shuffle),
            stamps: Stamps::default(),
            is_settled: false,
            scanned_at: None,
            checked_at: Time::START,
        }
    }

    /// Begins a round; gives what is to be complained of. Blocks on disk.
    pub fn begin_round(&mut self, now: Time) -> Vec<String> {
        let complaints = self.update(true, now);
        self.order.begin_round();
        complaints
    }

    /// The next track of the round, if there is one, and what is to be complained of. Blocks on disk.
    pub fn next(&mut self, now: Time) -> (Option<Track>, Vec<String>) {
        let complaints = self.update(false, now);
        (self.order.next(), complaints)
    }

    /// Looks whether the list is still what it was, where that was long ago; gives what is to be complained of. Blocks on
    /// disk.
    pub fn refresh(&mut self, now: Time) -> Vec<String> {
        self.update(false, now)
    }

    /// In which order it goes on.
    pub fn order(&self) -> &PlayOrder {
        &self.order
    }

    /// Notes that there was something to hear of this track, which was the last that [`next`](Self::next) gave.
    pub fn mark_played(&mut self, track: Track) {
        self.order.mark_played(track);
    }

    /// Whether the operator himself names this path.
    pub fn is_root(&self, track: &Track) -> bool {
        self.music.contains(&track.path)
    }

    /// Whether something was added, removed or replaced since the last scan. Blocks on disk.
    pub fn has_changed(&self) -> bool {
        self.stamps.have_changed()
    }

    fn update(&mut self, round_begins: bool, now: Time) -> Vec<String> {
        let scanned = self.scanned_at.map(|scanned| now.since(scanned));
        let look = ScanDepth::due(round_begins, scanned, now.since(self.checked_at));
        if look == ScanDepth::None {
            return Vec::new();
        }
        self.checked_at = now;
        let is_old = |age| age >= LIST_AGE_MAX;
        let unsure = !self.is_settled && scanned.is_none_or(is_old);
        if look == ScanDepth::Full || unsure || self.has_changed() { self.scan(now) } else { Vec::new() }
    }

    fn scan(&mut self, now: Time) -> Vec<String> {
        let found = scan(&self.music);
        debug!("found {} tracks", found.tracks.len());
        self.is_settled = self.scanned_at.is_some() && found.stamps == self.stamps;
        (self.scanned_at, self.stamps) = (Some(now), found.stamps);
        self.order.replace_tracks(found.tracks);
        found.warnings
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};
    use std::time::SystemTime;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn when_the_disk_is_looked_at() {
        let due = |begins, scanned: u32, looked: u32| {
            ScanDepth::due(begins, Some(SECOND * scanned), SECOND * looked)
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
        /// Writes a file; the folder's time stays what it was, as if all happened within one tick of its clock.
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

    fn begun(names: &[&str]) -> (Folder, Rotation) {
        let folder = Folder(tempfile::tempdir().expect("a folder"));
        names.iter().for_each(|name| folder.write_unseen(name));
        let mut rotation = Rotation::new(vec![folder.0.path().to_owned()], None);
        assert_eq!(rotation.begin_round(Time::START), [""; 0]);
        (folder, rotation)
    }

    /// The next track, this many seconds after the start.
    fn next(rotation: &mut Rotation, seconds: u32) -> String {
        name(rotation.next(Time::START + SECOND * seconds).0)
    }

    #[test]
    fn changes_are_noticed_between_two_tracks_after_half_a_minute() {
        let (folder, mut rotation) = begun(&["1.mp3", "3.mp3", "5.mp3"]);
        assert_eq!(next(&mut rotation, 1), "1");
        fs::write(folder.0.path().join("2.mp3"), "").expect("a file");
        fs::remove_file(folder.0.path().join("5.mp3")).expect("it was there");
        assert_eq!(next(&mut rotation, 29), "3", "chosen from the list of second 0");
        fs::write(folder.0.path().join("4.mp3"), "").expect("a file");
        assert_eq!(next(&mut rotation, 30), "4");
        assert_eq!(next(&mut rotation, 31), "");
        rotation.begin_round(Time::START + SECOND * 32);
        assert_eq!(["1", "2", "3", "4"].map(|_| next(&mut rotation, 33)), ["1", "2", "3", "4"]);
    }

    #[test]
    fn a_change_in_the_tick_of_the_scan_is_noticed_too() {
        let (folder, mut rotation) = begun(&["1.mp3", "2.mp3", "9.mp3"]);
        folder.write_unseen("3.mp3");
        assert!(!rotation.has_changed());
        assert_eq!(next(&mut rotation, 1), "1");
        assert_eq!(next(&mut rotation, 31), "2");
        assert_eq!(next(&mut rotation, 32), "3");
        // From now on the stamps are believed, until the list starts over.
        folder.write_unseen("4.mp3");
        assert_eq!(next(&mut rotation, 100), "9");
        rotation.begin_round(Time::START + SECOND * 101);
        assert_eq!(["1", "2", "3", "4"].map(|_| next(&mut rotation, 101)), ["1", "2", "3", "4"]);
    }

    #[test]
    fn a_round_that_begins_at_once_looks_at_the_stamps() {
        let (folder, mut rotation) = begun(&["1.mp3"]);
        assert_eq!(next(&mut rotation, 1), "1");
        folder.write_unseen("2.mp3");
        rotation.begin_round(Time::START + SECOND * 2);
        assert_eq!([(), ()].map(|()| next(&mut rotation, 2)), ["1", ""]);
        fs::write(folder.0.path().join("3.mp3"), "").expect("a file");
        rotation.begin_round(Time::START + SECOND * 3);
        assert_eq!([(), (), ()].map(|()| next(&mut rotation, 3)), ["1", "2", "3"]);
    }
}
