//! Random orders of sources, upstreams, listeners and restarts: every ear checks that all frames are of the
//! codec that its head named, and players that return always get audio.

use coldwave::audio::{Codec, Header};
use coldwave::settings::{RelaySettings, StationCodec, StationSettings};
use coldwave::stream_url::StreamUrl;
use coldwave::time::Time;
use fastrand::Rng;

use super::{CodecSource, aac, is_closed, seconds, start, station, with_key};
use crate::world::encoder::Encoder;
use crate::world::source_formats::FakeSourceFormats;
use crate::world::upstream::FakeUpstream;
use crate::world::{Link, World, seed};

/// How many runs, and how many steps each has.
const RUNS: u64 = 60;
const STEPS: usize = 60;

/// A listener that reads everything gets audio, or is closed, within this many seconds.
const PROGRESS_WITHIN_S: f64 = 12.0;

struct Player {
    peer: coldwave::server::Peer,
    frames: u64,
    since: Time,
}

struct Codecs {
    world: World,
    settings: StationSettings,
    formats: FakeSourceFormats,
    rng: Rng,
    sources: Vec<CodecSource>,
    upstreams: Vec<FakeUpstream>,
    players: Vec<Player>,
    /// Whether the sources and the upstreams are connected, but send nothing.
    stall: [bool; 2],
    last_number: u64,
    /// How many listeners were closed because of the codec, and how many heads named each codec.
    closed: usize,
    heads: [u64; 2],
}

impl Codecs {
    fn new(seed: u64) -> Self {
        let mut rng = Rng::with_seed(seed);
        let settings = settings(&mut rng);
        let formats = FakeSourceFormats::default();
        let world = start(settings.clone(), &formats);
        Self {
            world,
            settings,
            formats,
            rng,
            sources: Vec::new(),
            upstreams: Vec::new(),
            players: Vec::new(),
            stall: [false; 2],
            last_number: 0,
            closed: 0,
            heads: [0; 2],
        }
    }

    fn step(&mut self) {
        match self.rng.u8(..20) {
            0..5 => self.join(),
            5..8 => self.connect_source(),
            8..10 => self.end_source(),
            10..12 => self.end_upstream(),
            12 => self.leave(),
            13 => {
                self.world.stall(seconds(self.rng.f64() * 20.0));
                self.players.iter_mut().for_each(|player| player.since = self.world.now);
            }
            14 if self.rng.bool() => self.restart(),
            15 | 16 => self.stall = [self.rng.bool(), self.rng.bool()],
            _ => {}
        }
        let most = if self.rng.u8(..8) == 0 { 300 } else { 30 };
        for _ in 0..self.rng.u64(1..most) {
            self.tick();
        }
    }

    fn header(&mut self) -> Header {
        let mp3 = Header::new_mp3(48_000, 1, 64).expect("a header");
        self.rng.choice([Header::DEFAULT, mp3, aac(44_100, 2), aac(22_050, 1)]).expect("some")
    }

    fn join(&mut self) {
        let link = match self.rng.u8(..6) {
            0 => Link::Erratic,
            1 => Link::Slow { per_second: 12_000, buffer: 16_000 },
            _ => Link::Fast,
        };
        let peer = self.world.tune_in_as(0, "/live", link, |ear| ear.may_be_refused = true);
        self.players.push(Player { peer, frames: 0, since: self.world.now });
    }

    fn connect_source(&mut self) {
        let header = self.header();
        self.last_number += 1;
        self.sources.push(CodecSource::connect(&mut self.world, self.last_number, header));
    }

    fn end_source(&mut self) {
        if !self.sources.is_empty() {
            let source = self.sources.swap_remove(self.rng.usize(..self.sources.len()));
            if !is_closed(&self.world, source.peer) {
                self.world.disconnect(source.peer);
            }
        }
    }

    fn end_upstream(&mut self) {
        if let Some(upstream) = self.upstreams.pop().filter(|it| !is_closed(&self.world, it.peer)) {
            self.world.disconnect(upstream.peer);
        }
    }

    fn leave(&mut self) {
        if !self.players.is_empty() {
            let player = self.players.swap_remove(self.rng.usize(..self.players.len()));
            if !self.world.socket(player.peer).closed {
                self.world.disconnect(player.peer);
            }
        }
    }

    /// Starts the server again. All connections are lost.
    fn restart(&mut self) {
        self.note_ended();
        (self.sources, self.upstreams, self.players) = Default::default();
        self.world = start(self.settings.clone(), &self.formats);
    }

    fn tick(&mut self) {
        let Self { world, sources, upstreams, stall, .. } = self;
        sources.retain(|source| !is_closed(world, source.peer));
        upstreams.retain(|upstream| !is_closed(world, upstream.peer));
        for source in sources.iter_mut().filter(|_| !stall[0]) {
            world.feed(source.peer, &source.encoder.seconds(0.1));
        }
        for upstream in upstreams.iter_mut().filter(|_| !stall[1]) {
            if !world.socket(upstream.peer).closed {
                upstream.send(world, 0.1);
            }
        }
        self.world.pass(seconds(0.1));
        self.accept_dial();
        self.check();
    }

    fn accept_dial(&mut self) {
        let World { server, dials, .. } = &mut self.world;
        dials.retain(|dial| server.is_dial_wanted(dial.ticket));
        if dials.is_empty() {
            return;
        }
        if self.rng.bool() {
            return self.world.refuse_dial();
        }
        let header = self.header();
        self.last_number += 1;
        let encoder = Encoder::new(&self.world.logs[0], self.last_number, header);
        let mut upstream = FakeUpstream::accept(&mut self.world, encoder);
        let content_type = header.codec().content_type();
        upstream.answer(&mut self.world, &format!("HTTP/1.0 200 OK\nContent-Type: {content_type}"));
        self.upstreams.push(upstream);
    }

    /// Fails if a listener that reads neither gets audio nor is closed, or is closed within a frame.
    fn check(&mut self) {
        let Self { world, players, heads, .. } = self;
        players.retain_mut(|player| {
            let (socket, ear) = (world.socket(player.peer), world.ear(player.peer));
            if player.frames == 0 && ear.frames > 0 {
                heads[usize::from(ear.formats[0].codec == Codec::Aac)] += 1;
            }
            if ear.frames > player.frames || socket.link != Link::Fast {
                (player.frames, player.since) = (ear.frames, world.now);
            }
            if socket.finished {
                assert!(ear.is_refused() || ear.is_at_frame_boundary(), "{:?}", player.peer);
            }
            let waited = world.now.since(player.since);
            let is_open = !socket.closed && !socket.finished && !ear.is_refused();
            assert!(!is_open || waited <= seconds(PROGRESS_WITHIN_S), "{:?} waits {waited:?}", player.peer);
            is_open
        });
    }

    fn note_ended(&mut self) {
        let ended = self.world.ended.borrow();
        let is_change = |reason| reason == coldwave::session::CloseReason::FormatChanged;
        self.closed += ended.iter().filter(|session| is_change(session.reason)).count();
    }
}

fn settings(rng: &mut Rng) -> StationSettings {
    let mut settings = match rng.u8(..6) {
        0 => with_key(StationCodec::Aac),
        1 => with_key(StationCodec::Mp3),
        _ => station(),
    };
    settings.sources.allow_codec_change = rng.u8(..4) == 0;
    settings.sources.timeout = seconds(rng.u8(2..10).into());
    if rng.bool() {
        let url = StreamUrl::parse("http://radio.example:8000/live").expect("an address");
        settings.relay = Some(RelaySettings::new(url, rng.bool()));
    }
    settings
}

#[test]
fn codecs_change_at_random() {
    let first = seed(4000);
    let (mut closed, mut heads) = (0, [0; 2]);
    for seed in first..first + RUNS {
        println!("replay with COLDWAVE_SEED={seed}");
        let mut codecs = Codecs::new(seed);
        (0..STEPS).for_each(|_| codecs.step());
        codecs.note_ended();
        closed += codecs.closed;
        (0..2).for_each(|codec| heads[codec] += codecs.heads[codec]);
    }
    println!("{closed} listeners closed at a change, {heads:?} streams of MP3 and AAC");
    assert!(closed > 20 && heads.iter().all(|count| *count > 50), "{closed} {heads:?}");
}
