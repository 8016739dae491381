//! `log_file` and the other keys of `[server]` about logs.

use std::path::{Path, PathBuf};

use log::LevelFilter;

use super::paths;
use super::ranges::LOG_SIZE;
use super::section::Section;
use crate::settings::{LogRotation, LogSettings};

const ACCESS_LOG: &str = "access_log";
const LOG_FILE: &str = "log_file";

/// The bytes of a kilobyte in `log_size_kb`.
const KILOBYTE: u64 = 1024;

const LEVELS: &[(&str, LevelFilter)] = &[
    ("error", LevelFilter::Error),
    ("warn", LevelFilter::Warn),
    ("info", LevelFilter::Info),
    ("debug", LevelFilter::Debug),
];

/// Returns the path of the access log.
pub fn access_log(section: &mut Section<'_, '_, '_>, folder: &Path) -> Option<PathBuf> {
    path(section, ACCESS_LOG, r#""access.log""#, folder)
}

/// Returns where the log goes, and how logs are rotated.
pub fn read(section: &mut Section<'_, '_, '_>, folder: &Path) -> LogSettings {
    let max_size = section.integer("log_size_kb", &LOG_SIZE).map(|size| u64::from(size.value) * KILOBYTE);
    let archive = section.flag("log_archive");
    if archive.is_some() && max_size.is_none() {
        section.warn("log_archive", "has no effect without log_size_kb");
    }
    LogSettings {
        file: path(section, LOG_FILE, r#""coldwave.log""#, folder),
        playlist: path(section, "playlist_log", r#""playlist.log""#, folder),
        level: section.choice("log_level", LEVELS).unwrap_or(LevelFilter::Info),
        rotation: LogRotation { max_size, keeps_all: archive.unwrap_or_default() },
    }
}

fn path(section: &mut Section<'_, '_, '_>, key: &str, example: &str, folder: &Path) -> Option<PathBuf> {
    let text = section.string(key, example)?;
    paths::log(folder, text.value).map_err(|reason| section.report_rejected(key, text.span, &reason)).ok()
}
