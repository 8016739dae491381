//! The AutoDJ as a station sees it: an input that has frames as long as its reader keeps up.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError};

use log::error;

use super::reader::{self, Alert, Batch, Clock, Handover};
use crate::audio::Frame;
use crate::icy::Title;
use crate::station::{Cue, Input, Readiness, TrackInfo};

/// Plays files, folders and playlists over and over.
pub struct AutoDj {
    reader: Receiver<Handover>,
    batch: Batch,
    /// How many frames of the batch were taken, and where the next one begins.
    taken: usize,
    at: usize,
    idle: bool,
    is_gone: bool,
    track: Option<Arc<TrackInfo>>,
    /// Of the track that the frame taken last belongs to.
    title: Title,
}

impl AutoDj {
    /// Starts a thread that reads `music` for the station that the log calls `label`. In random order with the seed in
    /// `shuffle`. Whenever something was read, `alert` is called from that thread; what time it is, it asks `clock`.
    ///
    /// # Errors
    /// When the system gives us no thread.
    pub fn start(
        label: &str,
        music: Vec<PathBuf>,
        shuffle: Option<u64>,
        alert: Alert,
        clock: Clock,
    ) -> io::Result<Self> {
        Ok(Self::new(reader::start(label, music, shuffle, alert, clock)?))
    }

    fn new(reader: Receiver<Handover>) -> Self {
        Self {
            reader,
            batch: Batch::default(),
            taken: 0,
            at: 0,
            idle: false,
            is_gone: false,
            track: None,
            title: Title::default(),
        }
    }

    /// The reader is gone, which it should never be while we are here.
    fn give_up(&mut self) -> Readiness {
        if !std::mem::replace(&mut self.is_gone, true) {
            error!("the AutoDJ's reader has stopped; only a restart brings its music back");
        }
        Readiness::Idle
    }
}

impl Input for AutoDj {
    fn name(&self) -> String {
        "AutoDJ".to_owned()
    }

    fn poll(&mut self) -> Readiness {
        while self.taken == self.batch.headers.len() {
            match self.reader.try_recv() {
                Ok(Handover::Batch(batch)) => {
                    (self.batch, self.taken, self.at, self.idle) = (batch, 0, 0, false);
                }
                Ok(Handover::Nothing) => self.idle = true,
                Err(TryRecvError::Empty) if !self.idle => return Readiness::Late,
                Err(TryRecvError::Empty) => return Readiness::Idle,
                Err(TryRecvError::Disconnected) => return self.give_up(),
            }
        }
        Readiness::Ready
    }

    fn take(&mut self) -> Cue<'_> {
        let header = self.batch.headers[self.taken];
        let bytes = &self.batch.bytes[self.at..self.at + header.frame_len()];
        let begins = self.batch.title.take();
        if let Some(track) = self.batch.track.take() {
            self.track = Some(track);
        }
        let title = begins.map(|text| {
            let (artist, title) = self.track.as_ref().map(|it| (it.artist.clone(), it.title.clone())).unzip();
            let (artist, title) = (artist.flatten(), title.flatten());
            self.title = Title { artist, title, ..Title::of(text) };
            &self.title
        });
        self.taken += 1;
        self.at += header.frame_len();
        Cue { frame: Frame { bytes, header, at: 0 }, title }
    }

    fn track(&self) -> Option<&Arc<TrackInfo>> {
        self.track.as_ref()
    }
}
