//! In which order the tracks are played.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use fastrand::Rng;

use super::scan::Track;

/// The order of play: round after round through a list that may change at any time.
///
/// A clone foresees what this one will do, as long as the list stays the same.
#[derive(Debug, Clone)]
pub struct PlayOrder {
    shuffle: Option<Rng>,
    /// Shared, as there may be very many.
    tracks: Arc<[Track]>,
    /// Which track follows which in this round, as places in `tracks`. Without shuffle, that is the list's own order.
    round: Vec<u32>,
    /// How many tracks of the round had their turn.
    position: usize,
    /// The last track of which there was anything to hear.
    last_played: Option<PathBuf>,
}

impl PlayOrder {
    /// As the list says, or at random from a seed: the same seed plays the same music in the same order.
    pub fn new(shuffle: Option<u64>) -> Self {
        Self {
            shuffle: shuffle.map(Rng::with_seed),
            tracks: Arc::default(),
            round: Vec::new(),
            position: 0,
            last_played: None,
        }
    }

    /// Begins a round through everything.
    pub fn begin_round(&mut self) {
        self.round = indices(&self.tracks).collect();
        self.position = 0;
        if let Some(rng) = &mut self.shuffle {
            rng.shuffle(&mut self.round);
        }
    }

    /// The next track of this round; `None` when all had their turn. At random, the one that was heard last does not
    /// come again while there is another: not from one round to the next, and not when it is listed twice.
    pub fn next(&mut self) -> Option<Track> {
        if let Some(rng) = &mut self.shuffle {
            avoid_repeat(self.last_played.as_deref(), &self.tracks, &mut self.round[self.position..], rng);
        }
        let place = *self.round.get(self.position)?;
        self.position += 1;
        Some(self.tracks[place as usize].clone())
    }

    /// The next track of this round, or of the one after it; `None` where there is no track at all.
    pub fn next_across_rounds(&mut self) -> Option<Track> {
        self.next().or_else(|| {
            self.begin_round();
            self.next()
        })
    }

    /// Notes that there was something to hear of the track given last.
    pub fn mark_played(&mut self, track: Track) {
        self.last_played = Some(track.path);
    }

    /// Goes on in the same round with another list. What had its turn in this round has no other; what is not in the
    /// list any more will have none. In the list's order, what comes behind the last track that had its turn goes on;
    /// at random, what is new comes somewhere in the rest of the round.
    pub fn replace_tracks(&mut self, tracks: Vec<Track>) {
        if tracks[..] == self.tracks[..] {
            return;
        }
        let now_at = map_indices(&self.tracks, &tracks);
        match &mut self.shuffle {
            None => {
                self.position = resume_position(&self.tracks, self.position, &tracks, &now_at);
                self.round = indices(&tracks).collect();
            }
            Some(rng) => {
                let still = |places: &[u32]| places.iter().filter_map(|&old| now_at[old as usize]).collect();
                let (mut round, rest): (Vec<u32>, Vec<u32>) =
                    (still(&self.round[..self.position]), still(&self.round[self.position..]));
                self.position = round.len();
                round.extend(interleave(rest, added_indices(tracks.len(), &now_at), rng));
                self.round = round;
            }
        }
        self.tracks = tracks.into();
    }
}

fn indices(tracks: &[Track]) -> impl Iterator<Item = u32> + use<> {
    // A scan has no more tracks than `MAX_TRACKS`.
    0..tracks.len() as u32
}

/// Puts another track in front of `rest`, which are places in `tracks`, when the first is the one at `path`.
fn avoid_repeat(path: Option<&Path>, tracks: &[Track], rest: &mut [u32], rng: &mut Rng) {
    let is_same = |place: u32| path == Some(&tracks[place as usize].path);
    if rest.len() < 2 || !is_same(rest[0]) {
        return;
    }
    let from = rng.usize(1..rest.len());
    if let Some(other) = (from..rest.len()).chain(1..from).find(|&other| !is_same(rest[other])) {
        rest.swap(0, other);
    }
}

/// Where each track of the list `old` is in `new`. The second time that a path is listed is the second time there, too.
fn map_indices(old: &[Track], new: &[Track]) -> Vec<Option<u32>> {
    let found: HashMap<_, _> = occurrences(new).zip(indices(new)).collect();
    occurrences(old).map(|turn| found.get(&turn).copied()).collect()
}

/// Each track's path, and how often it was listed before.
fn occurrences(tracks: &[Track]) -> impl Iterator<Item = (&Path, u32)> {
    let mut count: HashMap<&Path, u32> = HashMap::new();
    tracks.iter().map(move |track| {
        let count = count.entry(&track.path).or_default();
        *count += 1;
        (track.path.as_path(), *count - 1)
    })
}

/// How far a round through `new` has come that went through the first `at` tracks of `old`.
fn resume_position(old: &[Track], at: usize, new: &[Track], now_at: &[Option<u32>]) -> usize {
    let same = |a: &[Track], b: &[Track]| a.iter().map(|a| &a.path).eq(b.iter().map(|b| &b.path));
    let (done, rest) = old.split_at(at);
    // All is changed behind, or all in front: plain to see, also in a list that names a jingle between any two tracks.
    if new.len() >= at && same(done, &new[..at]) {
        return at;
    }
    if !rest.is_empty() && new.len() >= rest.len() && same(rest, &new[new.len() - rest.len()..]) {
        return new.len() - rest.len();
    }
    now_at[..at].iter().rev().find_map(|place| *place).map_or(0, |place| place as usize + 1)
}

/// The places of a list of this length to which nothing of the old list went.
fn added_indices(len: usize, now_at: &[Option<u32>]) -> Vec<u32> {
    let mut is_new = vec![true; len];
    now_at.iter().flatten().for_each(|&place| is_new[place as usize] = false);
    (0..len as u32).filter(|&place| is_new[place as usize]).collect()
}

/// `rest` as it is, with `added` at random between.
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
