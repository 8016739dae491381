//! The settings of the log and of the files that are written like it.

use std::path::PathBuf;

use log::LevelFilter;

/// Where the log goes, and how files of logs are rotated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogSettings {
    /// The file of the log; `None` for stderr.
    pub file: Option<PathBuf>,
    /// The file of the playlist log: one line for every title that begins.
    pub playlist: Option<PathBuf>,
    /// The lowest level that is logged, unless `RUST_LOG` says otherwise.
    pub level: LevelFilter,
    /// When a file is renamed and a new one begins: that of the log, of the access log and of the playlist
    /// log.
    pub rotation: LogRotation,
}

impl Default for LogSettings {
    fn default() -> Self {
        Self { file: None, playlist: None, level: LevelFilter::Info, rotation: LogRotation::default() }
    }
}

/// When a file is renamed and a new one begins.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LogRotation {
    /// The size in bytes beyond which a file is renamed; `None` if another program does that.
    pub max_size: Option<u64>,
    /// Whether all files are kept, with the time in their names; else only the last one is, as `NAME.old`.
    pub keeps_all: bool,
}
