//! The last lines of the log, kept for the admin page, and the limits that apply to all lines.

use std::collections::VecDeque;
use std::fmt::Write;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use log::{Level, Log, Metadata, Record};

use crate::log_limiter::{CallSite, CallSiteLimits};
use crate::text::truncated;
use crate::time::Time;

/// The number of lines kept. A busy station logs a few dozen an hour.
pub const LINES_MAX: usize = 500;

/// The most bytes kept of each line. With this limit, all lines together stay below a megabyte.
pub const TEXT_MAX: usize = 1024;

/// The most lines of one call site that are kept once there are [`LINES_MAX`], so that a flood does not
/// replace all others.
const CALL_SITE_LINES_MAX: usize = 100;

/// The most bytes of a printed line, apart from its time stamp, level and module. Texts from peers are
/// shorter; only paths can be so long.
const PRINTED_MAX: usize = 4096;

/// The target of lines that are logged at the start, as often as the configuration requires.
const UNLIMITED_TARGET: &str = env!("CARGO_CRATE_NAME");

/// Marks a line that was truncated.
const ELLIPSIS: &str = "…";

/// One line. It contains no control characters, so it is displayed as one line everywhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TailLine {
    /// The number of the line, counted from 1.
    pub number: u64,
    /// When it was written, in UTC since 1970-01-01.
    pub at: Duration,
    /// The level.
    pub level: Level,
    /// The module that wrote it.
    pub target: String,
    /// The message.
    pub text: String,
}

/// The last lines of the log: messages of coldwave itself at level info or above, independent of what is
/// printed. They contain no passwords, because passwords are never logged.
///
/// All threads write to it, and each holds the lock for a moment only.
#[derive(Debug)]
pub struct LogTail {
    boot_id: u64,
    lines: Mutex<TailLines>,
}

/// Lines of the log that are kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogExcerpt {
    /// Tells the numbers of this process from those of others: every start of the server has another one.
    pub boot_id: String,
    /// The lines, the latest last.
    pub lines: Vec<Arc<TailLine>>,
    /// The number of the last line that was written.
    pub last: u64,
}

#[derive(Debug, Default)]
struct TailLines {
    /// Each with the place in the code that logged it, if known.
    latest: VecDeque<(Option<CallSite>, Arc<TailLine>)>,
    last: u64,
    limits: CallSiteLimits,
}

impl Default for LogTail {
    /// Returns a log without lines, with a boot id of its own.
    fn default() -> Self {
        Self { boot_id: fastrand::u64(..), lines: Mutex::default() }
    }
}

impl LogTail {
    /// Adds a line that is logged by `site`, if that is known.
    pub fn push(&self, site: Option<CallSite>, at: Duration, level: Level, target: &str, text: &str) {
        let (target, text) = (to_single_line(target), to_single_line(text));
        let mut lines = self.lock();
        lines.last += 1;
        let line = TailLine { number: lines.last, at, level, target, text };
        lines.make_room(site);
        lines.latest.push_back((site, Arc::new(line)));
    }

    /// Returns the kept lines whose number is higher than `after`. If `boot` is another boot id than that of
    /// this log, `after` is the number of another log, and all kept lines are returned.
    pub fn lines_after(&self, after: u64, boot: Option<&str>) -> LogExcerpt {
        let boot_id = format!("{:016x}", self.boot_id);
        let after = if boot.is_none_or(|boot| boot == boot_id) { after } else { 0 };
        let lines = self.lock();
        let known = lines.latest.partition_point(|(_, line)| line.number <= after);
        let kept = lines.latest.range(known..).map(|(_, line)| line.clone()).collect();
        LogExcerpt { boot_id, lines: kept, last: lines.last }
    }

    /// Returns how many lines were suppressed so far because their call site had logged too many.
    pub fn suppressed(&self) -> u64 {
        self.lock().limits.suppressed()
    }

    fn lock(&self) -> MutexGuard<'_, TailLines> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl TailLines {
    /// Drops the oldest line, if there are as many as possible: of the call site of the next line if that has
    /// many, else of all.
    fn make_room(&mut self, site: Option<CallSite>) {
        if self.latest.len() < LINES_MAX {
            return;
        }
        let is_same = |other: &(Option<CallSite>, _)| site.is_some() && other.0 == site;
        let has_many = self.latest.iter().filter(|line| is_same(line)).count() >= CALL_SITE_LINES_MAX;
        let oldest = has_many.then(|| self.latest.iter().position(is_same)).flatten();
        self.latest.remove(oldest.unwrap_or_default());
    }
}

/// Escapes the characters that are not safe on a page, and truncates the text.
fn to_single_line(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        if must_be_escaped(c) {
            // Writing to a `String` cannot fail.
            let _ = write!(escaped, "{}", c.escape_default());
        } else {
            escaped.push(c);
        }
        if escaped.len() > TEXT_MAX {
            let kept = truncated(&escaped, TEXT_MAX - ELLIPSIS.len()).len();
            escaped.truncate(kept);
            escaped.push_str(ELLIPSIS);
            break;
        }
    }
    escaped
}

/// Returns whether a character affects the text around it: a control character, a line end, or a character
/// that changes the direction of text.
fn must_be_escaped(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A logger that keeps the last lines and passes all messages on to another logger.
pub struct TailLogger<L> {
    printer: L,
    tail: Arc<LogTail>,
}

impl<L: Log> TailLogger<L> {
    /// Returns a logger that keeps lines in `tail` and passes all messages on to `printer`.
    pub fn new(printer: L, tail: Arc<LogTail>) -> Self {
        Self { printer, tail }
    }
}

/// Returns whether a line is kept. Messages of other crates are not, because their content and number are
/// unknown.
fn is_kept(metadata: &Metadata<'_>) -> bool {
    let module = metadata.target().split("::").next();
    metadata.level() <= Level::Info && module == Some(env!("CARGO_CRATE_NAME"))
}

impl<L: Log> TailLogger<L> {
    /// Logs a line that is within the limits.
    fn write(&self, record: &Record<'_>, site: Option<CallSite>, now: Duration) {
        let text = record.args().to_string();
        if is_kept(record.metadata()) {
            self.tail.push(site, now, record.level(), record.target(), &text);
        }
        let cut = truncated(&text, PRINTED_MAX);
        let ellipsis = if cut.len() < text.len() { ELLIPSIS } else { "" };
        let metadata = record.metadata().clone();
        self.printer.log(&Record::builder().metadata(metadata).args(format_args!("{cut}{ellipsis}")).build());
    }

    /// Logs how many lines of a call site were suppressed.
    fn report(&self, (file, line): CallSite, count: u64, now: Duration) {
        let metadata = Metadata::builder().level(Level::Warn).target(module_path!()).build();
        let args = format_args!("{count} more lines of {file}:{line} in the last minute were not logged");
        self.write(&Record::builder().metadata(metadata).args(args).build(), None, now);
    }
}

/// Returns the place in the code that logs a line, if its lines are limited: level info and above, which are
/// printed by default.
fn limited_site(record: &Record<'_>) -> Option<CallSite> {
    let is_limited = record.level() <= Level::Info && record.target() != UNLIMITED_TARGET;
    record.file_static().zip(record.line()).filter(|_| is_limited)
}

impl<L: Log> Log for TailLogger<L> {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        is_kept(metadata) || self.printer.enabled(metadata)
    }

    fn log(&self, record: &Record<'_>) {
        if !self.enabled(record.metadata()) {
            return;
        }
        // If the machine's clock is before 1970, the time is unknown.
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let site = limited_site(record);
        let (is_admitted, report) = {
            let (limits, now) = (&mut self.tail.lock().limits, Time::after_start(now));
            (site.is_none_or(|site| limits.admit(site, now)), limits.take_report(now))
        };
        report.into_iter().for_each(|(site, count)| self.report(site, count, now));
        if is_admitted {
            self.write(record, site, now);
        }
    }

    fn flush(&self) {
        self.printer.flush();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tail_with(texts: &[&str]) -> LogTail {
        let tail = LogTail::default();
        texts.iter().for_each(|text| tail.push(None, Duration::ZERO, Level::Info, "coldwave", text));
        tail
    }

    fn texts(tail: &LogTail, after: u64) -> Vec<String> {
        tail.lines_after(after, None).lines.iter().map(|line| line.text.clone()).collect()
    }

    #[test]
    fn lines_after_returns_lines_with_higher_numbers() {
        let tail = tail_with(&["a", "b", "c"]);
        for (after, expected) in [(0, &["a", "b", "c"][..]), (1, &["b", "c"]), (3, &[]), (u64::MAX, &[])] {
            assert_eq!(texts(&tail, after), expected, "{after}");
        }
        assert_eq!(tail.lines_after(0, None).last, 3);
        assert_eq!(tail.lines_after(1, None).lines[0].number, 2);
        let empty = LogTail::default().lines_after(0, None);
        assert_eq!((empty.lines, empty.last), (Vec::new(), 0));
    }

    #[test]
    fn all_lines_are_returned_after_a_number_of_another_boot() {
        let before = tail_with(&["a", "b", "c", "d"]).lines_after(0, None);
        let tail = tail_with(&["e", "f"]);
        let excerpt = tail.lines_after(before.last, Some(&before.boot_id));
        assert_ne!(excerpt.boot_id, before.boot_id);
        assert_eq!((excerpt.lines.len(), excerpt.last), (2, 2));
        assert_eq!(tail.lines_after(1, Some(&excerpt.boot_id)).lines.len(), 1);
        assert_eq!(tail.lines_after(before.last, None).lines.len(), 0);
    }

    #[test]
    fn only_the_last_lines_are_kept() {
        let tail = LogTail::default();
        for number in 1..=LINES_MAX + 10 {
            tail.push(None, Duration::ZERO, Level::Warn, "coldwave", &number.to_string());
        }
        let LogExcerpt { lines, last, .. } = tail.lines_after(0, None);
        assert_eq!((lines.len(), last), (LINES_MAX, LINES_MAX as u64 + 10));
        assert_eq!((lines[0].number, lines[0].text.as_str()), (11, "11"));
        assert_eq!(texts(&tail, last - 1), [(LINES_MAX + 10).to_string()]);
    }

    #[test]
    fn flood_of_one_call_site_does_not_replace_lines_of_others() {
        let tail = LogTail::default();
        let push = |site, text: &str| tail.push(Some(site), Duration::ZERO, Level::Info, "coldwave", text);
        (0..LINES_MAX - 10).for_each(|_| push(("a.rs", 1), "important"));
        (0..10_000).for_each(|_| push(("b.rs", 2), "flood"));
        let texts = texts(&tail, 0);
        assert_eq!(texts.len(), LINES_MAX);
        let count = |text: &str| texts.iter().filter(|line| *line == text).count();
        assert_eq!(count("flood"), CALL_SITE_LINES_MAX);
        assert_eq!(tail.lines_after(0, None).last, 10_000 + LINES_MAX as u64 - 10);
    }

    #[test]
    fn line_is_a_single_line_of_bounded_length() {
        let tail =
            tail_with(&["a\nb\r\u{1b}[31m\u{0}\u{85}\u{2028}\u{202e}é</script>", &"é".repeat(TEXT_MAX)]);
        let texts = texts(&tail, 0);
        assert_eq!(texts[0], r"a\nb\r\u{1b}[31m\u{0}\u{85}\u{2028}\u{202e}é</script>");
        assert!(texts[1].len() <= TEXT_MAX && texts[1].ends_with("é…"), "{}", texts[1].len());
        let exact = "x".repeat(TEXT_MAX);
        assert_eq!(to_single_line(&exact), exact);
        assert!(to_single_line(&"\u{1}".repeat(TEXT_MAX)).len() <= TEXT_MAX);
    }

    /// Collects the lines that would be printed.
    #[derive(Default)]
    struct Printer(Mutex<Vec<String>>);

    impl Log for &'static Printer {
        fn enabled(&self, metadata: &Metadata<'_>) -> bool {
            metadata.level() <= Level::Warn
        }

        fn log(&self, record: &Record<'_>) {
            if self.enabled(record.metadata()) {
                self.0.lock().expect("no thread panicked").push(record.args().to_string());
            }
        }

        fn flush(&self) {}
    }

    #[test]
    fn kept_lines_do_not_depend_on_what_is_printed() {
        let printer: &'static Printer = Box::leak(Box::default());
        let tail = Arc::new(LogTail::default());
        let logger = TailLogger::new(printer, tail.clone());
        for (level, target, text) in [
            (Level::Error, "coldwave::net", "a"),
            (Level::Info, "coldwave", "b"),
            (Level::Debug, "coldwave::net", "c"),
            (Level::Warn, "symphonia_core::probe", "d"),
            (Level::Warn, "coldwavelike", "e"),
        ] {
            let metadata = Metadata::builder().level(level).target(target).build();
            assert_eq!(logger.enabled(&metadata), level <= Level::Warn || text == "b", "{text}");
            logger.log(&Record::builder().metadata(metadata).args(format_args!("{text}")).build());
        }
        assert_eq!(texts(&tail, 0), ["a", "b"]);
        assert_eq!(*printer.0.lock().expect("no thread panicked"), ["a", "d", "e"]);
        let LogExcerpt { lines, .. } = tail.lines_after(0, None);
        assert_eq!((lines[0].level, lines[0].target.as_str()), (Level::Error, "coldwave::net"));
        assert!(lines[0].at > Duration::from_secs(1_700_000_000), "the time is later than 2023");
    }

    fn logger() -> (TailLogger<&'static Printer>, &'static Printer, Arc<LogTail>) {
        let printer: &'static Printer = Box::leak(Box::default());
        let tail = Arc::new(LogTail::default());
        (TailLogger::new(printer, tail.clone()), printer, tail)
    }

    fn warn(logger: &TailLogger<&'static Printer>, target: &str, line: u32, text: &str) {
        let metadata = Metadata::builder().level(Level::Warn).target(target).build();
        let args = format_args!("{text}");
        let mut record = Record::builder();
        logger.log(&record.metadata(metadata).file_static(Some("a.rs")).line(Some(line)).args(args).build());
    }

    #[test]
    fn flood_of_one_call_site_is_limited_and_counted() {
        let (logger, printer, tail) = logger();
        (0..10_000).for_each(|_| warn(&logger, "coldwave::net", 1, "flood"));
        warn(&logger, "coldwave::net", 2, "other");
        let printed = printer.0.lock().expect("no thread panicked");
        assert_eq!(printed.len() as u64, 10_001 - tail.suppressed());
        assert!(tail.suppressed() >= 4_000, "{} in one minute or two", tail.suppressed());
        assert!(printed.iter().any(|line| line == "other"));
    }

    #[test]
    fn lines_of_the_start_are_not_limited() {
        let (logger, printer, tail) = logger();
        (0..10_000).for_each(|_| warn(&logger, "coldwave", 1, "a warning about the configuration"));
        assert_eq!((printer.0.lock().expect("no thread panicked").len(), tail.suppressed()), (10_000, 0));
    }

    #[test]
    fn printed_lines_have_a_bounded_length() {
        let (logger, printer, _) = logger();
        warn(&logger, "coldwave::net", 1, &"é".repeat(PRINTED_MAX));
        let printed = printer.0.lock().expect("no thread panicked");
        assert!(printed[0].len() <= PRINTED_MAX + ELLIPSIS.len() && printed[0].ends_with("é…"));
    }
}
