//! The thread that reads a station's music, so that a dead disk stalls neither the loop nor another station.

use std::fs::{self, File};
use std::io::{self, Read};
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
use super::unplayable::Unplayable;
use super::up_next::UpNext;
use super::warnings::Warnings;
use crate::audio::{Format, Framer, Header};
use crate::station::TrackInfo;
use crate::time::Time;
use crate::worker::{LoopWaker, WorkerBuilder};

/// Where a reader learns what time it is.
pub type ClockFn = Box<dyn Fn() -> Time + Send>;

/// Stack of the thread, in bytes: what it needs with room to spare, as there is one for every station.
const STACK: usize = 256 * 1024;

/// A file is given up when this many bytes without a frame stand in it at one place, tags apart: it is no MP3 file.
const JUNK_MAX: u64 = 8 * 1024 * 1024;

/// Bytes that a file may grow by while it plays. One that is still being copied here is to be played whole; one that
/// somebody records into for ever has to end at some time. More than four hours at 128 kbit/s.
const GROWTH_MAX: u64 = 256 << 20;

/// Where there was nothing to play, everything is tried again after this many times [`GLANCE`]: a file may have been
/// repaired.
const IDLE_POLLS_PER_RETRY: u32 = 5;

/// How often to look whether there is anything new where there was nothing to play.
const IDLE_POLL_INTERVAL: Duration = Duration::from_secs(2);

/// Starts to read `music` for the station that the log calls `label`.
///
/// # Errors
/// When the system gives us no thread.
pub(super) fn start(
    label: &str,
    music: Vec<PathBuf>,
    shuffle: Option<u64>,
    alert: LoopWaker,
    clock: ClockFn,
) -> io::Result<FrameReceiver> {
    let (rotation, warnings) = (Rotation::new(music, shuffle), Warnings::new(label));
    let spec = WorkerBuilder::new(format!("autodj {label}")).stack(STACK);
    frame_channel::spawn(spec, alert, move |sender| {
        // It ends when the station is gone, and that is all there is to say.
        let Disconnected = TrackReader::new(rotation, sender, clock, warnings).run();
    })
}

struct TrackReader {
    rotation: Rotation,
    /// Of the track that was begun last.
    seq: TrackSeq,
    sender: FrameSender,
    clock: ClockFn,
    warnings: Warnings,
    unplayable: Unplayable,
    /// Of the first track that had frames.
    format: Option<Format>,
    /// Whether a later one differed.
    is_mixed: bool,
    /// The track that is being read, or was last.
    reading: Option<Track>,
    lookahead: Lookahead,
    /// What was told to come.
    up_next: UpNext,
    /// During which track, and when, it was last looked up what comes.
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
            let read = self.read_round().and_then(|any| if any { Ok(()) } else { self.wait_for_music() });
            if let Err(gone) = read {
                return gone;
            }
        }
    }

    /// Reads every track once; says whether there was anything to play.
    fn read_round(&mut self) -> Result<bool, Disconnected> {
        let complaints = self.rotation.begin_round((self.clock)());
        self.warn_all(&complaints);
        let mut any = false;
        while let Some(track) = self.next_track() {
            if self.read_track(&track)? {
                any = true;
                self.rotation.mark_played(track);
            }
        }
        if !any {
            self.warnings.log_once("no playable files");
            self.sender.send(ReaderMessage::NothingPlayable)?;
        }
        Ok(any)
    }

    fn next_track(&mut self) -> Option<Track> {
        let (track, complaints) = self.rotation.next((self.clock)());
        self.warn_all(&complaints);
        track
    }

    fn warn_all(&mut self, complaints: &[String]) {
        complaints.iter().for_each(|complaint| self.warnings.log_once(complaint));
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

    /// Reads a track to its end, or until it is broken off; says whether it had any frames. One that our reading itself fails on is left out like
    /// any other that cannot be played: a station does not fall silent for one file.
    fn read_track(&mut self, track: &Track) -> Result<bool, Disconnected> {
        let read = AssertUnwindSafe(|| self.try_track(track));
        catch_unwind(read).unwrap_or_else(|_| {
            self.warnings.log_once(&format!("skipping {}: reading it failed", printable_path(&track.path)));
            Ok(false)
        })
    }

    fn try_track(&mut self, track: &Track) -> Result<bool, Disconnected> {
        let opened = match self.open(track) {
            Ok(Some(opened)) => opened,
            Ok(None) => return Ok(false),
            Err(error) => {
                self.warnings.log_once(&format!("cannot open {}: {error}", printable_path(&track.path)));
                return Ok(false);
            }
        };
        let metadata = opened.file.metadata();
        self.reading = Some(track.clone());
        let frames = self.read_frames(opened)?;
        match (frames.first, frames.end) {
            (Some(first), _) => self.check_format(first.format(), track),
            (None, Ok(())) => {
                self.warnings.log_once(&format!("skipping {}: no MP3 frames", printable_path(&track.path)));
                metadata.iter().for_each(|metadata| self.unplayable.insert(&track.path, metadata));
            }
            (None, Err(_)) => {}
        }
        Ok(frames.first.is_some())
    }

    /// Opens a track, unless it is known that there is nothing to play in it.
    fn open(&self, track: &Track) -> io::Result<Option<OpenTrack>> {
        // A FIFO that took a file's place since the scan would hold us until somebody writes into it.
        if !fs::metadata(&track.path)?.is_file() && !self.rotation.is_root(track) {
            return Err(io::Error::other("not a regular file"));
        }
        let mut file = File::open(&track.path)?;
        let metadata = file.metadata()?;
        let hint = track.title.as_deref();
        // Only a file can be read twice: once for its tags, once for its frames.
        if !metadata.is_file() {
            let info = TrackInfo { file: track.path.clone(), ..TrackInfo::default() };
            return Ok(Some(OpenTrack {
                file,
                title: title_by_name(&track.path, hint),
                info,
                limit: u64::MAX,
            }));
        }
        if self.unplayable.contains(&track.path, &metadata) {
            return Ok(None);
        }
        let (title, mut info) = track_info(&track.path, &mut file, hint);
        info.length = probe_duration(&mut file)?;
        Ok(Some(OpenTrack { file, title, info, limit: metadata.len() + GROWTH_MAX }))
    }

    fn read_frames(&mut self, opened: OpenTrack) -> Result<FramesRead, Disconnected> {
        let OpenTrack { file, title, info, limit } = opened;
        let (info, mut file) = (Arc::new(info), file.take(limit));
        let mut batch = self.begin_track(&title, &info);
        let (mut framer, mut buffer) = (Framer::new(), vec![0; BATCH_BYTES]);
        let (mut first, mut junk_before) = (None, 0);
        let end = loop {
            match file.read(&mut buffer) {
                Ok(0) => break Ok(()),
                Ok(read) => framer.push(&buffer[..read]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => break Err(error),
            }
            if let Some(header) = self.take_frames(&mut framer, &mut batch)? {
                junk_before = framer.junk();
                first = first.or(Some(header));
            }
            if self.sender.is_abandoned(batch.seq) {
                if limit < u64::MAX {
                    break Ok(());
                }
                // What is written into a FIFO is no less worth hearing for that, and who writes would stop if we left.
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
        if let Err(error) = &end {
            self.warnings.log_once(&format!("error while reading {}: {error}", printable_path(&info.file)));
        }
        Ok(FramesRead { first, end })
    }

    /// Whatever is handed over from here on is another track.
    fn begin_track(&mut self, title: &str, info: &Arc<TrackInfo>) -> FrameBatch {
        self.seq += 1;
        self.sender.first_batch(self.seq, title.to_owned(), info.clone())
    }

    /// Takes all frames there are, and hands them over as the batch is full; gives the header of the first.
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

    /// Hands over what was read. While there is no room for it, there is time to see what comes next.
    fn send_batch(&mut self, batch: FrameBatch) -> Result<(), Disconnected> {
        if let Some(title) = &batch.title {
            self.up_next.start_track(batch.seq, title);
            self.sender.set_up_next(self.up_next.clone());
        }
        let Some(waiting) = self.sender.try_send(ReaderMessage::Batch(batch))? else { return Ok(()) };
        self.look_ahead();
        self.sender.send(waiting)
    }

    /// Tells what comes after the track that is being read: once for each, and again whenever the list may have changed.
    fn look_ahead(&mut self) {
        let now = (self.clock)();
        let (seq, looked) = self.last_lookahead;
        let Some(track) = self.reading.clone() else { return };
        if seq == self.seq && now.since(looked) < LIST_AGE_MAX {
            return;
        }
        self.last_lookahead = (self.seq, now);
        let complaints = self.rotation.refresh(now);
        self.warn_all(&complaints);
        let is_named = |track: &Track| self.rotation.is_root(track);
        let titles = self.lookahead.titles(self.rotation.order(), &track, is_named);
        if self.up_next.set_upcoming(titles) {
            self.sender.set_up_next(self.up_next.clone());
        }
    }

    /// Warns when this track differs from the first in what makes some players stumble. Once is enough, whatever the
    /// formats: a collection is mixed or it is not.
    fn check_format(&mut self, format: Format, track: &Track) {
        let usual = *self.format.get_or_insert(format);
        if usual != format && !std::mem::replace(&mut self.is_mixed, true) {
            let named = |format: Format| format!("{} Hz × {}", format.rate, format.channels);
            self.warnings.log_once(&format!(
                "format change, at which some players stop or stutter: {} after {}, first in {}",
                named(format),
                named(usual),
                printable_path(&track.path)
            ));
        }
    }
}

/// A track that can be read.
struct OpenTrack {
    file: File,
    title: String,
    info: TrackInfo,
    /// How many bytes of it are read at most; `u64::MAX` of what is no file.
    limit: u64,
}

struct FramesRead {
    /// The header of the first, if there was any.
    first: Option<Header>,
    /// How the file ended.
    end: io::Result<()>,
}
