//! The log and the files like it: opening them at the start and for a reload, reopening and exchanging them.

use std::path::{Path, PathBuf};

use super::change::Change;
use super::current_log::CurrentLog;
use crate::access_log::{self, AccessLine};
use crate::log_output::{self, LogFileWriter, LogOutput};
use crate::log_writer::{LogKind, LogLine, LogWriter};
use crate::playlist_log::{self, PlaylistLine};
use crate::server::{ReopenLog, SessionLog};
use crate::session::SessionSummary;
use crate::settings::{LogRotation, LogSettings, Settings};
use crate::station::TitleLog;
use crate::w3c_log::{self, W3cLine};
use crate::worker::ThreadWatch;

/// The logs that are in use. Clones are the same.
#[derive(Clone)]
pub struct Logs {
    /// The access log.
    pub access: CurrentLog<AccessLine>,
    w3c: CurrentLog<W3cLine>,
    titles: CurrentLog<PlaylistLine>,
    output: LogOutput,
}

/// The settings that decide which files are opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogFiles {
    access: Option<PathBuf>,
    w3c: Option<PathBuf>,
    logs: LogSettings,
}

/// What a reload has opened.
pub struct NewLogs {
    access: Change<LogWriter<AccessLine>>,
    w3c: Change<LogWriter<W3cLine>>,
    titles: Change<LogWriter<PlaylistLine>>,
    log: Change<LogFileWriter>,
}

impl LogFiles {
    /// Returns the files of these settings.
    pub fn new(settings: &Settings) -> Self {
        let (access, w3c) = (settings.access_log.clone(), settings.w3c_log.clone());
        Self { access, w3c, logs: settings.logs.clone() }
    }

    /// Opens the files that are not in use. Blocks on the disk.
    ///
    /// # Errors
    /// Returns one sentence for each file that cannot be opened.
    pub fn open_new(&self, in_use: &Self) -> Result<NewLogs, Vec<String>> {
        let rotation = self.logs.rotation;
        let is_rotated_as_before = rotation == in_use.logs.rotation;
        let change = |wanted: &Option<PathBuf>, used: &Option<PathBuf>| match wanted {
            _ if wanted == used && (is_rotated_as_before || wanted.is_none()) => Change::Same,
            wanted => Change::To(wanted.clone()),
        };
        let access = change(&self.access, &in_use.access).open(|path| open(access_log::KIND, path, rotation));
        let w3c = change(&self.w3c, &in_use.w3c).open(|path| open(w3c_log::KIND, path, rotation));
        let log = change(&self.logs.file, &in_use.logs.file).open(|path| log_output::open(path, rotation));
        let titles = change(&self.logs.playlist, &in_use.logs.playlist);
        let titles = titles.open(|path| open(playlist_log::KIND, path, rotation));
        match (access, w3c, titles, log) {
            (Ok(access), Ok(w3c), Ok(titles), Ok(log)) => Ok(NewLogs { access, w3c, titles, log }),
            (access, w3c, titles, log) => {
                let errors = [access.err(), w3c.err(), titles.err(), log.err()];
                Err(errors.into_iter().flatten().collect())
            }
        }
    }
}

fn open<L: LogLine>(kind: LogKind, path: &Path, rotation: LogRotation) -> Result<LogWriter<L>, String> {
    LogWriter::open(kind, path, rotation)
}

fn open_when_possible<L: LogLine>(
    kind: LogKind,
    path: Option<&Path>,
    rotation: LogRotation,
) -> Result<CurrentLog<L>, String> {
    let open = |path: &Path| LogWriter::open_when_possible(kind, path, rotation);
    path.map(open).transpose().map(CurrentLog::new)
}

impl Logs {
    /// Opens the files of the start, and logs to them. One that cannot be opened is a warning, and is tried
    /// again: no station is silent for want of a log.
    ///
    /// # Errors
    /// Returns one sentence if no thread can be started.
    pub fn start(settings: &Settings, output: LogOutput) -> Result<Self, String> {
        let rotation = settings.logs.rotation;
        if let Some(path) = &settings.logs.file {
            log::info!("the log goes to {}", path.display());
        }
        output.set_level(settings.logs.level);
        output.set_file(log_output::open_when_possible(&settings.logs)?);
        let access = open_when_possible(access_log::KIND, settings.access_log.as_deref(), rotation)?;
        let titles = open_when_possible(playlist_log::KIND, settings.logs.playlist.as_deref(), rotation)?;
        let w3c = open_when_possible(w3c_log::KIND, settings.w3c_log.as_deref(), rotation)?;
        Ok(Self { access, w3c, titles, output })
    }

    /// Uses what a reload has opened. Returns the threads that write what is left for the files before.
    pub fn apply(&self, settings: &LogSettings, new: NewLogs) -> Vec<ThreadWatch> {
        let mut retired = Vec::new();
        self.output.set_level(settings.level);
        if let Change::To(log) = new.log {
            retired.extend(self.output.set_file(log).map(|before| before.watch()));
        }
        if let Change::To(log) = new.access {
            retired.extend(self.access.replace(log));
        }
        if let Change::To(log) = new.w3c {
            retired.extend(self.w3c.replace(log));
        }
        if let Change::To(log) = new.titles {
            retired.extend(self.titles.replace(log));
        }
        retired
    }

    /// Returns the functions of the server: what gets the sessions that end, and the titles that begin, and
    /// what reopens all files.
    pub fn hooks(&self) -> (Option<SessionLog>, Option<TitleLog>, Option<ReopenLog>) {
        let session_log = both(
            self.access.writer().map(access_log::session_log),
            self.w3c.writer().map(w3c_log::session_log),
        );
        let title_log = self.titles.writer().map(playlist_log::title_log);
        let has_files = session_log.is_some() || title_log.is_some() || self.output.has_file();
        let logs = self.clone();
        (session_log, title_log, has_files.then(|| Box::new(move || logs.reopen()) as ReopenLog))
    }

    /// Reopens all files under their names.
    pub fn reopen(&self) {
        self.access.reopen();
        self.w3c.reopen();
        self.titles.reopen();
        self.output.reopen();
    }

    /// Waits, for a limited time, until all lines are written.
    pub fn flush(&self) {
        self.access.flush();
        self.w3c.flush();
        self.titles.flush();
        self.output.flush();
    }
}

/// Returns a function that calls both.
fn both(one: Option<SessionLog>, other: Option<SessionLog>) -> Option<SessionLog> {
    let (mut one, mut other) = match (one, other) {
        (Some(one), Some(other)) => (one, other),
        (one, other) => return one.or(other),
    };
    Some(Box::new(move |ended: &SessionSummary<'_>| {
        one(ended);
        other(ended);
    }))
}
