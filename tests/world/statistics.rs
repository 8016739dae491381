//! The statistics that are kept across restarts, in memory.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use coldwave::settings::StationIdentity;
use coldwave::station::{StationStatistics, StatisticsStore};

/// What is on the disk. Clones share it, so that it outlives a world.
#[derive(Debug, Clone, Default)]
pub struct FakeDisk {
    stations: Rc<RefCell<Vec<Arc<StationStatistics>>>>,
    server_peak: Rc<RefCell<usize>>,
    /// How often everything was written.
    pub writes: Rc<RefCell<u64>>,
}

/// The statistics of one world.
#[derive(Debug)]
struct FakeStatistics {
    disk: FakeDisk,
    /// Lost if the process is killed.
    unwritten: Vec<Arc<StationStatistics>>,
    server_peak: usize,
}

impl FakeDisk {
    /// Returns the store of a server that starts now.
    pub fn open(&self) -> Box<dyn StatisticsStore> {
        let server_peak = *self.server_peak.borrow();
        Box::new(FakeStatistics { disk: self.clone(), unwritten: Vec::new(), server_peak })
    }

    pub fn of_mount(&self, mount: &str) -> Option<Arc<StationStatistics>> {
        self.stations.borrow().iter().find(|it| it.station.mount == mount).cloned()
    }
}

/// Returns the position of a station, as the file finds it.
fn position(all: &[Arc<StationStatistics>], station: &StationIdentity) -> Option<usize> {
    station.position_in(all.iter().map(|it| (it.station.id, it.station.mount.as_str())))
}

fn put(all: &mut Vec<Arc<StationStatistics>>, statistics: Arc<StationStatistics>) {
    match position(all, &statistics.station) {
        Some(at) => all[at] = statistics,
        None => all.push(statistics),
    }
}

impl StatisticsStore for FakeStatistics {
    fn load(&self, station: &StationIdentity) -> Option<Arc<StationStatistics>> {
        let mut all = self.disk.stations.borrow().clone();
        self.unwritten.iter().for_each(|statistics| put(&mut all, statistics.clone()));
        position(&all, station).map(|at| all[at].clone())
    }

    fn server_peak(&self) -> usize {
        self.server_peak
    }

    fn put(&mut self, statistics: StationStatistics) {
        put(&mut self.unwritten, Arc::new(statistics));
    }

    fn commit(&mut self, server_peak: usize) {
        let mut all = self.disk.stations.borrow_mut();
        self.unwritten.drain(..).for_each(|statistics| put(&mut all, statistics));
        *self.disk.server_peak.borrow_mut() = server_peak;
        *self.disk.writes.borrow_mut() += 1;
    }
}
