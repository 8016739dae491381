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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::on_air;
    use super::*;

    fn at(millis: u64) -> Time {
        Time::after_start(Duration::from_millis(millis))
    }

    fn with(count: usize) -> (Vec<StationSettings>, Stations) {
        let one = |number| on_air(number, StationSettings::default(), Vec::new(), at(0));
        let (settings, all): (_, Vec<OnAir>) = (0..count).map(one).unzip();
        (settings, Stations::new(all))
    }

    fn due(stations: &Stations, now: Time) -> Vec<usize> {
        (0..stations.len()).filter(|&station| stations.is_due(station, now)).collect()
    }

    #[test]
    fn a_station_is_looked_after_when_its_time_comes_or_somebody_touches_it() {
        let (settings, mut stations) = with(3);
        assert_eq!(due(&stations, at(0)), [0, 1, 2], "nobody has looked yet");
        for (station, settings) in settings.iter().enumerate() {
            stations[station].next_payment = at(1000 * (station as u64 + 1));
            stations.looked_after(station, settings);
        }
        assert!(due(&stations, at(999)).is_empty());
        assert_eq!(stations.deadline(&settings), Some(at(1000)));
        assert_eq!(due(&stations, at(2000)), [0, 1]);
        // To look at one changes nothing.
        assert!(stations.iter().all(|station| station.wheel.is_empty()) && stations[2].wheel.is_empty());
        assert!(due(&stations, at(999)).is_empty());
        stations[2].next_payment = at(10);
        assert_eq!(due(&stations, at(0)), [2]);
        assert_eq!(stations.deadline(&settings), Some(at(10)), "that of now, not of the last look");
        stations.looked_after(2, &settings[2]);
        assert_eq!((due(&stations, at(9)), due(&stations, at(10))), (vec![], vec![2]));
        stations.iter_mut().for_each(|_| {});
        assert_eq!(due(&stations, at(0)), [0, 1, 2]);
    }
}
