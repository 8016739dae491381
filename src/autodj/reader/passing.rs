//! Reads tracks whose frames are played unchanged.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use super::track_reader::TrackReader;
use crate::audio::{Format, Framer, Header};
use crate::autodj::batch::{BATCH_BYTES, FrameBatch, ReaderMessage};
use crate::autodj::frame_channel::Disconnected;
use crate::autodj::inspector::{Inspected, NotPlayable};
use crate::autodj::scan::{Track, printable_path};
use crate::autodj::tags::title_by_name;
use crate::autodj::track_file::{ReadStep, TrackFile};
use crate::id3v2::skip_tags;
use crate::settings::Unconverted;
use crate::station::TrackInfo;

/// A file with this many consecutive bytes without a frame, apart from tags, is abandoned: it is not an MP3
/// file.
const JUNK_MAX: u64 = 8 * 1024 * 1024;

/// Interval between two reads of a named pipe that has no data.
const PIPE_POLL_INTERVAL: Duration = Duration::from_millis(100);

/// A named pipe without data for this long is reported, and left if there are other tracks.
const PIPE_TIMEOUT: Duration = Duration::from_secs(5);

impl TrackReader {
    /// Reads a file and returns whether it had frames.
    pub(super) fn pass_file(&mut self, track: &Track, inspected: Inspected) -> Result<bool, Disconnected> {
        let Inspected { mut file, metadata, title, info, .. } = inspected;
        // The framer would believe a tag that claims to be longer than the file, and find no frame. A file
        // that cannot be sought fails when it is read.
        let _ = skip_tags(&mut file);
        let frames = self.read_frames(TrackFile::regular(file, &metadata), &title, info)?;
        match (frames.first, frames.result) {
            (Some(first), _) => self.check_format(first.format(), track),
            (None, Ok(())) => self.leave_out(track, NotPlayable::NoFrames, Some(&metadata)),
            (None, Err(_)) => {}
        }
        Ok(frames.first.is_some())
    }

    /// Reads a named pipe and returns whether it had frames. A pipe cannot be read twice, for its tags and
    /// for its frames.
    pub(super) fn pass_pipe(&mut self, track: &Track, pipe: TrackFile) -> Result<bool, Disconnected> {
        self.reading = Some(track.clone());
        let info = TrackInfo { file: track.path.clone(), ..TrackInfo::default() };
        let title = title_by_name(&track.path, track.title.as_deref(), self.inspector.charset);
        let first = self.read_frames(pipe, &title, info)?.first;
        first.iter().for_each(|first| self.check_format(first.format(), track));
        Ok(first.is_some())
    }

    fn read_frames(
        &mut self,
        mut file: TrackFile,
        title: &str,
        info: TrackInfo,
    ) -> Result<FramesRead, Disconnected> {
        let info = Arc::new(info);
        let mut batch = self.begin_track(title, &info);
        let (mut framer, mut buffer) = (Framer::new(), vec![0; BATCH_BYTES]);
        let (mut first, mut junk_before, mut idle) = (None, 0, Duration::ZERO);
        let mut has_ended_pipe = false;
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
                self.sender.take_restart(self.seq);
                batch = self.begin_track(title, &info);
            }
            has_ended_pipe = file.is_pipe() && std::mem::take(&mut self.ends_pipe);
            if has_ended_pipe || framer.junk() - junk_before > JUNK_MAX {
                break Ok(());
            }
        };
        framer.finish();
        first = first.or(self.take_frames(&mut framer, &mut batch)?);
        if !batch.is_empty() {
            self.send_batch(batch)?;
        }
        if has_ended_pipe {
            // The station need not wait for the next track.
            self.sender.send(ReaderMessage::NothingPlayable)?;
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
        self.serve_requests();
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

    /// Warns if the format of this track is not that of most tracks so far: browsers stop where it changes.
    fn check_format(&mut self, format: Format, track: &Track) {
        let Some(most) = self.passed_formats.note(format).filter(|most| *most != format) else { return };
        let remedy = self.inspector.plan.unconverted().map_or("", Unconverted::or_remedy);
        let file = printable_path(&track.path);
        self.mixed_files.log_once(&format!(
            "{file}: {format}, the other music has {most}: browsers stop at the change; convert the file{remedy}"
        ));
    }
}

/// The result of reading a track.
struct FramesRead {
    /// The header of the first frame, if there was one.
    first: Option<Header>,
    /// The read error that ended the file, if any.
    result: io::Result<()>,
}
