//! What goes wrong in a program that measures, and not in what it measures.

use std::error::Error;

/// What went wrong, in one sentence.
pub type Failure = Box<dyn Error>;
