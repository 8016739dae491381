//! The state of the reader thread, and what reading all kinds of tracks has in common.

use std::fs::{File, Metadata};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::unfinished_track::UnfinishedTrack;
use crate::audio::Format;
use crate::autodj::batch::{FrameBatch, ReaderMessage, TrackSeq};
use crate::autodj::format_store::FormatStore;
use crate::autodj::frame_channel::{Disconnected, FrameSender};
use crate::autodj::inspector::{Inspected, Inspector, NotPlayable, PlayMode};
use crate::autodj::lookahead::Lookahead;
use crate::autodj::loudness::LoudnessCache;
use crate::autodj::music::{ClockFn, MusicSettings};
use crate::autodj::music_report::MusicReport;
use crate::autodj::rotation::{LIST_AGE_MAX, Rotation};
use crate::autodj::scan::{Track, printable_path};
use crate::autodj::station_format::StationFormat;
use crate::autodj::unplayable::Unplayable;
use crate::autodj::up_next::UpNext;
use crate::autodj::warnings::Warnings;
use crate::encode_worker::{JobError, StationEncoder};
use crate::open_file;
use crate::settings::{FormatSettings, StationIdentity};
use crate::station::TrackInfo;
use crate::time::Time;
use crate::transcode::LeftOut;

/// Interval between two attempts to reach an encode worker that cannot be started, or that has died.
const WORKER_RETRY_INTERVAL: Duration = Duration::from_secs(1);

/// The number of such attempts in a row. They last about as long as the audio that was read ahead.
const WORKER_ATTEMPTS_MAX: u32 = 10;

/// Maximum time for which the loudness of the next track is measured. Meanwhile at least ten seconds at 128
/// kbit/s wait to be played. Twenty minutes of music take about this long.
const MEASURE_AHEAD_TIMEOUT: Duration = Duration::from_secs(4);

/// The state of the reader thread.
pub(super) struct TrackReader {
    /// What the station is recognised by at the next start.
    pub(super) identity: StationIdentity,
    pub(super) rotation: Rotation,
    /// The number of the track that was started last.
    pub(super) seq: TrackSeq,
    pub(super) sender: FrameSender,
    pub(super) clock: ClockFn,
    pub(super) warnings: Warnings,
    pub(super) report: MusicReport,
    pub(super) unplayable: Unplayable,
    /// The format of the first track that was passed on.
    pub(super) format: Option<Format>,
    /// Whether a later track had another format.
    pub(super) is_mixed: bool,
    /// The track that is being read, or was read last.
    pub(super) reading: Option<Track>,
    pub(super) lookahead: Lookahead,
    /// The next titles that were published last.
    pub(super) up_next: UpNext,
    /// The track and the time of the last lookahead.
    pub(super) last_lookahead: (TrackSeq, Time),
    pub(super) inspector: Inspector,
    /// How often the encode worker has failed since it last converted something.
    pub(super) worker_failures: u32,
    /// The converted track whose last frames are still in the encoder.
    pub(super) unfinished: Option<UnfinishedTrack>,
    pub(super) formats: FormatStore,
    pub(super) loudness: LoudnessCache,
    /// What the operator has configured of the station's format.
    pub(super) configured_format: FormatSettings,
}

impl TrackReader {
    /// Creates the state of the thread that sends to `sender`.
    pub(super) fn new(
        settings: MusicSettings,
        sender: FrameSender,
        clock: ClockFn,
        encoder: Option<StationEncoder>,
        formats: FormatStore,
        loudness: LoudnessCache,
    ) -> Self {
        let MusicSettings { label, identity, music, shuffle, format, plan } = settings;
        let inspector = Inspector { encoder, plan };
        Self {
            rotation: Rotation::new(music, shuffle),
            seq: 0,
            sender,
            clock,
            warnings: Warnings::new(&label),
            report: MusicReport::default(),
            unplayable: Unplayable::default(),
            format: None,
            is_mixed: false,
            reading: None,
            lookahead: Lookahead::new(inspector.clone()),
            up_next: UpNext::default(),
            last_lookahead: (0, Time::START),
            unfinished: None,
            worker_failures: 0,
            inspector,
            formats,
            loudness,
            configured_format: format,
            identity,
        }
    }

    pub(super) fn warn_all(&mut self, warnings: &[String]) {
        warnings.iter().for_each(|warning| self.warnings.log_once(warning));
    }

    /// Opens a track and determines how it is played; returns `None` if it is not playable.
    pub(super) fn inspect(&mut self, track: &Track) -> Result<Option<Inspected>, Disconnected> {
        let opened = open_file::open_regular(&track.path).map_err(NotPlayable::Io);
        let (file, metadata) = match opened {
            Ok((_, metadata)) if self.unplayable.contains(&track.path, &metadata) => return Ok(None),
            Ok(opened) => opened,
            Err(error) => {
                self.leave_out(track, error, None);
                return Ok(None);
            }
        };
        let inspected = self.inspect_file(track, &file, &metadata)?;
        Ok(inspected.inspect(|_| self.reading = Some(track.clone())))
    }

    pub(super) fn inspect_file(
        &mut self,
        track: &Track,
        file: &File,
        metadata: &Metadata,
    ) -> Result<Option<Inspected>, Disconnected> {
        loop {
            let clone = file.try_clone().map_err(NotPlayable::Io);
            match clone.and_then(|file| self.inspector.inspect_file(track, file, metadata.clone())) {
                Ok(inspected) => return Ok(Some(inspected)),
                Err(NotPlayable::Worker(error)) if self.waits_for_worker(&error)? => {}
                Err(error) => {
                    self.leave_out(track, error, Some(metadata));
                    return Ok(None);
                }
            }
        }
    }

    /// Waits before another attempt after the encode worker has failed. Returns `false` if no other attempt
    /// is to be made. As long as the worker stays away, only one track waits: the others may be playable
    /// without it.
    pub(super) fn waits_for_worker(&mut self, error: &JobError) -> Result<bool, Disconnected> {
        if matches!(error, JobError::LeftOut(_) | JobError::Died { times: 2.., .. }) {
            return Ok(false);
        }
        self.worker_failures += 1;
        if self.worker_failures >= WORKER_ATTEMPTS_MAX {
            return Ok(false);
        }
        // The first restart is immediate.
        if !matches!(error, JobError::Died { .. }) {
            self.sender.pause(WORKER_RETRY_INTERVAL)?;
        }
        Ok(true)
    }

    /// Logs why a track is not played, and remembers it unless that may change without a change of the file.
    pub(super) fn leave_out(&mut self, track: &Track, error: NotPlayable, metadata: Option<&Metadata>) {
        let path = printable_path(&track.path);
        let (what, reason, is_final) = match error {
            NotPlayable::Io(error) => (format!("cannot open {path}"), error.to_string(), false),
            NotPlayable::NoFrames => (format!("skipping {path}"), "no MP3 frames".to_owned(), true),
            NotPlayable::LeftOut(reason) => {
                let may_change = matches!(reason, LeftOut::Unreadable(_));
                (format!("skipping {path}"), reason.to_string(), !may_change)
            }
            NotPlayable::Worker(error @ JobError::Died { times: 2.., .. }) => {
                (format!("skipping {path}"), error.to_string(), true)
            }
            NotPlayable::Worker(error) => (format!("skipping {path} this time"), error.to_string(), false),
        };
        self.warnings.log_once(&format!("{what}: {reason}"));
        self.report_left_out(track, &reason);
        if let Some(metadata) = metadata.filter(|_| is_final) {
            self.unplayable.insert(&track.path, metadata);
        }
    }

    /// Starts the next track: all following batches belong to it.
    pub(super) fn begin_track(&mut self, title: &str, info: &Arc<TrackInfo>) -> FrameBatch {
        self.report_played(&info.file);
        self.seq += 1;
        self.sender.first_batch(self.seq, title.to_owned(), info.clone())
    }

    /// Sends a batch. If the queue is full, looks up the next titles before it waits for space.
    pub(super) fn send_batch(&mut self, batch: FrameBatch) -> Result<(), Disconnected> {
        if let Some(title) = &batch.title {
            self.up_next.start_track(batch.seq, title);
            self.sender.set_up_next(self.up_next.clone());
        }
        let Some(message) = self.sender.try_send(ReaderMessage::Batch(batch))? else { return Ok(()) };
        self.look_ahead();
        self.sender.send(message)
    }

    /// Publishes the titles that follow the track that is being read: once for each track, and again whenever
    /// the list may have changed.
    pub(super) fn look_ahead(&mut self) {
        let now = (self.clock)();
        let (seq, last_time) = self.last_lookahead;
        let Some(track) = self.reading.clone() else { return };
        if seq == self.seq && now.since(last_time) < LIST_AGE_MAX {
            return;
        }
        self.last_lookahead = (self.seq, now);
        let warnings = self.rotation.refresh(now);
        self.warn_all(&warnings);
        let is_named = |track: &Track| self.rotation.is_root(track);
        let titles = self.lookahead.titles(self.rotation.order(), &track, is_named);
        if self.up_next.set_upcoming(titles) {
            self.sender.set_up_next(self.up_next.clone());
        }
        // Not again for a track that was not measured in time.
        if seq != self.seq {
            self.measure_next(&track);
        }
    }

    /// Measures the loudness of the track that follows `track`, while audio for several seconds waits to be
    /// played.
    fn measure_next(&mut self, track: &Track) {
        if self.inspector.plan.loudness.is_none() {
            return;
        }
        let mut order = self.rotation.order().clone();
        order.mark_played(track.clone());
        let Some(next) = order.next_across_rounds() else { return };
        if let Ok(inspected) = self.inspector.inspect(&next)
            && inspected.mode == PlayMode::Convert
            && self.loudness.known(&inspected.info, &inspected.metadata).is_none()
        {
            self.measure_loudness(&next, &inspected, MEASURE_AHEAD_TIMEOUT);
        }
    }

    /// Measures the loudness of a track, and keeps it. If that fails, the loudness comes from tags that are
    /// only roughly right. Returns `None` if it is silent or unknown.
    pub(super) fn measure_loudness(
        &mut self,
        track: &Track,
        inspected: &Inspected,
        timeout: Duration,
    ) -> Option<f32> {
        match self.inspector.encoder.as_ref()?.measure(&track.path, timeout) {
            Ok(measured) => {
                self.loudness.put(&track.path, &inspected.metadata, measured);
                measured
            }
            Err(error) => {
                let path = printable_path(&track.path);
                self.warnings.log_once(&format!("the loudness of {path} was not measured: {error}"));
                inspected.info.loudness.map(|loudness| loudness.lufs)
            }
        }
    }

    /// Publishes the format to which music is converted.
    pub(super) fn report_format(&mut self, format: &StationFormat) {
        self.report.set_format(Some(format));
        self.publish_report();
    }

    /// Publishes that a track is not played. `reason` is the end of a sentence.
    pub(super) fn report_left_out(&mut self, track: &Track, reason: &str) {
        let now = (self.clock)();
        self.report.leave_out(&track.path, reason, now);
        self.publish_report();
    }

    /// Publishes that a file is played, if it was left out before.
    pub(super) fn report_played(&mut self, file: &Path) {
        if self.report.play(file) {
            self.publish_report();
        }
    }

    /// Publishes the left-out files without those that no longer belong to the music.
    pub(super) fn forget_removed_music(&mut self) {
        let tracks = self.rotation.order().tracks();
        if self.report.keep_only(tracks.iter().map(|track| track.path.as_path())) {
            self.publish_report();
        }
    }

    fn publish_report(&self) {
        self.sender.set_music_status(self.report.status());
    }
}
