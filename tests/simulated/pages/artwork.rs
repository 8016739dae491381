//! Artwork: which picture a request gets, which requests wait, and how often a picture is read.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use crate::world::encoder::{Encoder, source_request};
use crate::world::tone::{Log, Tone};
use crate::world::{Link, Setup, World, seed};
use coldwave::audio::Header;
use coldwave::image::Image;
use coldwave::server::{ARTWORK_TIMEOUT, Hooks, Peer};
use coldwave::settings::{Account, MetricsAccess, MetricsSettings, Secret, SourceSettings, StationSettings};
use coldwave::station::{
    ArtworkLoader, ArtworkLocation, EmbeddedArtwork, Input, InputFrame, LoadedArtwork, Readiness, TrackInfo,
};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n a cover";

/// A tone whose tracks have the pictures that the test sets.
struct ToneWithArtwork {
    tone: Tone,
    track: Rc<RefCell<Option<Arc<TrackInfo>>>>,
    /// The track on the air, which changes with a frame.
    on_air: Option<Arc<TrackInfo>>,
}

impl Input for ToneWithArtwork {
    fn name(&self) -> String {
        self.tone.name()
    }

    fn poll(&mut self) -> Readiness {
        self.tone.poll()
    }

    fn next_frame(&mut self) -> InputFrame<'_> {
        self.on_air.clone_from(&self.track.borrow());
        InputFrame { track: self.on_air.as_ref(), ..self.tone.next_frame() }
    }

    fn track(&self) -> Option<&Arc<TrackInfo>> {
        self.on_air.as_ref()
    }
}

/// The state of a [`FakeLoader`].
#[derive(Debug, Default)]
struct LoaderState {
    wanted: Vec<Arc<TrackInfo>>,
    read: VecDeque<LoadedArtwork>,
    is_full: bool,
}

#[derive(Debug, Clone, Default)]
struct FakeLoader(Rc<RefCell<LoaderState>>);

impl ArtworkLoader for FakeLoader {
    fn request(&mut self, track: &Arc<TrackInfo>) -> bool {
        let mut state = self.0.borrow_mut();
        state.wanted.push(track.clone());
        !state.is_full
    }

    fn poll(&mut self) -> Option<LoadedArtwork> {
        self.0.borrow_mut().read.pop_front()
    }
}

impl FakeLoader {
    /// Completes the latest request.
    fn finish(&self, image: Option<&[u8]>) {
        let mut state = self.0.borrow_mut();
        let track = state.wanted.last().cloned().expect("a picture was requested");
        let image = image.map(|bytes| Image::parse(bytes.to_vec()).expect("a picture"));
        state.read.push_back((track, image));
    }

    fn requests(&self) -> usize {
        self.0.borrow().wanted.len()
    }
}

struct ArtworkHarness {
    world: World,
    loader: FakeLoader,
    track: Rc<RefCell<Option<Arc<TrackInfo>>>>,
}

fn track(at: u64) -> Option<Arc<TrackInfo>> {
    let location = ArtworkLocation::Bytes { offset: at, is_unsynchronised: false };
    let artwork = EmbeddedArtwork { mime: "image/png".into(), len: 100, location };
    Some(Arc::new(TrackInfo { file: "a.mp3".into(), artwork: Some(artwork), ..TrackInfo::default() }))
}

impl ArtworkHarness {
    /// Creates a station that plays a track with a picture.
    fn new(settings: StationSettings) -> Self {
        let log = Rc::new(RefCell::new(Log::default()));
        let playing = Rc::new(RefCell::new(track(1)));
        let input = ToneWithArtwork { tone: Tone::new("Tone", &log), track: playing.clone(), on_air: None };
        let loader = FakeLoader::default();
        let hooks = Hooks { artwork: Some(Box::new(loader.clone())), ..Hooks::default() };
        let stations: Vec<(StationSettings, Vec<Box<dyn Input>>)> = vec![(settings, vec![Box::new(input)])];
        let setup = Setup { stations, logs: vec![log], hooks, ..Setup::default() };
        let mut world = World::start(seed(6), setup);
        world.pass(Duration::from_secs(2));
        Self { world, loader, track: playing }
    }

    /// Requests the picture of the track on the air.
    fn get(&mut self) -> Peer {
        self.world.get("/playingart").open()
    }

    fn status(&self, peer: Peer) -> u16 {
        self.world.reply(peer).status()
    }

    fn is_shown(&self, peer: Peer) -> bool {
        let socket = self.world.socket(peer);
        socket.finished && self.status(peer) == 200 && socket.received.ends_with(PNG)
    }
}

#[test]
fn requests_during_a_read_wait_and_the_picture_is_read_once() {
    let mut harness = ArtworkHarness::new(StationSettings::default());
    let waiting: Vec<Peer> = (0..5).map(|_| harness.get()).collect();
    let head = harness.world.head("/playingart?sid=1").open();
    assert!(waiting.iter().all(|&peer| harness.world.reply(peer).is_empty()));
    harness.loader.finish(Some(PNG));
    harness.world.turn();
    assert!(waiting.iter().all(|&peer| harness.is_shown(peer)));
    let head = harness.world.reply(head);
    assert!(head.contains(&format!("\r\nContent-Length: {}\r\n", PNG.len())), "{head}");
    assert!(head.ends_with("\r\n\r\n") && head.contains("\r\nX-Content-Type-Options: nosniff\r\n"), "{head}");
    let later = harness.get();
    assert!(harness.is_shown(later));
    assert_eq!(harness.loader.requests(), 1);
    // A slow peer gets the whole picture, too.
    let slow = harness.world.get("/playingart").link(Link::Slow { per_second: 100, buffer: 20 }).open();
    harness.world.pass(Duration::from_secs(10));
    assert!(harness.is_shown(slow));
}

#[test]
fn waiting_request_is_counted_once_by_its_final_status() {
    let mut harness = ArtworkHarness::new(StationSettings::default());
    let access = MetricsAccess::Public;
    harness.world.configure(|config| config.metrics = MetricsSettings { access, icecast_names: false });
    harness.get();
    harness.loader.finish(Some(PNG));
    harness.world.turn();
    let numbers = harness.world.get("/metrics").send();
    let pages: Vec<&str> = numbers.lines().filter(|line| line.contains("kind=\"page\"")).collect();
    assert_eq!(pages, ["coldwave_requests_total{kind=\"page\",status=\"200\"} 1"]);
}

/// A phone with a weak signal needs a minute or two for half a megabyte, beside the stream.
#[test]
fn large_picture_may_take_longer_than_a_page() {
    let mut harness = ArtworkHarness::new(StationSettings::default());
    let picture = [PNG, &[0; 400_000]].concat();
    let [slow, too_slow] = [8_000, 500].map(|per_second| {
        harness.world.get("/playingart").link(Link::Slow { per_second, buffer: 20_000 }).open()
    });
    harness.loader.finish(Some(&picture));
    harness.world.pass(Duration::from_secs(70));
    let shown = harness.world.socket(slow);
    assert!(shown.finished && shown.received.ends_with(&picture), "{}", shown.received.len());
    let cut_off = harness.world.socket(too_slow);
    assert!(cut_off.closed && !cut_off.finished, "{}", cut_off.received.len());
}

#[test]
fn each_track_has_its_own_picture_or_404() {
    let mut harness = ArtworkHarness::new(StationSettings::default());
    harness.get();
    harness.loader.finish(Some(PNG));
    harness.world.turn();
    *harness.track.borrow_mut() = track(2);
    harness.world.pass(Duration::from_secs(1));
    let broken = harness.get();
    assert_eq!(harness.loader.requests(), 2, "the picture of another track is requested");
    harness.loader.finish(None);
    harness.world.turn();
    let again = harness.get();
    assert_eq!((harness.status(broken), harness.status(again)), (404, 404));
    assert_eq!(harness.loader.requests(), 2, "a broken picture is not read again");
    for other in [Some(Arc::new(TrackInfo::default())), None] {
        *harness.track.borrow_mut() = other;
        harness.world.pass(Duration::from_secs(1));
        let none = harness.get();
        assert_eq!(harness.status(none), 404);
    }
    let nowhere = harness.world.get("/playingart?sid=9").open();
    assert_eq!(harness.status(nowhere), 404);
    assert_eq!(harness.loader.requests(), 2);
}

#[test]
fn waiting_request_gets_503_after_a_timeout() {
    let mut harness = ArtworkHarness::new(StationSettings::default());
    let early = harness.get();
    let gone = harness.get();
    harness.world.disconnect(gone);
    harness.world.pass(ARTWORK_TIMEOUT - Duration::from_secs(1));
    assert!(harness.world.reply(early).is_empty());
    let late = harness.get();
    harness.world.pass(Duration::from_secs(2));
    assert_eq!(harness.status(early), 503);
    assert!(harness.world.reply(late).is_empty());
    harness.loader.finish(Some(PNG));
    harness.world.turn();
    assert!(harness.is_shown(late));
    assert_eq!(harness.status(early), 503, "its reply was complete");
    assert_eq!(harness.loader.requests(), 1);
}

#[test]
fn more_than_256_waiting_requests_get_503() {
    let mut harness = ArtworkHarness::new(StationSettings::default());
    let peers: Vec<Peer> = (0..300).map(|_| harness.get()).collect();
    let refused: Vec<&Peer> = peers.iter().filter(|&&peer| harness.status(peer) == 503).collect();
    assert_eq!(refused.len(), 300 - 256);
    // A waiting request that ends makes room.
    harness.world.disconnect(peers[0]);
    let next = harness.get();
    assert!(harness.world.reply(next).is_empty());
    harness.loader.finish(Some(PNG));
    harness.world.turn();
    assert!(harness.is_shown(next));
    // A loader that accepts no further request.
    harness.loader.0.borrow_mut().is_full = true;
    *harness.track.borrow_mut() = track(2);
    harness.world.pass(Duration::from_secs(1));
    let refused = harness.get();
    assert_eq!(harness.status(refused), 503);
}

#[test]
fn waiting_request_is_closed_when_the_server_stops() {
    let mut harness = ArtworkHarness::new(StationSettings::default());
    let peer = harness.get();
    harness.world.server.stop(harness.world.now);
    harness.world.turn();
    assert!(harness.world.socket(peer).closed && harness.world.server.is_drained());
}

#[test]
fn station_artwork_is_served_at_streamart_with_an_etag() {
    let artwork = Image::parse(PNG.to_vec()).ok();
    let mut harness = ArtworkHarness::new(StationSettings { artwork, ..StationSettings::default() });
    let peer = harness.world.get("/streamart").open();
    assert!(harness.is_shown(peer));
    let tag = harness.world.reply(peer).header("ETag").expect("an ETag").to_owned();
    let known = harness.world.get("/streamart?sid=1").http11().header("If-None-Match", &tag).open();
    assert_eq!(harness.status(known), 304);
    assert_eq!(harness.loader.requests(), 0);
    let mut bare = ArtworkHarness::new(StationSettings::default());
    let none = bare.world.get("/streamart").open();
    assert_eq!(bare.status(none), 404);
    let posted = bare.world.post("/streamart", "").http11().open();
    assert_eq!(bare.status(posted), 405);
}

#[test]
fn artwork_url_is_the_picture_of_the_track_or_else_of_the_station() {
    let url = |harness: &mut ArtworkHarness| {
        let reply = harness.world.get("/api/v1/stations/1").header("Host", "h:8000").send();
        reply.json()["artwork_url"].as_str().map(str::to_owned)
    };
    let mut harness = ArtworkHarness::new(StationSettings {
        artwork: Image::parse(PNG.to_vec()).ok(),
        ..StationSettings::default()
    });
    let first = url(&mut harness).expect("the track has a picture");
    let target = first.strip_prefix("http://h:8000").expect("the URL is on this server").to_owned();
    let peer = harness.world.get(&target).open();
    harness.loader.finish(Some(PNG));
    harness.world.turn();
    assert!(harness.is_shown(peer));
    assert!(harness.world.reply(peer).contains("max-age=86400"));
    *harness.track.borrow_mut() = None;
    harness.world.pass(Duration::from_secs(1));
    let second = url(&mut harness).expect("the station has a picture");
    assert!(
        first.contains("/playingart?sid=1&v=") && second.contains("/streamart?sid=1&v="),
        "{first} {second}"
    );
    let mut bare = ArtworkHarness::new(StationSettings::default());
    *bare.track.borrow_mut() = None;
    bare.world.pass(Duration::from_secs(1));
    assert_eq!(url(&mut bare), None);
}

/// The tone has a title every 13 seconds.
#[test]
fn covers_of_past_titles_are_served_under_the_urls_of_the_history() {
    let mut harness = ArtworkHarness::new(StationSettings::default());
    for number in 2..=30 {
        *harness.track.borrow_mut() = track(number);
        harness.world.pass(Duration::from_millis(500 * 1152 * 1000 / 44_100));
    }
    let shown = harness.world.get("/api/v1/stations/1/history").header("Host", "h").send().json();
    let titles = shown["history"].as_array().expect("a list").clone();
    assert!(titles.len() > 25, "{}", titles.len());
    let urls: Vec<String> =
        titles.iter().filter_map(|title| title["artwork_url"].as_str().map(str::to_owned)).collect();
    assert_eq!(urls.len(), 20, "of the latest titles: {urls:?}");
    assert!(titles[20..].iter().all(|title| title["artwork_url"].is_null()));
    for url in [&urls[0], &urls[1], &urls[19]] {
        let target = url.strip_prefix("http://h").expect("the URL is on this server").to_owned();
        let requests = harness.loader.requests();
        let peer = harness.world.get(&target).open();
        assert_eq!(harness.loader.requests(), requests + 1, "each has its own picture");
        harness.loader.finish(Some(PNG));
        harness.world.turn();
        assert!(harness.is_shown(peer));
        assert!(harness.world.reply(peer).contains("max-age=86400"), "it does not change");
    }
    // An older one, and one that never existed, get what the station plays now, which is not for keeping.
    let peer = harness.world.get("/playingart?v=00000000000000ff").open();
    assert!(harness.is_shown(peer) && harness.world.reply(peer).contains("Cache-Control: no-cache\r\n"));
    // A file has one picture, or none.
    let version = urls[0].rsplit('=').next().expect("a version");
    let peer = harness.world.get(&format!("/playingart/1/{version}.png")).open();
    assert!(harness.is_shown(peer) && harness.world.reply(peer).contains("max-age=86400"));
    for name in ["00000000000000ff.png", "x.png"] {
        assert_eq!(harness.world.get(&format!("/playingart/1/{name}")).send().status(), 404, "{name}");
    }
}

#[test]
fn elapsed_time_counts_on_after_a_short_interruption() {
    let account = Account { user: "source".into(), password: Some(Secret::new("deep water")) };
    let sources = SourceSettings { account, ..SourceSettings::default() };
    let mut harness = ArtworkHarness::new(StationSettings { sources, ..StationSettings::default() });
    let length = Some(Duration::from_secs(200));
    *harness.track.borrow_mut() = Some(Arc::new(TrackInfo { length, ..TrackInfo::default() }));
    let title =
        |harness: &mut ArtworkHarness| harness.world.get("/api/v1/stations/1").send().json()["title"].clone();
    harness.world.pass(Duration::from_secs(10));
    let begun = title(&mut harness);
    harness.world.pass(Duration::from_secs(5));
    let before = title(&mut harness);
    assert_eq!((&begun["text"], &before["text"]), (&"Tone 2".into(), &"Tone 2".into()));
    let elapsed = |title: &serde_json::Value| title["elapsed_s"].as_u64().expect("a number");
    assert_eq!((elapsed(&before) - elapsed(&begun), before["duration_s"].as_u64()), (5, Some(200)));
    let peer = harness.world.connect(Link::Fast);
    harness.world.send(peer, &source_request("/live", "source", "deep water"));
    let mut encoder = Encoder::new(&harness.world.logs[0], 1, Header::DEFAULT);
    harness.world.feed(peer, &encoder.seconds(2.0));
    harness.world.pass(Duration::from_secs(1));
    let live = title(&mut harness);
    assert_eq!((live["text"].as_str(), live["duration_s"].as_u64()), (None, None), "{live}");
    harness.world.disconnect(peer);
    harness.world.pass(Duration::from_secs(2));
    let after = title(&mut harness);
    assert_eq!(after["text"], "Tone 2");
    assert!((elapsed(&before)..=elapsed(&before) + 2).contains(&elapsed(&after)), "{before} {after}");
    assert_ne!(after["on_air_at"], before["on_air_at"]);
}
