//! The measured servers.

use std::fmt::{self, Display};

/// The server of a trial.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServerKind {
    Coldwave,
    Icecast,
    Bare,
}

impl ServerKind {
    /// All servers in the order of the trials of a round.
    pub const ALL: [Self; 3] = [Self::Coldwave, Self::Icecast, Self::Bare];
}

impl Display for ServerKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Coldwave => "coldwave",
            Self::Icecast => "icecast2",
            Self::Bare => "bare",
        })
    }
}
