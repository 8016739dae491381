//! Live sources over real sockets: they go on the air, and however they die, no listener is dropped and no frame torn.

use std::io::Write;
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use coldwave::audio::{Framer, Header, silent_frame};

use crate::common::{BINARY, CHECKED, Coldwave, Listening, PLAIN, Peer, fixture, track, two_free_ports};

/// `source:deep water`.
const GOOD: &str = "Authorization: Basic c291cmNlOmRlZXAgd2F0ZXI=";

/// How often each source dies; more for a measurement.
fn deaths() -> usize {
    std::env::var("COLDWAVE_DEATHS").map_or(2, |deaths| deaths.parse().expect("COLDWAVE_DEATHS is a number"))
}

/// The frames that live sources send; each has a checksum, which no frame of the AutoDJ's music has.
struct Programme {
    frames: Vec<Vec<u8>>,
    next: usize,
    /// Seconds of a frame.
    length: f64,
    owed: f64,
}

impl Programme {
    fn new() -> Self {
        let mut framer = Framer::new();
        framer.push(&std::fs::read(fixture(CHECKED)).expect("a fixture"));
        framer.finish();
        let (mut frames, mut length) = (Vec::new(), 0.0);
        while let Some(frame) = framer.next_frame() {
            length = f64::from(frame.header.samples()) / f64::from(frame.header.rate());
            frames.push(frame.bytes.to_vec());
        }
        Self { frames, next: 0, length, owed: 0.0 }
    }

    /// The next so many seconds; in the long run, exactly.
    fn seconds(&mut self, seconds: f64) -> Vec<u8> {
        self.owed += seconds / self.length;
        let whole = self.owed as usize;
        self.owed -= whole as f64;
        (0..whole).flat_map(|_| self.frame()).collect()
    }

    fn frame(&mut self) -> Vec<u8> {
        let frame = self.frames[self.next % self.frames.len()].clone();
        self.next += 1;
        frame
    }

    /// Where in it a frame is that was heard.
    fn place(&self, frame: &[u8]) -> Option<usize> {
        self.frames.iter().position(|other| other == frame)
    }
}

fn is_live(frame: &[u8]) -> bool {
    frame[1] & 1 == 0
}

/// A coldwave with so many stations that take sources, each with an AutoDJ that plays frames without checksums.
struct Stations {
    server: Coldwave,
    _folder: tempfile::TempDir,
}

fn stations(count: usize, timeout: u32) -> Stations {
    let folder = tempfile::tempdir().expect("a folder for tests");
    track(folder.path(), "Anchors Aweigh.mp3", PLAIN, 30);
    let stations: String = (1..=count)
        .map(|id| {
            format!(
                "[[station]]\nid = {id}\nmount = \"/live{id}\"\nmusic = [\"Anchors Aweigh.mp3\"]\n\
                 source_password = \"deep water\"\nsource_timeout_s = {timeout}\n"
            )
        })
        .collect();
    let config = folder.path().join("coldwave.toml");
    std::fs::write(&config, format!("[server]\nlisten = [\"127.0.0.1:0\"]\n{stations}"))
        .expect("it can be written");
    let mut command = Command::new(BINARY);
    command.arg("--config").arg(&config).env_remove("RUST_LOG");
    Stations { server: Coldwave::started(command, count), _folder: folder }
}

impl Stations {
    fn address(&self) -> SocketAddr {
        let url = &self.server.urls[0];
        let host = url.strip_prefix("http://").and_then(|rest| rest.split('/').next());
        host.and_then(|host| host.parse().ok()).unwrap_or_else(|| panic!("no address in {url}"))
    }

    fn listen(&self, station: usize) -> Listening {
        let mut peer = Peer::connect(self.address());
        peer.send(format!("GET /live{station} HTTP/1.0\r\nIcy-MetaData: 1\r\n\r\n").as_bytes());
        Listening::to(peer)
    }

    fn source(&self, station: usize) -> Peer {
        let mut peer = Peer::connect(self.address());
        peer.send(
            format!("SOURCE /live{station} HTTP/1.0\r\n{GOOD}\r\nContent-Type: audio/mpeg\r\n\r\n")
                .as_bytes(),
        );
        assert_eq!(peer.head().status, "HTTP/1.0 200 OK");
        peer
    }
}

/// Has `send` send what goes by while the listener hears so many seconds: his stream is the clock.
fn play(
    listening: &mut Listening,
    programme: &mut Programme,
    seconds: f64,
    rate: f64,
    mut send: impl FnMut(&[u8]),
) {
    let until = listening.seconds() + seconds;
    while listening.seconds() < until {
        let before = listening.seconds();
        listening.until("more audio", |it| it.seconds() > before);
        send(&programme.seconds((listening.seconds() - before) * rate));
    }
}

/// What was heard from the frame `from` on: how many frames of the live source, and the longest silence in seconds.
///
/// # Panics
/// When frames of the source are missing or double within one of its sessions, of which each begins anew.
fn check(listening: &Listening, programme: &Programme, from: usize) -> (usize, f64) {
    let (mut live, mut silent, mut longest, mut last) = (0, 0.0_f64, 0.0_f64, None);
    for at in from..listening.frames.len() {
        let frame = listening.frame(at);
        let header = Header::parse_mp3(*frame.first_chunk().expect("a frame has a header")).expect("a frame");
        if frame == silent_frame(&header) {
            silent += programme.length;
            longest = longest.max(silent);
            continue;
        }
        silent = 0.0;
        if !is_live(frame) {
            last = None;
            continue;
        }
        live += 1;
        let place = programme.place(frame).unwrap_or_else(|| panic!("frame {at} is none that was sent"));
        if let Some(last) = last.replace(place) {
            assert_eq!(place, (last + 1) % programme.frames.len(), "frame {at}");
        }
    }
    (live, longest)
}

/// A source that another program's connection carries, which can be killed like one.
struct Killable(Child);

impl Killable {
    fn start(address: SocketAddr, station: usize) -> Self {
        let script = format!("exec 3<>/dev/tcp/{}/{}; exec cat >&3", address.ip(), address.port());
        let mut child = Command::new("bash")
            .args(["-c", &script])
            .stdin(Stdio::piped())
            .spawn()
            .expect("there is a bash");
        let request = format!("SOURCE /live{station} ICE/1.0\r\n{GOOD}\r\n\r\n");
        let stdin = child.stdin.as_mut().expect("it is piped");
        stdin.write_all(request.as_bytes()).expect("cat reads");
        Self(child)
    }

    fn send(&mut self, bytes: &[u8]) {
        self.0.stdin.as_mut().expect("it is piped").write_all(bytes).expect("cat reads");
    }

    fn kill(mut self) {
        self.0.kill().expect("it runs");
        self.0.wait().expect("it is ours");
    }
}

/// How sources die.
#[derive(Debug, Clone, Copy)]
enum Death {
    /// `kill -9`.
    Killed,
    /// The connection is reset.
    Reset,
    /// It says that it will send no more.
    Closed,
    /// It sends nothing any more, and whether it is there at all, nobody knows.
    Silent,
    /// It sends half of what it should, and then dies in the middle of a frame.
    Slow,
}

fn die(stations: &Stations, station: usize, death: Death) {
    let mut listening = stations.listen(station);
    listening.until_seconds(6.0);
    for _ in 0..deaths() {
        let mut programme = Programme::new();
        let from = listening.frames.len();
        if let Death::Killed = death {
            let mut source = Killable::start(stations.address(), station);
            play(&mut listening, &mut programme, 5.0, 1.0, |bytes| source.send(bytes));
            source.kill();
        } else {
            let mut source = stations.source(station);
            let rate = if let Death::Slow = death { 0.5 } else { 1.0 };
            play(&mut listening, &mut programme, 5.0 / rate, rate, |bytes| source.send(bytes));
            end(source, death, &mut programme, &mut listening);
        }
        listening.for_seconds(4.0);
        let (live, silent) = check(&listening, &programme, from);
        assert!(live > 100, "{death:?}: {live} of its frames were heard");
        assert_eq!(silent, 0.0, "{death:?}: the AutoDJ was there all the time");
        let last = listening.frame(listening.frames.len() - 1);
        assert!(!is_live(last), "{death:?}: and it is on the air now");
    }
    println!("{death:?}: {} deaths, {:.1} s heard", deaths(), listening.seconds());
}

fn end(mut source: Peer, death: Death, programme: &mut Programme, listening: &mut Listening) {
    match death {
        Death::Killed => unreachable!("that is another program's"),
        Death::Closed => drop(source),
        Death::Reset => {
            let socket = socket2::SockRef::from(source.stream());
            socket.set_linger(Some(Duration::ZERO)).expect("a socket option");
            drop(source);
        }
        // The server gives it up after three seconds.
        Death::Silent => {
            listening.for_seconds(4.0);
            assert!(source.read().map_or(true, |bytes| bytes.is_empty()), "it was given up");
        }
        Death::Slow => {
            let frame = programme.frame();
            source.send(&frame[..frame.len() / 2]);
        }
    }
}

#[test]
fn however_a_source_dies_nobody_notices() {
    let stations = stations(5, 3);
    thread::scope(|scope| {
        let all = [Death::Killed, Death::Reset, Death::Closed, Death::Silent, Death::Slow];
        for (at, death) in all.into_iter().enumerate() {
            let stations = &stations;
            scope.spawn(move || die(stations, at + 1, death));
        }
    });
}

#[test]
fn sources_have_a_port_of_their_own() {
    let port = two_free_ports();
    let folder = tempfile::tempdir().expect("a folder for tests");
    let config = folder.path().join("coldwave.toml");
    let text =
        format!("[server]\nlisten = [\"127.0.0.1:{port}\"]\n[[station]]\nsource_password = \"deep water\"\n");
    std::fs::write(&config, text).expect("it can be written");
    let mut command = Command::new(BINARY);
    command.arg("--config").arg(&config).env_remove("RUST_LOG");
    let server = Coldwave::started(command, 1);
    let mut source = Peer::connect(SocketAddr::from(([127, 0, 0, 1], port + 1)));
    source.send(b"deep water\r\n");
    assert_eq!(source.read().expect("an answer"), b"OK2\r\nicy-caps:11\r\n\r\n");
    source.send(b"icy-name:Harbour FM\r\nicy-br:128\r\n\r\n");
    let (mut programme, mut listening) = (Programme::new(), server.listen());
    source.send(&programme.seconds(2.0));
    play(&mut listening, &mut programme, 14.0, 1.0, |bytes| source.send(bytes));
    assert!(check(&listening, &programme, 0).0 > 200);
    assert_eq!(server.listen().head.get("icy-name"), Some("Harbour FM"));
    // What strays there and is HTTP is answered all the same.
    let mut page = Peer::connect(SocketAddr::from(([127, 0, 0, 1], port + 1)));
    page.send(b"GET /nowhere HTTP/1.0\r\n\r\n");
    assert!(page.head().status.contains("404"));
}

/// As many stations with as many sources as a big site has, in one process.
#[test]
fn two_hundred_sources_are_each_heard() {
    const COUNT: usize = 200;
    // Until the last has begun, the first has nothing to say.
    let stations = stations(COUNT, 60);
    let mut all: Vec<_> = (1..=COUNT)
        .map(|station| {
            let mut programme = Programme::new();
            // Each begins at another frame, so that no station can pass for another.
            programme.next = station;
            let mut source = stations.source(station);
            source.send(&programme.seconds(8.0));
            (source, stations.listen(station), programme)
        })
        .collect();
    for _ in 0..3 {
        for (source, listening, programme) in &mut all {
            play(listening, programme, 2.0, 1.0, |bytes| source.send(bytes));
        }
    }
    for (station, (_, listening, programme)) in all.iter().enumerate() {
        let (live, silent) = check(listening, programme, 0);
        assert!(live > 100, "station {}: {live}", station + 1);
        assert_eq!(silent, 0.0);
        let first = (0..listening.frames.len()).map(|at| listening.frame(at)).find(|frame| is_live(frame));
        let place = first.and_then(|frame| programme.place(frame)).expect("something live was heard");
        assert_eq!(place, (station + 1) % programme.frames.len(), "station {}", station + 1);
    }
}
