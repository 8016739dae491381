//! Keeps connections open after the process did not run for a while, until what has arrived was read.
//!
//! The process may be stopped (SIGSTOP, a debugger, a paused container), or the machine may be overloaded.
//! Meanwhile, the kernel receives data and time passes, so deadlines are over before the loop could read.
//! Worker threads were stopped too.

use std::time::Duration;

use super::state::server::Server;
use crate::time::Time;

/// If the event loop wakes up this much later than its deadline, the process did not run.
const STALL_MIN: Duration = Duration::from_millis(500);

/// How long no connection is closed for its deadline after a stall. What waits in the socket buffers is read
/// within a few turns. What waits at the peers, because the buffers were full, follows within some round
/// trips. Worker threads deliver what they were about to.
pub const STALL_GRACE: Duration = Duration::from_secs(2);

/// The shortest time between the starts of two graces. So clients that keep the loop busy cannot keep
/// connections open for ever.
pub const GRACE_INTERVAL: Duration = Duration::from_secs(10);

impl Server {
    /// Notes how much later than its deadline the event loop woke up. Must be called before its events are
    /// handled. After a stall, no connection is closed for its deadline within [`STALL_GRACE`]. Returns
    /// whether the process has stalled.
    pub fn note_loop_lag(&mut self, late: Duration, now: Time) -> bool {
        self.stats.loop_lag.record(late, 1);
        let has_stalled = late >= STALL_MIN;
        if has_stalled && self.grace_until.is_none_or(|until| until + (GRACE_INTERVAL - STALL_GRACE) <= now) {
            self.start_grace(now + STALL_GRACE);
        }
        has_stalled
    }

    fn start_grace(&mut self, until: Time) {
        self.grace_until = Some(until);
        self.timers.postpone(until);
        self.stations.iter_mut().for_each(|channel| channel.grace_until = until);
    }

    /// Returns until when no connection is closed for its deadline after the last stall.
    pub fn grace_until(&self) -> Option<Time> {
        self.grace_until
    }

    /// Returns whether connections may be closed for their deadlines now.
    pub(super) fn enforces_deadlines(&self, now: Time) -> bool {
        self.grace_until.is_none_or(|until| until <= now)
    }
}
