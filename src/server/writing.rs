//! Writes the pending bytes of sessions to their sockets.

use std::io::IoSlice;
use std::time::Duration;

use super::state::peer::{ConnectionLost, Peer, Wire};
use super::state::server::Server;
use super::state::sessions::SessionEntry;
use super::state::station::channel::Channel;
use super::state::views::event_hub::EventHub;
use crate::http::response::site_file::FileRest;
use crate::session::{
    CloseReason, EVENTS_AT_ONCE, EventReader, Listener, PIECES_MAX, REPLY_PIECES, Reply, Session,
};
use crate::station::Station;
use crate::time::Time;

/// Whether a session stays open after a write.
pub enum WriteOutcome {
    KeepOpen,
    /// There is more to write, and the socket has room. The next turn continues.
    Continue,
    /// All that was read of a file was sent: this has to be read next.
    NextPiece(FileRest),
    Close(CloseReason),
    /// The listener gets the rest of its frame, and is closed then.
    Finish(CloseReason),
}

impl WriteOutcome {
    fn from_result(written: Result<(), ConnectionLost>) -> Self {
        match written {
            Ok(()) => Self::KeepOpen,
            Err(ConnectionLost) => Self::Close(CloseReason::PeerClosed),
        }
    }
}

/// How long a turn writes responses and events, besides the write during which this time is over. Thousands
/// of clients that read fast would otherwise delay the listeners.
pub const REPLY_TIME_PER_TURN: Duration = Duration::from_millis(5);

impl Server {
    /// Writes to the sessions with scheduled writes: to listeners, sources and upstreams in any case, to
    /// others for a limited time. Those that have to wait come first in the next turn.
    pub(super) fn write_scheduled(&mut self, now: Time, wire: &mut impl Wire) {
        let mut scheduled = self.sessions.take_scheduled_writes();
        let mut used = Duration::ZERO;
        scheduled.retain(|&peer| {
            let is_limited = self.sessions.get(peer).is_some_and(|entry| is_limited(&entry.session));
            if is_limited && used >= REPLY_TIME_PER_TURN {
                return true;
            }
            self.sessions.start_scheduled_write(peer);
            let start = is_limited.then(|| wire.now());
            self.write(peer, now, wire);
            used += start.map_or(Duration::ZERO, |start| wire.now().since(start));
            false
        });
        self.sessions.recycle_writes(scheduled, now);
    }

    /// Writes the pending bytes of a session, as many as its socket takes.
    pub(super) fn write(&mut self, peer: Peer, now: Time, wire: &mut impl Wire) {
        let Some(SessionEntry { session, blocked, .. }) = self.sessions.get_mut(peer) else { return };
        if *blocked {
            return;
        }
        let outcome = match session {
            Session::Listener(listener) => {
                let channel = &mut self.stations[listener.station];
                write_audio(listener, channel, peer, wire, blocked)
            }
            Session::EventReader(reader) => {
                write_events(reader, &mut self.views.events, (peer, now), wire, blocked)
            }
            Session::Reply(reply) => write_reply(reply, (peer, now), wire, blocked),
            Session::Source(source) => {
                let written = write_rest(source.reply(), peer, wire, blocked);
                WriteOutcome::from_result(written.map(|count| source.advance(count)))
            }
            Session::Relay(relay) => {
                let written = write_rest(relay.request(), peer, wire, blocked);
                WriteOutcome::from_result(written.map(|count| relay.advance(count)))
            }
            Session::Handshake(_) | Session::Login(_) => WriteOutcome::KeepOpen,
        };
        self.apply_write_outcome(peer, outcome, now);
    }

    /// Closes a session if the outcome requires it; returns whether it stays open.
    pub(super) fn apply_write_outcome(&mut self, peer: Peer, outcome: WriteOutcome, now: Time) -> bool {
        match outcome {
            WriteOutcome::KeepOpen => true,
            WriteOutcome::Continue => {
                self.sessions.schedule_write(peer);
                true
            }
            WriteOutcome::NextPiece(rest) => {
                self.request_piece(peer, rest, now);
                true
            }
            WriteOutcome::Close(reason) => {
                self.close_session(peer, reason, now);
                false
            }
            WriteOutcome::Finish(reason) => {
                self.close_gracefully(peer, reason, now);
                false
            }
        }
    }
}

/// Returns whether a turn writes to such sessions for a limited time only.
fn is_limited(session: &Session) -> bool {
    match session {
        Session::Reply(reply) => reply.has_content(),
        Session::EventReader(_) => true,
        _ => false,
    }
}

/// Writes to a listener all audio that it has not been sent, if its socket has room. A listener that has got
/// all of the codec that its head named is closed: many players stay mute for good when another one follows.
pub fn write_audio(
    listener: &mut Listener,
    channel: &mut Channel,
    peer: Peer,
    wire: &mut impl Wire,
    blocked: &mut bool,
) -> WriteOutcome {
    let before = listener.sent();
    let outcome = write_pieces(listener, &channel.station, peer, wire, blocked);
    channel.bytes_sent += listener.sent() - before;
    match outcome {
        WriteOutcome::KeepOpen if listener.is_at_other_codec(&channel.station) => {
            WriteOutcome::Finish(CloseReason::FormatChanged)
        }
        outcome => outcome,
    }
}

fn write_pieces(
    listener: &mut Listener,
    station: &Station,
    peer: Peer,
    wire: &mut impl Wire,
    blocked: &mut bool,
) -> WriteOutcome {
    while !*blocked {
        let mut pieces = [IoSlice::new(&[]); PIECES_MAX];
        let count = listener.gather(station, &mut pieces);
        let offered: usize = pieces[..count].iter().map(|piece| piece.len()).sum();
        if count == 0 {
            return WriteOutcome::KeepOpen;
        }
        let Ok(taken) = wire.write(peer, &pieces[..count]) else {
            return WriteOutcome::Close(CloseReason::PeerClosed);
        };
        listener.advance(station, taken);
        *blocked = taken < offered;
        if count < PIECES_MAX {
            return WriteOutcome::KeepOpen;
        }
    }
    WriteOutcome::KeepOpen
}

/// The most writes to an event reader in one turn. A new reader gets the state of every station, which takes
/// several writes if there are many.
const EVENT_WRITES_PER_TURN: usize = 4;

/// Writes to a reader the events that it has not been sent.
fn write_events(
    reader: &mut EventReader,
    hub: &mut EventHub,
    (peer, now): (Peer, Time),
    wire: &mut impl Wire,
    blocked: &mut bool,
) -> WriteOutcome {
    for _ in 0..EVENT_WRITES_PER_TURN {
        hub.fill(reader);
        let mut pieces = [IoSlice::new(&[]); EVENTS_AT_ONCE];
        let count = reader.gather(&mut pieces);
        if count == 0 {
            return WriteOutcome::KeepOpen;
        }
        let offered: usize = pieces[..count].iter().map(|piece| piece.len()).sum();
        let Ok(taken) = wire.write(peer, &pieces[..count]) else {
            return WriteOutcome::Close(CloseReason::PeerClosed);
        };
        reader.advance(taken, now);
        *blocked = taken < offered;
        if *blocked {
            return WriteOutcome::KeepOpen;
        }
    }
    WriteOutcome::Continue
}

/// Writes the rest of the bytes for a source or an upstream. Returns how many the socket took.
fn write_rest(
    rest: &[u8],
    peer: Peer,
    wire: &mut impl Wire,
    blocked: &mut bool,
) -> Result<usize, ConnectionLost> {
    if rest.is_empty() {
        return Ok(0);
    }
    let taken = wire.write(peer, &[IoSlice::new(rest)])?;
    *blocked = taken < rest.len();
    Ok(taken)
}

/// Writes the next part of a reply.
fn write_reply(
    reply: &mut Reply,
    (peer, now): (Peer, Time),
    wire: &mut impl Wire,
    blocked: &mut bool,
) -> WriteOutcome {
    if !reply.has_content() {
        return WriteOutcome::KeepOpen;
    }
    let mut pieces = [IoSlice::new(&[]); REPLY_PIECES];
    let count = reply.gather(&mut pieces);
    let offered: usize = pieces[..count].iter().map(|piece| piece.len()).sum();
    if offered > 0 {
        let Ok(taken) = wire.write(peer, &pieces[..count]) else {
            return WriteOutcome::Close(CloseReason::PeerClosed);
        };
        *blocked = taken < offered;
        reply.advance(taken, now);
    }
    if !reply.is_sent() {
        return if *blocked { WriteOutcome::KeepOpen } else { WriteOutcome::Continue };
    }
    if let Some(rest) = reply.take_rest() {
        return WriteOutcome::NextPiece(rest);
    }
    // A connection may be closed soon after its reply has finished.
    if wire.has_unsent(peer) {
        *blocked = true;
        return WriteOutcome::KeepOpen;
    }
    wire.finish(peer);
    reply.finish();
    WriteOutcome::KeepOpen
}
