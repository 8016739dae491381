//! Limits for the duration of each part of a trial.

use std::time::Duration;

use crate::kind::TrialKind;
use crate::{icecast, listener_pool, mixed, process, storm};

/// The time that all listen after joining. It covers the last burst and a revolution of coldwave's delivery
/// wheel.
pub const DRAINING: Duration = Duration::from_secs(2);

/// The time after SIGTERM until all connections must be closed. coldwave promises 2 s.
pub const LEAVING_MAX: Duration = Duration::from_secs(3);

/// The time to wait for first bytes when all join at once, or join icecast2. When the backlog is full, TCP
/// drops the connection request and the client retries after 1, 3, 7, 15, 31 s.
pub const CROWDED_MAX: Duration = Duration::from_secs(60);

/// The upper limit for a trial without joining, waiting for first bytes, returning and the window.
pub const OVERHEAD_MAX: Duration = Duration::from_secs(
    10 + storm::RAMP_UP.as_secs()
        + mixed::RAMP_UP.as_secs()
        + DRAINING.as_secs()
        + LEAVING_MAX.as_secs()
        + process::STOPPING_MAX.as_secs(),
);

/// Returns the time to wait for the first bytes of the last listeners, including the start of the server.
pub fn first_bytes_max(kind: TrialKind) -> Duration {
    if kind == TrialKind::Icecast {
        CROWDED_MAX + icecast::STARTUP_MAX
    } else {
        listener_pool::FIRST_BYTES_MAX
    }
}

/// The upper limit for all listeners to leave and rejoin.
pub const RETURN_MAX: Duration = CROWDED_MAX;
