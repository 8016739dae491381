//! Gaps: silence between two frames of a feed that delivers a little less than real time.
//!
//! A source whose clock is slow leaves more and more of the time empty. Once two seconds are missing, they
//! are filled at one point, so that all listeners hear one short gap, and none of their players runs out of
//! audio. The input on air and its title stay.

use std::time::Duration;

use super::comeback::SLOW_RATIO_MAX;
use super::feed::Feed;
use crate::audio::{Codec, Frame, Header};
use crate::time::{AudioTime, Time};

/// The shortest time between two lines in the log about gaps of the same feed.
const LOG_INTERVAL: Duration = Duration::from_secs(600);

/// The gaps of the feed on air.
#[derive(Debug, Default)]
pub struct Gaps {
    /// The frames of the current gap, of which those before `at` were played.
    bytes: Vec<u8>,
    at: usize,
    /// Their header.
    header: Option<Header>,
    /// The end of the last gap, or when the feed went on air, and how much it had delivered by then.
    since: Time,
    delivered: AudioTime,
    /// The length of all gaps since the feed went on air.
    total: Duration,
    logged_at: Option<Time>,
}

/// A gap that is due.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DueGap {
    /// Its length.
    pub length: Duration,
    /// By how much the feed is slower than real time, in percent.
    pub slow_percent: f64,
    /// The length of all gaps since the feed went on air, with this one.
    pub total: Duration,
    /// Whether the log should have a line about it.
    pub is_logged: bool,
}

impl Gaps {
    /// Notes that another feed, or no feed, is on air.
    pub fn restart(&mut self, feed: Option<&Feed>, now: Time) {
        let delivered = feed.map(|feed| feed.delivered().saturating_sub(feed.queued()));
        *self = Self { since: now, delivered: delivered.unwrap_or_default(), ..Self::default() };
    }

    /// Returns whether a feed that misses `missing` since the last gap is slow: it misses so little that a
    /// gap is better than another input.
    pub fn is_slow(&self, missing: Duration, now: Time) -> bool {
        now.since(self.since) >= missing * SLOW_RATIO_MAX
    }

    /// Begins a gap of this length before the next frame of the feed.
    pub fn begin(&mut self, feed: &Feed, length: Duration, now: Time) -> DueGap {
        let passed = now.since(self.since);
        let delivered = feed.delivered().saturating_sub(feed.queued());
        let sent = delivered.saturating_sub(self.delivered).duration();
        let slow_percent = 100.0 * (1.0 - sent.as_secs_f64() / passed.as_secs_f64().max(1e-3)).max(0.0);
        (self.since, self.delivered) = (now, delivered);
        self.total += length;
        let is_logged = self.logged_at.is_none_or(|at| now.since(at) >= LOG_INTERVAL);
        if is_logged {
            self.logged_at = Some(now);
        }
        DueGap { length, slow_percent, total: self.total, is_logged }
    }

    /// Sets the frames of the gap that has begun, which have this codec and the length of the first one. What
    /// is not a whole frame is dropped.
    pub fn fill(&mut self, mut bytes: Vec<u8>, codec: Codec) {
        self.header = Header::parse(codec, &bytes);
        let frames = self.header.map_or(0, |header| bytes.len() / header.frame_len());
        bytes.truncate(self.header.map_or(0, |header| frames * header.frame_len()));
        (self.bytes, self.at) = (bytes, 0);
    }

    /// Takes the next frame of the gap, if it has not ended.
    pub fn next_frame(&mut self) -> Option<Frame<'_>> {
        let header = self.header.filter(|_| self.at < self.bytes.len())?;
        let bytes = self.bytes[self.at..].get(..header.frame_len())?;
        self.at += bytes.len();
        Some(Frame { bytes, header, offset: 0 })
    }

    /// Returns whether a gap has not ended yet.
    pub fn is_open(&self) -> bool {
        self.at < self.bytes.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::silent_frame;

    #[test]
    fn open_gap_always_has_a_whole_frame() {
        let frame = silent_frame(&Header::DEFAULT);
        for (bytes, expected) in [
            (Vec::new(), 0),
            (vec![0; 2000], 0),
            (frame[..100].to_vec(), 0),
            (frame.clone(), 1),
            ([&frame.repeat(3)[..], &frame[..100]].concat(), 3),
        ] {
            let (mut gaps, mut frames) = (Gaps::default(), 0);
            gaps.fill(bytes, Codec::Mp3);
            while gaps.is_open() {
                assert_eq!(gaps.next_frame().expect("a frame").bytes, frame);
                frames += 1;
            }
            assert_eq!((frames, gaps.next_frame().is_none()), (expected, true));
        }
    }
}
