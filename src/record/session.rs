//! One recording, as it is written.

use log::{info, warn};

use super::batch::RecordBatch;
use super::cue::{CueSheet, SheetHeader};
use super::files::{Append, RecordingFiles};
use crate::icy::Title;
use crate::time::AudioTime;

/// Creates the files; the error is one sentence.
pub type CreateFiles = Box<dyn FnMut() -> Result<RecordingFiles, String> + Send>;

/// Writes one session, as far as the disk lets it, and says once when it does not.
pub struct RecordingSession {
    label: String,
    about: SheetHeader,
    open: CreateFiles,
    files: Option<SessionFiles>,
    /// The title behind what was lost, until there is audio again that it can stand at.
    title: Option<Title>,
    lost_length: AudioTime,
    has_failed: bool,
}

struct SessionFiles {
    shown: String,
    audio: AppendOnlyFile,
    cue: AppendOnlyFile,
    sheet: CueSheet,
    length: AudioTime,
}

/// A file of which only whole pieces stay.
struct AppendOnlyFile {
    file: Box<dyn Append>,
    len: u64,
}

impl RecordingSession {
    /// Nothing is opened before the first frame. The log calls the station `label`.
    pub fn new(label: &str, about: SheetHeader, open: CreateFiles) -> Self {
        let label = label.to_owned();
        Self { label, about, open, files: None, title: None, lost_length: AudioTime::ZERO, has_failed: false }
    }

    /// Writes what came. What the disk does not take is lost, and the next tried anew: there may be room again.
    pub fn write(&mut self, batch: RecordBatch) {
        match self.try_write(&batch) {
            Ok(()) => self.title = None,
            Err(why) => {
                self.log_failure(&why);
                self.lost_length += batch.length;
                self.title = batch.into_last_title().or(self.title.take());
            }
        }
    }

    fn try_write(&mut self, batch: &RecordBatch) -> Result<(), String> {
        if self.files.is_none() {
            let files = SessionFiles::new((self.open)()?, &self.about);
            info!("{}: recording {}", self.label, files.shown);
            self.files = Some(files);
        }
        let files = self.files.as_mut().expect("just opened");
        files.add(batch, self.title.as_ref()).map_err(|error| format!("{}: {error}", files.shown))
    }

    fn log_failure(&mut self, why: &str) {
        if !std::mem::replace(&mut self.has_failed, true) {
            warn!("{}: cannot write the recording: {why}", self.label);
        }
    }

    /// No more comes; so much audio never arrived here.
    pub fn finish(mut self, lost_before: AudioTime) {
        self.lost_length += lost_before;
        let Some(files) = &mut self.files else {
            return warn_if_lost(&self.label, self.lost_length, "nothing was recorded of a session");
        };
        files.sheet.finish();
        if let Err(error) = files.write_sheet() {
            warn!("{}: cannot finish the cue sheet of {}: {error}", self.label, files.shown);
        }
        let length = files.length.duration();
        info!("{}: recorded {length:.1?} of {}", self.label, files.shown);
        warn_if_lost(&self.label, self.lost_length, &files.shown);
    }
}

fn warn_if_lost(label: &str, lost: AudioTime, what: &str) {
    if lost > AudioTime::ZERO {
        warn!("{label}: {what}: {:.1?} missing", lost.duration());
    }
}

impl SessionFiles {
    fn new(opened: RecordingFiles, about: &SheetHeader) -> Self {
        let RecordingFiles { path, audio, cue } = opened;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let [audio, cue] = [audio, cue].map(|file| AppendOnlyFile { file, len: 0 });
        let sheet = CueSheet::new(about, &name);
        Self { shown: path.display().to_string(), audio, cue, sheet, length: AudioTime::ZERO }
    }

    /// Adds a batch, with a title at its beginning if it has none there.
    fn add(&mut self, batch: &RecordBatch, before: Option<&Title>) -> std::io::Result<()> {
        self.audio.add(&batch.bytes)?;
        let first = batch.titles.first().is_some_and(|(at, _)| *at == AudioTime::ZERO);
        if let Some(title) = before.filter(|_| !first) {
            self.sheet.add_title(self.length, title);
        }
        batch.titles.iter().for_each(|(at, title)| self.sheet.add_title(self.length + *at, title));
        self.length += batch.length;
        self.sheet.extend_to(self.length);
        // What is not written of it now will be with the next title, or at the end.
        let _ = self.write_sheet();
        Ok(())
    }

    fn write_sheet(&mut self) -> std::io::Result<()> {
        if !self.sheet.unwritten().is_empty() {
            self.cue.add(self.sheet.unwritten().as_bytes())?;
            self.sheet.mark_written();
        }
        Ok(())
    }
}

impl AppendOnlyFile {
    /// Adds all of it, or nothing.
    fn add(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        let added = self.file.append(bytes);
        match &added {
            Ok(()) => self.len += bytes.len() as u64,
            // A disk that cannot even do that has no more to lose.
            Err(_) => drop(self.file.truncate(self.len)),
        }
        added
    }
}

#[cfg(test)]
mod tests;
