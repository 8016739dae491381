//! Serves the files of `webroot`: at paths where the server has nothing itself.

use crate::http::request::byte_range::ByteRange;
use crate::http::request::{Method, Request};
use crate::http::response::reply::{self, Status};
use crate::http::response::site_file::{self, FileRest};
use crate::log_limiter::warn_limited;
use crate::memory_budget::SharedBytes;
use crate::pages::artwork::has_etag;
use crate::server::requests::outcome::RequestOutcome;
use crate::server::state::peer::Peer;
use crate::server::state::server::Server;
use crate::server::state::views::site_files::{AwaitedFile, AwaitedPiece, PendingFiles};
use crate::session::{CloseReason, Reply, Session};
use crate::time::Time;
use crate::webroot_files::{FileFound, FilePiece, FileRequest, SiteFiles};

impl Server {
    /// Makes a session wait for the file that its request names. Returns whether it does; not if there are no
    /// files, or the path cannot be that of one.
    pub(in crate::server) fn serve_file(&mut self, peer: Peer, request: &Request, now: Time) -> bool {
        let head_only = request.method == Method::Head;
        if !self.views.files.has_files() || !(head_only || request.method == Method::Get) {
            return false;
        }
        let path = site_file::file_path(&request.path);
        let (Some(path), RequestOutcome::Reply(not_found)) = (path, self.answer_not_found(request)) else {
            return false;
        };
        let wanted = FileRequest::First {
            path: path.clone(),
            range: request.header("range").and_then(ByteRange::parse).filter(|_| !head_only),
            if_version: request.header("if-range").map(str::to_owned),
            wants_body: !head_only,
        };
        let if_none_match = request.header("if-none-match").map(str::to_owned);
        let awaited = AwaitedFile { path, head_only, if_none_match, not_found };
        if self.views.files.request_first(peer, wanted, awaited) {
            self.timers.files.add(peer, now);
            self.become_session(peer, Session::Reply(Box::new(Reply::deferred())));
        } else {
            self.become_reply(peer, answered(unavailable()), now);
        }
        true
    }

    /// Sends the pieces that were read, and answers the sessions that have waited for too long.
    pub(in crate::server) fn deliver_files(&mut self, now: Time) {
        while let Some((peer, awaited, found)) = self.views.files.take_read() {
            match awaited {
                AwaitedPiece::First(file) => self.begin_file(peer, *file, found, now),
                AwaitedPiece::Next(rest) => self.continue_file(peer, rest, found, now),
            }
        }
        while let Some(peer) = self.timers.files.pop_due(now) {
            self.send_deferred(peer, answered(unavailable()), now);
        }
    }

    fn begin_file(&mut self, peer: Peer, file: AwaitedFile, found: FileFound, now: Time) {
        let reply = match found {
            FileFound::Piece(piece) => self.file_reply(file, piece, now),
            FileFound::NoSuchRange { len } => answered(site_file::no_such_range(len, file.head_only)),
            FileFound::Missing => file.not_found,
            FileFound::Unreadable(reason) => {
                self.warn_of_file(peer, &reason, now);
                file.not_found
            }
        };
        self.send_deferred(peer, reply, now);
    }

    fn file_reply(&mut self, file: AwaitedFile, piece: FilePiece, now: Time) -> Reply {
        let FilePiece { version, range, is_partial, bytes } = piece;
        let tag = site_file::etag(version);
        if file.if_none_match.is_some_and(|tags| has_etag(&tags, &tag)) {
            return answered(reply::not_modified(&[("ETag", &tag)]));
        }
        let name = file.path.last().map_or("", String::as_str);
        let head = answered(site_file::head(name, &tag, &range, version.len, is_partial));
        if file.head_only {
            return head;
        }
        let rest = range.start + bytes.len() as u64..range.end;
        let Some(body) = self.charged(bytes, now) else {
            return Reply::new(reply::overloaded(), CloseReason::MemoryLimit);
        };
        head.with_body(body, b"").with_rest(FileRest { path: file.path, version, rest })
    }

    /// Requests the next piece of a file, of which the client was sent all that was read. It waits for its
    /// turn if many files are sent.
    pub(in crate::server) fn request_piece(&mut self, peer: Peer, rest: FileRest, now: Time) {
        if !self.views.files.request_next(peer, rest) {
            self.close_session(peer, CloseReason::Overloaded, now);
        }
    }

    fn continue_file(&mut self, peer: Peer, rest: FileRest, found: FileFound, now: Time) {
        let awaits_piece =
            |session: &Session| matches!(session, Session::Reply(reply) if reply.awaits_piece());
        if !self.sessions.get(peer).is_some_and(|entry| awaits_piece(&entry.session)) {
            return;
        }
        let bytes = match found {
            FileFound::Piece(piece) if !piece.bytes.is_empty() => piece.bytes,
            FileFound::Unreadable(reason) => {
                self.warn_of_file(peer, &reason, now);
                return self.close_session(peer, CloseReason::FileChanged, now);
            }
            _ => return self.close_session(peer, CloseReason::FileChanged, now),
        };
        let left = FileRest { rest: rest.rest.start + bytes.len() as u64..rest.rest.end, ..rest };
        let Some(body) = self.charged(bytes, now) else {
            return self.close_session(peer, CloseReason::MemoryLimit, now);
        };
        if let Some(Session::Reply(reply)) = self.sessions.get_mut(peer).map(|entry| &mut entry.session) {
            reply.push_piece(body, left);
            self.sessions.schedule_write(peer);
            self.note_holder(peer);
        }
    }

    /// Charges bytes to the memory budget. `None` if there is no room.
    fn charged(&mut self, bytes: Vec<u8>, now: Time) -> Option<SharedBytes> {
        let charge = self.charge(bytes.len(), now).ok()?;
        Some(SharedBytes::charged(bytes.into(), charge))
    }

    fn warn_of_file(&mut self, peer: Peer, reason: &str, now: Time) {
        let Some(address) = self.sessions.address(peer) else { return };
        let is_admitted = self.log.peers.admit(address.ip(), now);
        warn_limited!(is_admitted, "{address} is refused a file of webroot: {reason}");
    }

    /// Serves these files from now on. Clients that wait for others may try again.
    pub fn set_site_files(&mut self, files: Option<Box<dyn SiteFiles>>, now: Time) {
        let before = std::mem::replace(&mut self.views.files, PendingFiles::new(files));
        for peer in before.into_waiting() {
            match self.sessions.get(peer).map(|entry| entry.session.awaits_reply()) {
                Some(true) => self.send_deferred(peer, answered(unavailable()), now),
                Some(false) => self.close_session(peer, CloseReason::FileChanged, now),
                None => {}
            }
        }
    }
}

fn answered(bytes: Vec<u8>) -> Reply {
    Reply::new(bytes, CloseReason::Answered)
}

fn unavailable() -> Vec<u8> {
    reply::text(Status::ServiceUnavailable, "the file cannot be read now")
}
