//! The formats of the last sources on disk, so that a station announces the right codec after a restart: one
//! line of JSON for each station.
//!
//! The file is read at the start. A separate thread rewrites it after every change: it writes a new file and
//! renames it over the old one.

use std::io;
use std::path::Path;
use std::time::Duration;

use log::warn;
use serde::{Deserialize, Serialize};

use crate::audio::{Codec, Format};
use crate::settings::StationIdentity;
use crate::state_lines::{self, LINES_MAX};
use crate::state_writer::StateWriter;
use crate::station::{SourceFormats, is_valid_format};
use crate::worker::{ThreadWatch, Worker};

/// The file name in the state directory.
const FILE_NAME: &str = "sources.jsonl";

const HEADER: &str = "# The formats of the last source or upstream of each station. coldwave rewrites this file with every change: edit\n\
                      # it only while coldwave is stopped.\n";

/// How long shutdown waits for the last change.
const FLUSH_TIMEOUT: Duration = Duration::from_millis(300);

/// The file with the formats.
#[derive(Debug)]
pub struct SourceFormatFile {
    writer: Worker<Vec<SourceLine>>,
}

/// Keeps the formats in memory, and has every change written to the file.
#[derive(Debug)]
struct StoredFormats {
    lines: Vec<SourceLine>,
    /// `None` if the file could not be read, and is therefore not written either.
    writer: Option<Worker<Vec<SourceLine>>>,
}

/// A line of the file. Further keys are ignored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct SourceLine {
    mount: String,
    /// The id, if the configuration gives one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id: Option<u32>,
    codec: CodecName,
    samplerate: u32,
    channels: u8,
}

/// A codec as it is written in the file, and in the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum CodecName {
    Mp3,
    Aac,
}

impl From<Codec> for CodecName {
    fn from(codec: Codec) -> Self {
        match codec {
            Codec::Mp3 => Self::Mp3,
            Codec::Aac => Self::Aac,
        }
    }
}

impl SourceLine {
    fn new(station: &StationIdentity, format: Format) -> Self {
        let Format { codec, rate, channels } = format;
        let StationIdentity { id, mount } = station.clone();
        Self { mount, id, codec: codec.into(), samplerate: rate, channels }
    }

    fn format(&self) -> Format {
        let codec = match self.codec {
            CodecName::Mp3 => Codec::Mp3,
            CodecName::Aac => Codec::Aac,
        };
        Format { codec, rate: self.samplerate, channels: self.channels }
    }
}

impl SourceFormatFile {
    /// Reads the file in `folder`, which must exist. Invalid lines and a file that cannot be read are logged.
    ///
    /// # Errors
    /// The thread that writes the file cannot be started.
    pub fn open(folder: &Path) -> io::Result<(Self, Box<dyn SourceFormats + Send>)> {
        let path = folder.join(FILE_NAME);
        let read = state_lines::read(&path, parse_line).inspect_err(|error| {
            warn!("cannot read the formats of sources from {}: {error}", path.display());
        });
        let save = |path: &Path, lines: &Vec<SourceLine>| state_lines::write(path, HEADER, lines);
        let writer = StateWriter::new(path, "the formats of sources", save).start("source formats")?;
        let usable = read.is_ok().then(|| writer.clone());
        let formats = StoredFormats { lines: read.unwrap_or_default(), writer: usable };
        Ok((Self { writer }, Box::new(formats)))
    }

    /// Returns the thread that writes, which ends when the file is no longer used.
    pub fn watch(&self) -> ThreadWatch {
        self.writer.watch()
    }

    /// Waits for a limited time until the last change is written.
    pub fn flush(&self) {
        self.writer.flush(FLUSH_TIMEOUT);
    }
}

impl StoredFormats {
    fn find(&self, station: &StationIdentity) -> Option<usize> {
        station.position_in(self.lines.iter().map(|line| (line.id, line.mount.as_str())))
    }
}

impl SourceFormats for StoredFormats {
    fn load(&self, station: &StationIdentity) -> Option<Format> {
        self.find(station).map(|at| self.lines[at].format())
    }

    fn store(&mut self, station: &StationIdentity, format: Format) {
        let line = SourceLine::new(station, format);
        match self.find(station) {
            Some(at) if self.lines[at] == line => return,
            Some(at) => self.lines[at] = line,
            None => self.lines.push(line),
        }
        let superfluous = self.lines.len().saturating_sub(LINES_MAX);
        self.lines.drain(..superfluous);
        if let Some(writer) = &self.writer {
            // If the thread has ended, it has logged the reason.
            let _ = writer.send(self.lines.clone());
        }
    }
}

/// Parses a line.
///
/// # Errors
/// The reason in one sentence.
fn parse_line(text: &str) -> Result<SourceLine, String> {
    let line: SourceLine =
        serde_json::from_str(text).map_err(|error| format!("not the format of a source: {error}"))?;
    match is_valid_format(line.format()) {
        true => Ok(line),
        false => Err("samplerate, channels: the codec does not have them".to_owned()),
    }
}

#[cfg(test)]
mod tests;
