//! The challenges of ACME whose files are being read, and the sessions that wait for them.

use std::collections::VecDeque;

use crate::acme_webroot::{ChallengeFile, ChallengeFiles};
use crate::http::request::challenge_token::ChallengeToken;
use crate::server::state::peer::Peer;

/// The challenges whose files are being read.
#[derive(Debug, Default)]
pub struct Challenges {
    /// Reads the files; `None` if there are none.
    files: Option<Box<dyn ChallengeFiles>>,
    /// The sessions that wait, in the order of their requests. The worker's queue bounds their number.
    waiting: VecDeque<WaitingChallenge>,
}

/// A session that waits for the file of a challenge.
#[derive(Debug)]
pub struct WaitingChallenge {
    pub peer: Peer,
    /// Whether to leave out the body, for HEAD.
    pub head_only: bool,
}

impl Challenges {
    /// Serves these files.
    pub fn new(files: Option<Box<dyn ChallengeFiles>>) -> Self {
        Self { files, waiting: VecDeque::new() }
    }

    /// Returns whether there are files.
    pub fn has_files(&self) -> bool {
        self.files.is_some()
    }

    /// Makes a session wait for a file. Returns whether it will be read.
    pub fn request(&mut self, token: &ChallengeToken, waiting: WaitingChallenge) -> bool {
        let is_requested = self.files.as_mut().is_some_and(|files| files.request(token));
        if is_requested {
            self.waiting.push_back(waiting);
        }
        is_requested
    }

    /// Returns the next file that was read, and the session that waits for it.
    pub fn take_read(&mut self) -> Option<(WaitingChallenge, ChallengeFile)> {
        let found = self.files.as_mut()?.poll()?;
        self.waiting.pop_front().map(|waiting| (waiting, found))
    }

    /// Returns the sessions that wait.
    pub fn into_waiting(self) -> VecDeque<WaitingChallenge> {
        self.waiting
    }
}
