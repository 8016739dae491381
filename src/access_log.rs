//! The access log: one line for every session that ends, in the form that Icecast and web servers write.
//!
//! A thread of its own writes it, so that a full or dead disk costs lines and not listeners.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, SyncSender, TryRecvError, TrySendError, channel, sync_channel};
use std::thread;
use std::time::Duration;

use jiff::Zoned;
use log::{info, warn};

use crate::session::Ended;

/// Lines that wait to be written. More are lost, and counted.
const WAITING_MAX: usize = 4096;

/// How long the end of the process waits for the last lines.
const FLUSH_WITHIN: Duration = Duration::from_millis(300);

/// Where the lines go.
#[derive(Debug, Clone)]
pub struct AccessLog {
    thread: SyncSender<Task>,
}

enum Task {
    Write(String),
    /// Open the file anew under its name: the old one was moved away.
    Reopen,
    /// Write what there is, and answer.
    Flush(Sender<()>),
}

impl AccessLog {
    /// Opens the file for adding lines to it.
    ///
    /// # Errors
    /// Those of opening it, and when the system gives us no thread.
    pub fn open(path: &Path) -> io::Result<Self> {
        let (thread, tasks) = sync_channel(WAITING_MAX);
        let writer = Writer { path: path.to_owned(), file: open(path)?, failed: false };
        thread::Builder::new().name("access log".to_owned()).spawn(move || writer.work(&tasks))?;
        Ok(Self { thread })
    }

    /// A function that adds a line for a session, and never blocks.
    pub fn journal(&self) -> Box<dyn FnMut(&Ended<'_>)> {
        let (thread, mut lost) = (self.thread.clone(), 0_u64);
        Box::new(move |ended| match thread.try_send(Task::Write(line(ended, &Zoned::now()))) {
            Ok(()) if lost > 0 => {
                warn!("the access log could not be written fast enough and misses {lost} lines");
                lost = 0;
            }
            Ok(()) => {}
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => lost += 1,
        })
    }

    /// Opens the file anew under its name, for a log that was rotated.
    pub fn reopen(&self) {
        // If so much waits to be written, the disk is dead and there is nothing to reopen.
        let _ = self.thread.try_send(Task::Reopen);
    }

    /// Has all lines up to now written, if that does not take long.
    pub fn flush(&self) {
        let (done, flushed) = channel();
        if self.thread.try_send(Task::Flush(done)).is_ok() {
            let _ = flushed.recv_timeout(FLUSH_WITHIN);
        }
    }
}

struct Writer {
    path: PathBuf,
    file: BufWriter<File>,
    failed: bool,
}

impl Writer {
    fn work(mut self, tasks: &Receiver<Task>) {
        while let Some(task) = self.next(tasks) {
            let done = match task {
                Task::Write(line) => self.file.write_all(line.as_bytes()),
                Task::Reopen => self.reopen(),
                Task::Flush(done) => {
                    let written = self.file.flush();
                    // Who waits for it may have been too impatient.
                    let _ = done.send(());
                    written
                }
            };
            self.tell(done);
        }
    }

    /// The next task. Before waiting for one, what was written is made to be in the file.
    fn next(&mut self, tasks: &Receiver<Task>) -> Option<Task> {
        match tasks.try_recv() {
            Ok(task) => Some(task),
            Err(TryRecvError::Disconnected) => None,
            Err(TryRecvError::Empty) => {
                let flushed = self.file.flush();
                self.tell(flushed);
                tasks.recv().ok()
            }
        }
    }

    fn reopen(&mut self) -> io::Result<()> {
        self.file.flush()?;
        self.file = open(&self.path)?;
        info!("reopened the access log {}", self.path.display());
        Ok(())
    }

    /// Says once that the log cannot be written, until it can again.
    fn tell(&mut self, done: io::Result<()>) {
        if let Err(error) = &done
            && !self.failed
        {
            warn!("cannot write the access log {}: {error}", self.path.display());
        }
        self.failed = done.is_err();
    }
}

fn open(path: &Path) -> io::Result<BufWriter<File>> {
    OpenOptions::new().append(true).create(true).open(path).map(BufWriter::new)
}

/// The line for a session that ended at `now`: the combined form of web servers and, as with Icecast, the seconds that it
/// lasted.
fn line(ended: &Ended<'_>, now: &Zoned) -> String {
    let visit = ended.visit;
    let time = now.strftime("%d/%b/%Y:%H:%M:%S %z");
    let (request, status, sent) = (quoted(&visit.request_line), ended.status, ended.sent);
    let (referer, agent, seconds) =
        (quoted(&visit.referer), quoted(&visit.user_agent), ended.lasted.as_secs());
    format!("{} - - [{time}] {request} {status} {sent} {referer} {agent} {seconds}\n", visit.peer.ip())
}

/// Text between quotes in which nothing ends the quotes or the line. `-` where there is none.
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
    use crate::http::request::{Parse, parse};
    use crate::session::{Visit, Why};
    use crate::time::Time;

    fn visit(head: &str) -> Visit {
        let Parse::Here { request, .. } = parse(head.as_bytes()) else { panic!("{head:?}") };
        let mut visit = Visit::new("203.0.113.9:1234".parse().expect("an address"), Time::START);
        visit.asks(&request);
        visit
    }

    fn ended(visit: &Visit) -> Ended<'_> {
        let lasted = Duration::from_millis(77_900);
        Ended { visit, status: 200, sent: 1_234_567, lasted, why: Why::PeerLeft }
    }

    fn check(head: &str, expected: &str) {
        let now: Zoned = "2025-03-04T10:11:12+00:00[UTC]".parse().expect("a time");
        assert_eq!(line(&ended(&visit(head)), &now), format!("{expected}\n"));
    }

    #[test]
    fn lines_have_the_form_that_tools_read() {
        check(
            "GET /live HTTP/1.1\r\nUser-Agent: VLC/3.0\r\nReferer: http://x/\r\n\r\n",
            "203.0.113.9 - - [04/Mar/2025:10:11:12 +0000] \"GET /live HTTP/1.1\" 200 1234567 \"http://x/\" \"VLC/3.0\" 77",
        );
    }

    #[test]
    fn nothing_that_a_peer_sends_breaks_a_line_or_shows_a_password() {
        check(
            "GET /a%0ab%22?pass=hackme HTTP/1.0\r\nUser-Agent: x\"y\\z\r\n\r\n",
            "203.0.113.9 - - [04/Mar/2025:10:11:12 +0000] \"GET /a\\nb\\\"?pass=*** HTTP/1.0\" 200 1234567 \"-\" \
             \"x\\\"y\\\\z\" 77",
        );
    }

    #[test]
    fn lines_go_on_in_a_new_file_when_the_old_one_was_moved_away() {
        let folder = tempfile::tempdir().expect("a folder");
        let (path, moved) = (folder.path().join("access.log"), folder.path().join("access.log.1"));
        let log = AccessLog::open(&path).expect("a log");
        let visit = visit("GET /live HTTP/1.1\r\n\r\n");
        let mut journal = log.journal();
        journal(&ended(&visit));
        journal(&ended(&visit));
        log.flush();
        std::fs::rename(&path, &moved).expect("it is there");
        log.reopen();
        journal(&ended(&visit));
        log.flush();
        let lines = |path| std::fs::read_to_string(path).expect("a file").lines().count();
        assert_eq!((lines(&moved), lines(&path)), (2, 1));
    }
}
