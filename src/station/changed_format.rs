//! What the settings of a station change about the format of what is on air.

use super::station::Station;
use crate::settings::StationSettings;

impl Station {
    /// Waits for the first frame in the format that changed settings demand. Returns `false` if they demand
    /// the same as `before`, or what is played already.
    pub fn await_format(&mut self, before: &StationSettings, settings: &StationSettings) -> bool {
        let played = (!self.is_empty_since_restart()).then(|| self.last_header().format());
        let demanded = self.format_change.demand(before, settings, played);
        demanded.into_iter().for_each(|format| self.switcher.change_silence(format));
        demanded.is_some()
    }

    /// Returns how often the format was changed by the settings.
    pub fn format_changes(&self) -> u64 {
        self.format_change.changes()
    }

    /// Returns the offset of the first frame in the format of the last change.
    pub fn format_changed_at(&self) -> Option<u64> {
        self.format_change.changed_at()
    }
}
