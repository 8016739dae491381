//! The thread that reads the configuration again, and opens the files that it names, so that a disk that does
//! not answer delays nothing else.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::change::Change;
use super::logs::{LogFiles, NewLogs};
use super::pid_file;
use super::state_files::OpenedState;
use super::upstream_tls;
use crate::autodj::{FormatStore, PendingMove};
use crate::ban_file::FirstWrite;
use crate::cli::ConfigSource;
use crate::config::LoadedConfig;
use crate::config::check_summary;
use crate::encode_worker::Launch;
use crate::open_file;
use crate::settings::{CertificateFiles, Description};
use crate::tls::ClientTls;
use crate::worker::{
    Inbox, InboxEvent, LoopWaker, Outbox, Results, WhenFull, Worker, WorkerBuilder, result_channel,
};

/// The most jobs that wait: one reload, and what the one before has left to do.
const QUEUE_MAX: usize = 8;

/// How long the end waits for the formats that move to another directory.
const FLUSH_TIMEOUT: Duration = Duration::from_millis(300);

/// What the thread does.
enum ReaderJob {
    /// Reads the configuration.
    Read(Box<InUse>),
    /// Writes the number of the process into another file than before.
    MovePidFile(Option<PathBuf>, Option<PathBuf>),
    /// Moves the formats of stations to another directory.
    MoveFormats(FormatStore, Option<PathBuf>, Option<PendingMove>),
}

/// What is in use: files, which are not opened again, and settings.
pub struct InUse {
    /// The settings that apply.
    pub description: Description,
    /// The files of logs.
    pub logs: LogFiles,
    /// The state directory.
    pub state_dir: Option<PathBuf>,
    /// The files of certificates.
    pub certificates: Vec<CertificateFiles>,
    /// Wakes the event loop, for files in a new state directory.
    pub waker: LoopWaker,
}

/// A configuration that was read again, with the files that are new in it.
pub struct ReadConfig {
    /// The configuration.
    pub loaded: LoadedConfig,
    /// The logs.
    pub logs: NewLogs,
    /// The state directory.
    pub state: Change<OpenedState>,
    /// What connections to others over TLS use.
    pub client_tls: Option<ClientTls>,
}

/// What reading has led to: a configuration, or the lines that the start would print.
pub type ReadResult = Result<Box<ReadConfig>, Vec<String>>;

/// The thread that reads the configuration.
pub struct ConfigReader {
    worker: Worker<ReaderJob>,
    results: Results<ReadResult>,
}

impl ConfigReader {
    /// Starts the thread. `waker` wakes the event loop when there is a result.
    ///
    /// # Errors
    /// If the system cannot start a thread.
    pub fn start(source: ConfigSource, waker: LoopWaker) -> io::Result<Self> {
        let (outbox, results) = result_channel(1, waker);
        let builder = WorkerBuilder::new("configuration").queue(QUEUE_MAX, WhenFull::Refuse);
        let worker = builder.spawn(move |jobs| work(&source, &jobs, &outbox))?;
        Ok(Self { worker, results })
    }

    /// Begins to read the configuration. Returns whether that is possible; not if the thread is blocked or
    /// has ended.
    pub fn read(&self, in_use: InUse) -> bool {
        self.worker.send(ReaderJob::Read(Box::new(in_use))).is_ok()
    }

    /// Writes the number of the process into another file, when the thread comes to it.
    pub fn move_pid_file(&self, before: Option<PathBuf>, after: Option<PathBuf>) {
        // If the thread has ended, it has logged the reason.
        let _ = self.worker.send(ReaderJob::MovePidFile(before, after));
    }

    /// Moves the formats of stations to another directory, when the thread comes to it. `pending` ends then.
    pub fn move_formats(
        &self,
        formats: FormatStore,
        state_dir: Option<PathBuf>,
        pending: Option<PendingMove>,
    ) {
        // If the thread has ended, it has logged the reason.
        let _ = self.worker.send(ReaderJob::MoveFormats(formats, state_dir, pending));
    }

    /// Waits, for a limited time, until the thread has done what it was given.
    pub fn flush(&self) {
        self.worker.flush(FLUSH_TIMEOUT);
    }

    /// Returns the result of reading, if there is one.
    pub fn poll(&self) -> Option<ReadResult> {
        self.results.poll()
    }
}

fn work(source: &ConfigSource, jobs: &Inbox<ReaderJob>, outbox: &Outbox<ReadResult>) {
    loop {
        match jobs.next() {
            InboxEvent::Job(ReaderJob::Read(in_use)) => _ = outbox.send(read(source, *in_use)),
            InboxEvent::Job(ReaderJob::MovePidFile(before, after)) => {
                before.as_deref().into_iter().for_each(pid_file::remove);
                after.as_deref().into_iter().for_each(pid_file::write);
            }
            InboxEvent::Job(ReaderJob::MoveFormats(formats, folder, pending)) => {
                formats.move_to(folder);
                drop(pending);
            }
            InboxEvent::Flush | InboxEvent::Timeout => {}
            InboxEvent::Closed => return,
        }
    }
}

/// Reads the configuration, and opens what is new in it.
fn read(source: &ConfigSource, in_use: InUse) -> ReadResult {
    let InUse { description, logs, state_dir, certificates, waker } = in_use;
    let mut loaded = source.read(&certificates)?;
    let music = check_summary::check_music_of_reload(&loaded.settings, &description, Launch::Process);
    let warnings = music?;
    loaded.warnings.extend(warnings);
    let settings = &loaded.settings;
    let client_tls = upstream_tls::load(settings).map_err(|error| vec![error])?;
    loaded.warnings.extend(upstream_tls::warning(settings, client_tls.as_ref()));
    let logs = LogFiles::new(settings).open_new(&logs);
    let open_state = |folder: &Path| OpenedState::open(folder, FirstWrite::WhenStored, waker);
    let state = match is_same_directory(&settings.state_dir, &state_dir) {
        true => Ok(Change::Same),
        false => Change::To(settings.state_dir.clone()).open(open_state),
    };
    match (logs, state) {
        (Ok(logs), Ok(state)) => Ok(Box::new(ReadConfig { loaded, logs, state, client_tls })),
        (logs, state) => Err(logs.err().into_iter().flatten().chain(state.err()).collect()),
    }
}

/// Returns whether both are the same existing directory. Two writers of its files would lose what the other
/// has written.
fn is_same_directory(one: &Option<PathBuf>, other: &Option<PathBuf>) -> bool {
    one == other
        || one.as_ref().zip(other.as_ref()).is_some_and(|(one, other)| open_file::is_same(one, other))
}
