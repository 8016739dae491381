//! Serves the files with which an ACME client proves that this server answers for its name.

use crate::acme_webroot::{ChallengeFile, ChallengeFiles};
use crate::http::request::challenge_token::ChallengeToken;
use crate::http::request::{Method, Request};
use crate::http::response::reply::{self, Status};
use crate::log_limiter::{log_limited, warn_limited};
use crate::server::state::peer::Peer;
use crate::server::state::server::Server;
use crate::server::state::views::challenges::{Challenges, WaitingChallenge};
use crate::session::{CloseReason, Reply, Session};
use crate::time::Time;

/// The media type of a challenge (RFC 8555, 8.3).
const MEDIA_TYPE: &str = "application/octet-stream";

impl Server {
    /// Makes a session wait for the file of a challenge. The bans do not apply: an authority does not tell
    /// from which addresses it asks.
    pub(in crate::server) fn serve_challenge(
        &mut self,
        peer: Peer,
        token: Option<ChallengeToken>,
        request: &Request,
        now: Time,
    ) {
        let head_only = request.method == Method::Head;
        let Some(token) = token.filter(|_| self.views.challenges.has_files()) else {
            return self.become_reply(peer, answered(reply::not_found(head_only)), now);
        };
        if !self.views.challenges.request(&token, WaitingChallenge { peer, head_only }) {
            return self.become_reply(peer, answered(unavailable()), now);
        }
        self.timers.challenges.add(peer, now);
        self.become_session(peer, Session::Reply(Box::new(Reply::deferred())));
    }

    /// Answers the waiting sessions whose files were read, and those that have waited for too long.
    pub(in crate::server) fn deliver_challenges(&mut self, now: Time) {
        while let Some((WaitingChallenge { peer, head_only }, file)) = self.views.challenges.take_read() {
            self.log_challenge(peer, &file, now);
            let bytes = match file {
                ChallengeFile::Found(content) => {
                    reply::reply(Status::Ok, MEDIA_TYPE, &content, &[], head_only)
                }
                ChallengeFile::Missing(_) => reply::not_found(head_only),
                ChallengeFile::Unreadable(_) => unavailable(),
            };
            self.send_deferred(peer, answered(bytes), now);
        }
        while let Some(peer) = self.timers.challenges.pop_due(now) {
            self.send_deferred(peer, answered(unavailable()), now);
        }
    }

    fn log_challenge(&mut self, peer: Peer, file: &ChallengeFile, now: Time) {
        let Some(address) = self.sessions.address(peer) else { return };
        let is_admitted = self.log.peers.admit(address.ip(), now);
        match file {
            ChallengeFile::Found(_) => log_limited!(is_admitted, "{address} was sent an ACME challenge"),
            ChallengeFile::Missing(path) => {
                log_limited!(
                    is_admitted,
                    "{address} requests an ACME challenge that does not exist: {path:?}"
                );
            }
            ChallengeFile::Unreadable(error) => {
                warn_limited!(is_admitted, "{address} is refused an ACME challenge: {error}");
            }
        }
    }

    /// Serves these files from now on. Clients that wait for others may try again.
    pub fn set_challenge_files(&mut self, files: Option<Box<dyn ChallengeFiles>>, now: Time) {
        let before = std::mem::replace(&mut self.views.challenges, Challenges::new(files));
        for waiting in before.into_waiting() {
            self.send_deferred(waiting.peer, answered(unavailable()), now);
        }
    }
}

fn answered(bytes: Vec<u8>) -> Reply {
    Reply::new(bytes, CloseReason::Answered)
}

fn unavailable() -> Vec<u8> {
    reply::text(Status::ServiceUnavailable, "the file of the challenge cannot be read now")
}
