//! The thread that reads a station's music, so that an unresponsive disk blocks neither the event loop nor
//! another station.

use std::fs::Metadata;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::batch::{BATCH_BYTES, FrameBatch, ReaderMessage, TrackSeq};
use super::frame_channel::{self, Disconnected, FrameReceiver, FrameSender};
use super::lookahead::Lookahead;
use super::probe::probe_duration;
use super::rotation::{LIST_AGE_MAX, Rotation};
use super::scan::{Track, printable_path};
use super::tags::{title_by_name, track_info};
use super::track_file::{ReadStep, TrackFile};
use super::unplayable::Unplayable;
use super::up_next::UpNext;
use super::warnings::Warnings;
use crate::audio::{Format, Framer, Header};
use crate::open_file;
use crate::station::TrackInfo;
use crate::time::Time;
use crate::worker::{LoopWaker, WorkerBuilder};

/// A function that returns the current time.
pub type ClockFn = Box<dyn Fn() -> Time + Send>;

/// Stack size of the thread in bytes: small, because every station has such a thread, but with a reserve.
const STACK: usize = 256 * 1024;

/// A file with this many consecutive bytes without a frame, apart from tags, is abandoned: it is not an MP3
/// file.
const JUNK_MAX: u64 = 8 * 1024 * 1024;

/// Interval between two reads of a named pipe that has no data.
const PIPE_POLL_INTERVAL: Duration = Duration::from_millis(100);

/// A named pipe without data for this long is reported, and left if there are other tracks.
const PIPE_TIMEOUT: Duration = Duration::from_secs(5);

/// If nothing was playable, all tracks are tried again after this many polls, because a file may have been
/// repaired.
const IDLE_POLLS_PER_RETRY: u32 = 5;

/// Interval between two checks for changes while nothing is playable.
const IDLE_POLL_INTERVAL: Duration = Duration::from_secs(2);

/// Starts a thread that reads `music` for the station with the name `label` in the log.
///
/// # Errors
/// Returns an error if no thread can be started.
pub(super) fn start(
    label: &str,
    music: Vec<PathBuf>,
    shuffle: Option<u64>,
    alert: LoopWaker,
    clock: ClockFn,
) -> io::Result<FrameReceiver> {
    let (rotation, warnings) = (Rotation::new(music, shuffle), Warnings::new(label));
    let builder = WorkerBuilder::new(format!("autodj {label}")).stack(STACK);
    frame_channel::spawn(builder, alert, move |sender| {
        // The thread ends when the station no longer exists.
        let Disconnected = TrackReader::new(rotation, sender, clock, warnings).run();
    })
}

/// The state of the reader thread.
struct TrackReader {
    rotation: Rotation,
    /// The number of the track that was started last.
    seq: TrackSeq,
    sender: FrameSender,
    clock: ClockFn,
    warnings: Warnings,
    unplayable: Unplayable,
    /// The format of the first track that had frames.
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
}

impl TrackReader {
    fn new(rotation: Rotation, sender: FrameSender, clock: ClockFn, warnings: Warnings) -> Self {
        Self {
            rotation,
            seq: 0,
            sender,
            clock,
            warnings,
            unplayable: Unplayable::default(),
            format: None,
            is_mixed: false,
            reading: None,
            lookahead: Lookahead::default(),
            up_next: UpNext::default(),
            last_lookahead: (0, Time::START),
        }
    }

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
        let mut any_playable = false;
        while let Some(track) = self.next_track() {
            if self.read_track(&track)? {
                any_playable = true;
                self.rotation.mark_played(track);
            }
        }
        if !any_playable {
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
            Ok(false)
        })
    }

    fn try_track(&mut self, track: &Track) -> Result<bool, Disconnected> {
        let open_track = match self.open(track) {
            Ok(Some(open_track)) => open_track,
            Ok(None) => return Ok(false),
            Err(error) => {
                self.warnings.log_once(&format!("cannot open {}: {error}", printable_path(&track.path)));
                return Ok(false);
            }
        };
        let metadata = open_track.metadata.clone();
        self.reading = Some(track.clone());
        let frames = self.read_frames(open_track)?;
        match (frames.first, frames.result) {
            (Some(first), _) => self.check_format(first.format(), track),
            (None, Ok(())) if metadata.is_none() => {}
            (None, Ok(())) => {
                self.warnings.log_once(&format!("skipping {}: no MP3 frames", printable_path(&track.path)));
                metadata.iter().for_each(|metadata| self.unplayable.insert(&track.path, metadata));
            }
            (None, Err(_)) => {}
        }
        Ok(frames.first.is_some())
    }

    /// Opens a track; returns `None` if it is known to be unplayable.
    fn open(&self, track: &Track) -> io::Result<Option<OpenTrack>> {
        let hint = track.title.as_deref();
        if self.rotation.is_root(track)
            && let Ok(file) = TrackFile::open_pipe(&track.path)
        {
            // A pipe cannot be read twice: for its tags and for its frames.
            let info = TrackInfo { file: track.path.clone(), ..TrackInfo::default() };
            let title = title_by_name(&track.path, hint);
            return Ok(Some(OpenTrack { file, metadata: None, title, info }));
        }
        let (mut file, metadata) = open_file::open_regular(&track.path)?;
        if self.unplayable.contains(&track.path, &metadata) {
            return Ok(None);
        }
        let (title, mut info) = track_info(&track.path, &mut file, hint);
        info.length = probe_duration(&mut file)?;
        let file = TrackFile::regular(file, &metadata);
        Ok(Some(OpenTrack { file, metadata: Some(metadata), title, info }))
    }

    fn read_frames(&mut self, open_track: OpenTrack) -> Result<FramesRead, Disconnected> {
        let OpenTrack { mut file, title, info, .. } = open_track;
        let info = Arc::new(info);
        let mut batch = self.begin_track(&title, &info);
        let (mut framer, mut buffer) = (Framer::new(), vec![0; BATCH_BYTES]);
        let (mut first, mut junk_before, mut idle) = (None, 0, Duration::ZERO);
        let result = loop {
            match file.read(&mut buffer) {
                Ok(ReadStep::Idle) if self.leaves_idle_pipe(&file, &info, &mut idle)? => break Ok(()),
                Ok(ReadStep::Idle) => {}
                Ok(ReadStep::Bytes(0)) => break Ok(()),
                Ok(ReadStep::Bytes(read)) => {
                    idle = Duration::ZERO;
                    framer.push(&buffer[..read]);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => break Err(error),
            }
            if let Some(header) = self.take_frames(&mut framer, &mut batch)? {
                junk_before = framer.junk();
                first = first.or(Some(header));
            }
            if self.sender.is_abandoned(batch.seq) {
                if !file.is_pipe() {
                    break Ok(());
                }
                // The rest of a FIFO becomes a new track. If the FIFO were closed instead, the process that
                // writes to it would get an error and stop.
                batch = self.begin_track(&title, &info);
            }
            if framer.junk() - junk_before > JUNK_MAX {
                break Ok(());
            }
        };
        framer.finish();
        first = first.or(self.take_frames(&mut framer, &mut batch)?);
        if !batch.is_empty() {
            self.send_batch(batch)?;
        }
        if let Err(error) = &result {
            self.warnings.log_once(&format!("error while reading {}: {error}", printable_path(&info.file)));
        }
        Ok(FramesRead { first, result })
    }

    /// Waits for a named pipe that has no data, and returns whether to go on with the next track. A pipe that
    /// has sent nothing for [`PIPE_TIMEOUT`] is reported. If there is no other track, the reader waits
    /// longer, so that the process that writes to the pipe gets no error; unless the music has changed.
    fn leaves_idle_pipe(
        &mut self,
        file: &TrackFile,
        info: &TrackInfo,
        idle: &mut Duration,
    ) -> Result<bool, Disconnected> {
        self.sender.pause(PIPE_POLL_INTERVAL)?;
        *idle += PIPE_POLL_INTERVAL;
        if *idle < PIPE_TIMEOUT {
            return Ok(false);
        }
        let path = printable_path(&info.file);
        if self.rotation.order().has_other_tracks() {
            self.warnings.log_once(&format!("skipping {path}: the named pipe sends no data"));
            return Ok(true);
        }
        self.warnings.log_once(&format!("waiting for data from the named pipe {path}"));
        Ok(file.is_unused_pipe() && self.rotation.has_changed())
    }

    /// Starts the next track: all following batches belong to it.
    fn begin_track(&mut self, title: &str, info: &Arc<TrackInfo>) -> FrameBatch {
        self.seq += 1;
        self.sender.first_batch(self.seq, title.to_owned(), info.clone())
    }

    /// Takes all complete frames, sends the batch whenever it is full, and returns the header of the first
    /// frame.
    fn take_frames(
        &mut self,
        framer: &mut Framer,
        batch: &mut FrameBatch,
    ) -> Result<Option<Header>, Disconnected> {
        let mut first = None;
        while let Some(frame) = framer.next_frame() {
            first = first.or(Some(frame.header));
            batch.push(&frame);
            if batch.is_full() {
                let next = self.sender.next_batch(batch.seq);
                self.send_batch(std::mem::replace(batch, next))?;
            }
        }
        Ok(first)
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

    /// Warns if the format of this track differs from the format of the first track, because some players
    /// stop or stutter at such a change. Warns only once, because all tracks of a station should have one
    /// format.
    fn check_format(&mut self, format: Format, track: &Track) {
        let first = *self.format.get_or_insert(format);
        if first != format && !std::mem::replace(&mut self.is_mixed, true) {
            let format_label = |format: Format| format!("{} Hz × {}", format.rate, format.channels);
            self.warnings.log_once(&format!(
                "format change, at which some players stop or stutter: {} after {}, first in {}",
                format_label(format),
                format_label(first),
                printable_path(&track.path)
            ));
        }
    }
}

/// A track that is open for reading.
struct OpenTrack {
    file: TrackFile,
    /// The metadata of a regular file.
    metadata: Option<Metadata>,
    title: String,
    info: TrackInfo,
}

/// The result of reading a track.
struct FramesRead {
    /// The header of the first frame, if there was one.
    first: Option<Header>,
    /// The read error that ended the file, if any.
    result: io::Result<()>,
}
