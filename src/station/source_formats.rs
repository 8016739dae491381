//! The interface through which the formats of the last sources are kept across restarts.

use crate::audio::Format;
use crate::settings::StationIdentity;

/// Keeps the format of the last source or upstream of each station. Must not block.
pub trait SourceFormats {
    /// Returns the format that is stored for a station.
    fn load(&self, station: &StationIdentity) -> Option<Format>;

    /// Stores the format of a station, if it can.
    fn store(&mut self, station: &StationIdentity, format: Format);
}
