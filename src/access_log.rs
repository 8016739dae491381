//! The access log: one line for every session that ends, in the format of Icecast and web servers.
//!
//! A separate thread writes it, so that a full or unresponsive disk costs lines and does not affect
//! listeners.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use log::{info, warn};

use crate::log_limiter::RECOVERY;
use crate::open_file;
use crate::session::SessionSummary;
use crate::worker::{Inbox, InboxEvent, ThreadWatch, WhenFull, Worker, WorkerBuilder};

/// The most lines that wait to be written. Further lines are dropped and counted.
const QUEUE_MAX: usize = 4096;

/// The shortest time between two reports of dropped lines.
const REPORT_INTERVAL: SignedDuration = SignedDuration::from_secs(10);

/// How long shutdown waits until the last lines are written.
const FLUSH_TIMEOUT: Duration = Duration::from_millis(300);

/// The access log. Clones write to the same file.
#[derive(Debug, Clone)]
pub struct AccessLog {
    writer: Worker<AccessLine>,
    /// Set when the file must be reopened under its name, for example after log rotation renamed it. This is
    /// a flag and not a job, because jobs can be dropped.
    reopen: Arc<AtomicBool>,
}

/// A line whose time stamp is not rendered yet, because only the thread may look up the time zone.
#[derive(Debug)]
struct AccessLine {
    at: Timestamp,
    peer: IpAddr,
    rest: String,
}

impl AccessLog {
    /// Opens the file to append lines.
    ///
    /// # Errors
    /// If the file cannot be opened, or the system cannot start a thread.
    pub fn open(path: &Path) -> io::Result<Self> {
        let reopen = Arc::new(AtomicBool::new(false));
        let writer = AccessLogWriter {
            path: path.to_owned(),
            file: open(path)?,
            reopen: reopen.clone(),
            reported: 0,
            reported_at: Timestamp::MIN,
            failed: false,
        };
        let builder = WorkerBuilder::new("access log").queue(QUEUE_MAX, WhenFull::Drop);
        Ok(Self { writer: builder.spawn(move |lines| writer.work(&lines))?, reopen })
    }

    /// Returns a function that adds a line for a session. It never blocks.
    pub fn session_log(&self) -> Box<dyn FnMut(&SessionSummary<'_>)> {
        let writer = self.writer.clone();
        // Dropped lines are counted.
        Box::new(move |ended| drop(writer.send(AccessLine::new(ended, Timestamp::now()))))
    }

    /// Returns how many lines were dropped so far.
    pub fn dropped(&self) -> u64 {
        self.writer.dropped()
    }

    /// Reopens the file under its name, after log rotation.
    pub fn reopen(&self) {
        self.reopen.store(true, Ordering::Relaxed);
        self.writer.wake();
    }

    /// Returns the thread that writes, which ends when the file is no longer used.
    pub fn watch(&self) -> ThreadWatch {
        self.writer.watch()
    }

    /// Waits until all lines sent so far are written, for a limited time.
    pub fn flush(&self) {
        self.writer.flush(FLUSH_TIMEOUT);
    }
}

struct AccessLogWriter {
    path: PathBuf,
    file: BufWriter<File>,
    reopen: Arc<AtomicBool>,
    /// How many dropped lines were already reported, and when.
    reported: u64,
    reported_at: Timestamp,
    failed: bool,
}

impl AccessLogWriter {
    fn work(mut self, lines: &Inbox<AccessLine>) {
        loop {
            let next = lines.next();
            self.reopen_if_requested();
            if matches!(next, InboxEvent::Closed) {
                self.reported_at = Timestamp::MIN;
            }
            self.report_dropped(lines.dropped(), Timestamp::now());
            match next {
                InboxEvent::Job(line) => self.write(&line),
                InboxEvent::Flush | InboxEvent::Timeout => self.flush(),
                InboxEvent::Closed => return,
            }
        }
    }

    fn reopen_if_requested(&mut self) {
        if self.reopen.swap(false, Ordering::Relaxed) {
            self.reopen();
        }
    }

    /// Logs how many lines were dropped, at most once in [`REPORT_INTERVAL`].
    fn report_dropped(&mut self, dropped: u64, now: Timestamp) {
        if dropped == self.reported || now.duration_since(self.reported_at) < REPORT_INTERVAL {
            return;
        }
        let dropped_now = dropped - std::mem::replace(&mut self.reported, dropped);
        self.reported_at = now;
        warn!("the access log could not be written fast enough: {dropped_now} lines dropped");
    }

    fn write(&mut self, line: &AccessLine) {
        if let Err(error) = self.file.write_all(line.render(&TimeZone::system()).as_bytes()) {
            self.fail(&error);
        }
    }

    fn flush(&mut self) {
        match self.file.flush() {
            // `write` only fills the buffer, so only a flush shows that the file can be written.
            Ok(()) => self.note_success(),
            Err(error) => self.fail(&error),
        }
    }

    /// Reopens the file. A write error of the old file does not prevent this: it may be the reason for the
    /// rotation.
    fn reopen(&mut self) {
        self.flush();
        match open(&self.path) {
            Ok(file) => {
                // Lines that could not be written to the old file are lost.
                let _ = std::mem::replace(&mut self.file, file).into_parts();
                self.note_success();
                info!("reopened the access log {}", self.path.display());
            }
            Err(error) => self.fail(&error),
        }
    }

    /// Logs that the access log can be written again, if it could not.
    fn note_success(&mut self) {
        if std::mem::take(&mut self.failed) {
            info!(target: RECOVERY, "the access log {} is written again", self.path.display());
        }
    }

    /// Logs that the access log cannot be written, once until it can be written again.
    fn fail(&mut self, error: &io::Error) {
        if !std::mem::replace(&mut self.failed, true) {
            warn!("cannot write the access log {}: {error}", self.path.display());
        }
    }
}

fn open(path: &Path) -> io::Result<BufWriter<File>> {
    open_file::append_log(path).map(BufWriter::new)
}

impl AccessLine {
    /// Returns the line for a session that ended at `at`.
    fn new(ended: &SessionSummary<'_>, at: Timestamp) -> Self {
        let info = ended.info;
        let (request, status, sent) = (quoted(&info.request_line), ended.status, ended.bytes_sent);
        let (referer, agent) = (quoted(&info.referer), quoted(&info.user_agent));
        let rest = format!("{request} {status} {sent} {referer} {agent} {}", ended.duration.as_secs());
        Self { at, peer: info.address.ip(), rest }
    }

    /// Returns the complete line: the combined log format of web servers and, as in Icecast, the duration of
    /// the session in seconds.
    fn render(&self, zone: &TimeZone) -> String {
        let time = self.at.to_zoned(zone.clone()).strftime("%d/%b/%Y:%H:%M:%S %z").to_string();
        format!("{} - - [{time}] {}\n", self.peer, self.rest)
    }
}

/// Quotes `text`, and escapes what would end the quotes or the line. Empty text becomes `-`.
fn quoted(text: &str) -> String {
    if text.is_empty() {
        return "\"-\"".to_owned();
    }
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for char in text.chars() {
        match char {
            '"' | '\\' => quoted.extend(['\\', char]),
            _ if char.is_control() => quoted.extend(char.escape_default()),
            _ => quoted.push(char),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::incoming::{Incoming, parse};
    use crate::session::{CloseReason, SessionInfo};
    use crate::time::Time;

    fn info(head: &str) -> SessionInfo {
        let Incoming::Request { request, .. } = parse(head.as_bytes()) else { panic!("{head:?}") };
        let mut info = SessionInfo::new("203.0.113.9:1234".parse().expect("an address"), Time::START);
        info.note_request(&request);
        info
    }

    fn ended(info: &SessionInfo) -> SessionSummary<'_> {
        let lasted = Duration::from_millis(77_900);
        SessionSummary {
            info,
            status: 200,
            bytes_sent: 1_234_567,
            duration: lasted,
            reason: CloseReason::PeerClosed,
        }
    }

    fn check(head: &str, expected: &str) {
        let at: Timestamp = "2025-03-04T10:11:12Z".parse().expect("a time");
        assert_eq!(AccessLine::new(&ended(&info(head)), at).render(&TimeZone::UTC), format!("{expected}\n"));
    }

    #[test]
    fn lines_have_the_combined_log_format() {
        check(
            "GET /live HTTP/1.1\r\nUser-Agent: VLC/3.0\r\nReferer: http://x/\r\n\r\n",
            "203.0.113.9 - - [04/Mar/2025:10:11:12 +0000] \"GET /live HTTP/1.1\" 200 1234567 \"http://x/\" \"VLC/3.0\" 77",
        );
    }

    #[test]
    fn peer_input_cannot_break_a_line_or_show_a_password() {
        check(
            "GET /a%0ab%22?pass=hackme HTTP/1.0\r\nUser-Agent: x\"y\\z\r\n\r\n",
            "203.0.113.9 - - [04/Mar/2025:10:11:12 +0000] \"GET /a\\nb\\\"?pass=*** HTTP/1.0\" 200 1234567 \"-\" \
             \"x\\\"y\\\\z\" 77",
        );
    }

    #[test]
    fn dropped_lines_are_reported_together_at_an_interval() {
        let mut writer = writer(Path::new("/dev/null"));
        let at = |seconds| Timestamp::from_second(seconds).expect("a time");
        for (dropped, seconds, reported) in
            [(0, 100, 0), (5, 100, 5), (9, 101, 5), (12, 109, 5), (14, 110, 14)]
        {
            writer.report_dropped(dropped, at(seconds));
            assert_eq!(writer.reported, reported, "{seconds}");
        }
    }

    fn writer(path: &Path) -> AccessLogWriter {
        AccessLogWriter {
            path: path.to_owned(),
            file: open_file::append_log(Path::new("/dev/full")).map(BufWriter::new).expect("the file exists"),
            reopen: Arc::default(),
            reported: 0,
            reported_at: Timestamp::MIN,
            failed: false,
        }
    }

    #[test]
    fn full_disk_is_reported_once_until_a_new_file_is_opened() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("access.log");
        let mut writer = writer(&path);
        let line =
            AccessLine { at: Timestamp::UNIX_EPOCH, peer: [192, 0, 2, 1].into(), rest: "x".to_owned() };
        for _ in 0..3 {
            writer.write(&line);
            writer.flush();
            assert!(writer.failed, "the failure persists from one line to the next");
        }
        writer.reopen();
        writer.write(&line);
        writer.flush();
        assert!(!writer.failed);
        assert_eq!(std::fs::read_to_string(&path).expect("a file").lines().count(), 1);
    }

    #[test]
    fn reopen_continues_in_a_new_file_after_a_rename() {
        let folder = tempfile::tempdir().expect("a folder");
        let (path, moved) = (folder.path().join("access.log"), folder.path().join("access.log.1"));
        let log = AccessLog::open(&path).expect("a log");
        let info = info("GET /live HTTP/1.1\r\n\r\n");
        let mut write_line = log.session_log();
        write_line(&ended(&info));
        write_line(&ended(&info));
        log.flush();
        std::fs::rename(&path, &moved).expect("the file exists");
        log.reopen();
        write_line(&ended(&info));
        log.flush();
        let lines = |path| std::fs::read_to_string(path).expect("a file").lines().count();
        assert_eq!((lines(&moved), lines(&path)), (2, 1));
    }
}
