//! Errors of the measuring program itself, not of the measured server.

use std::error::Error;

/// An error, described in one sentence.
pub type Failure = Box<dyn Error>;
