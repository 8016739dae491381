//! The stations, and which of them are to be looked after in a turn.

use std::ops::{Index, IndexMut};

use super::OnAir;
use crate::settings::StationSettings;
use crate::time::Time;

/// All stations, by their place in the settings.
///
/// Hundreds of live sources cause thousands of turns a second, and each of those has to do with one station. So each is
/// remembered with the time at which it is to be looked after if nothing happens before. That something did, is known
/// here: nobody changes a station but by [`IndexMut`].
pub(super) struct Stations {
    all: Vec<OnAir>,
    /// When each is to be looked after. Apart from the stations, as every turn goes through all of these.
    looks: Vec<Look>,
}

#[derive(Debug, Clone, Copy)]
struct Look {
    /// Somebody had the station in his hands since it was last looked after, and may have changed anything.
    is_touched: bool,
    /// It waits for what comes from another thread, and is to be asked in every turn.
    is_impatient: bool,
    /// When it is to be looked after, as long as nobody touches it.
    next: Option<Time>,
}

impl Stations {
    /// Stations that have all to be looked after.
    pub fn new(all: Vec<OnAir>) -> Self {
        let looks = vec![Look { is_touched: true, is_impatient: false, next: None }; all.len()];
        Self { all, looks }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// All, to look at.
    pub fn iter(&self) -> impl Iterator<Item = &OnAir> {
        self.all.iter()
    }

    /// All, to change.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut OnAir> {
        self.looks.iter_mut().for_each(|look| look.is_touched = true);
        self.all.iter_mut()
    }

    /// Whether the station at this place is to be looked after in this turn.
    pub fn is_due(&self, at: usize, now: Time) -> bool {
        let Look { is_touched, is_impatient, next } = self.looks[at];
        is_touched || is_impatient || next.is_some_and(|next| next <= now)
    }

    /// The station at this place was looked after.
    pub fn looked_after(&mut self, at: usize, settings: &StationSettings) {
        let on_air = &self.all[at];
        let (next, is_impatient) = (on_air.deadline(settings), on_air.is_impatient());
        self.looks[at] = Look { is_touched: false, is_impatient, next };
    }

    /// When the first of them is to be looked after if nothing happens before.
    pub fn deadline(&self, settings: &[StationSettings]) -> Option<Time> {
        let next = |(at, look): (usize, &Look)| {
            if look.is_touched { self.all[at].deadline(&settings[at]) } else { look.next }
        };
        self.looks.iter().enumerate().filter_map(next).min()
    }
}

impl Index<usize> for Stations {
    type Output = OnAir;

    fn index(&self, at: usize) -> &OnAir {
        &self.all[at]
    }
}

impl IndexMut<usize> for Stations {
    fn index_mut(&mut self, at: usize) -> &mut OnAir {
        self.looks[at].is_touched = true;
        &mut self.all[at]
    }
}
