//! How long each part of a trial may take.

use std::time::Duration;

use crate::kind::Kind;
use crate::{crowd, icecast, mixed, process, storm};

/// How long all listen when they have joined: until the last burst is drained, and longer than one turn of coldwave's
/// delivery wheel.
pub const DRAINING: Duration = Duration::from_secs(2);

/// How long after SIGTERM listeners are waited for. coldwave promises 2 s.
pub const LEAVING_MAX: Duration = Duration::from_secs(3);

/// How long everyone is waited for where all come at once, or to icecast2. Whoever finds no room among those who wait to be
/// accepted is taken for lost by TCP and calls again after 1, 3, 7, 15, 31 s.
pub const CROWDED_MAX: Duration = Duration::from_secs(60);

/// What a trial takes at most beside joining, waiting, returning and the window.
pub const AROUND_MAX: Duration = Duration::from_secs(
    10 + storm::RISING.as_secs()
        + mixed::RISING.as_secs()
        + DRAINING.as_secs()
        + LEAVING_MAX.as_secs()
        + process::STOPPING_MAX.as_secs(),
);

/// How long the last listeners are waited for, and whatever has to be there before the first.
pub fn patience(kind: Kind) -> Duration {
    if kind == Kind::Icecast { CROWDED_MAX + icecast::AROUND_MAX } else { crowd::HEARING_MAX }
}

/// What it takes at most until all have left and are back.
pub const RETURN_MAX: Duration = CROWDED_MAX;
