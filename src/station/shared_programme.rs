//! The programme of a station as another station plays it.

use std::time::Duration;

use super::station::Station;
use crate::audio::{Codec, Frame, Header};

impl Station {
    /// Returns whether anything but silence was ever played.
    pub fn has_played(&self) -> bool {
        self.programme.programme_from.is_some()
    }

    /// Returns the offsets between which another station may play the programme of this one: from the end of
    /// the last silence, at most `reserve` behind the live edge, up to the silence on air, if there is one.
    /// `None` if nothing but silence was played.
    pub fn programme_within(&self, reserve: Duration) -> Option<(u64, u64)> {
        let begin = self.programme.programme_from?.max(self.restart_offset);
        let timeline = &self.programme.timeline;
        let end = if self.silent_since().is_some() { self.programme.switched_at } else { timeline.end() };
        Some((timeline.offset_behind(reserve.into()).max(begin).min(end.max(timeline.start())), end))
    }

    /// Lets new listeners begin with the present programme, without the silence before it.
    pub fn hide_silence(&mut self) {
        let begin = self.programme.programme_from.unwrap_or_default();
        self.restart_offset = self.restart_offset.max(begin);
    }

    /// Calls `use_frame` with the offset of each frame from `from` up to `to`, and with the frame, while it
    /// returns `true`. What is no longer kept is left out. Returns the offset up to which frames were used.
    pub fn read_frames(&self, from: u64, to: u64, mut use_frame: impl FnMut(u64, &Frame<'_>) -> bool) -> u64 {
        let timeline = &self.programme.timeline;
        timeline.for_each_frame(from.max(timeline.start()), to, |offset, bytes| {
            let codecs = [Codec::Mp3, Codec::Aac].into_iter();
            let header = codecs.filter_map(|codec| Header::parse(codec, bytes)).next();
            header.is_none_or(|header| use_frame(offset, &Frame { header, bytes, offset: 0 }))
        })
    }
}
