//! The last lines of the log, kept for operators to look at.

use std::collections::VecDeque;
use std::fmt::Write;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use log::{Level, Log, Metadata, Record};

use crate::text::truncated;

/// Lines that are kept. A busy station has some dozens an hour.
pub const LINES_MAX: usize = 500;

/// Bytes kept of each line: with them all lines stay below a megabyte.
pub const TEXT_MAX: usize = 1024;

/// What there is of a line where the rest was cut off.
const ELLIPSIS: &str = "…";

/// One line. It has no control characters, so that it is one line wherever it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// The lines are numbered from 1 on.
    pub number: u64,
    /// When it was written, since 1970 began in UTC.
    pub at: Duration,
    /// How much it matters.
    pub level: Level,
    /// The module that wrote it.
    pub target: String,
    /// What it says.
    pub text: String,
}

/// The last lines of the log: what coldwave itself says at level info or above, whatever is printed. Passwords are not
/// among them, as they never get into the log.
///
/// Every thread writes to it, and each for a moment only.
#[derive(Debug, Default)]
pub struct LogTail {
    lines: Mutex<TailLines>,
}

#[derive(Debug, Default)]
struct TailLines {
    latest: VecDeque<Arc<LogLine>>,
    last: u64,
}

impl LogTail {
    /// Adds a line.
    pub fn push(&self, at: Duration, level: Level, target: &str, text: &str) {
        let (target, text) = (to_single_line(target), to_single_line(text));
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.last += 1;
        let line = LogLine { number: lines.last, at, level, target, text };
        if lines.latest.len() == LINES_MAX {
            lines.latest.pop_front();
        }
        lines.latest.push_back(Arc::new(line));
    }

    /// The lines behind the one with the number `after`, as far as they are still there, and the number of the last line
    /// that there ever was.
    pub fn lines_after(&self, after: u64) -> (Vec<Arc<LogLine>>, u64) {
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let known = lines.latest.partition_point(|line| line.number <= after);
        (lines.latest.range(known..).cloned().collect(), lines.last)
    }
}

/// `text` with what is no character on a page escaped, and cut.
fn to_single_line(text: &str) -> String {
    let mut shown = String::new();
    for c in text.chars() {
        if must_be_escaped(c) {
            // A `String` takes everything.
            let _ = write!(shown, "{}", c.escape_default());
        } else {
            shown.push(c);
        }
        if shown.len() > TEXT_MAX {
            let kept = truncated(&shown, TEXT_MAX - ELLIPSIS.len()).len();
            shown.truncate(kept);
            shown.push_str(ELLIPSIS);
            break;
        }
    }
    shown
}

/// Whether a character moves what stands around it: control characters, ends of lines, and those that turn the direction
/// of text.
fn must_be_escaped(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Passes on what another logger prints, and keeps the last lines.
pub struct TailLogger<L> {
    printer: L,
    tail: Arc<LogTail>,
}

impl<L: Log> TailLogger<L> {
    /// Keeps in `tail` what goes to `printer`.
    pub fn new(printer: L, tail: Arc<LogTail>) -> Self {
        Self { printer, tail }
    }
}

/// Whether a line is kept. Of other crates nobody here knows what they say, nor how often.
fn is_kept(metadata: &Metadata<'_>) -> bool {
    let module = metadata.target().split("::").next();
    metadata.level() <= Level::Info && module == Some(env!("CARGO_CRATE_NAME"))
}

impl<L: Log> Log for TailLogger<L> {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        is_kept(metadata) || self.printer.enabled(metadata)
    }

    fn log(&self, record: &Record<'_>) {
        if is_kept(record.metadata()) {
            // A machine whose clock is before 1970 does not know what time it is.
            let at = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            self.tail.push(at, record.level(), record.target(), &record.args().to_string());
        }
        self.printer.log(record);
    }

    fn flush(&self) {
        self.printer.flush();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tail_of(texts: &[&str]) -> LogTail {
        let tail = LogTail::default();
        texts.iter().for_each(|text| tail.push(Duration::ZERO, Level::Info, "coldwave", text));
        tail
    }

    fn texts(tail: &LogTail, after: u64) -> Vec<String> {
        tail.lines_after(after).0.iter().map(|line| line.text.clone()).collect()
    }

    #[test]
    fn lines_are_told_from_a_number_on() {
        let tail = tail_of(&["a", "b", "c"]);
        for (after, expected) in [(0, &["a", "b", "c"][..]), (1, &["b", "c"]), (3, &[]), (u64::MAX, &[])] {
            assert_eq!(texts(&tail, after), expected, "{after}");
        }
        assert_eq!(tail.lines_after(0).1, 3);
        assert_eq!(tail.lines_after(1).0[0].number, 2);
        assert_eq!(LogTail::default().lines_after(0), (Vec::new(), 0));
    }

    #[test]
    fn only_the_last_lines_are_kept() {
        let tail = LogTail::default();
        for number in 1..=LINES_MAX + 10 {
            tail.push(Duration::ZERO, Level::Warn, "coldwave", &number.to_string());
        }
        let (lines, last) = tail.lines_after(0);
        assert_eq!((lines.len(), last), (LINES_MAX, LINES_MAX as u64 + 10));
        assert_eq!((lines[0].number, lines[0].text.as_str()), (11, "11"));
        assert_eq!(texts(&tail, last - 1), [(LINES_MAX + 10).to_string()]);
    }

    #[test]
    fn a_line_is_one_line_of_bounded_length() {
        let tail = tail_of(&["a\nb\r\u{1b}[31m\u{0}\u{85}\u{2028}\u{202e}é</script>", &"é".repeat(TEXT_MAX)]);
        let texts = texts(&tail, 0);
        assert_eq!(texts[0], r"a\nb\r\u{1b}[31m\u{0}\u{85}\u{2028}\u{202e}é</script>");
        assert!(texts[1].len() <= TEXT_MAX && texts[1].ends_with("é…"), "{}", texts[1].len());
        let just = "x".repeat(TEXT_MAX);
        assert_eq!(to_single_line(&just), just);
        assert!(to_single_line(&"\u{1}".repeat(TEXT_MAX)).len() <= TEXT_MAX);
    }

    /// What would be printed.
    #[derive(Default)]
    struct Printer(Mutex<Vec<String>>);

    impl Log for &'static Printer {
        fn enabled(&self, metadata: &Metadata<'_>) -> bool {
            metadata.level() <= Level::Warn
        }

        fn log(&self, record: &Record<'_>) {
            if self.enabled(record.metadata()) {
                self.0.lock().expect("nobody panicked").push(record.args().to_string());
            }
        }

        fn flush(&self) {}
    }

    #[test]
    fn what_is_kept_is_not_what_is_printed() {
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
        assert_eq!(*printer.0.lock().expect("nobody panicked"), ["a", "d", "e"]);
        let (lines, _) = tail.lines_after(0);
        assert_eq!((lines[0].level, lines[0].target.as_str()), (Level::Error, "coldwave::net"));
        assert!(lines[0].at > Duration::from_secs(1_700_000_000), "it is later than 2023");
    }
}
