//! The state of the reader thread, and what reading all kinds of tracks has in common.

use std::fs::{self, File, Metadata};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use log::{info, warn};

use super::passed_formats::PassedFormats;
use super::survey::Survey;
use super::unfinished_track::UnfinishedTrack;
use crate::audio::Header;
use crate::autodj::batch::{FrameBatch, TrackSeq};
use crate::autodj::format_store::FormatStore;
use crate::autodj::frame_channel::{Disconnected, FrameSender};
use crate::autodj::inspector::{Inspected, Inspector, NotPlayable, PlayMode};
use crate::autodj::lookahead::Lookahead;
use crate::autodj::loudness::LoudnessCache;
use crate::autodj::music::{ClockFn, MusicSettings};
use crate::autodj::music_report::MusicReport;
use crate::autodj::pacing::{ShortTrackWarnings, TrackPacing};
use crate::autodj::rotation::{LIST_AGE_MAX, Rotation};
use crate::autodj::scan::{Track, printable_path};
use crate::autodj::settling::{SETTLE_TIME, Settling};
use crate::autodj::station_format::StationFormat;
use crate::autodj::unplayable::Unplayable;
use crate::autodj::up_next::UpNext;
use crate::autodj::warnings::Warnings;
use crate::encode_worker::{JobError, StationEncoder};
use crate::open_file;
use crate::settings::{FormatSettings, StationIdentity};
use crate::station::TrackInfo;
use crate::time::Time;

/// Interval between two attempts to reach an encode worker that cannot be started, or that has died.
const WORKER_RETRY_INTERVAL: Duration = Duration::from_secs(1);

/// The number of such attempts in a row. They last about as long as the audio that was read ahead.
const WORKER_ATTEMPTS_MAX: u32 = 10;

/// Maximum time for which the loudness of the next track is measured. Meanwhile at least ten seconds at 128
/// kbit/s wait to be played. Twenty minutes of music take about this long.
const MEASURE_AHEAD_TIMEOUT: Duration = Duration::from_secs(4);

/// Maximum time for which files are examined for the survey while audio waits to be played, unless a single
/// file takes longer.
const SURVEY_STEP: Duration = Duration::from_millis(50);

/// Maximum number of files that are examined for the survey at a time.
const SURVEY_FILES_MAX: usize = 50;

/// Pause between two steps of the survey while the queue is full, so that those of many stations leave the
/// encode workers to the music on air. If another input is on air, the queue stays full.
pub(super) const SURVEY_PAUSE: Duration = Duration::from_millis(500);

/// Maximum number of tracks that the log names because they are not in the format of most others.
const MIXED_FILES_MAX: usize = 100;

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
    pub(super) survey: Survey,
    pub(super) settling: Settling,
    /// Whether the named pipe that is being read ends now.
    pub(super) ends_pipe: bool,
    /// Whether this round has met a file that has not settled.
    pub(super) has_unsettled: bool,
    /// Whether the first round has begun.
    pub(super) has_begun: bool,
    pub(super) pacing: TrackPacing,
    pub(super) short_tracks: ShortTrackWarnings,
    /// The header of the last frame that was sent.
    pub(super) last_header: Option<Header>,
    /// The formats of the tracks that were passed on.
    pub(super) passed_formats: PassedFormats,
    /// The warnings about tracks that are not in the format of most others.
    pub(super) mixed_files: Warnings,
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
        settling: Settling,
        encoder: Option<StationEncoder>,
        formats: FormatStore,
        loudness: LoudnessCache,
    ) -> Self {
        let MusicSettings { label, identity, music, shuffle, format, plan, charset, covers: _ } = settings;
        let inspector = Inspector { encoder, plan, charset };
        Self {
            rotation: Rotation::new(music, shuffle, charset),
            seq: 0,
            sender,
            clock,
            warnings: Warnings::new(&label),
            report: MusicReport::default(),
            unplayable: Unplayable::default(),
            survey: Survey::default(),
            settling,
            ends_pipe: false,
            has_unsettled: false,
            has_begun: false,
            pacing: TrackPacing::default(),
            short_tracks: ShortTrackWarnings::default(),
            last_header: None,
            passed_formats: PassedFormats::default(),
            mixed_files: Warnings::with_max(&label, MIXED_FILES_MAX),
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
            Ok((_, metadata)) if !self.settling.is_settled(&track.path, &metadata) => {
                self.wait_until_settled(track, &metadata);
                return Ok(None);
            }
            Ok(opened) => opened,
            Err(error) => {
                self.leave_out(track, error, None);
                return Ok(None);
            }
        };
        let inspected = self.inspect_file(track, &file, &metadata)?;
        if inspected.is_some() {
            self.reading = Some(track.clone());
            self.log_waiting();
        }
        Ok(inspected)
    }

    /// Leaves out a file that has just changed, until it has settled.
    fn wait_until_settled(&mut self, track: &Track, metadata: &Metadata) {
        self.has_unsettled = true;
        self.settling.wait_for(track, metadata, (self.clock)());
    }

    /// Logs which file is waited for, and how many others, if there was none before. Called when another
    /// track begins or nothing plays: at the start, fresh music is played at once if there is no other.
    pub(super) fn log_waiting(&mut self) {
        let mount = &self.identity.mount;
        if let Some((path, others)) = self.settling.take_unreported() {
            let (path, seconds) = (printable_path(&path), SETTLE_TIME.as_secs());
            let others = if others == 0 { String::new() } else { format!(" (and {others} more)") };
            info!(
                "{mount}: {path} has just changed{others}: it is played when it has not changed for {seconds} s"
            );
        }
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
        let what = match &error {
            NotPlayable::Io(_) => format!("cannot open {path}"),
            NotPlayable::Worker(error) if !error.is_final() => format!("skipping {path} this time"),
            _ => format!("skipping {path}"),
        };
        self.report_left_out(track, &error.to_string(), Some(format!("{what}: {error}")));
        self.remember_unplayable(track, &error, metadata);
    }

    fn remember_unplayable(&mut self, track: &Track, error: &NotPlayable, metadata: Option<&Metadata>) {
        if let Some(metadata) = metadata.filter(|_| error.is_final()) {
            self.unplayable.insert(&track.path, metadata);
        }
    }

    /// Starts the next track: all following batches belong to it.
    pub(super) fn begin_track(&mut self, title: &str, info: &Arc<TrackInfo>) -> FrameBatch {
        self.report_played(&info.file);
        self.pacing.begin_track();
        self.seq += 1;
        self.sender.first_batch(self.seq, title.to_owned(), info.clone())
    }

    /// Publishes the titles that follow the track that is being read: once for each track, and again whenever
    /// the list may have changed.
    pub(super) fn look_ahead(&mut self) {
        let now = (self.clock)();
        let (seq, last_time) = self.last_lookahead;
        self.settling.look_again(now);
        let Some(track) = self.reading.clone() else { return };
        if seq == self.seq && now.since(last_time) < LIST_AGE_MAX {
            return;
        }
        self.last_lookahead = (self.seq, now);
        let warnings = self.rotation.refresh(now);
        self.warn_all(&warnings);
        let is_named = |track: &Track| self.rotation.is_root(track);
        let is_settled = |track: &Track, file: &Metadata| self.settling.is_settled(&track.path, file);
        let titles = self.lookahead.titles(self.rotation.order(), &track, is_named, is_settled);
        if self.up_next.set_upcoming(titles) {
            self.sender.set_up_next(self.up_next.clone());
        }
        // Not again for a track that was not measured in time.
        if seq != self.seq {
            self.measure_next(&track);
        }
    }

    /// Examines a few files for the survey. Called while audio for several seconds waits to be played.
    pub(super) fn continue_survey(&mut self) {
        if self.survey.is_over() {
            return;
        }
        let began = (self.clock)();
        for _ in 0..SURVEY_FILES_MAX {
            let track = self.survey.next_track(self.rotation.order());
            if !track.is_some_and(|track| self.survey_track(&track)) {
                let sample = self.survey.sample();
                self.finish_survey();
                return self.log_sample(sample);
            }
            if (self.clock)().since(began) >= SURVEY_STEP {
                return;
            }
        }
    }

    /// Examines a file. Returns `false` if there is no encode worker, so that the survey ends.
    fn survey_track(&mut self, track: &Track) -> bool {
        let is_waiting = |file: &Metadata| {
            !file.is_file()
                || self.unplayable.contains(&track.path, file)
                || !self.settling.is_settled(&track.path, file)
        };
        let Ok(metadata) = fs::metadata(&track.path) else { return true };
        if is_waiting(&metadata) {
            return true;
        }
        // A file on which the parser panics must not cost the track on air.
        let inspected = catch_unwind(AssertUnwindSafe(|| self.inspector.inspect(track).map(drop)));
        match inspected.unwrap_or(Ok(())) {
            Ok(()) => true,
            Err(NotPlayable::Worker(error)) => error.is_about_file(),
            Err(error) => {
                self.leave_out(track, error, Some(&metadata));
                true
            }
        }
    }

    /// Logs which types of files are left out, once after the start.
    pub(super) fn finish_survey(&mut self) {
        let mount = &self.identity.mount;
        self.survey.finish().iter().for_each(|line| warn!("{mount}: left out: {line}"));
    }

    /// Logs that the numbers of files are those of a part of the music.
    fn log_sample(&self, sample: Option<(usize, usize)>) {
        if let Some((examined, tracks)) = sample {
            let mount = &self.identity.mount;
            info!("{mount}: only {examined} of {tracks} tracks were checked");
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
            && self.settling.is_settled(&next.path, &inspected.metadata)
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

    /// Publishes that a track is not played, and logs `sentence`, unless the log has named many files for the
    /// same reason. `reason` is the end of a sentence.
    pub(super) fn report_left_out(&mut self, track: &Track, reason: &str, sentence: Option<String>) {
        let now = (self.clock)();
        if self.report.leave_out(&track.path, reason, now) {
            self.survey.add(track, reason);
        }
        let new = sentence.filter(|sentence| !self.warnings.was_logged(sentence));
        if let Some(line) = new.and_then(|sentence| self.survey.sentence(reason, sentence)) {
            self.warnings.log_once(&line);
        }
        self.publish_report();
    }

    /// Publishes that a file is played, if it was left out before.
    pub(super) fn report_played(&mut self, file: &Path) {
        let is_first_after_none = self.report.set_problem(None);
        if self.report.play(file) || is_first_after_none {
            self.publish_report();
        }
    }

    /// Publishes why no file can be played.
    pub(super) fn report_problem(&mut self, problem: String) {
        if self.report.set_problem(Some(problem)) {
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
