//! What can be tried.

use std::fmt::{self, Display};

/// Which server is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Coldwave,
    Icecast,
    Bare,
}

impl Kind {
    /// In the order in which they take turns.
    pub const ALL: [Self; 3] = [Self::Coldwave, Self::Icecast, Self::Bare];
}

impl Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Coldwave => "coldwave",
            Self::Icecast => "icecast2",
            Self::Bare => "bare",
        })
    }
}
