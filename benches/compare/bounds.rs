//! Limits for the duration of each part of a trial.

use std::time::Duration;

use crate::{icecast, listener_pool, process};

/// The time that all listen before the window. coldwave allows 15 s for a request and keeps a deadline for
/// that long, which is no part of the steady state.
pub const SETTLING: Duration = Duration::from_secs(16);

/// The time to wait until all have received audio. The backlog of icecast2 is 64 connections. When it is
/// full, TCP drops the connection request and the client retries after 1, 3, 7, 15, 31 s.
pub const FIRST_BYTES_MAX: Duration = Duration::from_secs(60);

/// The time after SIGTERM until all connections must be closed.
pub const LEAVING_MAX: Duration = Duration::from_secs(3);

/// The upper limit for a trial without joining and the window.
pub const OVERHEAD_MAX: Duration = Duration::from_secs(
    10 + icecast::STARTUP_MAX.as_secs()
        + listener_pool::FIRST_BYTES_MAX.as_secs()
        + FIRST_BYTES_MAX.as_secs()
        + SETTLING.as_secs()
        + LEAVING_MAX.as_secs()
        + process::STOPPING_MAX.as_secs(),
);
