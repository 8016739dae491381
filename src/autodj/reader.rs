//! The thread that reads a station's music, so that an unresponsive disk blocks neither the event loop nor
//! another station.

mod converting;
mod format;
mod passing;
mod reporting;
mod unfinished_track;

use std::fs::{File, Metadata};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use super::batch::{FrameBatch, ReaderMessage, TrackSeq};
use super::format_store::FormatStore;
use super::frame_channel::{self, Disconnected, FrameReceiver, FrameSender};
use super::inspector::{Inspected, Inspector, NotPlayable, PlayMode};
use super::lookahead::Lookahead;
use super::loudness::LoudnessCache;
use super::music::{ClockFn, MusicServices, MusicSettings};
use super::music_report::MusicReport;
use super::rotation::{LIST_AGE_MAX, Rotation};
use super::scan::{Track, printable_path};
use super::track_file::TrackFile;
use super::unplayable::Unplayable;
use super::up_next::UpNext;
use super::warnings::Warnings;
use crate::audio::Format;
use crate::encode_worker::JobError;
use crate::open_file;
use crate::settings::{FormatSettings, StationIdentity};
use crate::station::TrackInfo;
use crate::time::Time;
use crate::worker::WorkerBuilder;
use unfinished_track::UnfinishedTrack;

/// Stack size of the thread in bytes: small, because every station has such a thread, but with a reserve.
const STACK: usize = 256 * 1024;

/// If nothing was playable, all tracks are tried again after this many polls, because a file may have been
/// repaired.
const IDLE_POLLS_PER_RETRY: u32 = 5;

/// Interval between two checks for changes while nothing is playable.
const IDLE_POLL_INTERVAL: Duration = Duration::from_secs(2);

/// Interval between two attempts to reach an encode worker that cannot be started, or that has died.
const WORKER_RETRY_INTERVAL: Duration = Duration::from_secs(1);

/// The number of such attempts for one track. They last about as long as the audio that was read ahead.
const WORKER_ATTEMPTS_MAX: u32 = 10;

/// Starts a thread that reads the music.
///
/// # Errors
/// Returns an error if no thread can be started.
pub(super) fn start(settings: MusicSettings, services: MusicServices) -> io::Result<FrameReceiver> {
    let MusicServices { alert, clock, encoder, formats, loudness } = services;
    let MusicSettings { label, identity, music, shuffle, format, plan } = settings;
    let builder = WorkerBuilder::new(format!("autodj {label}")).stack(STACK);
    let inspector = Inspector { encoder, plan };
    frame_channel::spawn(builder, alert, move |sender| {
        let mut reader = TrackReader {
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
            inspector,
            formats,
            loudness,
            configured_format: format,
            identity,
        };
        // The thread ends when the station no longer exists.
        let Disconnected = reader.run();
    })
}

/// The state of the reader thread.
struct TrackReader {
    /// What the station is recognised by at the next start.
    identity: StationIdentity,
    rotation: Rotation,
    /// The number of the track that was started last.
    seq: TrackSeq,
    sender: FrameSender,
    clock: ClockFn,
    warnings: Warnings,
    report: MusicReport,
    unplayable: Unplayable,
    /// The format of the first track that was passed on.
    format: Option<Format>,
    /// Whether a later track had another format.
    is_mixed: bool,
    /// The track that is being read, or was read last.
    reading: Option<Track>,
    lookahead: Lookahead,
    /// The next titles that were published last.
    up_next: UpNext,
    /// The track and the time of the last lookahead.
    last_lookahead: (TrackSeq, Time),
    inspector: Inspector,
    /// The converted track whose last frames are still in the encoder.
    unfinished: Option<UnfinishedTrack>,
    formats: FormatStore,
    loudness: LoudnessCache,
    /// What the operator has configured of the station's format.
    configured_format: FormatSettings,
}

impl TrackReader {
    fn run(&mut self) -> Disconnected {
        loop {
            let read = self
                .read_round()
                .and_then(|any_playable| if any_playable { Ok(()) } else { self.wait_for_music() });
            if let Err(disconnected) = read {
                return disconnected;
            }
        }
    }

    /// Reads every track once, and returns whether any of them was playable.
    fn read_round(&mut self) -> Result<bool, Disconnected> {
        let warnings = self.rotation.begin_round((self.clock)());
        self.warn_all(&warnings);
        self.decide_format();
        self.forget_removed_music();
        let mut any_playable = false;
        while let Some(track) = self.next_track() {
            if self.read_track(&track)? {
                any_playable = true;
                self.rotation.mark_played(track);
            }
        }
        if !any_playable {
            self.finish_encoder()?;
            self.warnings.log_once("no playable files");
            self.sender.send(ReaderMessage::NothingPlayable)?;
        }
        Ok(any_playable)
    }

    fn next_track(&mut self) -> Option<Track> {
        let (track, warnings) = self.rotation.next((self.clock)());
        self.warn_all(&warnings);
        track
    }

    fn warn_all(&mut self, warnings: &[String]) {
        warnings.iter().for_each(|warning| self.warnings.log_once(warning));
    }

    fn wait_for_music(&self) -> Result<(), Disconnected> {
        for _ in 0..IDLE_POLLS_PER_RETRY {
            self.sender.pause(IDLE_POLL_INTERVAL)?;
            if self.rotation.has_changed() {
                break;
            }
        }
        Ok(())
    }

    /// Reads a track to its end, or until it is abandoned, and returns whether it had frames. A track on
    /// which the parser panics is skipped like any other unplayable track, so that one file cannot silence a
    /// station.
    fn read_track(&mut self, track: &Track) -> Result<bool, Disconnected> {
        let read = AssertUnwindSafe(|| self.try_track(track));
        catch_unwind(read).unwrap_or_else(|_| {
            self.warnings.log_once(&format!("skipping {}: reading it failed", printable_path(&track.path)));
            self.report_left_out(track, "reading it failed");
            Ok(false)
        })
    }

    fn try_track(&mut self, track: &Track) -> Result<bool, Disconnected> {
        if self.rotation.is_root(track)
            && let Ok(pipe) = TrackFile::open_pipe(&track.path)
        {
            self.finish_encoder()?;
            return self.pass_pipe(track, pipe);
        }
        match self.inspect(track)? {
            Some(inspected) if inspected.mode == PlayMode::Pass => {
                self.finish_encoder()?;
                self.pass_file(track, inspected)
            }
            Some(inspected) => self.convert(track, inspected),
            None => Ok(false),
        }
    }

    /// Opens a track and determines how it is played; returns `None` if it is not playable.
    fn inspect(&mut self, track: &Track) -> Result<Option<Inspected>, Disconnected> {
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

    fn inspect_file(
        &mut self,
        track: &Track,
        file: &File,
        metadata: &Metadata,
    ) -> Result<Option<Inspected>, Disconnected> {
        let mut attempts = 0;
        loop {
            let clone = file.try_clone().map_err(NotPlayable::Io);
            match clone.and_then(|file| self.inspector.inspect_file(track, file, metadata.clone())) {
                Ok(inspected) => return Ok(Some(inspected)),
                Err(NotPlayable::Worker(error)) if self.waits_for_worker(&error, &mut attempts)? => {}
                Err(error) => {
                    self.leave_out(track, error, Some(metadata));
                    return Ok(None);
                }
            }
        }
    }

    /// Waits before another attempt after the encode worker has failed. Returns `false` if no other attempt is
    /// to be made.
    fn waits_for_worker(&self, error: &JobError, attempts: &mut u32) -> Result<bool, Disconnected> {
        *attempts += 1;
        match error {
            JobError::LeftOut(_) => return Ok(false),
            JobError::Died { times, .. } if *times > 1 => return Ok(false),
            // The first restart is immediate.
            JobError::Died { .. } => {}
            JobError::TimedOut | JobError::Unavailable(_) => self.sender.pause(WORKER_RETRY_INTERVAL)?,
        }
        Ok(*attempts < WORKER_ATTEMPTS_MAX)
    }

    /// Logs why a track is not played, and remembers it unless that may change without a change of the file.
    fn leave_out(&mut self, track: &Track, error: NotPlayable, metadata: Option<&Metadata>) {
        let path = printable_path(&track.path);
        let (what, reason, is_final) = match error {
            NotPlayable::Io(error) => (format!("cannot open {path}"), error.to_string(), false),
            NotPlayable::NoFrames => (format!("skipping {path}"), "no MP3 frames".to_owned(), true),
            NotPlayable::LeftOut(reason) => (format!("skipping {path}"), reason.to_string(), true),
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
    fn begin_track(&mut self, title: &str, info: &Arc<TrackInfo>) -> FrameBatch {
        self.report_played(&info.file);
        self.seq += 1;
        self.sender.first_batch(self.seq, title.to_owned(), info.clone())
    }

    /// Sends a batch. If the queue is full, looks up the next titles before it waits for space.
    fn send_batch(&mut self, batch: FrameBatch) -> Result<(), Disconnected> {
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
    fn look_ahead(&mut self) {
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
    }
}
