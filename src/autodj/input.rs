//! The AutoDJ as an input of a station. It always has a frame ready unless its reader is too slow.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::TryRecvError;

use log::error;

use super::batch::{FrameBatch, ReaderMessage, TrackSeq};
use super::frame_channel::FrameReceiver;
use super::music::{MusicServices, MusicSettings};
use super::play_plan::PlayPlan;
use super::reader;
use crate::audio::{Frame, Header};
use crate::icy::Title;
use crate::station::{Input, InputFrame, MusicStatus, Readiness, TrackInfo};
use crate::transcode::TargetFormat;

/// An input that plays files, directories and playlists in an endless loop.
pub struct AutoDj {
    reader: FrameReceiver,
    plan: PlayPlan,
    batch: FrameBatch,
    /// The offset of the next frame in the batch.
    at: usize,
    is_idle: bool,
    is_reader_gone: bool,
    /// The track of the last frame that was returned; 0 before the first.
    seq: TrackSeq,
    track: Option<Arc<TrackInfo>>,
    /// The title of the last frame that was returned.
    title: Title,
}

impl AutoDj {
    /// Starts a thread that reads the music.
    ///
    /// # Errors
    /// Returns an error if no thread can be started.
    pub fn start(settings: MusicSettings, services: MusicServices) -> io::Result<Self> {
        let plan = settings.plan.clone();
        Ok(Self::new(reader::start(settings, services)?, plan))
    }

    fn new(reader: FrameReceiver, plan: PlayPlan) -> Self {
        Self {
            reader,
            plan,
            batch: FrameBatch::default(),
            at: 0,
            is_idle: false,
            is_reader_gone: false,
            seq: 0,
            track: None,
            title: Title::default(),
        }
    }

    /// Handles the end of the reader thread, which is an error while this input exists.
    fn on_reader_stopped(&mut self) -> Readiness {
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

    fn format(&self) -> Option<TargetFormat> {
        self.plan.target()
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
                Err(TryRecvError::Disconnected) => return self.on_reader_stopped(),
            }
        }
        Readiness::Ready
    }

    fn next_frame(&mut self) -> InputFrame<'_> {
        let bytes = &self.batch.bytes[self.at..];
        let header = Header::parse(self.plan.codec, bytes).expect("a batch has complete frames");
        let bytes = &bytes[..header.frame_len()];
        let new_title = self.batch.title.take();
        if let Some(track) = self.batch.track.take() {
            self.track = Some(track);
        }
        let title = new_title.map(|text| {
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

    fn music_status(&self) -> Option<Arc<MusicStatus>> {
        Some(self.reader.music_status())
    }

    /// Drops the rest of the current track. The reader stops reading it and prepares the next track, which
    /// then waits in the queue for as long as necessary.
    fn skip_track(&mut self) {
        self.reader.abandon(self.seq);
        if self.batch.seq == self.seq {
            (self.batch, self.at) = (FrameBatch::default(), 0);
        }
        self.poll();
    }

    /// Returns false while the next frame is not read yet: it may continue the track.
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
        (sender, AutoDj::new(receiver, PlayPlan::default()))
    }

    /// Sends this many frames of a track; the first batch of a track has its title.
    fn send(sender: &FrameSender, seq: TrackSeq, is_first: bool, frames: usize) {
        let track = || FrameBatch::first_of_track(seq, format!("{seq}"), Arc::default());
        let mut batch = if is_first { track() } else { FrameBatch::continuing(seq) };
        let bytes = silent_frame(&Header::DEFAULT);
        (0..frames).for_each(|_| batch.push(&Frame { bytes: &bytes, header: Header::DEFAULT, offset: 0 }));
        sender.send(ReaderMessage::Batch(batch)).expect("a receiver");
    }

    /// Takes a frame and returns the title that begins with it, empty if none does.
    fn take(dj: &mut AutoDj) -> String {
        assert_eq!(dj.poll(), Readiness::Ready);
        dj.next_frame().title.map_or(String::new(), |title| title.text.clone())
    }

    #[test]
    fn rest_of_an_abandoned_track_is_not_played() {
        let (sender, mut dj) = autodj();
        send(&sender, 1, true, 2);
        send(&sender, 1, false, 2);
        send(&sender, 2, true, 2);
        send(&sender, 2, false, 2);
        assert_eq!(take(&mut dj), "1");
        // Repeating it has no effect, because nothing of the next track was played.
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
    fn track_that_has_not_started_is_not_abandoned() {
        let (sender, mut dj) = autodj();
        dj.skip_track();
        send(&sender, 1, true, 1);
        dj.skip_track();
        send(&sender, 2, true, 1);
        assert_eq!(take(&mut dj), "1");
        // The track has ended, and the next one has not started.
        assert!(dj.is_at_track_boundary());
        dj.skip_track();
        assert_eq!(take(&mut dj), "2");
    }

    #[test]
    fn skipped_track_frees_the_queue_for_the_next_track() {
        let (sender, mut dj) = autodj();
        send(&sender, 1, true, 1);
        (1..BATCHES_WAITING).for_each(|_| send(&sender, 1, false, 1));
        assert_eq!(take(&mut dj), "1");
        dj.skip_track();
        // If the queue were still full, this would block forever.
        send(&sender, 2, true, 1);
        (1..BATCHES_WAITING).for_each(|_| send(&sender, 2, false, 1));
        assert_eq!(take(&mut dj), "2");
    }

    #[test]
    fn boundary_is_where_the_next_frame_begins_a_track() {
        let (sender, mut dj) = autodj();
        assert!(!dj.is_at_track_boundary(), "the next frame is not known");
        sender.send(ReaderMessage::NothingPlayable).expect("a receiver");
        assert!(dj.is_at_track_boundary(), "nothing to play");
        send(&sender, 1, true, 2);
        send(&sender, 1, false, 1);
        send(&sender, 2, true, 1);
        let mut boundaries = Vec::new();
        for _ in 0..4 {
            boundaries.push((dj.is_at_track_boundary(), take(&mut dj)));
        }
        let expected = [(true, "1"), (false, ""), (false, ""), (true, "2")];
        assert_eq!(boundaries, expected.map(|(is_boundary, title)| (is_boundary, title.to_owned())));
        assert!(!dj.is_at_track_boundary(), "the track may continue");
        drop(sender);
        assert!(dj.is_at_track_boundary());
    }
}
