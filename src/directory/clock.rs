//! The time, as the thread that asks the directory is told it.

use crate::time::Time;

/// Where the thread learns what time it is.
pub type DirectoryClock = Box<dyn Fn() -> Time + Send>;
