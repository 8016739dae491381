//! Misbehaving peers, which must not affect other peers.

use std::net::{Ipv4Addr, Shutdown, TcpStream};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use socket2::{Domain, Socket, Type};

use crate::common::{BINARY, Coldwave, Listener, PLAIN, Peer, fixture, track, wait_for, with_descriptors};

/// Starts a station of 320 kbit/s, whose burst is larger than the socket buffers of a peer that does not
/// read.
pub fn station_of_320_kbps() -> Coldwave {
    Coldwave::with_music(&[fixture("mp3/mpeg1-44100-stereo-320k.mp3")])
}

/// Requests the stream and never reads a byte. Its receive buffer is as small as possible.
pub fn never_reads(server: &Coldwave) -> Peer {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    socket.set_recv_buffer_size(1).expect("the smallest receive buffer");
    socket.connect(&server.address().into()).expect("the server accepts connections");
    let mut peer = Peer::new(TcpStream::from(socket));
    peer.send(b"GET /live HTTP/1.1\r\nHost: h\r\nIcy-MetaData: 1\r\n\r\n");
    let mut byte = [0];
    wait_for("the stream to begin", || peer.stream().peek(&mut byte).ok());
    peer
}

/// Sends part of a request and disconnects.
fn disconnect_within_the_head(server: &Coldwave, at: usize) {
    let head = b"GET /live HTTP/1.1\r\nHost: h\r\nIcy-MetaData: 1\r\n\r\n";
    server.connect().send(&head[..at % head.len()]);
}

/// Requests the stream and resets the connection as soon as it begins.
fn reset_at_the_start(server: &Coldwave) {
    let mut peer = server.get("/live").http11().header("Host", "h").open();
    peer.head();
    // Closing a socket without lingering sends a reset.
    socket2::SockRef::from(peer.stream()).set_linger(Some(Duration::ZERO)).expect("a socket option");
}

/// Sends a request one byte at a time until the server closes the connection. Returns the reply.
fn send_a_byte_at_a_time(server: &Coldwave) -> JoinHandle<Vec<u8>> {
    let mut peer = server.connect();
    peer.stream().set_read_timeout(Some(Duration::from_millis(200))).expect("a read timeout");
    std::thread::spawn(move || {
        let mut reply = Vec::new();
        for byte in b"GET /live HTTP/1.1\r\nX: ".iter().chain(std::iter::repeat(&b'x')) {
            if peer.try_send(&[*byte]).is_err() {
                break;
            }
            match peer.read() {
                Ok(bytes) if bytes.is_empty() => break,
                Ok(bytes) => reply.extend(bytes),
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
                Err(_) => break,
            }
        }
        reply
    })
}

/// Reads a reply and never disconnects.
fn keeps_the_connection(server: &Coldwave) -> Peer {
    let mut peer = server.get("/nothing").open();
    peer.read_to_end().expect("a clean end");
    peer
}

/// A peer that reads less than the station plays.
struct SlowReader {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl SlowReader {
    fn start(server: &Coldwave) -> Self {
        let peer = never_reads(server);
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let thread = std::thread::spawn(move || {
            use std::io::Read;
            while !stopped.load(Ordering::Relaxed) {
                // A hundred bytes ten times a second.
                if matches!(peer.stream().read(&mut [0; 100]), Ok(0)) {
                    break;
                }
                std::thread::park_timeout(Duration::from_millis(100));
            }
        });
        Self { stop, thread: Some(thread) }
    }
}

impl Drop for SlowReader {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

#[test]
fn peers_that_do_not_read_do_not_delay_other_listeners() {
    let server = station_of_320_kbps();
    let mut good = server.listen_with_titles();
    let _stuck: Vec<Peer> = (0..10).map(|_| never_reads(&server)).collect();
    let _slow: Vec<SlowReader> = (0..3).map(|_| SlowReader::start(&server)).collect();
    good.until_seconds(5.0);
    let (started, already) = (Instant::now(), good.seconds());
    good.for_seconds(6.0);
    let late = started.elapsed().as_secs_f64() - (good.seconds() - already);
    assert!(late < 2.5, "the audio was {late:.1} s late");
    let mut new_listener = server.listen();
    new_listener.until_seconds(5.0);
}

/// Returns the bytes in the server's send queue for this connection that the peer has not acknowledged.
fn queued_for(peer: &Peer) -> usize {
    let endpoint = |port: u16| format!("0100007F:{port:04X}");
    let (peer, server) = (peer.stream().local_addr(), peer.stream().peer_addr());
    let ends = [server, peer].map(|address| endpoint(address.expect("an open connection").port()));
    let table = std::fs::read_to_string("/proc/net/tcp").expect("/proc shows connections");
    let mut lines = table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let line = lines.find(|line| line[1..3] == ends).expect("an open connection");
    let (queue, _) = line[4].split_once(':').expect("two queues");
    usize::from_str_radix(queue, 16).expect("a number")
}

#[test]
fn kernel_queues_little_for_a_peer_that_does_not_read() {
    let server = station_of_320_kbps();
    let stuck = never_reads(&server);
    let mut good = server.listen();
    // Ten seconds of 320 kbit/s are 400,000 bytes. The burst is half of it and was sent at once.
    good.until_seconds(10.0);
    let queued = queued_for(&stuck);
    // A single write may exceed the limit.
    assert!((10_000..=70_000).contains(&queued), "{queued} bytes");
}

#[test]
fn peers_that_disconnect_leave_no_descriptors_open() {
    let server = Coldwave::with_music(&[fixture("station")]);
    let mut good = server.listen();
    good.until_seconds(1.0);
    let before = server.descriptors();
    for at in 0..100 {
        disconnect_within_the_head(&server, at);
        reset_at_the_start(&server);
    }
    wait_for("their descriptors to be closed", || (server.descriptors() <= before).then_some(()));
    good.for_seconds(6.0);
}

/// Sends a request, and then data until the server closes the connection.
fn send_endlessly(server: &Coldwave, head: &str) -> JoinHandle<()> {
    let mut peer = server.send_head(head);
    std::thread::spawn(move || while peer.try_send(&[b'x'; 10_000]).is_ok() {})
}

#[test]
fn peers_that_send_endlessly_are_disconnected_and_cost_no_processor_time_afterwards() {
    let server = Coldwave::with_music(&[fixture("station")]);
    let mut good = server.listen();
    good.until_seconds(1.0);
    for _ in 0..20 {
        let senders = ["GET /live HTTP/1.0", "PUT /live HTTP/1.1", "GET / HTTP/1.0\nUser-Agent: Mozilla/5.0"]
            .map(|head| send_endlessly(&server, head));
        // Other connections reuse their table entries at once.
        let _others: Vec<Peer> = (0..3).map(|_| server.connect()).collect();
        senders.into_iter().for_each(|sender| sender.join().expect("the thread does not panic"));
    }
    server.log().wait_for("sent too much unsolicited data");
    let ticks = server.processor_ticks();
    good.for_seconds(4.0);
    let used = server.processor_ticks() - ticks;
    assert!(used < 80, "{used} ticks in 4 s after they were disconnected");
}

#[test]
fn slow_and_silent_peers_time_out() {
    let server = Coldwave::with_music(&[fixture("station")]);
    // The track is open from its first frame on.
    server.listen().until_seconds(0.5);
    let before = server.descriptors();
    let started = Instant::now();
    let slow_sender = send_a_byte_at_a_time(&server);
    let mut silent = server.connect();
    let _leftover = keeps_the_connection(&server);
    server.listen().until_seconds(8.0);
    assert_eq!(silent.read_to_end().expect("a clean end"), b"", "a silent peer gets no reply");
    let reply = slow_sender.join().expect("the thread does not panic");
    assert!(reply.starts_with(b"HTTP/1.0 408 Request Timeout\r\n"), "{}", reply.escape_ascii());
    drop(silent);
    wait_for("their descriptors to be closed", || (server.descriptors() <= before).then_some(()));
    let took = started.elapsed();
    assert!(took > Duration::from_secs(14), "the timeout came early, after {took:?}");
}

/// Requests this many streams, each from an address of its own.
fn request_streams(server: &Coldwave, count: u8) -> Vec<Peer> {
    (1..=count).map(|host| server.get("/live").from(Ipv4Addr::new(127, 0, 2, host)).open()).collect()
}

#[test]
fn server_recovers_from_running_out_of_descriptors() {
    let server = with_descriptors(40, &fixture("station"));
    let mut early = server.listen_with_titles();
    early.until_seconds(1.0);
    let mut crowd = request_streams(&server, 60);
    server.log().wait_for("cannot accept connections");
    let ticks = server.processor_ticks();
    early.for_seconds(6.0);
    let used = server.processor_ticks() - ticks;
    assert!(used < 120, "{used} ticks for 6 s without free descriptors");
    crowd.clear();
    // The connections in the backlog are closed meanwhile, which coldwave notices when it accepts them.
    wait_for("a free descriptor for a new listener", || {
        let mut new_listener = server.get("/live").open();
        (new_listener.head().status == "HTTP/1.0 200 OK").then_some(())
    });
    server.listen().until_seconds(4.0);
    early.for_seconds(3.0);
}

#[test]
fn autodj_can_open_files_when_all_connections_are_taken() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let server = with_descriptors(40, folder.path());
    let mut early = server.listen();
    early.until_seconds(1.0);
    let _crowd = request_streams(&server, 60);
    server.log().wait_for("cannot accept connections");
    track(folder.path(), "new.mp3", PLAIN, 5);
    early.until("music", |it| {
        it.frames.last().is_some_and(|at| it.audio[at.clone()][40..].iter().any(|&b| b != 0))
    });
}

#[test]
fn listeners_that_reconnect_at_once_replace_half_closed_ones() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    track(folder.path(), "music.mp3", PLAIN, 5);
    // The limits are eight listeners and sixteen connections.
    let server = with_descriptors(40, folder.path());
    let mut all: Vec<Peer> = Vec::new();
    for pass in 0..6 {
        let mut crowd: Vec<Peer> =
            (0..6).map(|_| server.get("/live").http11().header("Host", "h").open()).collect();
        for peer in &mut crowd {
            assert_eq!(peer.head().status, "HTTP/1.0 200 OK", "pass {pass}");
            peer.stream().shutdown(Shutdown::Write).expect("an open connection");
        }
        all.extend(crowd);
    }
    assert_eq!(server.log().count("cannot accept"), 0, "{}", server.log().text());
}

#[test]
fn soft_limit_of_descriptors_is_raised() {
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -Sn 40 && exec \"$0\" \"$@\"", BINARY, "--listen", "127.0.0.1:0"]);
    let server = Coldwave::start(command, 1);
    let _crowd: Vec<Listener> = (0..60).map(|_| server.listen()).collect();
    assert_eq!(server.log().count("cannot accept"), 0, "{}", server.log().text());
}
