//! How much audio a station keeps for listeners that are behind the live edge.

use std::time::Duration;

use crate::settings::StationSettings;

/// How many delivery intervals of audio the timeline keeps beyond the buffer. Each listener is served once an
/// interval, and its position must still be on the timeline then. See `Station::is_pass_due`.
const MARGIN_INTERVALS: u32 = 4;

/// Returns the minimum of audio that a station with these settings keeps in memory, once it has played
/// that much.
pub fn min_retention(settings: &StationSettings) -> Duration {
    effective_buffer(settings) + retention_margin(settings)
}

/// Returns how far behind the live edge a listener may be. A listener joins a whole burst behind and must not
/// count as late before its first delivery, so the result is always longer than the burst.
pub(super) fn effective_buffer(settings: &StationSettings) -> Duration {
    settings.buffer.max(settings.burst + settings.delivery_interval * 2)
}

pub(super) fn retention_margin(settings: &StationSettings) -> Duration {
    settings.delivery_interval * MARGIN_INTERVALS
}
