//! The exponential backoff between attempts to connect.

use std::time::Duration;

/// The first wait. Most failures are short, such as a server that restarts.
const FIRST_WAIT: Duration = Duration::from_secs(1);

/// The longest wait, apart from the random spread: after a repair, relays are back within a minute.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// The wait after a relay loop. A loop is an error of configuration, which no retry repairs. With a shorter
/// wait, on-demand relays in a loop could keep each other connected without any listener: each disconnects
/// [`RELAY_IDLE_GRACE`](super::upstream::RELAY_IDLE_GRACE) after the next one, and they are at most
/// [`HOPS_MAX`](crate::http::proxy::relay_path::HOPS_MAX).
const WAIT_AFTER_LOOP: Duration = Duration::from_secs(120);

/// After a connection that lasted this long, the waits start again with the first one.
pub const STABLE_AFTER: Duration = Duration::from_secs(60);

/// Waits that double with each failure. Each is up to a quarter longer or shorter at random, so that the
/// relays of a restarted server do not all connect at the same moment.
#[derive(Debug, Clone, Default)]
pub struct Backoff {
    failures: u32,
}

impl Backoff {
    /// Returns the wait after a connection that lasted for `lasted`, which is zero if it was never
    /// established. `random` is any number.
    pub fn next_wait(&mut self, lasted: Duration, random: u32) -> Duration {
        if lasted >= STABLE_AFTER {
            self.failures = 0;
        }
        let wait = FIRST_WAIT.saturating_mul(1 << self.failures.min(16)).min(LONGEST_WAIT);
        self.failures = self.failures.saturating_add(1);
        spread(wait, random)
    }

    /// Returns the wait after a response that would close a relay loop. `random` is any number.
    pub fn wait_after_loop(random: u32) -> Duration {
        spread(WAIT_AFTER_LOOP, random)
    }
}

/// Returns between three and five quarters of `wait`.
fn spread(wait: Duration, random: u32) -> Duration {
    let half = (wait / 2).as_micros() as u64;
    wait - wait / 4 + Duration::from_micros((half * u64::from(random)) >> u32::BITS)
}

#[cfg(test)]
mod tests {
    use super::super::upstream::RELAY_IDLE_GRACE;
    use super::*;
    use crate::http::proxy::relay_path::HOPS_MAX;

    /// The middle of the spread.
    const MIDDLE: u32 = 1 << 31;

    #[track_caller]
    fn check(backoff: &mut Backoff, lasted: u64, random: u32, millis: u64) {
        let wait = backoff.next_wait(Duration::from_secs(lasted), random);
        assert_eq!(wait.as_millis(), u128::from(millis));
    }

    #[test]
    fn waits_double_up_to_a_minute() {
        let mut backoff = Backoff::default();
        for seconds in [1, 2, 4, 8, 16, 32, 60, 60, 60] {
            check(&mut backoff, 0, MIDDLE, seconds * 1000);
        }
        for _ in 0..100 {
            check(&mut backoff, 59, MIDDLE, 60_000);
        }
    }

    #[test]
    fn stable_connection_resets_wait() {
        let mut backoff = Backoff::default();
        for (lasted, seconds) in [(0, 1), (0, 2), (59, 4), (60, 1), (0, 2), (100_000, 1), (61, 1)] {
            check(&mut backoff, lasted, MIDDLE, seconds * 1000);
        }
    }

    #[test]
    fn idle_relays_in_a_loop_disconnect_before_the_next_retry() {
        let all_idle = RELAY_IDLE_GRACE * u32::try_from(HOPS_MAX).expect("a small number");
        assert!(Backoff::wait_after_loop(0) > all_idle);
    }

    #[test]
    fn random_spread_is_a_quarter_of_the_wait() {
        check(&mut Backoff::default(), 0, 0, 750);
        check(&mut Backoff::default(), 0, u32::MAX / 4, 874);
        check(&mut Backoff::default(), 0, u32::MAX, 1249);
        let mut backoff = Backoff { failures: u32::MAX };
        check(&mut backoff, 0, u32::MAX, 74_999);
        check(&mut backoff, 0, 0, 45_000);
    }
}
