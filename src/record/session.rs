//! Writes one recording to its two files, and counts what is missing.

use log::{info, warn};

use super::batch::RecordBatch;
use super::cue::{CueSheet, SheetHeader};
use super::files::{Append, RecordingFiles};
use crate::icy::Title;
use crate::log_limiter::RECOVERY;
use crate::time::AudioTime;

/// Creates the files of a session. The error is one sentence.
pub type CreateFiles = Box<dyn FnMut() -> Result<RecordingFiles, String> + Send>;

/// Writes one session to its files. Logs the first failure only.
pub struct RecordingSession {
    label: String,
    header: SheetHeader,
    create_files: CreateFiles,
    files: Option<SessionFiles>,
    /// The current title after lost audio. It is written with the next audio.
    title: Option<Title>,
    lost_length: AudioTime,
    has_failed: bool,
}

struct SessionFiles {
    path: String,
    audio: AppendOnlyFile,
    cue: AppendOnlyFile,
    sheet: CueSheet,
    length: AudioTime,
}

/// A file to which each write is appended completely or not at all.
struct AppendOnlyFile {
    file: Box<dyn Append>,
    len: u64,
}

impl RecordingSession {
    /// Returns a session whose files are created with the first frame. `label` is the station's name in the
    /// log.
    pub fn new(label: &str, header: SheetHeader, create_files: CreateFiles) -> Self {
        let label = label.to_owned();
        Self {
            label,
            header,
            create_files,
            files: None,
            title: None,
            lost_length: AudioTime::ZERO,
            has_failed: false,
        }
    }

    /// Writes a batch. If the write fails, this batch is lost. The next one is tried, because there may be
    /// room by then.
    pub fn write(&mut self, batch: RecordBatch) {
        match self.try_write(&batch) {
            Ok(()) => {
                self.title = None;
                if std::mem::take(&mut self.has_failed) {
                    info!(target: RECOVERY, "{}: the recording is written again", self.label);
                }
            }
            Err(reason) => {
                self.log_failure(&reason);
                self.lost_length += batch.length;
                self.title = batch.into_last_title().or(self.title.take());
            }
        }
    }

    fn try_write(&mut self, batch: &RecordBatch) -> Result<(), String> {
        if self.files.is_none() {
            let files = SessionFiles::new((self.create_files)()?, &self.header);
            info!("{}: recording {}", self.label, files.path);
            self.files = Some(files);
        }
        let files = self.files.as_mut().expect("just opened");
        files.append(batch, self.title.as_ref()).map_err(|error| format!("{}: {error}", files.path))
    }

    fn log_failure(&mut self, reason: &str) {
        if !std::mem::replace(&mut self.has_failed, true) {
            warn!("{}: cannot write the recording: {reason}", self.label);
        }
    }

    /// Ends the session. `lost_before` is the length of the audio that was lost before it arrived here.
    pub fn finish(mut self, lost_before: AudioTime) {
        self.lost_length += lost_before;
        let Some(files) = &mut self.files else {
            return warn_if_lost(&self.label, self.lost_length, "nothing was recorded of a session");
        };
        files.sheet.finish();
        if let Err(error) = files.write_sheet() {
            warn!("{}: cannot finish the cue sheet of {}: {error}", self.label, files.path);
        }
        let length = files.length.duration();
        info!("{}: recorded {length:.1?} of {}", self.label, files.path);
        warn_if_lost(&self.label, self.lost_length, &files.path);
    }
}

fn warn_if_lost(label: &str, lost: AudioTime, name: &str) {
    if lost > AudioTime::ZERO {
        warn!("{label}: {name}: {:.1?} missing", lost.duration());
    }
}

impl SessionFiles {
    fn new(files: RecordingFiles, header: &SheetHeader) -> Self {
        let RecordingFiles { path, audio, cue } = files;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let [audio, cue] = [audio, cue].map(|file| AppendOnlyFile { file, len: 0 });
        let sheet = CueSheet::new(header, &name);
        Self { path: path.display().to_string(), audio, cue, sheet, length: AudioTime::ZERO }
    }

    /// Appends a batch. `title_before` applies at its start if the batch has no title there.
    fn append(&mut self, batch: &RecordBatch, title_before: Option<&Title>) -> std::io::Result<()> {
        self.audio.append(&batch.bytes)?;
        let has_title_at_start = batch.titles.first().is_some_and(|(at, _)| *at == AudioTime::ZERO);
        if let Some(title) = title_before.filter(|_| !has_title_at_start) {
            self.sheet.add_title(self.length, title);
        }
        batch.titles.iter().for_each(|(at, title)| self.sheet.add_title(self.length + *at, title));
        self.length += batch.length;
        self.sheet.extend_to(self.length);
        // If this fails, the text is written with the next title, or at the end.
        let _ = self.write_sheet();
        Ok(())
    }

    fn write_sheet(&mut self) -> std::io::Result<()> {
        if !self.sheet.unwritten().is_empty() {
            self.cue.append(self.sheet.unwritten().as_bytes())?;
            self.sheet.mark_written();
        }
        Ok(())
    }
}

impl AppendOnlyFile {
    /// Appends all of the bytes, or none.
    fn append(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        let added = self.file.append(bytes);
        match &added {
            Ok(()) => self.len += bytes.len() as u64,
            // If the truncation fails too, there is nothing else to save.
            Err(_) => drop(self.file.truncate(self.len)),
        }
        added
    }
}

#[cfg(test)]
mod tests;
