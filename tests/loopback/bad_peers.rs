//! Peers named by their vice, and that nobody else suffers from them.

use std::net::{Shutdown, TcpStream};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use socket2::{Domain, Socket, Type};

use crate::common::{BINARY, Coldwave, Listening, PLAIN, Peer, fixture, track, wait_for};

/// A station of 320 kbit/s, whose burst is more than the system holds for someone who does not read.
pub fn rich_station() -> Coldwave {
    Coldwave::playing(&[fixture("mp3/mpeg1-44100-stereo-320k.mp3")])
}

/// Asks for the stream and never reads a byte; has next to no room for what it is sent.
pub fn never_reads(server: &Coldwave) -> Peer {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    socket.set_recv_buffer_size(1).expect("a receive buffer can be as small as the system allows");
    socket.connect(&server.address().into()).expect("coldwave can be reached");
    let mut peer = Peer::of(TcpStream::from(socket));
    peer.send(b"GET /live HTTP/1.1\r\nHost: h\r\nIcy-MetaData: 1\r\n\r\n");
    let mut byte = [0];
    wait_for("the stream to begin", || peer.stream().peek(&mut byte).ok());
    peer
}

/// Sends the beginning of a request and hangs up.
fn hangs_up_in_mid_head(server: &Coldwave, at: usize) {
    let head = b"GET /live HTTP/1.1\r\nHost: h\r\nIcy-MetaData: 1\r\n\r\n";
    server.connect().send(&head[..at % head.len()]);
}

/// Asks for the stream and hangs up with a reset as soon as it begins.
fn slams_the_door(server: &Coldwave) {
    let mut peer = server.ask("GET /live HTTP/1.1\nHost: h");
    peer.head();
    // Unread bytes make the system send a reset.
    socket2::SockRef::from(peer.stream()).set_linger(Some(Duration::ZERO)).expect("a socket option");
}

/// Sends one byte of a request every now and then, for as long as someone takes it. Says what it is told.
fn sends_a_byte_at_a_time(server: &Coldwave) -> JoinHandle<Vec<u8>> {
    let mut peer = server.connect();
    peer.stream().set_read_timeout(Some(Duration::from_millis(200))).expect("reads can have a deadline");
    std::thread::spawn(move || {
        let mut told = Vec::new();
        for byte in b"GET /live HTTP/1.1\r\nX: ".iter().chain(std::iter::repeat(&b'x')) {
            if peer.try_send(&[*byte]).is_err() {
                break;
            }
            match peer.read() {
                Ok(bytes) if bytes.is_empty() => break,
                Ok(bytes) => told.extend(bytes),
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
                Err(_) => break,
            }
        }
        told
    })
}

/// Reads its reply and never hangs up.
fn never_hangs_up(server: &Coldwave) -> Peer {
    let mut peer = server.ask("GET /nothing HTTP/1.0");
    peer.read_to_end().expect("a clean end");
    peer
}

/// Reads a few bytes now and then, less than the station plays.
struct ReadsSlowly {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl ReadsSlowly {
    fn from(server: &Coldwave) -> Self {
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

impl Drop for ReadsSlowly {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

#[test]
fn nobody_suffers_from_those_who_do_not_read() {
    let server = rich_station();
    let mut good = server.listen_with_titles();
    let _stuck: Vec<Peer> = (0..10).map(|_| never_reads(&server)).collect();
    let _slow: Vec<ReadsSlowly> = (0..3).map(|_| ReadsSlowly::from(&server)).collect();
    good.until_seconds(5.0);
    let (started, already) = (Instant::now(), good.seconds());
    good.for_seconds(6.0);
    let late = started.elapsed().as_secs_f64() - (good.seconds() - already);
    assert!(late < 2.5, "he waited {late:.1} s for his audio");
    let mut newcomer = server.listen();
    newcomer.until_seconds(5.0);
}

/// Bytes that the system holds for the other end of this connection, sent or not, which has not taken them.
fn held_for(peer: &Peer) -> usize {
    let of = |port: u16| format!("0100007F:{port:04X}");
    let (peer, server) = (peer.stream().local_addr(), peer.stream().peer_addr());
    let ends = [server, peer].map(|address| of(address.expect("it is connected").port()));
    let table = std::fs::read_to_string("/proc/net/tcp").expect("Linux tells");
    let mut lines = table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let line = lines.find(|line| line[1..3] == ends).expect("it is connected");
    let (queue, _) = line[4].split_once(':').expect("two queues");
    usize::from_str_radix(queue, 16).expect("a number")
}

#[test]
fn little_is_kept_in_the_systems_memory_for_who_does_not_read() {
    let server = rich_station();
    let stuck = never_reads(&server);
    let mut good = server.listen();
    // Ten seconds of 320 kbit/s are 400,000 bytes, of which the burst, which is half, was there at once.
    good.until_seconds(10.0);
    let held = held_for(&stuck);
    // What the system takes in one piece may go beyond the limit.
    assert!((10_000..=70_000).contains(&held), "{held} bytes");
}

#[test]
fn those_who_hang_up_leave_nothing_behind() {
    let server = Coldwave::playing(&[fixture("station")]);
    let mut good = server.listen();
    good.until_seconds(1.0);
    let before = server.descriptors();
    for at in 0..100 {
        hangs_up_in_mid_head(&server, at);
        slams_the_door(&server);
    }
    wait_for("their descriptors to be closed", || (server.descriptors() <= before).then_some(()));
    good.for_seconds(6.0);
}

/// Asks for something and goes on sending for as long as anyone takes it.
fn sends_without_end(server: &Coldwave, head: &str) -> JoinHandle<()> {
    let mut peer = server.ask(head);
    std::thread::spawn(move || while peer.try_send(&[b'x'; 10_000]).is_ok() {})
}

#[test]
fn those_who_send_without_end_are_dismissed_and_cost_nothing_afterwards() {
    let server = Coldwave::playing(&[fixture("station")]);
    let mut good = server.listen();
    good.until_seconds(1.0);
    for _ in 0..20 {
        let talkers = ["GET /live HTTP/1.0", "PUT /live HTTP/1.1", "GET / HTTP/1.0\nUser-Agent: Mozilla/5.0"]
            .map(|head| sends_without_end(&server, head));
        // Their places are taken by others at once.
        let _others: Vec<Peer> = (0..3).map(|_| server.connect()).collect();
        talkers.into_iter().for_each(|talker| talker.join().expect("it does not panic"));
    }
    server.log().wait_for("sent too much unsolicited data");
    let ticks = server.processor_ticks();
    good.for_seconds(4.0);
    let used = server.processor_ticks() - ticks;
    assert!(used < 80, "{used} ticks in 4 s when they had gone");
}

#[test]
fn those_who_take_their_time_are_let_go() {
    let server = Coldwave::playing(&[fixture("station")]);
    let before = server.descriptors();
    let started = Instant::now();
    let trickler = sends_a_byte_at_a_time(&server);
    let mut silent = server.connect();
    let _leftover = never_hangs_up(&server);
    server.listen().until_seconds(8.0);
    assert_eq!(silent.read_to_end().expect("a clean end"), b"", "who says nothing is told nothing");
    let told = trickler.join().expect("it does not panic");
    assert!(told.starts_with(b"HTTP/1.0 408 Request Timeout\r\n"), "{}", told.escape_ascii());
    drop(silent);
    wait_for("their descriptors to be closed", || (server.descriptors() <= before).then_some(()));
    let took = started.elapsed();
    assert!(took > Duration::from_secs(14), "they were let go after {took:?}, which is early");
}

/// A coldwave that may have so many descriptors.
fn with_descriptors(count: u32, music: &std::path::Path) -> Coldwave {
    let mut command = Command::new("sh");
    let script = format!("ulimit -n {count} && exec \"$0\" \"$@\"");
    command.args(["-c", &script, BINARY, "--listen", "127.0.0.1:0"]).arg(music).env_remove("RUST_LOG");
    Coldwave::started(command, 1)
}

#[test]
fn running_out_of_descriptors_heals_by_itself() {
    let server = with_descriptors(40, &fixture("station"));
    let mut early = server.listen_with_titles();
    early.until_seconds(1.0);
    let ask = || server.ask("GET /live HTTP/1.0");
    let mut crowd: Vec<Peer> = (0..60).map(|_| ask()).collect();
    server.log().wait_for("cannot accept connections");
    let ticks = server.processor_ticks();
    early.for_seconds(6.0);
    let used = server.processor_ticks() - ticks;
    assert!(used < 120, "{used} ticks for 6 s with a full house");
    crowd.clear();
    // Those who waited outside have hung up meanwhile, of which coldwave finds out when it has let them in.
    wait_for("room for a newcomer", || {
        let mut newcomer = ask();
        (newcomer.head().status == "HTTP/1.0 200 OK").then_some(())
    });
    server.listen().until_seconds(4.0);
    early.for_seconds(3.0);
}

#[test]
fn a_full_house_leaves_the_autodj_its_files() {
    let folder = tempfile::tempdir().expect("a folder for tests");
    let server = with_descriptors(40, folder.path());
    let mut early = server.listen();
    early.until_seconds(1.0);
    let _crowd: Vec<Peer> = (0..60).map(|_| server.ask("GET /live HTTP/1.0")).collect();
    server.log().wait_for("cannot accept connections");
    track(folder.path(), "new.mp3", PLAIN, 5);
    early.until("music", |it| {
        it.frames.last().is_some_and(|at| it.audio[at.clone()][40..].iter().any(|&b| b != 0))
    });
}

#[test]
fn who_comes_back_at_once_finds_the_seats_of_those_who_just_left() {
    let folder = tempfile::tempdir().expect("a folder for tests");
    track(folder.path(), "music.mp3", PLAIN, 5);
    // Eight may listen, sixteen may be connected.
    let server = with_descriptors(40, folder.path());
    let mut all: Vec<Peer> = Vec::new();
    for round in 0..6 {
        let mut crowd: Vec<Peer> = (0..6).map(|_| server.ask("GET /live HTTP/1.1\nHost: h")).collect();
        for peer in &mut crowd {
            assert_eq!(peer.head().status, "HTTP/1.0 200 OK", "round {round}");
            peer.stream().shutdown(Shutdown::Write).expect("it is connected");
        }
        all.extend(crowd);
    }
    assert_eq!(server.log().count("cannot accept"), 0, "{}", server.log().text());
}

#[test]
fn the_soft_limit_of_descriptors_is_no_limit() {
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -Sn 40 && exec \"$0\" \"$@\"", BINARY, "--listen", "127.0.0.1:0"]);
    let server = Coldwave::started(command, 1);
    let _crowd: Vec<Listening> = (0..60).map(|_| server.listen()).collect();
    assert_eq!(server.log().count("cannot accept"), 0, "{}", server.log().text());
}
