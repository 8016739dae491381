//! The AutoDJ as an input of a station. It always has a frame ready unless its reader is too slow.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::TryRecvError;

use log::error;

use super::batch::{FrameBatch, ReaderMessage, TrackSeq};
use super::frame_channel::FrameReceiver;
use super::music::{CoverUrls, MusicServices, MusicSettings};
use super::play_plan::PlayPlan;
use super::reader;
use crate::audio::{Frame, Header};
use crate::icy::Title;
use crate::settings::StationIdentity;
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
    covers: Option<CoverUrls>,
}

impl AutoDj {
    /// Starts a thread that reads the music.
    ///
    /// # Errors
    /// Returns an error if no thread can be started.
    pub fn start(settings: MusicSettings, services: MusicServices) -> io::Result<Self> {
        let (plan, covers) = (settings.plan.clone(), settings.covers.clone());
        Ok(Self { covers, ..Self::new(reader::start(settings, services)?, plan) })
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
            covers: None,
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
            let track = self.track.as_deref();
            let url = self.covers.as_ref().zip(track).map(|(covers, track)| covers.url(track));
            let (artist, title) = track.map(|it| (it.artist.clone(), it.title.clone())).unzip();
            let (artist, title) = (artist.flatten(), title.flatten());
            self.title = Title { artist, title, url: url.unwrap_or_default(), ..Title::new(text) };
            &self.title
        });
        self.seq = self.batch.seq;
        self.at += header.frame_len();
        InputFrame { frame: Frame { bytes, header, offset: 0 }, title, track: self.track.as_ref() }
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

    fn rescan(&mut self) {
        self.reader.request(|requests| requests.rescan = true);
    }

    /// Drops what was read ahead. The reader begins with the next track of its order.
    fn continue_after(&mut self, track: &TrackInfo) {
        self.reader.restart_after(&track.file);
        (self.batch, self.at) = (FrameBatch::default(), 0);
    }

    /// A named pipe ends when the program that writes to it does, which may be never.
    fn end_endless_track(&mut self) {
        self.reader.request(|requests| requests.end_pipe = true);
    }

    fn rename(&mut self, identity: &StationIdentity) {
        self.reader.request(|requests| requests.identity = Some(identity.clone()));
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
    use super::super::music::PublicUrl;
    use super::*;
    use crate::audio::silent_frame;
    use crate::station::{ArtworkLocation, EmbeddedArtwork};

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
    fn title_has_the_url_of_the_cover_if_that_is_configured() {
        let artwork =
            Some(EmbeddedArtwork { mime: "image/png".into(), len: 100, location: ArtworkLocation::Worker });
        let track = Arc::new(TrackInfo { artwork, ..TrackInfo::default() });
        let version = track.cover_version().expect("a cover");
        let url = |covers: Option<CoverUrls>, track: Arc<TrackInfo>| {
            let (sender, dj) = autodj();
            let mut dj = AutoDj { covers, ..dj };
            let mut batch = FrameBatch::first_of_track(1, "Tidewater".into(), track);
            let bytes = silent_frame(&Header::DEFAULT);
            batch.push(&Frame { bytes: &bytes, header: Header::DEFAULT, offset: 0 });
            sender.send(ReaderMessage::Batch(batch)).expect("a receiver");
            assert_eq!(dj.poll(), Readiness::Ready);
            dj.next_frame().title.expect("a title").url.clone()
        };
        let covers = CoverUrls { base: PublicUrl::default(), station: 7 };
        assert_eq!(url(Some(covers.clone()), track.clone()), "");
        covers.base.set(Some("https://radio.example/fm".into()));
        let expected = format!("https://radio.example/fm/playingart/7/{version:016x}.png");
        assert_eq!(url(Some(covers.clone()), track.clone()), expected);
        assert_eq!((url(Some(covers), Arc::default()), url(None, track)), (String::new(), String::new()));
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
