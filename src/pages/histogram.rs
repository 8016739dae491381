//! A histogram of durations.

use std::time::Duration;

/// The upper bounds of all buckets but the last, which is unbounded. Below 1 ms the timers of the system are
/// not exact; a slot of the delivery wheel is 20 ms; after some seconds the buffers of players run empty.
pub const BUCKET_BOUNDS: [Duration; 7] = [
    Duration::from_millis(1),
    Duration::from_millis(5),
    Duration::from_millis(20),
    Duration::from_millis(100),
    Duration::from_millis(500),
    Duration::from_secs(2),
    Duration::from_secs(5),
];

/// Durations, counted by bucket.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Histogram {
    buckets: [u64; BUCKET_BOUNDS.len() + 1],
    sum: Duration,
}

impl Histogram {
    /// Records `length` `times` times.
    pub fn record(&mut self, length: Duration, times: u32) {
        let bucket = BUCKET_BOUNDS.partition_point(|bound| *bound < length);
        self.buckets[bucket] += u64::from(times);
        self.sum = self.sum.saturating_add(length.saturating_mul(times));
    }

    /// Returns each bound with the number of durations up to it. The last item has no bound and contains the
    /// number of all durations.
    pub fn cumulative(&self) -> impl Iterator<Item = (Option<Duration>, u64)> + '_ {
        let bounds = BUCKET_BOUNDS.into_iter().map(Some).chain([None]);
        let counts = self.buckets.iter().scan(0, |below, count| {
            *below += count;
            Some(*below)
        });
        bounds.zip(counts)
    }

    /// Returns the number of recorded durations.
    pub fn count(&self) -> u64 {
        self.buckets.iter().sum()
    }

    /// Returns the sum of the recorded durations.
    pub fn sum(&self) -> Duration {
        self.sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn duration_counts_in_every_bucket_whose_bound_it_does_not_exceed() {
        let mut histogram = Histogram::default();
        for millis in [0, 1, 2, 20, 21, 4000, 60_000] {
            histogram.record(Duration::from_millis(millis), 1);
        }
        histogram.record(Duration::from_millis(100), 3);
        let counts: Vec<u64> = histogram.cumulative().map(|(_, count)| count).collect();
        assert_eq!(counts, [2, 3, 4, 8, 8, 8, 9, 10]);
        assert_eq!(histogram.cumulative().last(), Some((None, histogram.count())));
        assert_eq!(histogram.sum(), Duration::from_millis(64_344));
    }
}
