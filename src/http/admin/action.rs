//! What an operator can have done, and with whose password.

use std::net::IpAddr;

use crate::bans::Banned;
use crate::http::source::update::TitleUpdate;

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// There is a new title.
    UpdateTitle(TitleUpdate),
    /// The track on the air is to go, and the next to begin.
    SkipTrack,
    /// The live source is to go.
    KickSource,
    /// These listeners are to go.
    KickClients(Vec<Client>),
    /// All listeners of the station are to hear another.
    MoveClients {
        /// Which.
        to: String,
    },
    /// Somebody is not to be let in any more.
    Ban {
        /// Who.
        what: Banned,
        /// Why; may be empty.
        reason: String,
    },
    /// A ban is to be lifted.
    Unban(WhichBan),
    /// The live sources of all stations are to go.
    KickSources,
    /// Peaks and numbers of listeners so far are to begin anew: of the station that is named, or of all.
    ResetStatistics,
    /// The access log was moved away, and is to go on in a new file.
    ReopenLog,
    /// Pages are to be made anew.
    ForgetPages,
    /// Stations elsewhere that cannot be had now are to be asked at once.
    StartRelays,
}

/// A ban as an operator names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WhichBan {
    /// The one with this number.
    Id(u64),
    /// Whichever there is of these.
    Any(Vec<Banned>),
}

/// Listeners as an operator names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Client {
    /// The one with this id in the lists of listeners.
    Id(u64),
    /// Those at this address.
    Address(IpAddr),
    /// All.
    All,
}

/// Whose password is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// None: whoever asks may know.
    Nothing,
    /// The operator's.
    Admin,
    /// The operator's, or one with which somebody may go live on the station that is asked for.
    Source,
}

impl Action {
    /// Whose password it takes.
    pub fn needs(&self) -> Needs {
        match self {
            Self::UpdateTitle(_) | Self::KickSource => Needs::Source,
            Self::SkipTrack
            | Self::KickClients(_)
            | Self::MoveClients { .. }
            | Self::Ban { .. }
            | Self::Unban(_)
            | Self::KickSources
            | Self::ResetStatistics
            | Self::ReopenLog
            | Self::ForgetPages
            | Self::StartRelays => Needs::Admin,
        }
    }
}
