//! The stations, and which of them are to be looked after in a turn.

use std::ops::{Deref, Index, IndexMut};

use super::OnAir;
use crate::settings::StationSettings;
use crate::time::Time;

/// All stations, by their place in the settings.
///
/// Hundreds of live sources cause thousands of turns a second, and each of those has to do with one station. So each is
/// remembered with the time at which it is to be looked after if nothing happens before. That something did, is known
/// here: nobody changes a station but by [`IndexMut`].
pub(super) struct Stations(Vec<Kept>);

struct Kept {
    on_air: OnAir,
    /// Somebody had it in his hands since it was last looked after, and may have changed anything.
    is_touched: bool,
    /// When it is to be looked after, as long as nobody touches it.
    next_look: Option<Time>,
    /// It waits for what comes from another thread, and is to be asked in every turn.
    is_impatient: bool,
}

impl Stations {
    /// Stations that have all to be looked after.
    pub fn new(all: impl IntoIterator<Item = OnAir>) -> Self {
        let kept = |on_air| Kept { on_air, is_touched: true, next_look: None, is_impatient: false };
        Self(all.into_iter().map(kept).collect())
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// All, to look at.
    pub fn iter(&self) -> impl Iterator<Item = &OnAir> {
        self.0.iter().map(Deref::deref)
    }

    /// All, to change.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut OnAir> {
        self.0.iter_mut().map(Kept::touch)
    }

    /// Whether the station at this place is to be looked after in this turn.
    pub fn is_due(&self, at: usize, now: Time) -> bool {
        let Kept { is_touched, next_look, is_impatient, .. } = self.0[at];
        is_touched || is_impatient || next_look.is_some_and(|next| next <= now)
    }

    /// The station at this place was looked after.
    pub fn looked_after(&mut self, at: usize, settings: &StationSettings) {
        let kept = &mut self.0[at];
        kept.next_look = kept.on_air.deadline(settings);
        kept.is_impatient = kept.on_air.is_impatient();
        kept.is_touched = false;
    }

    /// When the first of them is to be looked after if nothing happens before.
    pub fn deadline(&self, settings: &[StationSettings]) -> Option<Time> {
        let all = self.0.iter().zip(settings);
        all.filter_map(
            |(kept, settings)| {
                if kept.is_touched { kept.on_air.deadline(settings) } else { kept.next_look }
            },
        )
        .min()
    }
}

impl Kept {
    fn touch(&mut self) -> &mut OnAir {
        self.is_touched = true;
        &mut self.on_air
    }
}

impl Deref for Kept {
    type Target = OnAir;

    fn deref(&self) -> &OnAir {
        &self.on_air
    }
}

impl Index<usize> for Stations {
    type Output = OnAir;

    fn index(&self, at: usize) -> &OnAir {
        &self.0[at].on_air
    }
}

impl IndexMut<usize> for Stations {
    fn index_mut(&mut self, at: usize) -> &mut OnAir {
        self.0[at].touch()
    }
}
