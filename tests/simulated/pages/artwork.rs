//! Pictures in a simulated world: who gets which, who waits, and how often one is read.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use crate::world::tone::{Log, Tone};
use crate::world::{self, Link, Setup, World};
use coldwave::image::Image;
use coldwave::server::{ARTWORK_TIMEOUT, Hooks, Peer};
use coldwave::settings::{MetricsAccess, MetricsSettings, StationSettings};
use coldwave::station::{
    ArtworkLoader, EmbeddedArtwork, Input, InputFrame, LoadedArtwork, Readiness, TrackInfo,
};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n a cover";

/// Tracks with pictures, as the test says.
struct Illustrated {
    tone: Tone,
    track: Rc<RefCell<Option<Arc<TrackInfo>>>>,
    /// What is on the air: a track changes with a frame.
    on_air: Option<Arc<TrackInfo>>,
}

impl Input for Illustrated {
    fn name(&self) -> String {
        self.tone.name()
    }

    fn poll(&mut self) -> Readiness {
        self.tone.poll()
    }

    fn next_frame(&mut self) -> InputFrame<'_> {
        self.on_air.clone_from(&self.track.borrow());
        self.tone.next_frame()
    }

    fn track(&self) -> Option<&Arc<TrackInfo>> {
        self.on_air.as_ref()
    }
}

/// A pretend reader: reads when the test says so.
#[derive(Debug, Default)]
struct Shelf {
    wanted: Vec<Arc<TrackInfo>>,
    read: VecDeque<LoadedArtwork>,
    is_full: bool,
}

#[derive(Debug, Clone, Default)]
struct Reader(Rc<RefCell<Shelf>>);

impl ArtworkLoader for Reader {
    fn request(&mut self, track: &Arc<TrackInfo>) -> bool {
        let mut shelf = self.0.borrow_mut();
        shelf.wanted.push(track.clone());
        !shelf.is_full
    }

    fn poll(&mut self) -> Option<LoadedArtwork> {
        self.0.borrow_mut().read.pop_front()
    }
}

impl Reader {
    /// The picture that was asked for last is there.
    fn finish(&self, image: Option<&[u8]>) {
        let mut shelf = self.0.borrow_mut();
        let track = shelf.wanted.last().cloned().expect("a picture was asked for");
        let image = image.map(|bytes| Image::parse(bytes.to_vec()).expect("a picture"));
        shelf.read.push_back((track, image));
    }

    fn times_asked(&self) -> usize {
        self.0.borrow().wanted.len()
    }
}

struct Stage {
    world: World,
    reader: Reader,
    track: Rc<RefCell<Option<Arc<TrackInfo>>>>,
}

fn track(at: u64) -> Option<Arc<TrackInfo>> {
    let picture =
        EmbeddedArtwork { mime: "image/png".into(), offset: at, len: 100, is_unsynchronised: false };
    Some(Arc::new(TrackInfo { file: "a.mp3".into(), artwork: Some(picture), ..TrackInfo::default() }))
}

impl Stage {
    /// A station that plays a track with a picture.
    fn new(settings: StationSettings) -> Self {
        let log = Rc::new(RefCell::new(Log::default()));
        let playing = Rc::new(RefCell::new(track(1)));
        let input = Illustrated { tone: Tone::new("Tone", &log), track: playing.clone(), on_air: None };
        let reader = Reader::default();
        let hooks = Hooks { artwork: Some(Box::new(reader.clone())), ..Hooks::default() };
        let stations: Vec<(StationSettings, Vec<Box<dyn Input>>)> = vec![(settings, vec![Box::new(input)])];
        let setup = Setup { stations, logs: vec![log], hooks, ..Setup::default() };
        let mut world = World::start(world::seed(6), setup);
        world.pass(Duration::from_secs(2));
        Self { world, reader, track: playing }
    }

    fn ask(&mut self, lines: &str) -> Peer {
        let peer = self.world.connect(Link::Fast);
        self.world.send(peer, format!("{lines}\n\n").replace('\n', "\r\n").as_bytes());
        peer
    }

    fn get(&mut self) -> Peer {
        self.ask("GET /playingart HTTP/1.0")
    }

    fn status(&self, peer: Peer) -> String {
        let reply = self.world.reply(peer);
        reply.lines().next().and_then(|line| line.split(' ').nth(1)).unwrap_or_default().to_owned()
    }

    fn is_shown(&self, peer: Peer) -> bool {
        let pretend = self.world.pretend(peer);
        pretend.finished && self.status(peer) == "200" && pretend.received.ends_with(PNG)
    }
}

#[test]
fn who_asks_while_a_picture_is_read_waits_and_it_is_read_once() {
    let mut stage = Stage::new(StationSettings::default());
    let waiting: Vec<Peer> = (0..5).map(|_| stage.get()).collect();
    let head = stage.ask("HEAD /playingart?sid=1 HTTP/1.0");
    assert!(waiting.iter().all(|&peer| stage.world.reply(peer).is_empty()));
    stage.reader.finish(Some(PNG));
    stage.world.turn();
    assert!(waiting.iter().all(|&peer| stage.is_shown(peer)));
    let told = stage.world.reply(head);
    assert!(told.contains(&format!("\r\nContent-Length: {}\r\n", PNG.len())), "{told}");
    assert!(told.ends_with("\r\n\r\n") && told.contains("\r\nX-Content-Type-Options: nosniff\r\n"), "{told}");
    let later = stage.get();
    assert!(stage.is_shown(later));
    assert_eq!(stage.reader.times_asked(), 1);
    // A slow peer gets all of it, too.
    let slow = stage.world.connect(Link::Slow { per_second: 100, buffer: 20 });
    stage.world.send(slow, b"GET /playingart HTTP/1.0\r\n\r\n");
    stage.world.pass(Duration::from_secs(10));
    assert!(stage.is_shown(slow));
}

#[test]
fn who_waits_is_counted_by_what_he_gets() {
    let mut stage = Stage::new(StationSettings::default());
    let shown_to = MetricsAccess::Public;
    stage
        .world
        .configure(|config| config.metrics = MetricsSettings { access: shown_to, icecast_names: false });
    stage.get();
    stage.reader.finish(Some(PNG));
    stage.world.turn();
    let peer = stage.ask("GET /metrics HTTP/1.0");
    let numbers = stage.world.reply(peer);
    let pages: Vec<&str> = numbers.lines().filter(|line| line.contains("kind=\"page\"")).collect();
    assert_eq!(pages, ["coldwave_requests_total{kind=\"page\",status=\"200\"} 1"]);
}

/// A phone in a tunnel has half a megabyte in a minute or two, and the stream besides.
#[test]
fn a_large_picture_may_take_its_time() {
    let mut stage = Stage::new(StationSettings::default());
    let picture = [PNG, &[0; 400_000]].concat();
    let [slow, hardly] = [8_000, 500].map(|per_second| {
        let peer = stage.world.connect(Link::Slow { per_second, buffer: 20_000 });
        stage.world.send(peer, b"GET /playingart HTTP/1.0\r\n\r\n");
        peer
    });
    stage.reader.finish(Some(&picture));
    stage.world.pass(Duration::from_secs(70));
    let shown = stage.world.pretend(slow);
    assert!(shown.finished && shown.received.ends_with(&picture), "{}", shown.received.len());
    let cut_off = stage.world.pretend(hardly);
    assert!(cut_off.closed && !cut_off.finished, "{}", cut_off.received.len());
}

#[test]
fn a_track_has_its_own_picture_and_a_track_without_one_none() {
    let mut stage = Stage::new(StationSettings::default());
    stage.get();
    stage.reader.finish(Some(PNG));
    stage.world.turn();
    *stage.track.borrow_mut() = track(2);
    stage.world.pass(Duration::from_secs(1));
    let broken = stage.get();
    assert_eq!(stage.reader.times_asked(), 2, "it is another picture");
    stage.reader.finish(None);
    stage.world.turn();
    let again = stage.get();
    assert_eq!((stage.status(broken), stage.status(again)), ("404".into(), "404".into()));
    assert_eq!(stage.reader.times_asked(), 2, "what is broken is not read again");
    for other in [Some(Arc::new(TrackInfo::default())), None] {
        *stage.track.borrow_mut() = other;
        stage.world.pass(Duration::from_secs(1));
        let none = stage.get();
        assert_eq!(stage.status(none), "404");
    }
    let nowhere = stage.ask("GET /playingart?sid=9 HTTP/1.0");
    assert_eq!(stage.status(nowhere), "404");
    assert_eq!(stage.reader.times_asked(), 2);
}

#[test]
fn nobody_waits_for_ever() {
    let mut stage = Stage::new(StationSettings::default());
    let early = stage.get();
    let gone = stage.get();
    stage.world.hang_up(gone);
    stage.world.pass(ARTWORK_TIMEOUT - Duration::from_secs(1));
    assert!(stage.world.reply(early).is_empty());
    let late = stage.get();
    stage.world.pass(Duration::from_secs(2));
    assert_eq!(stage.status(early), "503");
    assert!(stage.world.reply(late).is_empty());
    stage.reader.finish(Some(PNG));
    stage.world.turn();
    assert!(stage.is_shown(late));
    assert_eq!(stage.status(early), "503", "he was told already");
    assert_eq!(stage.reader.times_asked(), 1);
}

#[test]
fn not_everybody_can_wait() {
    let mut stage = Stage::new(StationSettings::default());
    let peers: Vec<Peer> = (0..300).map(|_| stage.get()).collect();
    let refused: Vec<&Peer> = peers.iter().filter(|&&peer| stage.status(peer) == "503").collect();
    assert_eq!(refused.len(), 300 - 256);
    // Whoever is gone makes room.
    stage.world.hang_up(peers[0]);
    let next = stage.get();
    assert!(stage.world.reply(next).is_empty());
    stage.reader.finish(Some(PNG));
    stage.world.turn();
    assert!(stage.is_shown(next));
    // A reader that takes no more.
    stage.reader.0.borrow_mut().is_full = true;
    *stage.track.borrow_mut() = track(2);
    stage.world.pass(Duration::from_secs(1));
    let refused = stage.get();
    assert_eq!(stage.status(refused), "503");
}

#[test]
fn whoever_waits_when_the_server_stops_is_let_go() {
    let mut stage = Stage::new(StationSettings::default());
    let peer = stage.get();
    stage.world.server.stop(stage.world.now);
    stage.world.turn();
    assert!(stage.world.pretend(peer).closed && stage.world.server.is_drained());
}

#[test]
fn a_station_has_a_picture_of_its_own() {
    let artwork = Image::parse(PNG.to_vec()).ok();
    let mut stage = Stage::new(StationSettings { artwork, ..StationSettings::default() });
    let peer = stage.ask("GET /streamart HTTP/1.0");
    assert!(stage.is_shown(peer));
    let reply = stage.world.reply(peer);
    let tag = reply.lines().find_map(|line| line.strip_prefix("ETag: ")).expect("it has a tag").to_owned();
    let known = stage.ask(&format!("GET /streamart?sid=1 HTTP/1.1\nIf-None-Match: {tag}"));
    assert_eq!(stage.status(known), "304");
    assert_eq!(stage.reader.times_asked(), 0);
    let mut bare = Stage::new(StationSettings::default());
    let none = bare.ask("GET /streamart HTTP/1.0");
    assert_eq!(bare.status(none), "404");
    let posted = bare.ask("POST /streamart HTTP/1.1\nContent-Length: 0");
    assert_eq!(bare.status(posted), "405");
}

#[test]
fn the_api_leads_to_the_best_picture() {
    let url = |stage: &mut Stage| {
        let peer = stage.ask("GET /api/v1/stations/1 HTTP/1.0\nHost: h:8000");
        let reply = stage.world.reply(peer);
        let (_, rest) = reply.split_once("\"artwork_url\":").expect("it has the key");
        rest.split([',', '}']).next().unwrap_or_default().trim_matches('"').to_owned()
    };
    let mut stage = Stage::new(StationSettings {
        artwork: Image::parse(PNG.to_vec()).ok(),
        ..StationSettings::default()
    });
    let first = url(&mut stage);
    let target = first.strip_prefix("http://h:8000").expect("it is ours").to_owned();
    let peer = stage.ask(&format!("GET {target} HTTP/1.0"));
    stage.reader.finish(Some(PNG));
    stage.world.turn();
    assert!(stage.is_shown(peer));
    assert!(stage.world.reply(peer).contains("max-age=86400"));
    *stage.track.borrow_mut() = None;
    stage.world.pass(Duration::from_secs(1));
    let second = url(&mut stage);
    assert!(
        first.contains("/playingart?sid=1&v=") && second.contains("/streamart?sid=1&v="),
        "{first} {second}"
    );
    let mut bare = Stage::new(StationSettings::default());
    *bare.track.borrow_mut() = None;
    bare.world.pass(Duration::from_secs(1));
    assert_eq!(url(&mut bare), "null");
}
