//! The file of a track: a regular file, or a named pipe that is itself an entry of `music`.

use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::path::Path;

use crate::open_file;

/// Number of bytes by which a file may grow while it is played: more than four hours at 128 kbit/s. A file
/// that is still being copied is played to its end, but a file to which another program records endlessly is
/// not played endlessly.
const GROWTH_MAX: u64 = 256 << 20;

/// The result of a read.
#[derive(Debug)]
pub enum ReadStep {
    /// This many bytes; 0 at the end.
    Bytes(usize),
    /// The pipe has no data, or no writer has opened it yet.
    Idle,
}

/// A track that is open for reading.
pub enum TrackFile {
    /// A regular file, of which a limited number of bytes is read.
    Regular(io::Take<File>),
    /// A named pipe. Reading it never blocks.
    Pipe {
        /// The pipe.
        pipe: File,
        /// Whether it has sent data: only after that, no bytes mean its end.
        has_sent: bool,
    },
}

impl TrackFile {
    /// Wraps a regular file.
    pub fn regular(file: File, metadata: &Metadata) -> Self {
        Self::Regular(file.take(metadata.len() + GROWTH_MAX))
    }

    /// Opens a named pipe, without waiting for a writer.
    ///
    /// # Errors
    /// If the path is anything else, or cannot be opened.
    pub fn open_pipe(path: &Path) -> io::Result<Self> {
        Ok(Self::Pipe { pipe: open_file::open_pipe(path)?, has_sent: false })
    }

    /// Returns whether it is a pipe.
    pub fn is_pipe(&self) -> bool {
        matches!(self, Self::Pipe { .. })
    }

    /// Returns whether it is a pipe that has sent nothing yet.
    pub fn is_unused_pipe(&self) -> bool {
        matches!(self, Self::Pipe { has_sent: false, .. })
    }

    /// Reads the next bytes.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn read(&mut self, buffer: &mut [u8]) -> io::Result<ReadStep> {
        let read = match self {
            Self::Regular(file) => file.read(buffer),
            Self::Pipe { pipe, .. } => pipe.read(buffer),
        };
        match (read, self) {
            (Ok(0), Self::Pipe { has_sent: false, .. }) => Ok(ReadStep::Idle),
            (Ok(read), Self::Pipe { has_sent, .. }) => {
                *has_sent = true;
                Ok(ReadStep::Bytes(read))
            }
            (Ok(read), Self::Regular(_)) => Ok(ReadStep::Bytes(read)),
            (Err(error), Self::Pipe { .. }) if error.kind() == io::ErrorKind::WouldBlock => {
                Ok(ReadStep::Idle)
            }
            (Err(error), _) => Err(error),
        }
    }
}
