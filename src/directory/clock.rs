//! The clock of the directory thread.

use crate::time::Time;

/// A function that returns the current time.
pub type DirectoryClock = Box<dyn Fn() -> Time + Send>;
