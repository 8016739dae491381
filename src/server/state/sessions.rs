//! The table of sessions, and the lists of sockets to write to, to close and to resume.

use std::net::SocketAddr;

use slab::Slab;

use super::half_closed::CoarseTime;
use super::peer::Peer;
use super::stats::RequestKind;
use crate::session::{Session, SessionInfo};
use crate::time::Time;

/// One connection in the server's table.
#[derive(Debug)]
pub struct SessionEntry {
    generation: u32,
    /// Whether the socket is full. `net` reports when there is room again.
    pub blocked: bool,
    /// Whether it counts towards the connection limit of its address.
    pub counts_for_address: bool,
    /// The kind of its request.
    pub kind: RequestKind,
    /// Whether it is a player that may [open several
    /// connections](crate::http::request::duplicate_connections::may_open_parallel).
    pub may_open_parallel: bool,
    /// Bytes that it sent after its request and that were discarded.
    pub ignored_bytes: u32,
    /// When it closed its sending side, if it is a listener.
    pub half_closed_since: Option<CoarseTime>,
    pub session: Session,
    /// Boxed and separate from the session, because it lasts through all states and is rarely needed before
    /// the end.
    pub info: Box<SessionInfo>,
}

/// The size of an entry in the server's table, in bytes.
pub const SESSION_ENTRY_SIZE: usize = size_of::<SessionEntry>();

/// All sessions by their [`Peer`]. No other code of the server compares the generations of peers.
#[derive(Debug, Default)]
pub struct Sessions {
    table: Slab<SessionEntry>,
    last_generation: u32,
    /// Sessions to write to in this turn, in addition to the listeners whose slot on the wheel is due. After
    /// a turn, those to which the next turn writes: first those that had to wait. Each is in the list once.
    to_write: Vec<Peer>,
    /// By the index of a session, whether it is in this list. Not in the entries, which have no byte left.
    is_write_scheduled: Vec<bool>,
    /// When the last turn wrote.
    written_at: Time,
    /// Sessions that ended since the last call of [`drain_closed`](Self::drain_closed).
    closed: Vec<Peer>,
    /// Sources and logins that may be read again since the last call of
    /// [`drain_resumed`](Self::drain_resumed).
    resumed: Vec<Peer>,
}

impl Sessions {
    /// Adds a session.
    pub fn open(&mut self, session: Session, info: SessionInfo) -> Peer {
        self.last_generation = self.last_generation.wrapping_add(1).max(1);
        let generation = self.last_generation;
        let entry = SessionEntry {
            generation,
            blocked: false,
            kind: RequestKind::default(),
            counts_for_address: false,
            may_open_parallel: false,
            ignored_bytes: 0,
            half_closed_since: None,
            session,
            info: Box::new(info),
        };
        let index = self.table.insert(entry);
        let flags = self.is_write_scheduled.len().max(index + 1);
        self.is_write_scheduled.resize(flags, false);
        self.is_write_scheduled[index] = false;
        Peer { index: index as u32, generation }
    }

    /// Returns the session of this connection, if it still exists.
    pub fn get(&self, peer: Peer) -> Option<&SessionEntry> {
        self.table.get(peer.index as usize).filter(|entry| entry.generation == peer.generation)
    }

    /// Returns the mutable session of this connection, if it still exists.
    pub fn get_mut(&mut self, peer: Peer) -> Option<&mut SessionEntry> {
        self.table.get_mut(peer.index as usize).filter(|entry| entry.generation == peer.generation)
    }

    /// Removes a session from the table; the event loop then closes its socket.
    pub fn close(&mut self, peer: Peer) -> Option<SessionEntry> {
        self.get(peer)?;
        self.closed.push(peer);
        Some(self.table.remove(peer.index as usize))
    }

    /// Returns the address of a client; behind a trusted proxy, the forwarded one.
    pub fn address(&self, peer: Peer) -> Option<SocketAddr> {
        self.get(peer).map(|entry| entry.info.address)
    }

    /// Returns all sessions.
    pub fn iter(&self) -> impl Iterator<Item = (Peer, &SessionEntry)> {
        let peer = |index: usize, generation| Peer { index: index as u32, generation };
        self.table.iter().map(move |(index, entry)| (peer(index, entry.generation), entry))
    }

    /// Returns the peers of all sessions, as a copy that can be iterated while sessions end.
    pub fn peers(&self) -> Vec<Peer> {
        self.iter().map(|(peer, _)| peer).collect()
    }

    /// Returns the number of sessions.
    pub fn len(&self) -> usize {
        self.table.len()
    }

    /// Schedules a write to a session in this turn.
    pub fn schedule_write(&mut self, peer: Peer) {
        if self.get(peer).is_some() && !std::mem::replace(self.write_flag(peer), true) {
            self.to_write.push(peer);
        }
    }

    /// Notes that a session of the list that was taken is written to now.
    pub fn start_scheduled_write(&mut self, peer: Peer) {
        if self.get(peer).is_some() {
            *self.write_flag(peer) = false;
        }
    }

    fn write_flag(&mut self, peer: Peer) -> &mut bool {
        &mut self.is_write_scheduled[peer.index as usize]
    }

    /// Returns when to continue to write, if some session has more to write than one turn allows.
    pub fn continue_at(&self) -> Option<Time> {
        (!self.to_write.is_empty()).then_some(self.written_at)
    }

    /// Takes the list of sessions to write to in this turn. The caller must [return it](Self::recycle_writes)
    /// afterwards.
    pub fn take_scheduled_writes(&mut self) -> Vec<Peer> {
        std::mem::take(&mut self.to_write)
    }

    /// Returns a list that was taken. The sessions left in it have to wait for the next turn, and come before
    /// those that were scheduled meanwhile. Its memory is reused, so that the hot path of delivery does not
    /// allocate.
    pub fn recycle_writes(&mut self, mut list: Vec<Peer>, now: Time) {
        self.written_at = now;
        list.append(&mut self.to_write);
        self.to_write = list;
    }

    /// Records that the event loop may read from these connections again.
    pub fn resume(&mut self, peers: impl Iterator<Item = Peer>) {
        self.resumed.extend(peers);
    }

    /// Returns the connections that may be read again since the last call.
    pub fn drain_resumed(&mut self) -> impl Iterator<Item = Peer> + '_ {
        self.resumed.drain(..)
    }

    /// Returns the connections whose sessions ended since the last call.
    pub fn drain_closed(&mut self) -> impl Iterator<Item = Peer> + '_ {
        self.closed.drain(..)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(sessions: &mut Sessions) -> Peer {
        let info = SessionInfo::new(([192, 0, 2, 1], 9).into(), Time::START);
        sessions.open(Session::Handshake(Box::default()), info)
    }

    #[test]
    fn stale_peer_never_finds_a_later_session_with_its_index() {
        let mut sessions = Sessions::default();
        let first = open(&mut sessions);
        assert!(sessions.close(first).is_some());
        let second = open(&mut sessions);
        assert_eq!(first.index, second.index, "indexes are reused");
        assert!(sessions.get(first).is_none() && sessions.get_mut(first).is_none());
        assert!(sessions.close(first).is_none() && sessions.get(second).is_some());
        assert_eq!(sessions.drain_closed().collect::<Vec<_>>(), [first], "closed once");
    }

    #[test]
    fn writes_scheduled_while_the_list_is_taken_are_kept() {
        let mut sessions = Sessions::default();
        let (first, second) = (open(&mut sessions), open(&mut sessions));
        (0..2).for_each(|_| sessions.schedule_write(first));
        let mut list = sessions.take_scheduled_writes();
        assert_eq!(list, [first], "once");
        list.clear();
        sessions.start_scheduled_write(first);
        [second, first].into_iter().for_each(|peer| sessions.schedule_write(peer));
        sessions.recycle_writes(list, Time::START);
        let list = sessions.take_scheduled_writes();
        assert_eq!(list, [second, first]);
        let third = open(&mut sessions);
        sessions.schedule_write(third);
        sessions.schedule_write(first);
        sessions.recycle_writes(list, Time::START);
        assert_eq!(sessions.take_scheduled_writes(), [second, first, third], "those that wait come first");
    }
}
