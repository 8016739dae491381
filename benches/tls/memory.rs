//! Memory of the server for a listener, and for a handshake that stalls.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use rustls::StreamOwned;
use socket2::{Domain, Socket, Type};

use crate::failure::Failure;
use crate::listener::{CheckLevel, Listener};
use crate::listener_pool::{FIRST_BYTES_MAX, ListenerPool};
use crate::report::{errors, goal};
use crate::sample::numbered;
use crate::server::{Context, Server, request};
use crate::tls::{NAME, TlsClient};

/// The goals, in bytes.
const KEEPS_UP_MAX: f64 = 8.0 * 1024.0;
const STALLED_MAX: f64 = 24.0 * 1024.0;
const HANDSHAKE_MAX: f64 = 12.0 * 1024.0;

/// Joins per second.
const RATE: u32 = 500;

/// How long listeners that keep up listen before their memory is measured.
const LISTENING: Duration = Duration::from_secs(5);

/// How long listeners do not read before their memory is measured: the socket is full by then, and they are
/// not disconnected yet.
const NOT_READING: Duration = Duration::from_secs(14);

/// The receive buffer of listeners that do not read.
const RECEIVE_BUFFER: usize = 4096;

/// The most listeners that do not read, and stalled handshakes: fewer are exact enough, and take less time.
const STALLED: usize = 1000;

/// The time in which the server must end a stalled handshake.
const HANDSHAKE_TIME_MAX: Duration = Duration::from_secs(10);

/// Measures. Returns whether nothing went wrong.
pub fn run(context: &Context<'_>) -> Result<bool, Failure> {
    let client = context.client()?;
    let (plain, is_sound) = keeping_up(context, None)?;
    let (tls, is_sound_too) = keeping_up(context, Some(&client))?;
    println!("memory of a listener that keeps up: {plain:.0} B plain, {tls:.0} B with TLS");
    goal("more for one that keeps up", (tls - plain) / 1024.0, KEEPS_UP_MAX / 1024.0, "KiB");
    let plain = not_reading(context, None)?;
    let tls = not_reading(context, Some(&client))?;
    println!("memory of a listener that reads nothing: {plain:.0} B plain, {tls:.0} B with TLS");
    goal("more for one that reads nothing", (tls - plain) / 1024.0, STALLED_MAX / 1024.0, "KiB");
    let (silent, _) = stalling(context, b"")?;
    let (shaking, slowest) = stalling(context, &hello(&client)?)?;
    println!("memory of a connection that says nothing: {silent:.0} B; after its ClientHello {shaking:.0} B");
    goal("stalled handshake", shaking / 1024.0, HANDSHAKE_MAX / 1024.0, "KiB");
    let is_ended = goal("its end", slowest.as_secs_f64(), HANDSHAKE_TIME_MAX.as_secs_f64() + 1.0, "s");
    Ok(is_sound && is_sound_too && is_ended)
}

/// Returns the memory of a listener that keeps up, and whether all were well.
fn keeping_up(context: &Context<'_>, client: Option<&TlsClient>) -> Result<(f64, bool), Failure> {
    let server = context.start()?;
    let count = context.options.listeners;
    let mut pool = ListenerPool::new(server.process.address)?;
    pool.join(10, RATE, FIRST_BYTES_MAX, |_| request(CheckLevel::Everything, client))?;
    let before = server.memory()?;
    pool.join(count, RATE, FIRST_BYTES_MAX, |_| request(CheckLevel::Beginning, client))?;
    pool.listen_until(Instant::now() + LISTENING)?;
    let memory = (server.memory()? - before) / count as f64;
    let mut wrong = numbered(pool.listeners(), Listener::loss);
    wrong.extend(numbered(pool.listeners(), |listener| listener.error().map(str::to_owned)));
    Ok((memory, errors("a listener", &wrong) & server.stop()?))
}

/// Returns the memory of a listener that reads nothing after the head of the answer.
fn not_reading(context: &Context<'_>, client: Option<&TlsClient>) -> Result<f64, Failure> {
    let server = context.start()?;
    let count = context.options.listeners.min(STALLED);
    let _first = listen(&server, client)?;
    let before = server.memory()?;
    let listeners = (0..count).map(|_| listen(&server, client)).collect::<Result<Vec<_>, _>>()?;
    thread::sleep(NOT_READING);
    let memory = (server.memory()? - before) / count as f64;
    drop(listeners);
    server.stop()?;
    Ok(memory)
}

/// Connects a listener, and reads the head of the answer.
fn listen(server: &Server, client: Option<&TlsClient>) -> Result<TcpStream, Failure> {
    let mut stream = connect(server.process.address)?;
    let request = b"GET /live HTTP/1.0\r\n\r\n";
    let mut head = [0; 12];
    let Some(client) = client else {
        stream.write_all(request)?;
        stream.read_exact(&mut head)?;
        return Ok(stream);
    };
    let mut tls = StreamOwned::new(client.session(NAME)?, stream);
    tls.write_all(request)?;
    tls.read_exact(&mut head)?;
    Ok(tls.sock)
}

fn connect(server: SocketAddr) -> Result<TcpStream, Failure> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.set_recv_buffer_size(RECEIVE_BUFFER)?;
    socket.connect(&server.into())?;
    let stream = TcpStream::from(socket);
    stream.set_read_timeout(Some(Duration::from_secs(20)))?;
    Ok(stream)
}

/// Returns the first bytes of a client: a record with its ClientHello.
fn hello(client: &TlsClient) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    client.session(NAME)?.write_tls(&mut bytes)?;
    Ok(bytes)
}

/// Returns the memory of a connection that sends these bytes and nothing more, and the longest time until the
/// server closed one, from the last connection on.
fn stalling(context: &Context<'_>, bytes: &[u8]) -> Result<(f64, Duration), Failure> {
    let server = context.start()?;
    let count = context.options.listeners.min(STALLED);
    let before = server.memory()?;
    let mut streams = Vec::new();
    for _ in 0..count {
        let mut stream = TcpStream::connect(server.process.address)?;
        stream.set_read_timeout(Some(Duration::from_secs(20)))?;
        stream.write_all(bytes)?;
        streams.push(stream);
    }
    let last = Instant::now();
    thread::sleep(Duration::from_secs(2));
    let memory = (server.memory()? - before) / count as f64;
    if !bytes.is_empty() {
        for stream in &mut streams {
            // The answer to the ClientHello, an alert perhaps, and the end, which may be a reset.
            let _ = stream.read_to_end(&mut Vec::new());
        }
    }
    let ended = last.elapsed();
    drop(streams);
    server.stop()?;
    Ok((memory, ended))
}
