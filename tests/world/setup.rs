//! The initial state of a world: its stations with their inputs, and what the process provides.

use std::cell::RefCell;
use std::rc::Rc;

use coldwave::bans::Bans;
use coldwave::server::Hooks;
use coldwave::settings::StationSettings;
use coldwave::station::Input;
use coldwave::time::WallClock;

use super::converters::FakeConverters;
use super::ladders::FakeLadders;
use super::tone::{Log, Tone};

/// The initial state of a world.
#[derive(Default)]
pub struct Setup {
    pub stations: Vec<(StationSettings, Vec<Box<dyn Input>>)>,
    /// One log for each station.
    pub logs: Vec<Rc<RefCell<Log>>>,
    pub hooks: Hooks,
    pub bans: Bans,
    /// The time of day.
    pub clock: WallClock,
    /// The converters of sources, if there are any.
    pub converters: Option<FakeConverters>,
    /// The encoders of renditions, if there are any.
    pub ladders: Option<FakeLadders>,
    /// The random number from which the server derives its identity, if it is not [`SERVER_SEED`].
    pub server_seed: Option<u64>,
}

impl Setup {
    /// Creates a setup with a tone as the only input of every station, except of renditions, which have the
    /// log of their station.
    pub fn with(stations: Vec<StationSettings>) -> Self {
        let mut setup = Self::default();
        stations.into_iter().for_each(|station| setup.add(station));
        setup
    }

    /// Adds a station that plays a tone, or a rendition of an earlier one.
    pub fn add(&mut self, settings: StationSettings) {
        let parent = settings.rendition.as_ref().map(|it| &it.parent);
        let parent = parent.and_then(|parent| self.stations.iter().position(|(it, _)| it.mount == *parent));
        let log = parent.map_or_else(Rc::default, |parent| self.logs[parent].clone());
        self.stations.push((settings, parent.map_or_else(|| tone(&log), |_| Vec::new())));
        self.logs.push(log);
    }
}

/// Returns a tone as the only input.
pub fn tone(log: &Rc<RefCell<Log>>) -> Vec<Box<dyn Input>> {
    vec![Box::new(Tone::new("Tone", log))]
}
