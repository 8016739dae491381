//! Live sources over real sockets: no kind of loss of a source disconnects a listener or cuts a frame.

use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, SystemTime};

use coldwave::audio::{Framer, Header, silent_frame};

use crate::common::{CHECKED, Coldwave, Listener, PLAIN, Peer, Request, fixture, track, two_free_ports};

/// Returns how often each source is lost: `COLDWAVE_LOSSES`, or 2.
fn losses() -> usize {
    std::env::var("COLDWAVE_LOSSES").map_or(2, |losses| losses.parse().expect("COLDWAVE_LOSSES is a number"))
}

/// The frames that live sources send. Each has a checksum, which distinguishes it from the frames of the
/// AutoDJ.
struct SentFrames {
    frames: Vec<Vec<u8>>,
    next: usize,
    /// The duration of a frame in seconds.
    frame_seconds: f64,
    /// Requested audio that is less than a frame, in frames.
    fraction: f64,
}

impl SentFrames {
    fn new() -> Self {
        let mut framer = Framer::new();
        framer.push(&std::fs::read(fixture(CHECKED)).expect("a fixture"));
        framer.finish();
        let (mut frames, mut frame_seconds) = (Vec::new(), 0.0);
        while let Some(frame) = framer.next_frame() {
            frame_seconds = f64::from(frame.header.samples()) / f64::from(frame.header.rate());
            frames.push(frame.bytes.to_vec());
        }
        Self { frames, next: 0, frame_seconds, fraction: 0.0 }
    }

    /// Returns the next seconds in whole frames. Fractions add up, so the rate is exact in the long run.
    fn seconds(&mut self, seconds: f64) -> Vec<u8> {
        self.fraction += seconds / self.frame_seconds;
        let whole = self.fraction as usize;
        self.fraction -= whole as f64;
        (0..whole).flat_map(|_| self.frame()).collect()
    }

    fn frame(&mut self) -> Vec<u8> {
        let frame = self.frames[self.next % self.frames.len()].clone();
        self.next += 1;
        frame
    }

    /// Returns the index of a frame.
    fn position_of(&self, frame: &[u8]) -> Option<usize> {
        self.frames.iter().position(|other| other == frame)
    }
}

fn is_live(frame: &[u8]) -> bool {
    frame[1] & 1 == 0
}

/// A coldwave with several stations that accept sources. Their AutoDJs play frames without checksums.
struct Stations {
    server: Coldwave,
    _folder: tempfile::TempDir,
}

fn stations(count: usize, timeout: u32) -> Stations {
    stations_with(count, timeout, 30, |_| {})
}

/// Starts stations whose music is a track of this many frames and what `write` writes.
fn stations_with(count: usize, timeout: u32, frames: usize, write: impl Fn(&Path)) -> Stations {
    let folder = tempfile::tempdir().expect("a temporary folder");
    track(folder.path(), "Anchors Aweigh.mp3", PLAIN, frames);
    write(folder.path());
    let stations: String = (1..=count)
        .map(|id| {
            format!(
                "[[station]]\nid = {id}\nmount = \"/live{id}\"\nmusic = [\".\"]\n\
                 source_password = \"deep water\"\nsource_timeout_s = {timeout}\n"
            )
        })
        .collect();
    let config = format!("[server]\nlisten = [\"127.0.0.1:0\"]\n{stations}");
    Stations { server: Coldwave::with_config(folder.path(), &config, count), _folder: folder }
}

impl Stations {
    fn listen(&self, station: usize) -> Listener {
        self.server.get(&format!("/live{station}")).header("Icy-MetaData", "1").listen()
    }

    fn source(&self, station: usize) -> Peer {
        let request = Request::new(self.server.address(), "SOURCE", &format!("/live{station}"));
        let request = request.auth("source", "deep water").header("Content-Type", "audio/mpeg");
        let mut peer = request.open();
        assert_eq!(peer.head().status, "HTTP/1.0 200 OK");
        peer
    }
}

/// Calls `send` with audio at `rate` times real time while the listener receives this many seconds. The
/// stream of the listener is the clock.
fn play(
    listener: &mut Listener,
    programme: &mut SentFrames,
    seconds: f64,
    rate: f64,
    mut send: impl FnMut(&[u8]),
) {
    let until = listener.seconds() + seconds;
    while listener.seconds() < until {
        let before = listener.seconds();
        listener.until("more audio", |it| it.seconds() > before);
        send(&programme.seconds((listener.seconds() - before) * rate));
    }
}

/// Returns the number of frames of the live source, and the longest silence in seconds, both from frame
/// `from` on.
///
/// # Panics
/// If frames of the source are missing or doubled within one of its sessions.
fn check(listener: &Listener, programme: &SentFrames, from: usize) -> (usize, f64) {
    let (mut live, mut silent, mut longest, mut last) = (0, 0.0_f64, 0.0_f64, None);
    for at in from..listener.frames.len() {
        let frame = listener.frame(at);
        let header = Header::parse_mp3(*frame.first_chunk().expect("a frame has a header")).expect("a frame");
        if frame == silent_frame(&header) {
            silent += programme.frame_seconds;
            longest = longest.max(silent);
            continue;
        }
        silent = 0.0;
        if !is_live(frame) {
            last = None;
            continue;
        }
        live += 1;
        let position = programme.position_of(frame).unwrap_or_else(|| panic!("frame {at} was not sent"));
        if let Some(last) = last.replace(position) {
            assert_eq!(position, (last + 1) % programme.frames.len(), "frame {at}");
        }
    }
    (live, longest)
}

/// A source in another process, which can be killed.
struct SourceProcess(Child);

impl SourceProcess {
    fn start(address: SocketAddr, station: usize) -> Self {
        let script = format!("exec 3<>/dev/tcp/{}/{}; exec cat >&3", address.ip(), address.port());
        let mut child = Command::new("bash")
            .args(["-c", &script])
            .stdin(Stdio::piped())
            .spawn()
            .expect("bash is installed");
        let request =
            format!("SOURCE /live{station} ICE/1.0\r\nAuthorization: Basic c291cmNlOmRlZXAgd2F0ZXI=\r\n\r\n");
        let stdin = child.stdin.as_mut().expect("stdin is a pipe");
        stdin.write_all(request.as_bytes()).expect("cat reads");
        Self(child)
    }

    fn send(&mut self, bytes: &[u8]) {
        self.0.stdin.as_mut().expect("stdin is a pipe").write_all(bytes).expect("cat reads");
    }

    fn kill(mut self) {
        self.0.kill().expect("the process runs");
        self.0.wait().expect("a child can be waited for");
    }
}

/// How a source is lost.
#[derive(Debug, Clone, Copy)]
enum Loss {
    /// `kill -9`.
    Killed,
    /// The connection is reset.
    Reset,
    /// The connection is closed cleanly.
    Closed,
    /// The source stops sending and leaves the connection open.
    Silent,
    /// The source sends half of the audio, and then disconnects in the middle of a frame.
    Slow,
}

fn check_losses(stations: &Stations, station: usize, loss: Loss) {
    let mut listener = stations.listen(station);
    listener.until_seconds(6.0);
    for _ in 0..losses() {
        let mut programme = SentFrames::new();
        let from = listener.frames.len();
        if let Loss::Killed = loss {
            let mut source = SourceProcess::start(stations.server.address(), station);
            play(&mut listener, &mut programme, 5.0, 1.0, |bytes| source.send(bytes));
            source.kill();
        } else {
            let mut source = stations.source(station);
            let rate = if let Loss::Slow = loss { 0.5 } else { 1.0 };
            play(&mut listener, &mut programme, 5.0 / rate, rate, |bytes| source.send(bytes));
            end(source, loss, &mut programme, &mut listener);
        }
        listener.for_seconds(4.0);
        let (live, silent) = check(&listener, &programme, from);
        // A source that is much too slow leaves the air, and stays off after its second stall.
        let expected = if let Loss::Slow = loss { 0 } else { 100 };
        assert!(live >= expected, "{loss:?}: {live} frames of the source were received");
        assert_eq!(silent, 0.0, "{loss:?}: the AutoDJ fills every gap");
        let last = listener.frame(listener.frames.len() - 1);
        assert!(!is_live(last), "{loss:?}: the AutoDJ is on the air now");
    }
    println!("{loss:?}: {} losses, {:.1} s received", losses(), listener.seconds());
}

fn end(mut source: Peer, loss: Loss, programme: &mut SentFrames, listener: &mut Listener) {
    match loss {
        Loss::Killed => unreachable!("a killed source is another process"),
        Loss::Closed => drop(source),
        Loss::Reset => {
            let socket = socket2::SockRef::from(source.stream());
            socket.set_linger(Some(Duration::ZERO)).expect("a socket option");
            drop(source);
        }
        // The server closes the connection after six seconds.
        Loss::Silent => {
            listener.for_seconds(8.0);
            assert!(source.read().map_or(true, |bytes| bytes.is_empty()), "the source has timed out");
        }
        Loss::Slow => {
            let frame = programme.frame();
            source.send(&frame[..frame.len() / 2]);
        }
    }
}

#[test]
fn listeners_survive_every_kind_of_loss_of_a_source() {
    let stations = stations(5, 6);
    thread::scope(|scope| {
        let all = [Loss::Killed, Loss::Reset, Loss::Closed, Loss::Silent, Loss::Slow];
        for (at, loss) in all.into_iter().enumerate() {
            let stations = &stations;
            scope.spawn(move || check_losses(stations, at + 1, loss));
        }
    });
}

/// While the process is stopped, its sockets receive audio. It must be read before the source is closed.
#[test]
fn source_stays_on_air_when_the_process_is_stopped_for_longer_than_its_timeout() {
    let (stations, other) = (stations(1, 2), Coldwave::with_music(&[fixture("station")]));
    let mut listener = stations.listen(1);
    let (mut source, mut programme) = (stations.source(1), SentFrames::new());
    play(&mut listener, &mut programme, 8.0, 1.0, |audio| source.send(audio));
    let from = (0..listener.frames.len()).find(|&at| is_live(listener.frame(at))).expect("it is on air");
    for stop in [4.0, 12.0] {
        // After the burst, the stream of another server is the clock.
        let mut clock = other.listen();
        clock.until_seconds(5.5);
        stations.server.signal("STOP");
        play(&mut clock, &mut programme, stop, 1.0, |audio| source.send(audio));
        stations.server.signal("CONT");
        listener.for_seconds(stop - 1.0);
        play(&mut listener, &mut programme, 3.0, 1.0, |audio| source.send(audio));
    }
    let (live, silent) = check(&listener, &programme, from);
    assert_eq!((live, silent), (listener.frames.len() - from, 0.0), "nothing else is on air");
    assert!(live > 800, "{live}");
    assert_eq!(stations.server.log().count("stopped sending audio"), 0);
}

/// Every signal interrupts the loop's wait.
#[test]
fn thousands_of_signals_cost_no_frame_and_no_connection() {
    let stations = stations(1, 2);
    let mut listener = stations.listen(1);
    let (mut source, mut programme) = (stations.source(1), SentFrames::new());
    play(&mut listener, &mut programme, 8.0, 1.0, |audio| source.send(audio));
    let from = (0..listener.frames.len()).find(|&at| is_live(listener.frame(at))).expect("it is on air");
    let pid = stations.server.pid();
    let script =
        format!("i=0; while [ $i -lt 20000 ]; do kill -USR1 {pid}; kill -CONT {pid}; i=$((i+1)); done");
    let mut signals = Command::new("sh").args(["-c", &script]).spawn().expect("a shell is installed");
    play(&mut listener, &mut programme, 5.0, 1.0, |audio| source.send(audio));
    assert!(signals.wait().expect("a child can be waited for").success());
    let (live, silent) = check(&listener, &programme, from);
    assert_eq!((live, silent), (listener.frames.len() - from, 0.0));
}

#[test]
fn sources_can_use_the_source_port() {
    let port = two_free_ports();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let config =
        format!("[server]\nlisten = [\"127.0.0.1:{port}\"]\n[[station]]\nsource_password = \"deep water\"\n");
    let server = Coldwave::with_config(folder.path(), &config, 1);
    let source_address = SocketAddr::from(([127, 0, 0, 1], port + 1));
    let mut source = Peer::connect(source_address);
    source.send(b"deep water\r\n");
    assert_eq!(source.read().expect("an answer"), b"OK2\r\nicy-caps:11\r\n\r\n");
    source.send(b"icy-name:Harbour FM\r\nicy-br:128\r\n\r\n");
    let (mut programme, mut listener) = (SentFrames::new(), server.listen());
    source.send(&programme.seconds(2.0));
    play(&mut listener, &mut programme, 14.0, 1.0, |bytes| source.send(bytes));
    assert!(check(&listener, &programme, 0).0 > 200);
    assert_eq!(server.listen().head.get("icy-name"), Some("Harbour FM"));
    // HTTP requests on the source port get a reply, too.
    let page = Request::new(source_address, "GET", "/nowhere").send();
    assert_eq!(page.status_line(), "HTTP/1.0 404 Not Found");
}

/// This is the number of stations and sources of a large site.
#[test]
fn two_hundred_sources_are_all_on_air() {
    const COUNT: usize = 200;
    // The first source sends nothing until the last one has started, so the timeout is long.
    let stations = stations(COUNT, 60);
    let mut all: Vec<_> = (1..=COUNT)
        .map(|station| {
            let mut programme = SentFrames::new();
            // Each source begins at another frame, which distinguishes the stations.
            programme.next = station;
            let mut source = stations.source(station);
            source.send(&programme.seconds(8.0));
            (source, stations.listen(station), programme)
        })
        .collect();
    for _ in 0..3 {
        for (source, listener, programme) in &mut all {
            play(listener, programme, 2.0, 1.0, |bytes| source.send(bytes));
        }
    }
    for (station, (_, listener, programme)) in all.iter().enumerate() {
        let (live, silent) = check(listener, programme, 0);
        assert!(live > 100, "station {}: {live}", station + 1);
        assert_eq!(silent, 0.0);
        let first = (0..listener.frames.len()).map(|at| listener.frame(at)).find(|frame| is_live(frame));
        let position = first.and_then(|frame| programme.position_of(frame)).expect("a live frame");
        assert_eq!(position, (station + 1) % programme.frames.len(), "station {}", station + 1);
    }
}

/// Three hundred files take several steps, between which the AutoDJ waits for space.
#[test]
fn files_that_are_left_out_are_counted_while_a_source_is_on_air() {
    let stations = stations_with(1, 30, 60, |folder| {
        for n in 0..300 {
            let mut file = std::fs::File::create(folder.join(format!("z{n}.wv"))).expect("disk space");
            let written = file.write_all(b"wvpk and so on");
            written.and_then(|()| file.set_modified(SystemTime::UNIX_EPOCH)).expect("disk space");
        }
    });
    let mut source = stations.source(1);
    let (mut listener, mut programme) = (stations.listen(1), SentFrames::new());
    source.send(&programme.seconds(1.0));
    play(&mut listener, &mut programme, 6.0, 1.0, |audio| source.send(audio));
    let log = stations.server.log();
    assert_eq!(log.count("/live1: left out: 300 WavPack: "), 1, "{}", log.text());
}
