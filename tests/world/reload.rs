//! Reloads in a simulated world: a whole set of stations takes the place of the one that runs.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use coldwave::server::StationError;
use coldwave::settings::StationSettings;
use coldwave::station::Input;

use super::World;
use super::tone::{Log, Tone};

/// The distance between the first frame numbers of the stations that a reload adds, so that an ear notices
/// the frame of another station.
const NUMBERS_PER_STATION: u64 = 1 << 24;

impl World {
    /// Makes exactly these stations run, as a reload of the configuration does. Those that need inputs get a
    /// tone named after their mount, and added ones a log of their own. Added stations are appended to
    /// [`keys`](Self::keys), renditions last; the places of removed ones stay.
    #[track_caller]
    pub fn reload(&mut self, stations: Vec<StationSettings>) {
        self.try_reload(stations).expect("the stations fit together");
    }

    /// Does the same if the stations fit together.
    pub fn try_reload(&mut self, stations: Vec<StationSettings>) -> Result<(), StationError> {
        let plan = self.server.plan_stations(stations)?;
        let mut added = HashMap::new();
        for (at, station) in plan.added().enumerate() {
            let first = (self.logs.len() + at + 1) as u64 * NUMBERS_PER_STATION;
            added.insert(station.mount.clone(), Log::numbered_from(first));
        }
        let mut inputs: HashMap<String, Vec<Box<dyn Input>>> = HashMap::new();
        for station in plan.needs_inputs() {
            let log = added.get(&station.mount).cloned().unwrap_or_else(|| self.log_of(station));
            inputs.insert(station.mount.clone(), vec![Box::new(Tone::new(&station.mount, &log))]);
        }
        self.server.apply_plan(plan, inputs, self.now);
        self.note_added(&added);
        self.turn();
        Ok(())
    }

    /// Returns the index in [`keys`](Self::keys) of the station that has this mount now.
    ///
    /// # Panics
    /// If there is none.
    pub fn index_of(&self, mount: &str) -> usize {
        let has_mount = |key| self.server.station_settings(key).is_some_and(|it| it.mount == mount);
        self.keys.iter().position(|&key| has_mount(key)).expect("a station has this mount")
    }

    /// Returns the log of the station that runs and gets these settings.
    fn log_of(&self, settings: &StationSettings) -> Rc<RefCell<Log>> {
        let running = || self.keys.iter().map(|&key| self.server.station_settings(key));
        let has_id =
            |it: &StationSettings| it.has_explicit_id && settings.has_explicit_id && it.id == settings.id;
        let by_id = running().position(|it| it.is_some_and(has_id));
        let by_mount = || running().position(|it| it.is_some_and(|it| it.mount == settings.mount));
        self.logs[by_id.or_else(by_mount).expect("the station runs")].clone()
    }

    /// Appends the stations that were added, with their logs. A rendition has the log of its station.
    fn note_added(&mut self, logs: &HashMap<String, Rc<RefCell<Log>>>) {
        let (mut renditions, mut added) = (Vec::new(), Vec::new());
        for key in self.server.station_keys().into_iter().filter(|key| !self.keys.contains(key)) {
            let settings = self.server.station_settings(key).expect("it runs").clone();
            if settings.rendition.is_some() { &mut renditions } else { &mut added }.push((key, settings));
        }
        for (key, settings) in added.into_iter().chain(renditions) {
            let parent = settings.rendition.as_ref().map(|it| self.index_of(&it.parent));
            let log = parent.map_or_else(|| logs.get(&settings.mount), |at| self.logs.get(at)).cloned();
            // An unlisted station has no tone.
            let Some(log) = log else { continue };
            self.logs.push(log);
            self.mounts.push(settings.mount);
            self.keys.push(key);
        }
    }
}
