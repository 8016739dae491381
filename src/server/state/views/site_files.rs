//! The pieces of files that are being read, and the sessions that wait for them.

use std::collections::VecDeque;

use crate::http::response::site_file::{FilePath, FileRest};
use crate::server::state::peer::Peer;
use crate::session::Reply;
use crate::webroot_files::{FileFound, FileRequest, SiteFiles};

/// The pieces of files that are being read.
#[derive(Debug, Default)]
pub struct PendingFiles {
    /// Reads the files; `None` if there are none.
    files: Option<Box<dyn SiteFiles>>,
    /// The sessions that wait, in the order of their requests. The worker's queue bounds their number.
    waiting: VecDeque<(Peer, AwaitedPiece)>,
    /// The sessions whose next piece is requested when the worker's queue has room: at most one piece of each
    /// session. While there are any, no other file is begun.
    postponed: VecDeque<(Peer, FileRest)>,
}

/// What a session waits for.
#[derive(Debug)]
pub enum AwaitedPiece {
    /// The answer to its request.
    First(Box<AwaitedFile>),
    /// More of a file whose beginning it was sent.
    Next(FileRest),
}

/// A file that a session has requested.
#[derive(Debug)]
pub struct AwaitedFile {
    pub path: FilePath,
    /// Whether to leave out the body, for HEAD.
    pub head_only: bool,
    /// The tags of the versions that the client has.
    pub if_none_match: Option<String>,
    /// The reply if there is no such file.
    pub not_found: Reply,
}

impl PendingFiles {
    /// Serves these files.
    pub fn new(files: Option<Box<dyn SiteFiles>>) -> Self {
        Self { files, waiting: VecDeque::new(), postponed: VecDeque::new() }
    }

    /// Returns whether there are files.
    pub fn has_files(&self) -> bool {
        self.files.is_some()
    }

    /// Makes a session wait for the beginning of a file. Returns whether it will be read: not while the
    /// downloads that have begun need the worker.
    pub fn request_first(&mut self, peer: Peer, request: FileRequest, awaited: AwaitedFile) -> bool {
        self.postponed.is_empty() && self.request(peer, request, AwaitedPiece::First(Box::new(awaited)))
    }

    /// Makes a session wait for the next piece of a file. Returns whether it will be read: a download that
    /// has begun waits for room in the worker's queue.
    pub fn request_next(&mut self, peer: Peer, rest: FileRest) -> bool {
        self.postponed.push_back((peer, rest));
        self.request_postponed();
        // Only a worker that has ended refuses a request while it has nothing to do.
        !self.waiting.is_empty()
    }

    fn request_postponed(&mut self) {
        while let Some((peer, rest)) = self.postponed.front().cloned() {
            if !self.request(peer, FileRequest::Next(rest.clone()), AwaitedPiece::Next(rest)) {
                return;
            }
            self.postponed.pop_front();
        }
    }

    fn request(&mut self, peer: Peer, request: FileRequest, awaited: AwaitedPiece) -> bool {
        let is_requested = self.files.as_mut().is_some_and(|files| files.request(request));
        if is_requested {
            self.waiting.push_back((peer, awaited));
        }
        is_requested
    }

    /// Returns the next piece that was read, and the session that waits for it.
    pub fn take_read(&mut self) -> Option<(Peer, AwaitedPiece, FileFound)> {
        let found = self.files.as_mut()?.poll()?;
        let (peer, awaited) = self.waiting.pop_front()?;
        self.request_postponed();
        Some((peer, awaited, found))
    }

    /// Returns the sessions that wait.
    pub fn into_waiting(self) -> impl Iterator<Item = Peer> {
        let postponed = self.postponed.into_iter().map(|(peer, _)| peer);
        self.waiting.into_iter().map(|(peer, _)| peer).chain(postponed)
    }
}
