//! Measures whether something happens more often than at a given rate.

use std::time::Duration;

use crate::time::Time;

/// A leaky bucket: events may come once per `interval` in the long run, and `burst` of them at once.
#[derive(Debug, Clone, Copy)]
pub struct EventRate {
    interval: Duration,
    burst: u32,
    /// When the bucket is empty again.
    empty_at: Time,
}

impl EventRate {
    /// Creates an empty bucket.
    pub const fn new(interval: Duration, burst: u32) -> Self {
        Self { interval, burst, empty_at: Time::START }
    }

    /// Notes an event.
    pub fn note(&mut self, now: Time) {
        // Beyond the burst, further events do not count, so that the bucket is not full for hours.
        if !self.is_exceeded(now) {
            self.empty_at = self.empty_at.max(now) + self.interval;
        }
    }

    /// Returns whether one more event would exceed the rate.
    pub fn is_exceeded(&self, now: Time) -> bool {
        self.empty_at.since(now) + self.interval > self.interval * self.burst
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn burst_then_one_event_per_interval() {
        let mut rate = EventRate::new(Duration::from_millis(100), 20);
        let at = |ms| Time::after_start(Duration::from_millis(ms));
        let mut admitted = 0;
        for ms in 1000..11_000 {
            if !rate.is_exceeded(at(ms)) {
                rate.note(at(ms));
                admitted += 1;
            }
        }
        assert_eq!(admitted, 20 + 99);
        (0..1000).for_each(|_| rate.note(at(11_000)));
        assert!(rate.is_exceeded(at(11_000)) && !rate.is_exceeded(at(11_100)), "excess does not count");
    }
}
