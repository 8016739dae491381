//! A fake network: the sockets of the peers, and checks of what the server writes to them.

use std::cell::RefCell;
use std::collections::HashMap;
use std::io::IoSlice;
use std::net::SocketAddr;
use std::rc::Rc;

use coldwave::server::{ConnectionLost, Peer, Wire};
use coldwave::time::Time;

use super::ear::Ear;
use super::tone::Log;

/// The open sockets of all peers.
#[derive(Default)]
pub struct FakeNetwork {
    pub sockets: HashMap<Peer, FakeSocket>,
    /// What each station has played.
    pub logs: Vec<Rc<RefCell<Log>>>,
}

/// A socket and what its peer has received.
pub struct FakeSocket {
    pub address: SocketAddr,
    /// The bytes that fit into the send buffer; `None` for any number.
    pub room: Option<usize>,
    pub blocked: bool,
    pub broken: bool,
    pub finished: bool,
    /// The bytes that the server has written.
    pub written: u64,
    pub reply: Vec<u8>,
    /// Checks the stream of a listener.
    pub ear: Option<Ear>,
    /// The frames that the peer sent as a source.
    pub frames: u64,
}

impl Wire for FakeNetwork {
    fn write(&mut self, peer: Peer, pieces: &[IoSlice<'_>]) -> Result<usize, ConnectionLost> {
        let socket = self.sockets.get_mut(&peer).expect("the server writes to open sockets only");
        assert!(!socket.finished, "a write after the end of the stream");
        assert!(!socket.blocked, "a write to a full socket");
        assert!(pieces.iter().all(|piece| !piece.is_empty()), "an empty slice in a write");
        if socket.broken {
            return Err(ConnectionLost);
        }
        let offered: usize = pieces.iter().map(|piece| piece.len()).sum();
        assert!(offered > 0, "an empty write");
        let written = socket.room.map_or(offered, |room| room.min(offered));
        socket.room = socket.room.map(|room| room - written);
        socket.blocked = written < offered;
        socket.written += written as u64;
        let mut left = written;
        for piece in pieces {
            let part = &piece[..left.min(piece.len())];
            left -= part.len();
            socket.receive(part, &self.logs);
        }
        Ok(written)
    }

    fn now(&self) -> Time {
        Time::START
    }

    fn finish(&mut self, peer: Peer) {
        let socket = self.sockets.get_mut(&peer).expect("the server shuts down open sockets only");
        assert!(!socket.finished, "a socket is shut down once");
        socket.finished = true;
    }

    fn has_unsent(&mut self, _: Peer) -> bool {
        false
    }
}

impl FakeSocket {
    pub fn new(address: SocketAddr, room: Option<usize>) -> Self {
        let (blocked, broken, finished, ear) = (false, false, false, None);
        Self { address, room, blocked, broken, finished, written: 0, reply: Vec::new(), ear, frames: 0 }
    }

    /// Takes bytes that the server wrote. Every byte of a stream is checked; of any other reply, only the
    /// beginning of its head.
    fn receive(&mut self, bytes: &[u8], logs: &[Rc<RefCell<Log>>]) {
        if let Some(ear) = &mut self.ear {
            return ear.receive(bytes);
        }
        self.reply.extend_from_slice(bytes);
        let Some(end) = self.reply.windows(4).position(|bytes| bytes == b"\r\n\r\n") else { return };
        let head = String::from_utf8(self.reply[..end].to_vec()).expect("heads are UTF-8");
        assert!(
            ["HTTP/1.0 ", "HTTP/1.1 ", "ICY ", "OK"].iter().any(|begin| head.starts_with(begin)),
            "{head}"
        );
        let station = head.lines().find_map(|line| line.strip_prefix("icy-name: "));
        if let Some(station) = station.and_then(|name| name.parse::<usize>().ok()) {
            let mut ear = Ear::new(&logs[station - 1]);
            ear.receive(&std::mem::take(&mut self.reply));
            self.ear = Some(ear);
        }
    }
}
