//! The peers' sockets.

use std::cell::RefCell;
use std::collections::HashMap;
use std::io::IoSlice;
use std::net::SocketAddr;
use std::rc::Rc;

use coldwave::server::{ConnectionLost, Peer, Wire};

use super::ear::Ear;
use super::tone::Log;

/// The peers' sockets, and what came out at their other ends.
#[derive(Default)]
pub struct Net {
    pub sockets: HashMap<Peer, Socket>,
    pub logs: Vec<Rc<RefCell<Log>>>,
}

pub struct Socket {
    pub address: SocketAddr,
    /// Bytes that it still has room for; `None` for any number.
    pub room: Option<usize>,
    pub blocked: bool,
    pub broken: bool,
    pub finished: bool,
    pub taken: u64,
    pub reply: Vec<u8>,
    pub ear: Option<Ear>,
    /// How many frames it sent as a source.
    pub frames: u64,
}

impl Wire for Net {
    fn write(&mut self, peer: Peer, pieces: &[IoSlice<'_>]) -> Result<usize, ConnectionLost> {
        let socket = self.sockets.get_mut(&peer).expect("the server writes to those who are there");
        assert!(!socket.finished, "nothing is written after the end");
        assert!(!socket.blocked, "nothing is written to a socket that is full");
        assert!(pieces.iter().all(|piece| !piece.is_empty()), "no piece is empty");
        if socket.broken {
            return Err(ConnectionLost);
        }
        let offered: usize = pieces.iter().map(|piece| piece.len()).sum();
        assert!(offered > 0, "there is something to write");
        let taken = socket.room.map_or(offered, |room| room.min(offered));
        socket.room = socket.room.map(|room| room - taken);
        socket.blocked = taken < offered;
        socket.taken += taken as u64;
        let mut left = taken;
        for piece in pieces {
            let part = &piece[..left.min(piece.len())];
            left -= part.len();
            socket.receive(part, &self.logs);
        }
        Ok(taken)
    }

    fn finish(&mut self, peer: Peer) {
        let socket = self.sockets.get_mut(&peer).expect("the server finishes with those who are there");
        assert!(!socket.finished, "an end is said once");
        socket.finished = true;
    }
}

impl Socket {
    pub fn new(address: SocketAddr, room: Option<usize>) -> Self {
        let (blocked, broken, finished, ear) = (false, false, false, None);
        Self { address, room, blocked, broken, finished, taken: 0, reply: Vec::new(), ear, frames: 0 }
    }

    /// A stream is checked to the last byte; of all other replies, that they are any.
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
