//! `burst_s` and `buffer_s`, or `burst_bytes` and `buffer_bytes`: where a listener joins, and how far it may
//! fall behind.

use std::time::Duration;

use super::ranges::{BUFFER, BUFFER_BYTES, BURST, BURST_BYTES, LISTENER_DURATION};
use super::section::Section;
use crate::settings::StationSettings;

/// Where a listener joins, and how far it may fall behind. See [`StationSettings`].
pub struct Delivery {
    pub burst: Duration,
    pub burst_bytes: Option<u32>,
    pub buffer: Duration,
    pub buffer_bytes: Option<u32>,
}

/// Reads the four keys.
pub fn read(section: &mut Section<'_, '_, '_>) -> Delivery {
    let defaults = StationSettings::default();
    let burst = section.seconds("burst_s", &BURST).map_or(defaults.burst, |burst| burst.value);
    let burst_bytes = section.integer("burst_bytes", &BURST_BYTES).map(|bytes| bytes.value);
    let buffer = section.seconds("buffer_s", &BUFFER).map_or(defaults.buffer, |buffer| buffer.value);
    let buffer_bytes = section.integer("buffer_bytes", &BUFFER_BYTES).map(|bytes| bytes.value);
    if burst > buffer && burst_bytes.is_none() && buffer_bytes.is_none() {
        let texts = [burst, buffer].map(|length| format!("{:.1}", length.as_secs_f64()));
        report_order(section, ["burst_s", "buffer_s"], texts);
    }
    for (bytes, seconds) in [("burst_bytes", "burst_s"), ("buffer_bytes", "buffer_s")] {
        if section.span(bytes).is_some() && section.span(seconds).is_some() {
            section.warn(seconds, &format!("has no effect with {bytes}"));
        }
    }
    Delivery { burst, burst_bytes, buffer, buffer_bytes }
}

/// Reads how long a listener may stay.
pub fn max_listener_duration(section: &mut Section<'_, '_, '_>) -> Option<Duration> {
    let seconds = section.integer("max_listener_duration_s", &LISTENER_DURATION);
    seconds.map(|seconds| Duration::from_secs(seconds.value.into()))
}

/// Reports a burst that is larger than the buffer.
fn report_order(section: &mut Section<'_, '_, '_>, keys: [&str; 2], texts: [String; 2]) {
    let ([burst_key, buffer_key], [burst, buffer]) = (keys, texts);
    match (section.span(burst_key), section.span(buffer_key)) {
        (Some(span), _) => {
            section.report_rejected(burst_key, span, &format!("is more than {buffer_key} ({buffer})"));
        }
        (None, Some(span)) => {
            section.report_rejected(buffer_key, span, &format!("is less than {burst_key} ({burst})"));
        }
        (None, None) => {}
    }
}
