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
        Self { files, waiting: VecDeque::new() }
    }

    /// Returns whether there are files.
    pub fn has_files(&self) -> bool {
        self.files.is_some()
    }

    /// Makes a session wait for a piece. Returns whether it will be read.
    pub fn request(&mut self, peer: Peer, request: FileRequest, awaited: AwaitedPiece) -> bool {
        let is_requested = self.files.as_mut().is_some_and(|files| files.request(request));
        if is_requested {
            self.waiting.push_back((peer, awaited));
        }
        is_requested
    }

    /// Returns the next piece that was read, and the session that waits for it.
    pub fn take_read(&mut self) -> Option<(Peer, AwaitedPiece, FileFound)> {
        let found = self.files.as_mut()?.poll()?;
        self.waiting.pop_front().map(|(peer, awaited)| (peer, awaited, found))
    }

    /// Returns the sessions that wait.
    pub fn into_waiting(self) -> impl Iterator<Item = Peer> {
        self.waiting.into_iter().map(|(peer, _)| peer)
    }
}
