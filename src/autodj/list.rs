//! In which order the tracks are played.

use fastrand::Rng;

use super::scan::Track;

/// The order of play, from one round through the music to the next.
#[derive(Debug)]
pub struct Order {
    shuffle: Option<Rng>,
    /// The last track of the round before.
    last: Option<std::path::PathBuf>,
}

impl Order {
    /// As the list says, or at random from a seed: the same seed plays the same music in the same order.
    pub fn new(shuffle: Option<u64>) -> Self {
        Self { shuffle: shuffle.map(Rng::with_seed), last: None }
    }

    /// The tracks of one round in the order of play. At random, everything is played once before anything is played
    /// again, and the first is not the one that was played last.
    pub fn arrange(&mut self, mut tracks: Vec<Track>) -> Vec<Track> {
        let Some(rng) = &mut self.shuffle else { return tracks };
        rng.shuffle(&mut tracks);
        let repeats = tracks.first().map(|track| &track.path) == self.last.as_ref();
        if repeats && tracks.len() > 1 {
            let other = rng.usize(1..tracks.len());
            tracks.swap(0, other);
        }
        self.last = tracks.last().map(|track| track.path.clone());
        tracks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tracks(count: usize) -> Vec<Track> {
        (0..count).map(|i| Track { path: i.to_string().into(), title: None }).collect()
    }

    fn paths(tracks: &[Track]) -> Vec<String> {
        tracks.iter().map(|track| track.path.display().to_string()).collect()
    }

    #[test]
    fn without_shuffle_the_list_stands() {
        let mut order = Order::new(None);
        for _ in 0..2 {
            assert_eq!(paths(&order.arrange(tracks(4))), ["0", "1", "2", "3"]);
        }
    }

    #[test]
    fn shuffled_everything_is_played_once_a_round_and_nothing_twice_in_a_row() {
        for seed in 0..50 {
            let mut order = Order::new(Some(seed));
            let mut last = None;
            for _ in 0..20 {
                let round = paths(&order.arrange(tracks(4)));
                assert_ne!(last.as_ref(), round.first(), "seed {seed}");
                last = round.last().cloned();
                let mut sorted = round;
                sorted.sort();
                assert_eq!(sorted, ["0", "1", "2", "3"], "seed {seed}");
            }
        }
    }

    #[test]
    fn a_seed_can_be_replayed() {
        let round = |seed| paths(&Order::new(Some(seed)).arrange(tracks(50)));
        assert_eq!(round(7), round(7));
        assert_ne!(round(7), round(8));
    }
}
