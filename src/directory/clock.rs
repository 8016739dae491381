//! The clock of the directory thread.

use crate::time::Time;

/// Returns the current time.
pub type DirectoryClock = Box<dyn Fn() -> Time + Send>;
