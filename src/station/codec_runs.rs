//! Which codec the frames of a timeline have: a head names one, and its listener gets no frame of another.

use std::collections::VecDeque;

use crate::audio::Codec;

/// The runs of frames of one codec on a timeline, as far back as the timeline keeps them.
#[derive(Debug, Default)]
pub struct CodecRuns {
    runs: VecDeque<CodecRun>,
    /// The last of them, which every write to a listener looks at.
    last: Option<CodecRun>,
    /// How many runs have begun.
    begun: u64,
}

/// Frames of one codec that follow each other, up to the next run or to the live edge.
#[derive(Debug, Clone, Copy)]
struct CodecRun {
    codec: Codec,
    /// The offset of the first of them.
    from: u64,
}

impl CodecRuns {
    /// Notes a frame of this codec at the live edge. The timeline begins at `start`.
    pub fn note(&mut self, codec: Codec, live_edge: u64, start: u64) {
        if self.last() == Some(codec) {
            return;
        }
        while self.runs.get(1).is_some_and(|second| second.from <= start) {
            self.runs.pop_front();
        }
        let run = CodecRun { codec, from: live_edge };
        self.runs.push_back(run);
        self.last = Some(run);
        self.begun += 1;
    }

    /// Returns how many runs have begun, dropped ones included.
    pub fn begun(&self) -> u64 {
        self.begun
    }

    /// Returns the codec of the last frame.
    pub fn last(&self) -> Option<Codec> {
        self.last.map(|run| run.codec)
    }

    /// Returns the offset from which on all frames have the codec of the last one.
    pub fn last_from(&self) -> u64 {
        self.last.map_or(0, |run| run.from)
    }

    /// Returns the offset of the first frame at `offset` or later that has another codec.
    #[inline]
    pub fn other_from(&self, offset: u64, codec: Codec) -> Option<u64> {
        // Nearly always, all frames have one codec.
        if self.last.is_some_and(|last| last.codec == codec && last.from <= offset) {
            return None;
        }
        self.find_other_from(offset, codec)
    }

    #[cold]
    fn find_other_from(&self, offset: u64, codec: Codec) -> Option<u64> {
        let after = self.runs.partition_point(|run| run.from <= offset);
        let from_offset = self.runs.range(after.saturating_sub(1)..);
        from_offset.filter(|run| run.codec != codec).map(|run| run.from.max(offset)).next()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [(Codec, u64); 3] = [(Codec::Mp3, 0), (Codec::Aac, 100), (Codec::Mp3, 150)];

    fn runs(start: u64) -> CodecRuns {
        let mut runs = CodecRuns::default();
        ALL.iter().for_each(|&(codec, at)| runs.note(codec, at, start));
        runs
    }

    #[test]
    fn frames_of_another_codec_begin_at_the_next_seam_or_at_once() {
        let runs = runs(0);
        for (offset, mp3, aac) in [
            (0, Some(100), Some(0)),
            (99, Some(100), Some(99)),
            (100, Some(100), Some(150)),
            (149, Some(149), Some(150)),
            (150, None, Some(150)),
            (4000, None, Some(4000)),
        ] {
            assert_eq!(runs.other_from(offset, Codec::Mp3), mp3, "{offset}");
            assert_eq!(runs.other_from(offset, Codec::Aac), aac, "{offset}");
        }
        assert_eq!((runs.last(), runs.last_from(), runs.begun()), (Some(Codec::Mp3), 150, 3));
        assert_eq!(CodecRuns::default().other_from(0, Codec::Aac), None);
    }

    #[test]
    fn frames_of_the_same_codec_and_dropped_frames_leave_no_runs() {
        let mut runs = runs(0);
        runs.note(Codec::Mp3, 170, 0);
        assert_eq!((runs.last_from(), runs.runs.len()), (150, 3));
        // The timeline begins at 160: of the runs so far, only the last one is still kept.
        runs.note(Codec::Aac, 200, 160);
        assert_eq!((runs.runs.len(), runs.other_from(160, Codec::Mp3)), (2, Some(200)));
        assert_eq!(runs.begun(), 4);
    }
}
