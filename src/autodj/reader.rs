//! The thread that reads a station's music, so that a dead disk stalls neither the loop nor another station.

use std::fs::{self, File};
use std::io::{self, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use super::probe::length_of;
use super::programme::Programme;
use super::scan::{Track, shown};
use super::tags::{title_by_name, track_info};
use super::unplayable::Unplayable;
use super::warnings::Warnings;
use crate::audio::{Format, Frame, Framer, Header};
use crate::station::TrackInfo;
use crate::time::{AudioTime, Time};

/// What a reader does when it has handed something over: wakes whoever waits for it.
pub type Alert = Box<dyn Fn() + Send>;

/// Where a reader learns what time it is.
pub type Clock = Box<dyn Fn() -> Time + Send>;

/// Stack of the thread, in bytes: what it needs with room to spare, as there is one for every station.
const STACK: usize = 256 * 1024;

/// Bytes of audio in one hand-over: half a second at 128 kbit/s.
const BATCH: usize = 8 * 1024;

/// The longest that the audio in one hand-over may play. At a low bit rate, what is read ahead would else last for
/// minutes, and a track would be chosen long before its turn: see `programme`.
const BATCH_LENGTH: Duration = Duration::from_secs(1);

/// Hand-overs that wait to be played. Eight seconds at 128 kbit/s: a burst, and a disk's time to wake up. With the one
/// that is being filled, never more than 17 seconds.
const BATCHES_WAITING: usize = 16;

/// A file is given up when this many bytes without a frame stand in it at one place, tags apart: it is no MP3 file.
const JUNK_MAX: u64 = 8 * 1024 * 1024;

/// Bytes that a file may grow by while it plays. One that is still being copied here is to be played whole; one that
/// somebody records into for ever has to end at some time. More than four hours at 128 kbit/s.
const GROWTH_MAX: u64 = 256 << 20;

/// Where there was nothing to play, everything is tried again after this many times [`GLANCE`]: a file may have been
/// repaired.
const GLANCES: u32 = 5;

/// How often to look whether there is anything new where there was nothing to play.
const GLANCE: Duration = Duration::from_secs(2);

/// What the reader hands over.
#[derive(Debug)]
pub(super) enum Handover {
    /// The next frames.
    Batch(Batch),
    /// A whole round through the music found nothing to play.
    Nothing,
}

/// Whole frames, one after the other.
#[derive(Debug, Default)]
pub(super) struct Batch {
    /// The title that begins with the first frame.
    pub title: Option<String>,
    /// What is known of the track that begins with the first frame.
    pub track: Option<Arc<TrackInfo>>,
    pub bytes: Vec<u8>,
    pub headers: Vec<Header>,
    length: AudioTime,
}

impl Batch {
    fn push(&mut self, frame: &Frame<'_>) {
        self.bytes.extend_from_slice(frame.bytes);
        self.headers.push(frame.header);
        self.length += AudioTime::of_samples(frame.header.samples().into(), frame.header.rate());
    }

    fn is_full(&self) -> bool {
        self.bytes.len() >= BATCH || self.length >= BATCH_LENGTH.into()
    }
}

/// The station is gone, so nobody wants what is read.
#[derive(Debug)]
struct NobodyThere;

/// Starts to read `music` for the station that the log calls `label`.
///
/// # Errors
/// When the system gives us no thread.
pub(super) fn start(
    label: &str,
    music: Vec<PathBuf>,
    shuffle: Option<u64>,
    alert: Alert,
    clock: Clock,
) -> io::Result<Receiver<Handover>> {
    let (sender, receiver) = sync_channel(BATCHES_WAITING);
    let (programme, warnings) = (Programme::new(music, shuffle), Warnings::new(label));
    let mut reader = Reader {
        programme,
        sender,
        alert,
        clock,
        warnings,
        unplayable: Unplayable::default(),
        format: None,
        is_mixed: false,
    };
    thread::Builder::new().name(format!("autodj {label}")).stack_size(STACK).spawn(move || {
        // It ends when nobody is there any more, and that is all there is to say.
        let NobodyThere = reader.read_for_ever();
    })?;
    Ok(receiver)
}

struct Reader {
    programme: Programme,
    sender: SyncSender<Handover>,
    alert: Alert,
    clock: Clock,
    warnings: Warnings,
    unplayable: Unplayable,
    /// Of the first track that had frames.
    format: Option<Format>,
    /// Whether a later one differed.
    is_mixed: bool,
}

impl Reader {
    fn read_for_ever(&mut self) -> NobodyThere {
        loop {
            match self.read_round() {
                Ok(true) => {}
                Ok(false) => self.wait_for_news(),
                Err(nobody) => return nobody,
            }
        }
    }

    /// Reads every track once; says whether there was anything to play.
    fn read_round(&mut self) -> Result<bool, NobodyThere> {
        let complaints = self.programme.begin((self.clock)());
        self.warn_all(&complaints);
        let mut any = false;
        while let Some(track) = self.next_track() {
            if self.read_track(&track)? {
                any = true;
                self.programme.heard(track);
            }
        }
        if !any {
            self.warnings.say("there is nothing to play");
            self.hand_over(Handover::Nothing)?;
        }
        Ok(any)
    }

    fn next_track(&mut self) -> Option<Track> {
        let (track, complaints) = self.programme.next((self.clock)());
        self.warn_all(&complaints);
        track
    }

    fn warn_all(&mut self, complaints: &[String]) {
        complaints.iter().for_each(|complaint| self.warnings.say(complaint));
    }

    fn wait_for_news(&self) {
        for _ in 0..GLANCES {
            thread::sleep(GLANCE);
            if self.programme.has_changed() {
                return;
            }
        }
    }

    /// Reads a track to its end; says whether it had any frames. One that our reading itself fails on is left out like
    /// any other that cannot be played: a station does not fall silent for one file.
    fn read_track(&mut self, track: &Track) -> Result<bool, NobodyThere> {
        let read = AssertUnwindSafe(|| self.try_track(track));
        catch_unwind(read).unwrap_or_else(|_| {
            self.warnings.say(&format!("{} is left out: reading it failed", shown(&track.path)));
            Ok(false)
        })
    }

    fn try_track(&mut self, track: &Track) -> Result<bool, NobodyThere> {
        let opened = match self.open(track) {
            Ok(Some(opened)) => opened,
            Ok(None) => return Ok(false),
            Err(error) => {
                self.warnings.say(&format!("cannot open {}: {error}", shown(&track.path)));
                return Ok(false);
            }
        };
        let metadata = opened.file.metadata();
        let frames = self.read_frames(opened)?;
        match (frames.first, frames.end) {
            (Some(first), _) => self.compare(first.format(), track),
            (None, Ok(())) => {
                self.warnings.say(&format!("{} is left out: no MP3 frames in it", shown(&track.path)));
                metadata.iter().for_each(|metadata| self.unplayable.add(&track.path, metadata));
            }
            (None, Err(_)) => {}
        }
        Ok(frames.first.is_some())
    }

    /// Opens a track, unless it is known that there is nothing to play in it.
    fn open(&self, track: &Track) -> io::Result<Option<Opened>> {
        // A FIFO that took a file's place since the scan would hold us until somebody writes into it.
        if !fs::metadata(&track.path)?.is_file() && !self.programme.names(track) {
            return Err(io::Error::other("no regular file"));
        }
        let mut file = File::open(&track.path)?;
        let metadata = file.metadata()?;
        let hint = track.title.as_deref();
        // Only a file can be read twice: once for its tags, once for its frames.
        if !metadata.is_file() {
            let info = TrackInfo { file: track.path.clone(), ..TrackInfo::default() };
            return Ok(Some(Opened { file, title: title_by_name(&track.path, hint), info, limit: u64::MAX }));
        }
        if self.unplayable.has(&track.path, &metadata) {
            return Ok(None);
        }
        let (title, mut info) = track_info(&track.path, &mut file, hint);
        info.length = length_of(&mut file)?;
        Ok(Some(Opened { file, title, info, limit: metadata.len() + GROWTH_MAX }))
    }

    fn read_frames(&mut self, opened: Opened) -> Result<FramesRead, NobodyThere> {
        let Opened { file, title, info, limit } = opened;
        let shown = shown(&info.file);
        let mut file = file.take(limit);
        let mut batch = Batch { title: Some(title), track: Some(Arc::new(info)), ..Batch::default() };
        let (mut framer, mut buffer) = (Framer::new(), vec![0; BATCH]);
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
            if framer.junk() - junk_before > JUNK_MAX {
                break Ok(());
            }
        };
        framer.finish();
        first = first.or(self.take_frames(&mut framer, &mut batch)?);
        if !batch.headers.is_empty() {
            self.hand_over(Handover::Batch(batch))?;
        }
        if let Err(error) = &end {
            self.warnings.say(&format!("cannot read {shown} to its end: {error}"));
        }
        Ok(FramesRead { first, end })
    }

    /// Takes all frames there are, and hands them over as the batch is full; gives the header of the first.
    fn take_frames(&self, framer: &mut Framer, batch: &mut Batch) -> Result<Option<Header>, NobodyThere> {
        let mut first = None;
        while let Some(frame) = framer.next_frame() {
            first = first.or(Some(frame.header));
            batch.push(&frame);
            if batch.is_full() {
                self.hand_over(Handover::Batch(std::mem::take(batch)))?;
            }
        }
        Ok(first)
    }

    fn hand_over(&self, handover: Handover) -> Result<(), NobodyThere> {
        self.sender.send(handover).map_err(|_| NobodyThere)?;
        (self.alert)();
        Ok(())
    }

    /// Warns when this track differs from the first in what makes some players stumble. Once is enough, whatever the
    /// formats: a collection is mixed or it is not.
    fn compare(&mut self, format: Format, track: &Track) {
        let usual = *self.format.get_or_insert(format);
        if usual != format && !std::mem::replace(&mut self.is_mixed, true) {
            let named = |format: Format| format!("{} Hz × {}", format.rate, format.channels);
            self.warnings.say(&format!(
                "sampling rates or channels differ, at which some players stop or stumble: {} after {}, first in {}",
                named(format),
                named(usual),
                shown(&track.path)
            ));
        }
    }
}

/// A track that can be read.
struct Opened {
    file: File,
    title: String,
    info: TrackInfo,
    /// How many bytes of it are read at most.
    limit: u64,
}

struct FramesRead {
    /// The header of the first, if there was any.
    first: Option<Header>,
    /// How the file ended.
    end: io::Result<()>,
}
