//! Two kinds of time: clock time and audio time.
//!
//! Both are plain numbers, so that tests can set the clock and simulate a day of radio quickly.

use std::iter::Sum;
use std::ops::{Add, AddAssign, Sub, SubAssign};
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A point in time on the server's clock, in microseconds since the server started.
///
/// Only `net` reads the machine's clock. All other modules get the time as an argument.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Time(u64);

impl Time {
    /// The time at which the server started.
    pub const START: Self = Self(0);

    /// Returns the time `since_start` after the server's start.
    pub const fn after_start(since_start: Duration) -> Self {
        Self(since_start.as_micros() as u64)
    }

    /// Returns the time elapsed since the server's start.
    pub const fn since_start(self) -> Duration {
        Duration::from_micros(self.0)
    }

    /// Returns the time elapsed since `earlier`; zero if that is later.
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(self.0.saturating_sub(earlier.0))
    }

    /// Returns the number of full seconds since the server started. Sessions store times in this form to save
    /// memory.
    pub const fn as_secs(self) -> u32 {
        (self.0 / 1_000_000) as u32
    }
}

impl Add<Duration> for Time {
    type Output = Self;

    fn add(self, later: Duration) -> Self {
        Self(self.0.saturating_add(later.as_micros() as u64))
    }
}

/// A point in time in this run of the server or in an earlier one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// In this run. The time of day follows from the current [`WallClock`], so it is right as soon as the
    /// machine has the right time.
    ThisRun(Time),
    /// In an earlier run: the time that was stored, in UTC since 1970-01-01.
    EarlierRun(Duration),
}

impl From<Time> for Moment {
    fn from(time: Time) -> Self {
        Self::ThisRun(time)
    }
}

/// Converts the server's clock to UTC.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct WallClock {
    /// When the server started, in UTC since 1970-01-01.
    start: Duration,
}

impl WallClock {
    /// Returns the clock of a server that started at `start`, in UTC since 1970-01-01.
    pub const fn started_at(start: Duration) -> Self {
        Self { start }
    }

    /// Returns a point in time in UTC since 1970-01-01.
    pub fn unix_time(self, moment: impl Into<Moment>) -> Duration {
        match moment.into() {
            Moment::ThisRun(time) => self.start + time.since_start(),
            Moment::EarlierRun(unix_time) => unix_time,
        }
    }

    /// Returns the absolute difference between two clocks.
    pub fn abs_diff(self, other: Self) -> Duration {
        self.start.abs_diff(other.start)
    }
}

/// A length of audio, exact for every sample rate in use.
///
/// One second has 705,600,000 units, the smallest convenient number that is a multiple of 8,000, 11,025,
/// 12,000 and their multiples up to 192,000 (published as "flicks" for this purpose). A sample at any of
/// these rates is an integer number of units, so a timeline that mixes rates neither rounds nor drifts. A
/// `u64` can count 829 years of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct AudioTime(u64);

impl AudioTime {
    /// No audio.
    pub const ZERO: Self = Self(0);
    const PER_SECOND: u64 = 705_600_000;

    /// Returns how long `samples` (per channel) last at `rate` Hz.
    ///
    /// # Panics
    /// If `rate` is zero, which does not occur in a frame's header.
    pub const fn from_samples(samples: u64, rate: u32) -> Self {
        assert!(rate > 0, "a frame's sample rate is never zero");
        Self(samples * (Self::PER_SECOND / rate as u64))
    }

    /// Returns the number of whole samples (per channel) at `rate` Hz.
    ///
    /// # Panics
    /// If `rate` is zero, which does not occur in a frame's header.
    pub const fn samples(self, rate: u32) -> u64 {
        assert!(rate > 0, "a frame's sample rate is never zero");
        self.0 / (Self::PER_SECOND / rate as u64)
    }

    /// Returns the length as a duration, rounded down to a microsecond.
    pub const fn duration(self) -> Duration {
        Duration::from_micros((self.0 as u128 * 1_000_000 / Self::PER_SECOND as u128) as u64)
    }

    /// Returns the difference; zero if `other` is longer.
    pub const fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// Returns the mean bit rate in kbit/s, rounded, of `bytes` that last this long; `None` if the length is
    /// zero.
    pub fn mean_kbps(self, bytes: u64) -> Option<u32> {
        let (bits, length) =
            (u128::from(bytes) * 8 * u128::from(Self::PER_SECOND), u128::from(self.0) * 1000);
        (length > 0).then(|| ((bits + length / 2) / length) as u32)
    }
}

impl From<Duration> for AudioTime {
    fn from(duration: Duration) -> Self {
        Self((duration.as_micros() * u128::from(Self::PER_SECOND) / 1_000_000) as u64)
    }
}

impl Add for AudioTime {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl AddAssign for AudioTime {
    fn add_assign(&mut self, other: Self) {
        self.0 += other.0;
    }
}

impl Sub for AudioTime {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

impl SubAssign for AudioTime {
    fn sub_assign(&mut self, other: Self) {
        self.0 -= other.0;
    }
}

impl Sum for AudioTime {
    fn sum<I: Iterator<Item = Self>>(lengths: I) -> Self {
        lengths.fold(Self::ZERO, Add::add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_second_at_any_rate_is_exact() {
        for rate in [
            7_350, 8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 64_000, 88_200,
            96_000,
        ] {
            assert_eq!(
                AudioTime::from_samples(rate.into(), rate),
                AudioTime::from(Duration::from_secs(1)),
                "{rate}"
            );
        }
    }

    #[test]
    fn bit_rates_are_rounded() {
        let frame = AudioTime::from_samples(1152, 44_100);
        assert_eq!(frame.mean_kbps(417), Some(128));
        assert_eq!(frame.mean_kbps(418), Some(128));
        assert_eq!(AudioTime::ZERO.mean_kbps(1), None);
    }

    #[test]
    fn duration_survives_conversion_to_audio_time_and_back() {
        for micros in [0, 1, 999_999, 86_400_000_000] {
            let duration = Duration::from_micros(micros);
            let back = AudioTime::from(duration).duration();
            assert!(back <= duration && duration - back <= Duration::from_micros(1), "{duration:?} {back:?}");
        }
    }
}
