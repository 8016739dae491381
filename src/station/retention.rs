//! How far behind the live edge listeners join and may be, and how much audio a station keeps for them.
//!
//! Both limits are times, or numbers of bytes as in Icecast. A limit in bytes holds at every bit rate, so its
//! length in seconds is only known from the frames that were played.

use std::time::Duration;

use super::timeline::Timeline;
use crate::settings::StationSettings;
use crate::time::AudioTime;

/// How many delivery intervals of audio the timeline keeps beyond the buffer. Each listener is served once an
/// interval, and its position must still be on the timeline then. See `Station::is_pass_due`.
const MARGIN_INTERVALS: u32 = 4;

/// The most bytes of audio in a second: AAC has at most 6,144 bits for 1,024 samples of a channel, which are
/// 72,000 bytes with two channels at 48 kHz. MP3 has at most 40,000. A stream with more is kept as well; its
/// listeners are served more often then.
const BYTES_PER_SECOND_MAX: u64 = 72_000;

/// Returns the minimum of audio that a station with these settings keeps in memory, once it has played
/// that much.
pub fn min_retention(settings: &StationSettings) -> Duration {
    effective_buffer(settings) + retention_margin(settings)
}

/// Returns the size of the ring buffer of a station with these settings at this bit rate, in bytes.
pub fn ring_bytes(settings: &StationSettings, kbps: u64) -> u64 {
    let bytes = min_retention(settings).as_millis() as u64 * kbps / 8;
    bytes.max(ListenerLimits::new(settings).retention_bytes())
}

/// Returns how far behind the live edge a listener may be. A listener joins a whole burst behind and must not
/// count as late before its first delivery, so the result is always longer than the burst.
fn effective_buffer(settings: &StationSettings) -> Duration {
    let min = settings.burst_length() + settings.delivery_interval * 2;
    if settings.buffer_bytes.is_some() { min } else { settings.buffer.max(min) }
}

fn retention_margin(settings: &StationSettings) -> Duration {
    settings.delivery_interval * MARGIN_INTERVALS
}

/// Where listeners join, and how far behind they may be.
#[derive(Debug, Clone, Copy)]
pub struct ListenerLimits {
    /// How far behind the live edge listeners may be. Not used if `buffer_bytes` is set.
    pub buffer: AudioTime,
    /// How much more the timeline keeps.
    margin: AudioTime,
    /// How many bytes a new listener gets at once; `None` for the burst of the schedule.
    burst_bytes: Option<u64>,
    /// How many bytes listeners may be behind the live edge.
    buffer_bytes: Option<u64>,
    /// How many more bytes the timeline keeps.
    margin_bytes: u64,
}

impl ListenerLimits {
    pub fn new(settings: &StationSettings) -> Self {
        let bytes = |intervals| bytes_of(settings.delivery_interval * intervals);
        let burst_bytes = settings.burst_bytes.map(u64::from);
        let min = burst_bytes.unwrap_or_default() + bytes(2);
        Self {
            buffer: effective_buffer(settings).into(),
            margin: retention_margin(settings).into(),
            burst_bytes,
            buffer_bytes: settings.buffer_bytes.map(|buffer| u64::from(buffer).max(min)),
            margin_bytes: bytes(MARGIN_INTERVALS),
        }
    }

    /// Returns the bytes that the timeline keeps at least; 0 if only the time counts.
    pub fn retention_bytes(&self) -> u64 {
        self.buffer_bytes.map_or(0, |buffer| buffer + self.margin_bytes)
    }

    /// Returns how far behind the live edge a new listener joins, if the schedule's burst is `burst`.
    ///
    /// With one limit in bytes and the other in seconds, the burst is at most half of the buffer, so that no
    /// new listener is late at once.
    pub fn burst(&self, burst: AudioTime, timeline: &Timeline) -> AudioTime {
        let of_bytes = |bytes| timeline.length_within(bytes);
        match (self.burst_bytes, self.buffer_bytes) {
            (None, None) => burst,
            (Some(bytes), Some(_)) => of_bytes(bytes),
            (Some(bytes), None) => of_bytes(bytes).min((self.buffer.duration() / 2).into()),
            (None, Some(buffer)) => burst.min(of_bytes(buffer / 2)),
        }
    }

    /// Returns whether a listener at `offset` is further behind than it may be.
    pub fn is_behind(&self, offset: u64, timeline: &Timeline) -> bool {
        match self.buffer_bytes {
            Some(buffer) => offset + buffer < timeline.end(),
            None => offset < timeline.offset_behind(self.buffer),
        }
    }

    /// Returns whether so much was played after `since`, the offset and the time of a live edge, that the
    /// timeline might drop what a listener needs that was served then.
    pub fn is_margin_used(&self, (offset, time): (u64, AudioTime), timeline: &Timeline) -> bool {
        let is_bytes_used = self.buffer_bytes.is_some() && timeline.end() - offset >= self.margin_bytes;
        is_bytes_used || timeline.end_time() - time >= self.margin
    }
}

fn bytes_of(length: Duration) -> u64 {
    length.as_millis() as u64 * BYTES_PER_SECOND_MAX / 1000
}
