//! How long each part of a turn may take.

use std::time::Duration;

use crate::{crowd, icecast, process};

/// How long all listen before the measured window begins. A request may take 15 s with coldwave, and until then it keeps
/// a note of when; those are to be gone.
pub const SETTLING: Duration = Duration::from_secs(16);

/// How long all are waited for until they hear something, before that. icecast2 has room for 64 connections that it has
/// not accepted yet. Whoever finds no room is taken for lost by TCP and calls again after 1, 3, 7, 15, 31 s.
pub const HEARING_MAX: Duration = Duration::from_secs(60);

/// How long after SIGTERM listeners are waited for.
pub const LEAVING_MAX: Duration = Duration::from_secs(3);

/// What a turn takes at most beside joining and the window.
pub const AROUND_MAX: Duration = Duration::from_secs(
    10 + icecast::AROUND_MAX.as_secs()
        + crowd::HEARING_MAX.as_secs()
        + HEARING_MAX.as_secs()
        + SETTLING.as_secs()
        + LEAVING_MAX.as_secs()
        + process::STOPPING_MAX.as_secs(),
);
