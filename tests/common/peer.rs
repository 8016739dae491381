//! The client's end of a connection to coldwave.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpStream};
use std::time::Instant;

use socket2::{Domain, Socket, Type};

use super::DEADLINE;
use super::tls::{Agreed, TlsStream};

/// The client's end of a connection.
pub struct Peer {
    transport: Transport,
    /// Bytes after the head that were read with it.
    read_ahead: Vec<u8>,
}

enum Transport {
    Plain(TcpStream),
    Tls(Box<TlsStream>),
}

/// The head of a reply.
#[derive(Debug)]
pub struct Head {
    /// The status line.
    pub status: String,
    /// The headers, in order.
    pub headers: Vec<(String, String)>,
}

impl Peer {
    pub fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect_timeout(&address, DEADLINE).expect("the server accepts connections");
        Self::new(stream)
    }

    /// Connects from another address of this machine, such as 127.0.0.2.
    pub fn connect_from(client: Ipv4Addr, address: SocketAddr) -> Self {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
        socket.bind(&SocketAddr::from((client, 0)).into()).expect("an address of this machine");
        socket.connect_timeout(&address.into(), DEADLINE).expect("the server accepts connections");
        Self::new(socket.into())
    }

    pub fn new(stream: TcpStream) -> Self {
        stream.set_nodelay(true).expect("TCP_NODELAY");
        stream.set_read_timeout(Some(DEADLINE)).expect("a read timeout");
        stream.set_write_timeout(Some(DEADLINE)).expect("a write timeout");
        Self { transport: Transport::Plain(stream), read_ahead: Vec::new() }
    }

    /// Uses a connection whose handshake is complete.
    pub fn over_tls(stream: TlsStream) -> Self {
        Self { transport: Transport::Tls(Box::new(stream)), read_ahead: Vec::new() }
    }

    /// Returns the socket.
    pub fn stream(&self) -> &TcpStream {
        match &self.transport {
            Transport::Plain(stream) => stream,
            Transport::Tls(stream) => &stream.sock,
        }
    }

    /// Returns the TLS connection.
    ///
    /// # Panics
    /// If it is plain.
    pub fn tls(&mut self) -> &mut TlsStream {
        match &mut self.transport {
            Transport::Plain(_) => panic!("a plain connection"),
            Transport::Tls(stream) => stream,
        }
    }

    /// Returns what TLS has agreed on.
    pub fn agreed(&mut self) -> Agreed {
        Agreed::from_stream(self.tls())
    }

    /// Closes the sending side: with TLS by `close_notify`, after which the connection stays open.
    pub fn finish(&mut self) {
        match &mut self.transport {
            Transport::Plain(stream) => stream.shutdown(Shutdown::Write).expect("an open connection"),
            Transport::Tls(stream) => {
                stream.conn.send_close_notify();
                stream.flush().expect("the server reads");
            }
        }
    }

    pub fn send(&mut self, bytes: &[u8]) {
        self.try_send(bytes).expect("the server reads");
    }

    /// Sends bytes, unless the connection is closed.
    ///
    /// # Errors
    /// Those of the connection.
    pub fn try_send(&mut self, bytes: &[u8]) -> io::Result<()> {
        match &mut self.transport {
            Transport::Plain(stream) => stream.write_all(bytes),
            Transport::Tls(stream) => stream.write_all(bytes).and_then(|()| stream.flush()),
        }
    }

    /// Reads the next bytes, or none at the end.
    ///
    /// # Errors
    /// Those of the connection: a reset or a timeout.
    pub fn read(&mut self) -> io::Result<Vec<u8>> {
        if !self.read_ahead.is_empty() {
            return Ok(std::mem::take(&mut self.read_ahead));
        }
        let mut buffer = vec![0; 64 * 1024];
        loop {
            let read = match &mut self.transport {
                Transport::Plain(stream) => stream.read(&mut buffer),
                Transport::Tls(stream) => stream.read(&mut buffer),
            };
            match read {
                // The kernel does not restart a read with a timeout after the tests were stopped and
                // continued.
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => {
                    buffer.truncate(read?);
                    return Ok(buffer);
                }
            }
        }
    }

    /// Reads the head of the reply.
    ///
    /// # Panics
    /// If the connection ends before.
    #[track_caller]
    pub fn head(&mut self) -> Head {
        let mut bytes = Vec::new();
        let end = loop {
            if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
                break end;
            }
            match self.read() {
                Ok(more) if !more.is_empty() => bytes.extend_from_slice(&more),
                end => panic!("no head: {end:?} after {:?}", String::from_utf8_lossy(&bytes)),
            }
        };
        self.read_ahead = bytes.split_off(end + 4);
        let text = String::from_utf8(bytes).expect("a head in UTF-8");
        let mut lines = text.trim_end().split("\r\n");
        let status = lines.next().unwrap_or_default().to_owned();
        let headers = lines.map(|line| line.split_once(": ").expect("a colon and a space"));
        Head { status, headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect() }
    }

    /// Reads until the end.
    ///
    /// # Errors
    /// If the connection is reset, or does not end in time.
    pub fn read_to_end(&mut self) -> io::Result<Vec<u8>> {
        let (started, mut all) = (Instant::now(), Vec::new());
        loop {
            match self.read()? {
                end if end.is_empty() => return Ok(all),
                more => all.extend_from_slice(&more),
            }
            assert!(started.elapsed() < DEADLINE, "the connection does not end after {} bytes", all.len());
        }
    }
}

impl Head {
    /// Returns the value of the header with exactly this name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }
}
