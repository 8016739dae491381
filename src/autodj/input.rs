//! The AutoDJ as a station sees it: an input that has frames as long as its reader keeps up.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::TryRecvError;

use log::error;

use super::batch::{FrameBatch, ReaderMessage, TrackSeq};
use super::frame_channel::FrameReceiver;
use super::reader::{self, ClockFn};
use crate::audio::{Codec, Frame, Header};
use crate::icy::Title;
use crate::station::{Input, InputFrame, Readiness, TrackInfo};
use crate::worker::LoopWaker;

/// Plays files, folders and playlists over and over.
pub struct AutoDj {
    reader: FrameReceiver,
    batch: FrameBatch,
    /// Where in the batch the next frame begins.
    at: usize,
    is_idle: bool,
    is_reader_gone: bool,
    /// The track that the frame taken last belongs to; 0 before the first.
    seq: TrackSeq,
    track: Option<Arc<TrackInfo>>,
    /// Of the track that the frame taken last belongs to.
    title: Title,
}

impl AutoDj {
    /// Starts a thread that reads `music` for the station that the log calls `label`. In random order with the seed in
    /// `shuffle`. When something was read after there was nothing, `alert` is called from that thread; what time it is, it
    /// asks `clock`.
    ///
    /// # Errors
    /// When the system gives us no thread.
    pub fn start(
        label: &str,
        music: Vec<PathBuf>,
        shuffle: Option<u64>,
        alert: LoopWaker,
        clock: ClockFn,
    ) -> io::Result<Self> {
        Ok(Self::new(reader::start(label, music, shuffle, alert, clock)?))
    }

    fn new(reader: FrameReceiver) -> Self {
        Self {
            reader,
            batch: FrameBatch::default(),
            at: 0,
            is_idle: false,
            is_reader_gone: false,
            seq: 0,
            track: None,
            title: Title::default(),
        }
    }

    /// The reader is gone, which it should never be while we are here.
    fn reader_stopped(&mut self) -> Readiness {
        if !std::mem::replace(&mut self.is_reader_gone, true) {
            error!("the AutoDJ's reader has stopped: no more music is played until a restart");
        }
        Readiness::Idle
    }
}

impl Input for AutoDj {
    fn name(&self) -> String {
        "AutoDJ".to_owned()
    }

    fn poll(&mut self) -> Readiness {
        while self.at == self.batch.bytes.len() {
            match self.reader.try_recv() {
                Ok(ReaderMessage::Batch(batch)) => {
                    (self.at, self.is_idle) = (0, false);
                    self.reader.recycle(std::mem::replace(&mut self.batch, batch));
                }
                Ok(ReaderMessage::NothingPlayable) => self.is_idle = true,
                Err(TryRecvError::Empty) if !self.is_idle => return Readiness::Pending,
                Err(TryRecvError::Empty) => return Readiness::Idle,
                Err(TryRecvError::Disconnected) => return self.reader_stopped(),
            }
        }
        Readiness::Ready
    }

    fn next_frame(&mut self) -> InputFrame<'_> {
        let bytes = &self.batch.bytes[self.at..];
        let header = Header::parse(Codec::Mp3, bytes).expect("a batch has whole frames");
        let bytes = &bytes[..header.frame_len()];
        let begins = self.batch.title.take();
        if let Some(track) = self.batch.track.take() {
            self.track = Some(track);
        }
        let title = begins.map(|text| {
            let (artist, title) = self.track.as_ref().map(|it| (it.artist.clone(), it.title.clone())).unzip();
            let (artist, title) = (artist.flatten(), title.flatten());
            self.title = Title { artist, title, ..Title::new(text) };
            &self.title
        });
        self.seq = self.batch.seq;
        self.at += header.frame_len();
        InputFrame { frame: Frame { bytes, header, offset: 0 }, title }
    }

    fn track(&self) -> Option<&Arc<TrackInfo>> {
        self.track.as_ref()
    }

    fn upcoming_titles(&self) -> Vec<String> {
        self.reader.titles_after(self.seq)
    }

    /// Drops what is left of the track on the air. The reader is told, and finds room to put the next track ready, which
    /// then waits here for as long as it takes.
    fn skip_track(&mut self) {
        self.reader.abandon(self.seq);
        if self.batch.seq == self.seq {
            (self.batch, self.at) = (FrameBatch::default(), 0);
        }
        self.poll();
    }

    /// While the next frame is not here, it may be one that goes on with the track.
    fn is_at_track_boundary(&mut self) -> bool {
        match self.poll() {
            Readiness::Ready => self.batch.seq != self.seq,
            Readiness::Pending => false,
            Readiness::Idle => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::batch::BATCHES_WAITING;
    use super::super::frame_channel::{FrameSender, channel};
    use super::*;
    use crate::audio::silent_frame;

    fn autodj() -> (FrameSender, AutoDj) {
        let (sender, receiver) = channel(Box::new(|| {}));
        (sender, AutoDj::new(receiver))
    }

    /// Hands over as many frames of a track; the first batch of one has its title.
    fn send(sender: &FrameSender, seq: TrackSeq, begins: bool, frames: usize) {
        let track = || FrameBatch::first_of_track(seq, format!("{seq}"), Arc::default());
        let mut batch = if begins { track() } else { FrameBatch::continuing(seq) };
        let bytes = silent_frame(&Header::DEFAULT);
        (0..frames).for_each(|_| batch.push(&Frame { bytes: &bytes, header: Header::DEFAULT, offset: 0 }));
        sender.send(ReaderMessage::Batch(batch)).expect("it is there");
    }

    /// Takes a frame; gives its title, empty where none begins.
    fn take(dj: &mut AutoDj) -> String {
        assert_eq!(dj.poll(), Readiness::Ready);
        dj.next_frame().title.map_or(String::new(), |title| title.text.clone())
    }

    #[test]
    fn the_rest_of_a_track_that_was_broken_off_is_not_heard() {
        let (sender, mut dj) = autodj();
        send(&sender, 1, true, 2);
        send(&sender, 1, false, 2);
        send(&sender, 2, true, 2);
        send(&sender, 2, false, 2);
        assert_eq!(take(&mut dj), "1");
        // Any number of times: nothing of the next was heard yet.
        dj.skip_track();
        dj.skip_track();
        send(&sender, 1, false, 2);
        dj.skip_track();
        assert_eq!([(); 4].map(|()| take(&mut dj)), ["2", "", "", ""]);
        assert_eq!(dj.poll(), Readiness::Pending);
        dj.skip_track();
        send(&sender, 2, false, 2);
        assert_eq!(dj.poll(), Readiness::Pending);
        send(&sender, 3, true, 1);
        assert_eq!(take(&mut dj), "3");
    }

    #[test]
    fn a_track_of_which_nothing_was_heard_is_not_broken_off() {
        let (sender, mut dj) = autodj();
        dj.skip_track();
        send(&sender, 1, true, 1);
        dj.skip_track();
        send(&sender, 2, true, 1);
        assert_eq!(take(&mut dj), "1");
        // It has ended; what comes next was not on the air.
        assert!(dj.is_at_track_boundary());
        dj.skip_track();
        assert_eq!(take(&mut dj), "2");
    }

    #[test]
    fn leaving_makes_room_for_the_next_track() {
        let (sender, mut dj) = autodj();
        send(&sender, 1, true, 1);
        (1..BATCHES_WAITING).for_each(|_| send(&sender, 1, false, 1));
        assert_eq!(take(&mut dj), "1");
        dj.skip_track();
        // With more than there is room for, this would wait for ever.
        send(&sender, 2, true, 1);
        (1..BATCHES_WAITING).for_each(|_| send(&sender, 2, false, 1));
        assert_eq!(take(&mut dj), "2");
    }

    #[test]
    fn a_boundary_is_where_the_next_frame_begins_a_track() {
        let (sender, mut dj) = autodj();
        assert!(!dj.is_at_track_boundary(), "what will come is not known");
        sender.send(ReaderMessage::NothingPlayable).expect("it is there");
        assert!(dj.is_at_track_boundary(), "nothing will");
        send(&sender, 1, true, 2);
        send(&sender, 1, false, 1);
        send(&sender, 2, true, 1);
        let mut boundaries = Vec::new();
        for _ in 0..4 {
            boundaries.push((dj.is_at_track_boundary(), take(&mut dj)));
        }
        let expected = [(true, "1"), (false, ""), (false, ""), (true, "2")];
        assert_eq!(boundaries, expected.map(|(is, title)| (is, title.to_owned())));
        assert!(!dj.is_at_track_boundary(), "the track may go on");
        drop(sender);
        assert!(dj.is_at_track_boundary());
    }
}
