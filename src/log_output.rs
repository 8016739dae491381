//! The logger: it prints to stderr or to a file, at a level that can change while coldwave runs.

use std::env;
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use env_logger::{Builder, Logger, Target};
use jiff::tz::TimeZone;
use log::{LevelFilter, Log, Metadata, Record};

use crate::journal;
use crate::log_filter::LogFilter;
use crate::log_limiter::RECOVERY;
use crate::log_tail::{LogTail, TailLogger};
use crate::log_writer::{Fallback, LogKind, LogLine, LogWriter};
use crate::settings::{LogRotation, LogSettings};

/// The log among the logs. Without its file, its lines are worth reading nevertheless.
const KIND: LogKind = LogKind { name: "log", fallback: Fallback::Stderr };

/// The modules of coldwave.
const OWN_MODULES: &str = env!("CARGO_CRATE_NAME");

/// The logger of the process. Clones are the same.
#[derive(Clone)]
pub struct LogOutput {
    printer: Arc<SwitchedPrinter>,
    tail: Arc<LogTail>,
}

/// What prints lines now.
struct SwitchedPrinter {
    /// Modules that log nothing.
    silenced: &'static [&'static str],
    /// The valid parts of `RUST_LOG`, which are more important than the settings.
    filters: String,
    current: RwLock<CurrentPrinter>,
}

struct CurrentPrinter {
    logger: Logger,
    level: LevelFilter,
    /// The file of the log; `None` for stderr.
    file: Option<LogWriter<PrintedLine>>,
}

/// A line, with its end.
#[derive(Debug)]
pub struct PrintedLine(String);

impl LogLine for PrintedLine {
    fn render(self, _: &TimeZone) -> String {
        self.0
    }
}

/// A file of the log that was opened, to be used.
pub type LogFileWriter = LogWriter<PrintedLine>;

impl LogOutput {
    /// Logs to stderr at level info, or as `RUST_LOG` configures, from now on. The log tail always includes
    /// level info. `silenced` are modules that log nothing.
    ///
    /// # Panics
    /// If the process has a logger.
    pub fn install(silenced: &'static [&'static str]) -> Self {
        let value = env::var_os("RUST_LOG").unwrap_or_default();
        let LogFilter { filters, problems } = LogFilter::parse(&value.to_string_lossy());
        let level = LevelFilter::Info;
        let logger = build(silenced, &filters, level, None);
        let max = max_level(&logger);
        let current = RwLock::new(CurrentPrinter { logger, level, file: None });
        let printer = Arc::new(SwitchedPrinter { silenced, filters, current });
        let tail = Arc::new(LogTail::default());
        let logger = TailLogger::new(SharedPrinter(printer.clone()), tail.clone());
        log::set_boxed_logger(Box::new(logger)).expect("no logger is set yet");
        log::set_max_level(max);
        problems.iter().for_each(|problem| log::warn!("{problem}"));
        Self { printer, tail }
    }

    /// Returns the last lines of the log.
    pub fn tail(&self) -> Arc<LogTail> {
        self.tail.clone()
    }

    /// Prints lines of this level and above from now on, unless `RUST_LOG` says otherwise.
    pub fn set_level(&self, level: LevelFilter) {
        let file = self.printer.read().file.clone();
        self.switch(level, file);
    }

    /// Prints to this file from now on, or to stderr. Returns the file that was in use.
    pub fn set_file(&self, file: Option<LogFileWriter>) -> Option<LogFileWriter> {
        let level = self.printer.read().level;
        self.switch(level, file)
    }

    fn switch(&self, level: LevelFilter, file: Option<LogFileWriter>) -> Option<LogFileWriter> {
        let logger = build(self.printer.silenced, &self.printer.filters, level, file.clone());
        let max = max_level(&logger);
        let mut current = self.printer.current.write().unwrap_or_else(PoisonError::into_inner);
        let before = std::mem::replace(&mut *current, CurrentPrinter { logger, level, file });
        drop(current);
        log::set_max_level(max);
        before.file
    }

    /// Returns whether the log goes to a file.
    pub fn has_file(&self) -> bool {
        self.printer.read().file.is_some()
    }

    /// Reopens the file under its name, after log rotation.
    pub fn reopen(&self) {
        self.printer.read().file.iter().for_each(LogWriter::reopen);
    }

    /// Waits, for a limited time, until all lines are written.
    pub fn flush(&self) {
        let file = self.printer.read().file.clone();
        file.iter().for_each(LogWriter::flush);
    }
}

/// Opens the file of the log.
///
/// # Errors
/// Returns one sentence with the path and the reason.
pub fn open(path: &Path, rotation: LogRotation) -> Result<LogFileWriter, String> {
    LogWriter::open(KIND, path, rotation)
}

/// Opens the file of the log, if there is one. If that is not possible yet, the log says so, and goes to
/// stderr until it is.
///
/// # Errors
/// Returns one sentence if no thread can be started.
pub fn open_when_possible(settings: &LogSettings) -> Result<Option<LogFileWriter>, String> {
    let open = |path: &Path| LogWriter::open_when_possible(KIND, path, settings.rotation);
    settings.file.as_deref().map(open).transpose()
}

/// Returns a logger. `filters` is the value of `RUST_LOG`.
fn build(silenced: &[&str], filters: &str, level: LevelFilter, file: Option<LogFileWriter>) -> Logger {
    let mut logger = Builder::new();
    silenced.iter().for_each(|module| _ = logger.filter_module(module, LevelFilter::Off));
    match filters {
        "" => set_level(&mut logger, level),
        filters => _ = logger.filter_level(LevelFilter::Info).parse_filters(filters),
    }
    match file {
        Some(file) => _ = logger.target(Target::Pipe(Box::new(LinePipe(file)))),
        None => {
            let style = env::var("RUST_LOG_STYLE");
            style.into_iter().for_each(|style| _ = logger.parse_write_style(&style));
            if journal::is_stderr() {
                logger.format(journal::write);
            }
        }
    }
    logger.build()
}

fn set_level(logger: &mut Builder, level: LevelFilter) {
    // Other crates log much at level debug.
    logger.filter_level(level.min(LevelFilter::Info)).filter_module(OWN_MODULES, level);
    if level == LevelFilter::Warn {
        // The end of an outage belongs to its beginning.
        logger.filter_module(RECOVERY, LevelFilter::Info);
    }
}

/// Returns the level up to which records are made: the log tail has those of level info.
fn max_level(logger: &Logger) -> LevelFilter {
    logger.filter().max(LevelFilter::Info)
}

/// Passes lines on to the thread that writes them. It never blocks.
struct LinePipe(LogFileWriter);

impl Write for LinePipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.add(PrintedLine(String::from_utf8_lossy(bytes).into_owned()));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl SwitchedPrinter {
    fn read(&self) -> RwLockReadGuard<'_, CurrentPrinter> {
        self.current.read().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Prints with what is current.
struct SharedPrinter(Arc<SwitchedPrinter>);

impl Log for SharedPrinter {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        self.0.read().logger.enabled(metadata)
    }

    fn log(&self, record: &Record<'_>) {
        self.0.read().logger.log(record);
    }

    fn flush(&self) {
        self.0.read().logger.flush();
    }
}
