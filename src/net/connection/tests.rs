//! A connection over a real socket with small buffers.

use std::io::Read;
use std::time::Duration;

use fastrand::Rng;

use super::*;
use crate::tls::test_certificates::TestAuthority;

/// A connection of the server with small buffers, and its client.
struct Sides {
    connection: Connection,
    client: TlsSession,
    remote: std::net::TcpStream,
    heard: Vec<u8>,
    progress: TlsProgress,
}

impl Sides {
    /// Connects, and completes the handshake. `response` is sent at its end.
    fn new(response: &[u8]) -> Self {
        Self::with_buffers(1, response)
    }

    /// The same with buffers of this many bytes.
    fn with_buffers(size: usize, response: &[u8]) -> Self {
        let (server, client) = TestAuthority::server_and_client();
        let (local, remote) = sockets(size);
        let mut connection = Connection::new(local, Start::Plain);
        connection.use_tls(server.accept().expect("a session"), response.to_vec());
        let client = client.connect("radio.example").expect("a session");
        let progress = TlsProgress::Handshaking;
        let mut sides = Self { connection, client, remote, heard: Vec::new(), progress };
        while sides.progress == TlsProgress::Handshaking {
            sides.shake();
        }
        sides
    }

    /// Moves the next bytes of a handshake.
    fn shake(&mut self) {
        self.client.send(&mut self.remote).expect("the socket has room");
        let mut bytes = [0; 4096];
        if let Ok(count @ 1..) = self.connection.stream.read(&mut bytes) {
            let session = self.connection.tls().expect("TLS").session();
            session.push(&bytes[..count]).expect("a short handshake");
            self.connection.shake().expect("a valid handshake");
        }
        self.read(4096);
        let is_open = !self.connection.tls().expect("TLS").session().is_handshaking();
        self.progress = if is_open { TlsProgress::Open } else { TlsProgress::Handshaking };
    }

    /// Reads as the client, at most this many bytes. Returns whether the connection is open.
    fn read(&mut self, max: usize) -> bool {
        let mut bytes = vec![0; max];
        let count = match self.remote.read(&mut bytes) {
            Ok(0) => return false,
            Ok(count) => count,
            Err(_) => return true,
        };
        let heard = &mut self.heard;
        let mut each = |plain: &[u8]| heard.extend_from_slice(plain);
        match self.client.is_handshaking() {
            true => {
                self.client.push(&bytes[..count]).expect("a short handshake");
                self.client.process().expect("a valid handshake");
                self.client.take_plaintext(&mut each);
            }
            false => self.progress = self.client.receive(&bytes[..count], &mut each).expect("valid records"),
        }
        true
    }
}

/// Returns both ends of a connection whose buffers have this size, as far as the system allows.
fn sockets(size: usize) -> (TcpStream, std::net::TcpStream) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    SockRef::from(&listener).set_recv_buffer_size(size).expect("a socket option");
    let remote = std::net::TcpStream::connect(listener.local_addr().expect("bound")).expect("a connection");
    SockRef::from(&remote).set_recv_buffer_size(size).expect("a socket option");
    remote.set_read_timeout(Some(Duration::from_millis(1))).expect("a socket option");
    let (local, _) = listener.accept().expect("a connection");
    SockRef::from(&local).set_send_buffer_size(size).expect("a socket option");
    local.set_nonblocking(true).expect("a socket option");
    (TcpStream::from_std(local), remote)
}

#[test]
fn slow_reader_gets_every_byte_and_then_the_end() {
    let mut sides = Sides::new(b"");
    let mut random = Rng::with_seed(7);
    let mut content = vec![0; 250_000];
    random.fill(&mut content);
    let (mut taken, mut full) = (0, 0);
    while sides.heard.len() < content.len() {
        let rest = &content[taken..];
        let (first, second) = rest.split_at(rest.len().min(random.usize(..9_000)));
        let offered = first.len() + second.len().min(30_000);
        let pieces = [IoSlice::new(first), IoSlice::new(&second[..offered - first.len()])];
        let count = sides.connection.write(&pieces).expect("an open connection");
        taken += count;
        if count < offered {
            // An event follows only if something waits for room. As long as it does, nothing more is taken.
            assert!(sides.connection.has_unsent());
            assert_eq!(sides.connection.write(&[IoSlice::new(b"more")]), Ok(0));
            assert_eq!(sides.connection.flush(), Ok(false));
            full += 1;
        }
        sides.read(random.usize(1..3_000));
    }
    assert!(sides.heard == content, "a byte is wrong");
    assert!(full > 10, "the socket was full {full} times");
    sides.connection.finish();
    while sides.read(4096) {
        sides.connection.flush().expect("an open connection");
    }
    assert_eq!(sides.progress, TlsProgress::PeerClosed);
}

/// The bytes of a record of TLS 1.3 after its header, besides those of its content.
const OVERHEAD: usize = 17;

/// Reads records with this much content as the client, without decrypting them. Returns the lengths of their
/// contents, without those of tickets.
fn record_lengths(sides: &mut Sides, content: usize) -> Vec<usize> {
    let (mut bytes, mut chunk) = (Vec::new(), [0; 65536]);
    loop {
        if let Ok(count) = sides.remote.read(&mut chunk) {
            bytes.extend_from_slice(&chunk[..count]);
        }
        sides.connection.flush().expect("an open connection");
        let lengths = lengths_in(&bytes);
        if lengths.iter().sum::<usize>() >= content {
            return lengths;
        }
    }
}

/// Returns the lengths of the contents of complete records that are not shorter than a short one.
fn lengths_in(mut bytes: &[u8]) -> Vec<usize> {
    let mut lengths = Vec::new();
    while let [_, _, _, high, low, after @ ..] = bytes {
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        let Some(rest) = after.get(length..) else { break };
        lengths.push(length - OVERHEAD);
        bytes = rest;
    }
    lengths.retain(|&length| length >= SHORT_RECORD);
    lengths
}

#[test]
fn records_are_short_at_first_and_after_the_socket_was_full() {
    let mut sides = Sides::with_buffers(1 << 20, b"");
    let content = vec![5; SHORT_RECORDS_BYTES + 2 * LONG_RECORD];
    assert_eq!(sides.connection.write(&[IoSlice::new(&content)]), Ok(content.len()));
    let expected = [vec![SHORT_RECORD; SHORT_RECORDS_BYTES / SHORT_RECORD], vec![LONG_RECORD; 2]].concat();
    assert_eq!(record_lengths(&mut sides, content.len()), expected);
    // The client does not read until the socket is full.
    let mut taken = 0;
    loop {
        let count = sides.connection.write(&[IoSlice::new(&content)]).expect("an open connection");
        taken += count;
        if count < content.len() {
            break;
        }
    }
    taken -= taken % SHORT_RECORD;
    assert!(record_lengths(&mut sides, taken).contains(&LONG_RECORD));
    assert_eq!(sides.connection.write(&[IoSlice::new(&content[..LONG_RECORD])]), Ok(LONG_RECORD));
    assert_eq!(record_lengths(&mut sides, LONG_RECORD), [SHORT_RECORD; 4]);
}

#[test]
fn end_waits_for_what_is_unsent() {
    let mut sides = Sides::new(b"");
    let content = vec![5; 64 * 1024];
    let taken = sides.connection.write(&[IoSlice::new(&content)]).expect("an open connection");
    assert!(taken < content.len() && sides.connection.has_unsent());
    sides.connection.finish();
    while sides.read(4096) {
        sides.connection.flush().expect("an open connection");
    }
    assert_eq!((sides.heard.len(), sides.progress), (taken, TlsProgress::PeerClosed));
}

#[test]
fn response_is_sent_when_the_handshake_is_complete() {
    let mut sides = Sides::new(b"HTTP/1.1 200 OK\r\n\r\n");
    while sides.heard.is_empty() {
        assert!(sides.read(4096));
    }
    assert_eq!(sides.heard, b"HTTP/1.1 200 OK\r\n\r\n");
}

#[test]
fn failed_session_is_a_lost_connection() {
    let mut sides = Sides::new(b"");
    let record = [&[0x17, 0x03, 0x03, 0x00, 0x40][..], &[0; 0x40]].concat();
    assert!(sides.connection.receive(&record, &mut |_| panic!("a damaged record was used")).is_err());
    assert_eq!(sides.connection.write(&[IoSlice::new(b"audio")]), Err(ConnectionLost));
}

#[test]
fn only_records_without_content_are_junk() {
    let mut sides = Sides::new(b"");
    let layer = sides.connection.tls().expect("TLS");
    // A day of a source that sends a frame of 400 bytes in each record.
    (0..3_000_000).for_each(|_| layer.note_received(422, 400));
    assert_eq!(layer.junk, 0);
    (0..3_000).for_each(|_| layer.note_received(22, 0));
    assert!(sides.connection.sends_junk());
}
