//! The music of a station, and the check that what a program hears is this music.

use std::collections::HashMap;
use std::fs;

use coldwave::audio::Framer;

use crate::common::fixture;
use crate::{TRACK_BYTES, TRACKS};

/// The frames of tracks that follow each other in any order.
pub struct Music {
    /// The positions of each frame. Frames that are equal have several.
    positions: HashMap<Vec<u8>, Vec<usize>>,
    /// The positions of the first and the last frames of tracks.
    first: Vec<usize>,
    last: Vec<usize>,
}

impl Music {
    /// Returns the music of a [station](super::station::TlsStation).
    pub fn of_station() -> Self {
        let tracks = TRACKS.map(|(track, _)| {
            let mut bytes = fs::read(fixture(track)).expect("the fixture is readable");
            bytes.truncate(TRACK_BYTES);
            bytes
        });
        Self::new(&tracks)
    }

    /// Returns the music of these files. A last frame that is incomplete is not part of it.
    pub fn new(tracks: &[Vec<u8>]) -> Self {
        let (mut positions, mut at) = (HashMap::<_, Vec<usize>>::new(), 0);
        let (mut first, mut last) = (Vec::new(), Vec::new());
        for track in tracks {
            first.push(at);
            for frame in frames(track).0 {
                positions.entry(frame).or_default().push(at);
                at += 1;
            }
            last.push(at - 1);
        }
        Self { positions, first, last }
    }

    /// Checks that `audio` is this music from its first byte on: frames in their order, without a gap. The
    /// last one may be incomplete. It may begin in a track.
    #[track_caller]
    pub fn check(&self, name: &str, audio: &[u8]) {
        let (heard, skipped) = frames(audio);
        assert_eq!(skipped, 0, "{name}: bytes that are not frames");
        assert!(heard.len() > 100, "{name}: {} frames in {} bytes", heard.len(), audio.len());
        self.check_frames(name, &heard);
    }

    /// Checks that these frames follow each other in the music.
    #[track_caller]
    pub fn check_frames(&self, name: &str, heard: &[Vec<u8>]) {
        let mut before: Option<Vec<usize>> = None;
        for (number, frame) in heard.iter().enumerate() {
            let positions = self.positions.get(frame);
            let positions = positions.unwrap_or_else(|| panic!("{name}: frame {number} is not of the music"));
            let following = |at: &&usize| {
                before.as_ref().is_none_or(|before| before.iter().any(|one| self.follows(*one, **at)))
            };
            let now: Vec<usize> = positions.iter().filter(following).copied().collect();
            assert!(!now.is_empty(), "{name}: frame {number}, {positions:?}, does not follow {before:?}");
            before = Some(now);
        }
    }

    /// Returns whether a frame is of this music.
    pub fn contains(&self, frame: &[u8]) -> bool {
        self.positions.contains_key(frame)
    }

    fn follows(&self, before: usize, after: usize) -> bool {
        after == before + 1 || self.last.contains(&before) && self.first.contains(&after)
    }
}

/// Returns the complete frames of `audio`, and the number of bytes that belong to none.
pub fn frames(audio: &[u8]) -> (Vec<Vec<u8>>, u64) {
    let mut framer = Framer::new();
    framer.push(audio);
    let all = std::iter::from_fn(|| framer.next_frame().map(|frame| frame.bytes.to_vec())).collect();
    (all, framer.skipped())
}
