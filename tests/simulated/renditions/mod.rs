//! Renditions: the programme of a station at other bit rates.

mod admin;
mod changes;
mod failures;
mod ladder;
mod listeners;
mod on_demand;
mod programme;
mod sources;
mod unsupported;

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use coldwave::audio::Header;
use coldwave::server::Peer;
use coldwave::settings::{Account, RenditionSettings, Secret, SourceSettings, StationSettings};
use coldwave::station::{Input, Readiness, Station};
use coldwave::time::AudioTime;
use coldwave::transcode::TargetFormat;

use crate::world::encoder::{Encoder, source_request_with_type};
use crate::world::ladders::FakeLadders;
use crate::world::tone::{Knobs, Tone};
use crate::world::{Link, Setup, World, seed};

const MOUNT: &str = "/live";

const SECOND: Duration = Duration::from_secs(1);

/// A metadata block in every frame of every rung.
const METAINT: u32 = 100;

/// The rungs of most tests, with their sampling rates, channels and bit rates. All but the fourth and the
/// fifth have the frame duration of the station.
const RUNGS: [(u32, u8, u16); 6] =
    [(44_100, 2, 192), (44_100, 2, 96), (22_050, 2, 48), (24_000, 2, 64), (48_000, 2, 128), (22_050, 1, 32)];

fn seconds(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds)
}

/// A station that accepts sources.
fn station() -> StationSettings {
    let account = Account { user: "source".into(), password: Some(Secret::new("deep water")) };
    StationSettings {
        metaint: METAINT,
        sources: SourceSettings { account, ..SourceSettings::default() },
        ..StationSettings::default()
    }
}

/// Returns the mount of the rendition at this index of the stations.
fn mount(index: usize) -> String {
    if index == 0 { MOUNT.into() } else { format!("/rung-{index}") }
}

/// Returns the rendition at this index of the stations, with what it has from `parent`.
fn rendition(
    parent: &StationSettings,
    index: usize,
    (rate, channels, kbps): (u32, u8, u16),
) -> StationSettings {
    StationSettings {
        id: index as u32 + 1,
        mount: mount(index),
        rendition: Some(RenditionSettings { parent: parent.mount.clone(), rate, channels, kbps }),
        music: Vec::new(),
        sources: SourceSettings {
            account: Account { password: None, ..parent.sources.account.clone() },
            ..parent.sources.clone()
        },
        relay: None,
        ..parent.clone()
    }
}

/// Returns the station and its renditions.
fn ladder(parent: StationSettings, rungs: &[(u32, u8, u16)]) -> Vec<StationSettings> {
    let renditions: Vec<_> = (1..).zip(rungs).map(|(at, rung)| rendition(&parent, at, *rung)).collect();
    [vec![parent], renditions].concat()
}

/// Creates a world with the station and its renditions, which plays a tone in the default format.
fn world(parent: StationSettings, rungs: &[(u32, u8, u16)]) -> World {
    with_tone(parent, rungs, Header::DEFAULT).0
}

/// Does the same with a tone in this format, and returns its controls.
fn with_tone(
    parent: StationSettings,
    rungs: &[(u32, u8, u16)],
    header: Header,
) -> (World, Rc<RefCell<Knobs>>) {
    let mut setup = Setup::with(ladder(parent, rungs));
    let tone = Tone::new("Tone", &setup.logs[0]);
    let knobs = tone.knobs.clone();
    knobs.borrow_mut().formats = vec![header];
    setup.stations[0].1 = vec![Box::new(tone) as Box<dyn Input>];
    (start(setup), knobs)
}

/// Creates a world whose station has no AutoDJ.
fn without_autodj(parent: StationSettings, rungs: &[(u32, u8, u16)]) -> World {
    let mut setup = Setup::with(ladder(parent, rungs));
    setup.stations[0].1.clear();
    start(setup)
}

fn start(setup: Setup) -> World {
    World::start(seed(7), Setup { ladders: Some(FakeLadders::default()), ..setup })
}

fn ladders(world: &World) -> FakeLadders {
    world.ladders.clone().expect("the world has ladders")
}

/// Connects a listener to each of the stations.
fn tune_in_to_all(world: &mut World) -> Vec<Peer> {
    let mounts = world.mounts.clone();
    (0..).zip(mounts).map(|(at, mount)| world.tune_in_to(at, &mount, Link::Fast)).collect()
}

/// Returns the format of a rung.
fn format((rate, channels, kbps): (u32, u8, u16)) -> TargetFormat {
    TargetFormat { rate, channels, kbps }
}

/// Returns how far the live edge of a rendition is behind that of its station.
fn delay(parent: &Station, rendition: &Station) -> Duration {
    let position = rendition.rendition().expect("a rendition").position();
    parent.timeline().end_time().saturating_sub(position).duration()
}

/// Returns the length of this many frames of a format.
fn length(frames: u64, header: Header) -> AudioTime {
    AudioTime::from_samples(frames * u64::from(header.samples()), header.rate())
}

/// Fails unless a listener of a rendition has received every frame in order, without silence of the server,
/// and in one format.
#[track_caller]
fn assert_seamless(world: &World, listener: Peer) {
    world.assert_listens(listener);
    let ear = world.ear(listener);
    assert!(ear.rung.frames > 0, "{listener:?} has received nothing");
    assert_eq!((ear.rung.skips, ear.rung.gap_frames), (0, 0), "{:?}", ear.rung);
    assert_eq!(ear.formats.len(), 1, "{:?}", ear.formats);
}

/// Fails unless a listener of the station has received every frame.
#[track_caller]
fn assert_undisturbed(world: &World, listener: Peer) {
    world.assert_listens(listener);
    let ear = world.ear(listener);
    assert_eq!((ear.skips, ear.silent_frames), (0, 0));
}

/// A live source.
struct Live {
    encoder: Encoder,
    peer: Peer,
}

impl Live {
    fn connect(world: &mut World, header: Header) -> Self {
        let encoder = Encoder::new(&world.logs[0], 1, header);
        let peer = world.connect(Link::Fast);
        let content_type = header.codec().content_type();
        world.send(peer, &source_request_with_type(MOUNT, "source", "deep water", content_type));
        Self { encoder, peer }
    }

    /// Sends audio in real time.
    fn play(&mut self, world: &mut World, time: f64) {
        for _ in 0..(time * 10.0).round() as u64 {
            let audio = self.encoder.seconds(0.1);
            world.feed(self.peer, &audio);
            world.pass(seconds(0.1));
        }
    }

    /// Sets the title of the frames that follow, as encoders do with an HTTP request.
    fn set_title(&self, world: &mut World, title: &str) {
        self.encoder.set_title(title);
        let request = format!("/admin.cgi?mode=updinfo&pass=deep%20water&song={title}");
        assert_eq!(world.get(&request).agent("Mozilla").send().status(), 200);
    }
}

/// Makes the AutoDJ stop or continue.
fn play_music(knobs: &Rc<RefCell<Knobs>>, plays: bool) {
    knobs.borrow_mut().readiness = if plays { Readiness::Ready } else { Readiness::Idle };
}
