//! A relay of bytes between an encoder and the server, which keeps what the encoder sends.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use coldwave::audio::{Codec, Framer};

/// The bytes that a client has sent on one connection.
type Sent = Arc<Mutex<Vec<u8>>>;

/// It listens on a port of its own and passes every connection on.
pub struct Tee {
    pub port: u16,
    connections: Arc<Mutex<Vec<Sent>>>,
}

impl Tee {
    /// Passes connections on to this port of localhost.
    pub fn to(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let own = listener.local_addr().expect("an address").port();
        let connections = Arc::<Mutex<Vec<Sent>>>::default();
        let all = connections.clone();
        thread::spawn(move || {
            while let Ok((client, _)) = listener.accept() {
                let sent = Sent::default();
                all.lock().expect("no panics").push(sent.clone());
                let address = SocketAddr::from(([127, 0, 0, 1], port));
                let Ok(server) = TcpStream::connect(address) else { continue };
                pass(&client, &server, &sent);
                pass(&server, &client, &Sent::default());
            }
        });
        Self { port: own, connections }
    }

    /// Returns the frames that the source of this mount has sent, on its latest connection.
    pub fn frames(&self, mount: &str, codec: Codec) -> Vec<Vec<u8>> {
        frames(codec, without_tag(&self.audio(mount)))
    }

    /// Returns all that the source of this mount has sent after its login, on its latest connection.
    pub fn audio(&self, mount: &str) -> Vec<u8> {
        let login = [format!("SOURCE {mount} "), format!("PUT {mount} ")];
        let connections = self.connections.lock().expect("no panics").clone();
        let sent: Vec<Vec<u8>> =
            connections.iter().map(|sent| sent.lock().expect("no panics").clone()).collect();
        let is_source = |sent: &&Vec<u8>| login.iter().any(|login| sent.starts_with(login.as_bytes()));
        let sent = sent.iter().rfind(is_source).expect("a source");
        let end = sent.windows(4).position(|four| four == b"\r\n\r\n").expect("a head") + 4;
        sent[end..].to_vec()
    }
}

/// Returns a stream without the ID3v2 tag with which ffmpeg begins one of MP3.
fn without_tag(bytes: &[u8]) -> &[u8] {
    let [b'I', b'D', b'3', _, _, _, size @ ..] = bytes else { return bytes };
    let size = size[..4].iter().fold(0, |size, seven| size << 7 | usize::from(*seven));
    &bytes[10 + size..]
}

/// Passes bytes from one socket to another on a thread, and keeps them.
fn pass(from: &TcpStream, to: &TcpStream, kept: &Sent) {
    let mut from = from.try_clone().expect("a socket");
    let (mut to, kept) = (to.try_clone().expect("a socket"), kept.clone());
    thread::spawn(move || -> io::Result<()> {
        let mut bytes = [0; 16_384];
        loop {
            let count = from.read(&mut bytes)?;
            if count == 0 {
                return to.shutdown(Shutdown::Write);
            }
            kept.lock().expect("no panics").extend_from_slice(&bytes[..count]);
            to.write_all(&bytes[..count])?;
        }
    });
}

/// Returns all frames of a stream, which must consist of nothing else.
pub fn frames(codec: Codec, bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut framer = Framer::with_codec(codec);
    framer.push(bytes);
    framer.finish();
    let frames: Vec<Vec<u8>> =
        std::iter::from_fn(|| framer.next_frame().map(|it| it.bytes.to_vec())).collect();
    assert_eq!(framer.skipped(), 0, "bytes between frames");
    frames
}
