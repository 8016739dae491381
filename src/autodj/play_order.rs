//! The order in which tracks are played.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use fastrand::Rng;

use super::scan::Track;

/// The play order: round after round through a list that may change at any time.
///
/// A clone returns the same tracks in the same order, as long as the list stays the same.
#[derive(Debug, Clone)]
pub struct PlayOrder {
    shuffle: Option<Rng>,
    /// Shared between clones, because the list may be very long.
    tracks: Arc<[Track]>,
    /// The order of this round as indices into `tracks`. Without shuffle, it is the order of the list.
    round: Vec<u32>,
    /// The number of tracks of this round that were returned.
    position: usize,
    /// The path of the last track that was played.
    last_played: Option<PathBuf>,
}

impl PlayOrder {
    /// Creates an order without tracks. If `shuffle` contains a seed, the order will be random, otherwise it
    /// is the order of the list. The same seed results in the same order of the same list.
    pub fn new(shuffle: Option<u64>) -> Self {
        Self {
            shuffle: shuffle.map(Rng::with_seed),
            tracks: Arc::default(),
            round: Vec::new(),
            position: 0,
            last_played: None,
        }
    }

    /// Returns all tracks, in the order of the list.
    pub fn tracks(&self) -> &[Track] {
        &self.tracks
    }

    /// Returns whether a track has this path.
    pub fn contains(&self, path: &Path) -> bool {
        self.tracks.iter().any(|track| track.path == path)
    }

    /// Returns whether there is more than one track.
    pub fn has_other_tracks(&self) -> bool {
        self.tracks.len() > 1
    }

    /// Begins a round through all tracks.
    pub fn begin_round(&mut self) {
        self.round = indices(&self.tracks).collect();
        self.position = 0;
        if let Some(rng) = &mut self.shuffle {
            rng.shuffle(&mut self.round);
        }
    }

    /// Returns the next track of this round; `None` at its end. In random order, the track that was played
    /// last is not repeated directly while another track is left in the round. This also applies to the first
    /// track of the next round, and to a track that is listed twice.
    pub fn next(&mut self) -> Option<Track> {
        if let Some(rng) = &mut self.shuffle {
            avoid_repeat(self.last_played.as_deref(), &self.tracks, &mut self.round[self.position..], rng);
        }
        let index = *self.round.get(self.position)?;
        self.position += 1;
        Some(self.tracks[index as usize].clone())
    }

    /// Returns the next track of this round or the following one; `None` if there are no tracks.
    pub fn next_across_rounds(&mut self) -> Option<Track> {
        self.next().or_else(|| {
            self.begin_round();
            self.next()
        })
    }

    /// Records that `track`, the last one returned, was played.
    pub fn mark_played(&mut self, track: Track) {
        self.last_played = Some(track.path);
    }

    /// Continues with the track that follows the one at `path`, as if that had been played. If it is not in
    /// the list, begins a round. In random order, a round begins in any case, with another track.
    pub fn continue_after(&mut self, path: &Path) {
        let last = self.tracks.iter().position(|track| track.path == path);
        self.begin_round();
        self.last_played = Some(path.to_owned());
        if self.shuffle.is_none() {
            self.position = last.map_or(0, |last| (last + 1) % self.tracks.len());
        }
    }

    /// Continues the round with another list. Tracks that were returned in this round are not repeated, and
    /// tracks that are no longer in the list are dropped. In list order, the round continues after the last
    /// track that was returned; in random order, new tracks get random positions in the rest of the round.
    pub fn replace_tracks(&mut self, tracks: Vec<Track>) {
        if tracks[..] == self.tracks[..] {
            return;
        }
        let new_index = map_indices(&self.tracks, &tracks);
        match &mut self.shuffle {
            None => {
                self.position = resume_position(&self.tracks, self.position, &tracks, &new_index);
                self.round = indices(&tracks).collect();
            }
            Some(rng) => {
                let kept =
                    |indices: &[u32]| indices.iter().filter_map(|&old| new_index[old as usize]).collect();
                let (mut round, rest): (Vec<u32>, Vec<u32>) =
                    (kept(&self.round[..self.position]), kept(&self.round[self.position..]));
                self.position = round.len();
                round.extend(interleave(rest, added_indices(tracks.len(), &new_index), rng));
                self.round = round;
            }
        }
        self.tracks = tracks.into();
    }
}

fn indices(tracks: &[Track]) -> impl Iterator<Item = u32> + use<> {
    // A scan returns at most `MAX_TRACKS` tracks.
    0..tracks.len() as u32
}

/// If the first track of `rest`, which contains indices into `tracks`, is the one at `path`, swaps it with
/// another one.
fn avoid_repeat(path: Option<&Path>, tracks: &[Track], rest: &mut [u32], rng: &mut Rng) {
    let is_same = |index: u32| path == Some(&tracks[index as usize].path);
    if rest.len() < 2 || !is_same(rest[0]) {
        return;
    }
    let from = rng.usize(1..rest.len());
    if let Some(other) = (from..rest.len()).chain(1..from).find(|&other| !is_same(rest[other])) {
        rest.swap(0, other);
    }
}

/// Returns the index in `new` of each track of `old`. The second occurrence of a path in `old` corresponds to
/// its second occurrence in `new`, and so on.
fn map_indices(old: &[Track], new: &[Track]) -> Vec<Option<u32>> {
    let found: HashMap<_, _> = occurrences(new).zip(indices(new)).collect();
    occurrences(old).map(|occurrence| found.get(&occurrence).copied()).collect()
}

/// Returns each track's path and the number of its earlier occurrences.
fn occurrences(tracks: &[Track]) -> impl Iterator<Item = (&Path, u32)> {
    let mut count: HashMap<&Path, u32> = HashMap::new();
    tracks.iter().map(move |track| {
        let count = count.entry(&track.path).or_default();
        *count += 1;
        (track.path.as_path(), *count - 1)
    })
}

/// Returns the position in `new` at which a round continues that was at position `at` in `old`.
fn resume_position(old: &[Track], at: usize, new: &[Track], new_index: &[Option<u32>]) -> usize {
    let same = |a: &[Track], b: &[Track]| a.iter().map(|a| &a.path).eq(b.iter().map(|b| &b.path));
    let (done, rest) = old.split_at(at);
    // If only tracks after the position changed, or only tracks before it, the new position is exact, even
    // in a list that repeats a jingle between any two tracks.
    if new.len() >= at && same(done, &new[..at]) {
        return at;
    }
    if !rest.is_empty() && new.len() >= rest.len() && same(rest, &new[new.len() - rest.len()..]) {
        return new.len() - rest.len();
    }
    new_index[..at].iter().rev().find_map(|index| *index).map_or(0, |index| index as usize + 1)
}

/// Returns the indices of the new tracks in a list of this length.
fn added_indices(len: usize, new_index: &[Option<u32>]) -> Vec<u32> {
    let mut is_new = vec![true; len];
    new_index.iter().flatten().for_each(|&index| is_new[index as usize] = false);
    (0..len as u32).filter(|&index| is_new[index as usize]).collect()
}

/// Returns `rest` in its order, with `added` at random positions in between.
fn interleave(rest: Vec<u32>, mut added: Vec<u32>, rng: &mut Rng) -> Vec<u32> {
    rng.shuffle(&mut added);
    let (mut rest, mut added) = (rest.into_iter(), added.into_iter());
    let mut take = || match (rest.len(), added.len()) {
        (_, 0) => rest.next(),
        (old, new) if rng.usize(..old + new) < old => rest.next(),
        _ => added.next(),
    };
    std::iter::from_fn(&mut take).collect()
}

#[cfg(test)]
mod tests;
