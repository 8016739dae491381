//! The table of measured tracks: lookups, its bound, and its text.

use std::collections::HashMap;
use std::fs::Metadata;
use std::path::{Path, PathBuf};

use super::line::{parse_line, push_line};
use super::measured::Measured;
use crate::transcode::PLAUSIBLE_LUFS;

/// The most tracks in the table: about 10 MB of memory. The library of a large station has fewer.
pub const TRACKS_MAX: usize = 50_000;

/// How many of the tracks that were not used for the longest time are dropped when the table is full.
const DROPPED_WHEN_FULL: usize = TRACKS_MAX / 16;

/// A write is due after this many new tracks, and more in a large table, whose write is longer.
const UNWRITTEN_MAX: usize = 64;

const HEADER: &str =
    "# Loudness of tracks: LUFS, size in bytes, time of modification, path. coldwave rewrites this file.\n";

/// The measured tracks.
#[derive(Debug, Default)]
pub struct LoudnessTable {
    /// By path, with the number of the last use.
    tracks: HashMap<PathBuf, (Measured, u64)>,
    /// The number of uses so far.
    uses: u64,
    /// How many tracks are not on disk.
    unwritten: usize,
}

impl LoudnessTable {
    /// Parses the content of a file, in which the tracks are in the order of their last use. Returns the
    /// table and the numbers of invalid lines.
    pub fn parse(text: &[u8]) -> (Self, Vec<usize>) {
        let (mut table, mut invalid) = (Self::default(), Vec::new());
        for (at, line) in String::from_utf8_lossy(text).lines().enumerate() {
            match parse_line(line) {
                Some((path, measured)) => table.insert(path, measured),
                None if line.is_empty() || line.starts_with('#') => {}
                None => invalid.push(at + 1),
            }
        }
        (table, invalid)
    }

    /// See [`LoudnessCache::get`](super::LoudnessCache::get).
    pub fn get(&mut self, path: &Path, metadata: &Metadata) -> Option<Option<f32>> {
        let (measured, used) = self.tracks.get_mut(path)?;
        (measured.version == metadata.into()).then(|| {
            self.uses += 1;
            *used = self.uses;
            measured.lufs
        })
    }

    /// See [`LoudnessCache::put`](super::LoudnessCache::put). Returns whether a write is due.
    pub fn put(&mut self, path: &Path, metadata: &Metadata, lufs: Option<f32>) -> bool {
        let lufs = lufs.filter(|lufs| PLAUSIBLE_LUFS.contains(lufs));
        self.insert(path.into(), Measured { version: metadata.into(), lufs });
        self.unwritten += 1;
        self.unwritten >= UNWRITTEN_MAX + self.tracks.len() / 16
    }

    fn insert(&mut self, path: PathBuf, measured: Measured) {
        self.uses += 1;
        self.tracks.insert(path, (measured, self.uses));
        if self.tracks.len() > TRACKS_MAX {
            let mut uses: Vec<u64> = self.tracks.values().map(|(_, used)| *used).collect();
            let (_, oldest_kept, _) = uses.select_nth_unstable(DROPPED_WHEN_FULL);
            self.tracks.retain(|_, (_, used)| *used >= *oldest_kept);
        }
    }

    /// Adds the tracks of another table that this one does not have, as used before all others. All tracks
    /// count as not written.
    pub fn merge(&mut self, other: Self) {
        let mut own: Vec<_> = std::mem::take(&mut self.tracks).into_iter().collect();
        own.sort_unstable_by_key(|(_, (_, used))| *used);
        *self = other;
        own.into_iter().for_each(|(path, (measured, _))| self.insert(path, measured));
        self.unwritten = self.tracks.len();
    }

    /// Returns the text of the table and the number of new tracks in it, if there are any, and counts them as
    /// written.
    pub fn take_text(&mut self) -> Option<(String, usize)> {
        let unwritten = std::mem::take(&mut self.unwritten);
        if unwritten == 0 {
            return None;
        }
        let mut tracks: Vec<_> = self.tracks.iter().collect();
        tracks.sort_unstable_by_key(|(_, (_, used))| *used);
        let mut text = HEADER.to_owned();
        tracks.into_iter().for_each(|(path, (measured, _))| push_line(&mut text, path, measured));
        Some((text, unwritten))
    }

    /// Counts these tracks as not written, after a failed write.
    pub fn restore_unwritten(&mut self, unwritten: usize) {
        self.unwritten += unwritten;
    }
}
