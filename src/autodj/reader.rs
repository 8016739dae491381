//! The thread that reads a station's music, so that a dead disk stalls neither the loop nor another station.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use log::warn;

use super::list::Order;
use super::scan::{Track, scan};
use super::tags::{title_by_name, title_of};
use crate::audio::{Frame, Framer, Header};

/// What a reader does when it has handed something over: wakes whoever waits for it.
pub type Alert = Box<dyn Fn() + Send>;

/// Stack of the thread, in bytes: what it needs with room to spare, as there is one for every station.
const STACK: usize = 256 * 1024;

/// Bytes of audio in one hand-over: half a second at 128 kbit/s.
const BATCH: usize = 8 * 1024;

/// Hand-overs that wait to be played. Eight seconds at 128 kbit/s: a burst, and a disk's time to wake up.
const BATCHES_WAITING: usize = 16;

/// A file is given up when this many bytes had no frame in them. More than any picture in a tag.
const NO_FRAME_MAX: u64 = 32 * 1024 * 1024;

/// How long to wait before looking again for something to play where there was nothing.
const RETRY: Duration = Duration::from_secs(10);

/// Warnings remembered so as not to be repeated.
const WARNED_MAX: usize = 10_000;

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
    pub bytes: Vec<u8>,
    pub headers: Vec<Header>,
}

impl Batch {
    fn push(&mut self, frame: &Frame<'_>) {
        self.bytes.extend_from_slice(frame.bytes);
        self.headers.push(frame.header);
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
) -> io::Result<Receiver<Handover>> {
    let (sender, receiver) = sync_channel(BATCHES_WAITING);
    let order = Order::new(shuffle);
    let mut reader = Reader { label: label.to_owned(), music, order, sender, alert, warned: HashSet::new() };
    thread::Builder::new().name(format!("autodj {label}")).stack_size(STACK).spawn(move || {
        // It ends when nobody is there any more, and that is all there is to say.
        let NobodyThere = reader.read_for_ever();
    })?;
    Ok(receiver)
}

struct Reader {
    label: String,
    music: Vec<PathBuf>,
    order: Order,
    sender: SyncSender<Handover>,
    alert: Alert,
    warned: HashSet<String>,
}

impl Reader {
    fn read_for_ever(&mut self) -> NobodyThere {
        loop {
            match self.read_list() {
                Ok(true) => {}
                Ok(false) => thread::sleep(RETRY),
                Err(nobody) => return nobody,
            }
        }
    }

    /// Reads all the music there is once, looking anew what is there; says whether there was anything to play.
    fn read_list(&mut self) -> Result<bool, NobodyThere> {
        let found = scan(&self.music);
        found.complaints.into_iter().for_each(|complaint| self.warn_once(complaint));
        let mut any = false;
        for track in self.order.arrange(found.tracks) {
            any |= self.read_track(&track)?;
        }
        if !any {
            self.warn_once("there is nothing to play".to_owned());
            self.hand_over(Handover::Nothing)?;
        }
        Ok(any)
    }

    /// Reads a track to its end; says whether it had any frames.
    fn read_track(&mut self, track: &Track) -> Result<bool, NobodyThere> {
        let path = track.path.display();
        let opened = File::open(&track.path).and_then(|file| Ok((file.metadata()?.is_file(), file)));
        let (mut file, title) = match opened {
            // Only a file can be read twice: once for its tags, once for its frames.
            Ok((true, mut file)) => {
                let title = title_of(&track.path, &mut file, track.title.as_deref());
                (file, title)
            }
            Ok((false, file)) => (file, title_by_name(&track.path, track.title.as_deref())),
            Err(error) => {
                self.warn_once(format!("cannot open {path}: {error}"));
                return Ok(false);
            }
        };
        let frames = self.read_frames(&mut file, title)?;
        if let Err(error) = frames.end {
            self.warn_once(format!("cannot read {path} to its end: {error}"));
        } else if frames.count == 0 {
            self.warn_once(format!("{path} is left out: no MP3 frames in it"));
        }
        Ok(frames.count > 0)
    }

    fn read_frames(&mut self, file: &mut File, title: String) -> Result<FramesRead, NobodyThere> {
        let mut batch = Batch { title: Some(title), ..Batch::default() };
        let (mut framer, mut buffer) = (Framer::new(), vec![0; BATCH]);
        let (mut count, mut since_frame) = (0, 0);
        let end = loop {
            match file.read(&mut buffer) {
                Ok(0) => break Ok(()),
                Ok(read) => {
                    framer.push(&buffer[..read]);
                    since_frame += read as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => break Err(error),
            }
            let found = take_frames(&mut framer, &mut batch);
            since_frame = if found > 0 { 0 } else { since_frame };
            count += found;
            if since_frame > NO_FRAME_MAX {
                break Ok(());
            }
            if batch.bytes.len() >= BATCH {
                self.hand_over(Handover::Batch(std::mem::take(&mut batch)))?;
            }
        };
        framer.finish();
        count += take_frames(&mut framer, &mut batch);
        if !batch.headers.is_empty() {
            self.hand_over(Handover::Batch(batch))?;
        }
        Ok(FramesRead { count, end })
    }

    fn hand_over(&self, handover: Handover) -> Result<(), NobodyThere> {
        self.sender.send(handover).map_err(|_| NobodyThere)?;
        (self.alert)();
        Ok(())
    }

    fn warn_once(&mut self, what: String) {
        if self.warned.len() < WARNED_MAX && !self.warned.contains(&what) {
            warn!("{}: {what}", self.label);
            self.warned.insert(what);
        }
    }
}

struct FramesRead {
    count: usize,
    /// How the file ended.
    end: io::Result<()>,
}

fn take_frames(framer: &mut Framer, batch: &mut Batch) -> usize {
    let before = batch.headers.len();
    while let Some(frame) = framer.next_frame() {
        batch.push(&frame);
    }
    batch.headers.len() - before
}
