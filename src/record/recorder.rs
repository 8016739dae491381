//! Sends the frames of a session from the event loop to the thread that writes them.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use log::warn;

use super::batch::RecordBatch;
use super::cue::SheetHeader;
use super::files::RecordingFiles;
use super::session::RecordingSession;
use crate::audio::Frame;
use crate::icy::Title;
use crate::station::RecordingSink;
use crate::time::AudioTime;
use crate::worker::{Inbox, SendError, WhenFull, Worker, WorkerBuilder, WorkerGroup};

/// The most batches that wait to be written: half a megabyte, or half a minute at 128 kbit/s, in which a disk
/// can spin up.
const QUEUE_MAX: usize = 32;

/// The stack size of the thread in bytes, more than it needs.
const STACK: usize = 128 * 1024;

/// The event loop's end of a recording.
#[derive(Debug)]
pub struct FileRecorder {
    label: String,
    batch: RecordBatch,
    batches: Worker<RecordBatch>,
    lost: Arc<LostMicros>,
}

/// The length of the audio that was lost because the queue was full, in microseconds. It is shared memory and
/// not a job, because jobs can be refused.
type LostMicros = AtomicU64;

/// Starts a thread that writes a session into the files that `create_files` creates. It is a member of these
/// groups until everything is written.
///
/// # Errors
/// If the system cannot start a thread.
pub fn start(
    label: &str,
    header: SheetHeader,
    create_files: impl FnMut() -> Result<RecordingFiles, String> + Send + 'static,
    groups: [&WorkerGroup; 2],
) -> io::Result<FileRecorder> {
    let session = RecordingSession::new(label, header, Box::new(create_files));
    let lost = Arc::new(LostMicros::default());
    let written = lost.clone();
    let builder = groups.into_iter().fold(thread_builder(label), WorkerBuilder::member_of);
    let batches = builder.spawn(move |batches| write_all(session, &batches, &written))?;
    Ok(FileRecorder::new(label, batches, lost))
}

fn thread_builder(label: &str) -> WorkerBuilder {
    WorkerBuilder::new(format!("record {label}")).stack(STACK).queue(QUEUE_MAX, WhenFull::Refuse)
}

fn write_all(mut session: RecordingSession, batches: &Inbox<RecordBatch>, lost: &LostMicros) {
    batches.jobs().for_each(|batch| session.write(batch));
    session.finish(std::time::Duration::from_micros(lost.load(Ordering::Relaxed)).into());
}

impl FileRecorder {
    fn new(label: &str, batches: Worker<RecordBatch>, lost: Arc<LostMicros>) -> Self {
        Self { label: label.to_owned(), batch: RecordBatch::default(), batches, lost }
    }

    fn send(&mut self) {
        let sent = self.batches.send(std::mem::take(&mut self.batch));
        if let Err(SendError::Full(batch) | SendError::Disconnected(batch)) = sent {
            self.record_loss(batch);
        }
    }

    /// Counts a lost batch, and keeps its last title for the next batch.
    fn record_loss(&mut self, batch: RecordBatch) {
        let before = self.lost.fetch_add(batch.length.duration().as_micros() as u64, Ordering::Relaxed);
        if before == 0 {
            warn!("{}: the disk is too slow, the recording will have gaps", self.label);
        }
        if let Some(title) = batch.into_last_title() {
            self.batch.push_title(title);
        }
    }
}

impl RecordingSink for FileRecorder {
    fn write_title(&mut self, title: &Title) {
        self.batch.push_title(title.clone());
    }

    fn write_frame(&mut self, frame: &Frame<'_>) {
        self.batch.push(frame);
        if self.batch.is_full() {
            self.send();
        }
    }
}

impl Drop for FileRecorder {
    fn drop(&mut self) {
        if self.batch.length > AudioTime::ZERO {
            self.send();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::audio::{Header, silent_frame};
    use crate::worker::InboxEvent;

    /// Returns a recorder without a thread, and the inbox that receives its batches.
    fn recorder() -> (FileRecorder, Inbox<RecordBatch>) {
        let (batches, inbox) = thread_builder("/test").channel();
        (FileRecorder::new("/test", batches, Arc::default()), inbox)
    }

    /// Takes all batches from the queue.
    fn waiting(batches: &Inbox<RecordBatch>) -> Vec<RecordBatch> {
        let mut waiting = Vec::new();
        loop {
            match batches.next_within(Duration::ZERO) {
                InboxEvent::Job(batch) => waiting.push(batch),
                InboxEvent::Flush => {}
                InboxEvent::Timeout | InboxEvent::Closed => return waiting,
            }
        }
    }

    /// Sends frames. 39 of them last at least a second.
    fn send_frames(recorder_under_test: &mut FileRecorder, count: usize) {
        let bytes = silent_frame(&Header::DEFAULT);
        (0..count).for_each(|_| {
            recorder_under_test.write_frame(&Frame { bytes: &bytes, header: Header::DEFAULT, offset: 0 })
        });
    }

    #[test]
    fn frames_are_sent_once_a_second_and_the_rest_at_the_end() {
        let (mut recorder_under_test, batches) = recorder();
        send_frames(&mut recorder_under_test, 100);
        drop(recorder_under_test);
        let frame = silent_frame(&Header::DEFAULT).len();
        let lens: Vec<_> = batches.jobs().map(|batch| batch.bytes.len() / frame).collect();
        assert_eq!(lens, [39, 39, 22]);
        let (recorder_under_test, batches) = recorder();
        drop(recorder_under_test);
        assert_eq!(batches.jobs().count(), 0, "a session without a frame writes no file");
    }

    #[test]
    fn batches_without_room_are_counted_and_their_title_is_kept() {
        let (mut recorder_under_test, batches) = recorder();
        send_frames(&mut recorder_under_test, 39 * QUEUE_MAX);
        recorder_under_test.write_title(&Title::new("A"));
        send_frames(&mut recorder_under_test, 20);
        recorder_under_test.write_title(&Title::new("B"));
        send_frames(&mut recorder_under_test, 19 + 39);
        assert_eq!(waiting(&batches).len(), QUEUE_MAX);
        let lost = Duration::from_micros(recorder_under_test.lost.load(Ordering::Relaxed));
        assert!((Duration::from_millis(2037)..Duration::from_millis(2038)).contains(&lost), "{lost:?}");
        send_frames(&mut recorder_under_test, 39);
        let titles = waiting(&batches).pop().expect("there is room again").titles;
        assert_eq!(titles, [(AudioTime::ZERO, Title::new("B"))]);
    }
}
