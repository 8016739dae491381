//! Reads the files that an ACME client puts below a directory, on a worker: `/.well-known/acme-challenge/` of
//! the server. protocol-notes/https.md has what is served.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::http::request::challenge_token::{CHALLENGE_FOLDER, ChallengeToken};
use crate::open_file::{self, BelowError};
use crate::worker::{Inbox, LoopWaker, Outbox, Results, WhenFull, Worker, WorkerBuilder, result_channel};

/// The most requests that wait. An authority asks for a file from a few places at the same time.
const REQUESTS_MAX: usize = 64;

/// The longest file, in bytes: a token, a dot and a digest of a key take less than 400.
const FILE_MAX: usize = 4096;

/// Stack of the thread in bytes: it reads small files.
const STACK: usize = 128 * 1024;

/// What was found of a challenge.
#[derive(Debug, PartialEq, Eq)]
pub enum ChallengeFile {
    /// The content of the file.
    Found(Vec<u8>),
    /// There is no file at this path.
    Missing(PathBuf),
    /// There is one, and this sentence says why it cannot be served.
    Unreadable(String),
}

/// Reads the files of challenges, in the order of the requests.
pub trait ChallengeFiles: fmt::Debug {
    /// Requests a file. Returns whether it will be read.
    fn request(&mut self, token: &ChallengeToken) -> bool;

    /// Returns the next file that was read.
    fn poll(&mut self) -> Option<ChallengeFile>;
}

/// The event loop's handle to the worker.
#[derive(Debug)]
pub struct WebrootFiles {
    requests: Worker<ChallengeToken>,
    found: Results<ChallengeFile>,
}

impl WebrootFiles {
    /// Starts the worker for the files below `webroot`. It calls `waker` after every file.
    ///
    /// # Errors
    /// If no thread can be started.
    pub fn start(webroot: PathBuf, waker: LoopWaker) -> io::Result<Self> {
        let (outbox, found) = result_channel(REQUESTS_MAX, waker);
        let builder = WorkerBuilder::new("acme").stack(STACK).queue(REQUESTS_MAX, WhenFull::Refuse);
        let requests = builder.spawn(move |inbox| read_all(&webroot, &inbox, &outbox))?;
        Ok(Self { requests, found })
    }
}

impl ChallengeFiles for WebrootFiles {
    fn request(&mut self, token: &ChallengeToken) -> bool {
        self.requests.send(token.clone()).is_ok()
    }

    fn poll(&mut self) -> Option<ChallengeFile> {
        self.found.poll()
    }
}

fn read_all(webroot: &Path, inbox: &Inbox<ChallengeToken>, outbox: &Outbox<ChallengeFile>) {
    for token in inbox.jobs() {
        if !outbox.send(read(webroot, &token)) {
            return;
        }
    }
}

fn read(webroot: &Path, token: &ChallengeToken) -> ChallengeFile {
    let [parent, folder] = CHALLENGE_FOLDER;
    let path = webroot.join(parent).join(folder).join(token.as_str());
    match open_file::read_below(webroot, &[parent, folder, token.as_str()], FILE_MAX as u64) {
        Ok(content) if content.len() > FILE_MAX => {
            ChallengeFile::Unreadable(format!("{} is longer than {FILE_MAX} bytes", path.display()))
        }
        Ok(content) => ChallengeFile::Found(content),
        Err(fault) if fault.error.kind() == io::ErrorKind::NotFound => ChallengeFile::Missing(path),
        Err(BelowError { path, error }) => {
            ChallengeFile::Unreadable(format!("{} {}", path.display(), open_file::describe_error(&error)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;
    use std::sync::mpsc::channel;
    use std::time::Duration;

    fn token(name: &str) -> ChallengeToken {
        let token = ChallengeToken::from_path(&format!("/.well-known/acme-challenge/{name}"));
        token.flatten().expect("a token")
    }

    #[test]
    fn files_are_read_in_order_on_the_thread_and_the_loop_is_woken() {
        let webroot = tempfile::tempdir().expect("a folder");
        let folder = webroot.path().join(".well-known/acme-challenge");
        fs::create_dir_all(&folder).expect("room");
        fs::write(folder.join("one"), "one.key").expect("room");
        fs::write(folder.join("full"), "x".repeat(FILE_MAX)).expect("room");
        fs::write(folder.join("long"), "x".repeat(FILE_MAX + 1)).expect("room");
        fs::write(webroot.path().join("outside"), "secret").expect("room");
        symlink(webroot.path().join("outside"), folder.join("link")).expect("a link");
        fs::create_dir(folder.join("folder")).expect("room");
        let (waker, woken) = channel();
        let waker = Box::new(move || waker.send(()).expect("the test listens"));
        let mut files = WebrootFiles::start(webroot.path().to_owned(), waker).expect("a thread");
        let names = ["one", "missing", "full", "long", "link", "folder"];
        let is_queued = names.map(|name| files.request(&token(name)));
        assert_eq!(is_queued, [true; 6]);
        let mut next = || {
            woken.recv_timeout(Duration::from_secs(20)).expect("a wake-up after each file");
            files.poll().expect("a file after each wake-up")
        };
        assert_eq!(next(), ChallengeFile::Found(b"one.key".to_vec()));
        assert_eq!(next(), ChallengeFile::Missing(folder.join("missing")));
        assert_eq!(next(), ChallengeFile::Found(b"x".repeat(FILE_MAX)));
        for reason in [
            "long is longer than 4096 bytes",
            "link cannot be read: it is a symbolic link, which is not followed",
            "folder is a directory, not a file",
        ] {
            let found = next();
            let is_expected = |error: &str| error.contains(reason);
            assert!(matches!(&found, ChallengeFile::Unreadable(error) if is_expected(error)), "{found:?}");
        }
    }

    #[test]
    fn missing_webroot_has_no_files() {
        let found = read(Path::new("/nonexistent/webroot"), &token("a"));
        assert!(matches!(found, ChallengeFile::Missing(_)), "{found:?}");
    }
}
