//! One end of a connection to coldwave.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Instant;

use super::DEADLINE;

/// A connection to coldwave, seen from the other end.
pub struct Peer {
    stream: TcpStream,
    /// Bytes that came with the head but are not of it.
    ahead: Vec<u8>,
}

/// A reply's head.
#[derive(Debug)]
pub struct Head {
    /// The first line.
    pub status: String,
    /// The others, as they came.
    pub headers: Vec<(String, String)>,
}

impl Peer {
    /// Connects to `address`.
    pub fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect_timeout(&address, DEADLINE).expect("coldwave can be reached");
        Self::of(stream)
    }

    /// Speaks over `stream`.
    pub fn of(stream: TcpStream) -> Self {
        stream.set_nodelay(true).expect("small pieces can be sent at once");
        stream.set_read_timeout(Some(DEADLINE)).expect("reads can have a deadline");
        stream.set_write_timeout(Some(DEADLINE)).expect("writes can have a deadline");
        Self { stream, ahead: Vec::new() }
    }

    /// The socket itself.
    pub fn stream(&self) -> &TcpStream {
        &self.stream
    }

    /// Sends these bytes.
    pub fn send(&mut self, bytes: &[u8]) {
        self.try_send(bytes).expect("coldwave takes what it is sent");
    }

    /// Sends these bytes if there still is someone to take them.
    ///
    /// # Errors
    /// Those of the connection.
    pub fn try_send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes)
    }

    /// Reads what comes next; no bytes at the end.
    ///
    /// # Errors
    /// Those of the connection: reset, or nothing for too long.
    pub fn read(&mut self) -> io::Result<Vec<u8>> {
        if !self.ahead.is_empty() {
            return Ok(std::mem::take(&mut self.ahead));
        }
        let mut buffer = vec![0; 64 * 1024];
        loop {
            match self.stream.read(&mut buffer) {
                // A read with a deadline is not gone on with by itself where the tests were stopped and continued.
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => {
                    buffer.truncate(read?);
                    return Ok(buffer);
                }
            }
        }
    }

    /// Reads a reply's head.
    ///
    /// # Panics
    /// When none comes.
    #[track_caller]
    pub fn head(&mut self) -> Head {
        let mut bytes = Vec::new();
        let end = loop {
            if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
                break end;
            }
            match self.read() {
                Ok(more) if !more.is_empty() => bytes.extend_from_slice(&more),
                end => panic!("no head came: {end:?} after {:?}", String::from_utf8_lossy(&bytes)),
            }
        };
        self.ahead = bytes.split_off(end + 4);
        let text = String::from_utf8(bytes).expect("a head in UTF-8");
        let mut lines = text.trim_end().split("\r\n");
        let status = lines.next().unwrap_or_default().to_owned();
        let headers = lines.map(|line| line.split_once(": ").expect("a colon and a space"));
        Head { status, headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect() }
    }

    /// Reads until the end.
    ///
    /// # Errors
    /// Where the end is no goodbye but a reset, or does not come.
    pub fn read_to_end(&mut self) -> io::Result<Vec<u8>> {
        let (started, mut all) = (Instant::now(), Vec::new());
        loop {
            match self.read()? {
                end if end.is_empty() => return Ok(all),
                more => all.extend_from_slice(&more),
            }
            assert!(
                started.elapsed() < DEADLINE,
                "the connection never ended; it brought {} bytes",
                all.len()
            );
        }
    }
}

impl Head {
    /// The value of a header whose name is exactly that.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }
}
