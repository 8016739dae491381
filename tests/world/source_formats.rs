//! The formats of sources that are kept across restarts, in memory.

use std::cell::RefCell;
use std::rc::Rc;

use coldwave::audio::Format;
use coldwave::settings::StationIdentity;
use coldwave::station::SourceFormats;

/// The formats of stations. Clones share them, so that they outlive a world.
#[derive(Debug, Clone, Default)]
pub struct FakeSourceFormats {
    formats: Rc<RefCell<Vec<(StationIdentity, Format)>>>,
    /// How often a format was stored.
    pub writes: Rc<RefCell<u64>>,
}

impl FakeSourceFormats {
    pub fn of_mount(&self, mount: &str) -> Option<Format> {
        self.formats.borrow().iter().find(|(station, _)| station.mount == mount).map(|(_, format)| *format)
    }
}

fn position(all: &[(StationIdentity, Format)], station: &StationIdentity) -> Option<usize> {
    station.position_in(all.iter().map(|(it, _)| (it.id, it.mount.as_str())))
}

impl SourceFormats for FakeSourceFormats {
    fn load(&self, station: &StationIdentity) -> Option<Format> {
        let all = self.formats.borrow();
        position(&all, station).map(|at| all[at].1)
    }

    fn store(&mut self, station: &StationIdentity, format: Format) {
        *self.writes.borrow_mut() += 1;
        let mut all = self.formats.borrow_mut();
        match position(&all, station) {
            Some(at) => all[at] = (station.clone(), format),
            None => all.push((station.clone(), format)),
        }
    }
}
