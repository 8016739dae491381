//! Bytes from the sessions to the sockets, as many as these take.

use std::io::IoSlice;

use super::state::peer::{Disconnected, Peer, Wire};
use super::state::server::Server;
use super::state::sessions::Entry;
use super::state::station::channel::Channel;
use super::state::views::event_hub::EventHub;
use crate::session::{EVENTS_AT_ONCE, Events, Listener, PIECES_MAX, Reply, Session, Why};
use crate::station::Station;
use crate::time::Time;

/// Whether a session goes on.
pub enum Step {
    Stay,
    Close(Why),
}

impl Step {
    fn after(written: Result<(), Disconnected>) -> Self {
        match written {
            Ok(()) => Self::Stay,
            Err(Disconnected) => Self::Close(Why::PeerLeft),
        }
    }
}

impl Server {
    /// Writes what a session has to send, as far as its socket takes it.
    pub(super) fn write(&mut self, peer: Peer, now: Time, wire: &mut impl Wire) {
        let Some(Entry { session, blocked, .. }) = self.sessions.get_mut(peer) else { return };
        if *blocked {
            return;
        }
        let step = match session {
            Session::Listener(listener) => {
                let channel = &mut self.stations[listener.station];
                write_audio(listener, channel, peer, wire, blocked)
            }
            Session::Events(reader) => {
                write_events(reader, &mut self.views.events, (peer, now), wire, blocked)
            }
            Session::Reply(reply) => write_reply(reply, peer, wire, blocked),
            Session::Source(source) => {
                let written = write_rest(source.reply(), peer, wire, blocked);
                Step::after(written.map(|count| source.advance(count)))
            }
            Session::Relay(relay) => {
                let written = write_rest(relay.request(), peer, wire, blocked);
                Step::after(written.map(|count| relay.advance(count)))
            }
            Session::Handshake(_) => Step::Stay,
        };
        self.take_step(peer, step, now);
    }

    /// Ends a session if that is the step; says whether it goes on.
    pub(super) fn take_step(&mut self, peer: Peer, step: Step, now: Time) -> bool {
        if let Step::Close(why) = step {
            self.close_session(peer, why, now);
            return false;
        }
        true
    }
}

/// Writes all that is new on the timeline to a listener, if its socket has room.
pub fn write_audio(
    listener: &mut Listener,
    channel: &mut Channel,
    peer: Peer,
    wire: &mut impl Wire,
    blocked: &mut bool,
) -> Step {
    let before = listener.sent();
    let step = write_pieces(listener, &channel.station, peer, wire, blocked);
    channel.bytes_sent += listener.sent() - before;
    step
}

fn write_pieces(
    listener: &mut Listener,
    station: &Station,
    peer: Peer,
    wire: &mut impl Wire,
    blocked: &mut bool,
) -> Step {
    while !*blocked {
        let mut pieces = [IoSlice::new(&[]); PIECES_MAX];
        let count = listener.gather(station, &mut pieces);
        let offered: usize = pieces[..count].iter().map(|piece| piece.len()).sum();
        if count == 0 {
            return Step::Stay;
        }
        let Ok(taken) = wire.write(peer, &pieces[..count]) else { return Step::Close(Why::PeerLeft) };
        listener.advance(station, taken);
        *blocked = taken < offered;
        if count < PIECES_MAX {
            return Step::Stay;
        }
    }
    Step::Stay
}

/// Writes the events that a reader has not been sent yet.
fn write_events(
    reader: &mut Events,
    hub: &mut EventHub,
    (peer, now): (Peer, Time),
    wire: &mut impl Wire,
    blocked: &mut bool,
) -> Step {
    loop {
        hub.fill(reader);
        let mut pieces = [IoSlice::new(&[]); EVENTS_AT_ONCE];
        let count = reader.gather(&mut pieces);
        if count == 0 {
            return Step::Stay;
        }
        let offered: usize = pieces[..count].iter().map(|piece| piece.len()).sum();
        let Ok(taken) = wire.write(peer, &pieces[..count]) else { return Step::Close(Why::PeerLeft) };
        reader.advance(taken, now);
        *blocked = taken < offered;
        if *blocked {
            return Step::Stay;
        }
    }
}

/// Writes the rest of what a source or an upstream is sent; returns how much of it was taken.
fn write_rest(
    rest: &[u8],
    peer: Peer,
    wire: &mut impl Wire,
    blocked: &mut bool,
) -> Result<usize, Disconnected> {
    if rest.is_empty() {
        return Ok(0);
    }
    let taken = wire.write(peer, &[IoSlice::new(rest)])?;
    *blocked = taken < rest.len();
    Ok(taken)
}

fn write_reply(reply: &mut Reply, peer: Peer, wire: &mut impl Wire, blocked: &mut bool) -> Step {
    if reply.is_finished() || reply.is_awaited() {
        return Step::Stay;
    }
    while !reply.rest().is_empty() {
        let rest = reply.rest();
        let Ok(taken) = wire.write(peer, &[IoSlice::new(rest)]) else { return Step::Close(Why::PeerLeft) };
        *blocked = taken < rest.len();
        reply.advance(taken);
        if *blocked {
            return Step::Stay;
        }
    }
    wire.finish(peer);
    reply.finish();
    Step::Stay
}
