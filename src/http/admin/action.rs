//! What an operator can have done, and with whose password.

use std::net::IpAddr;

use crate::bans::BanTarget;
use crate::http::source::update::TitleUpdate;

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AdminAction {
    /// There is a new title.
    UpdateTitle(TitleUpdate),
    /// The track on the air is to go, and the next to begin.
    SkipTrack,
    /// The live source is to go.
    KickSource,
    /// These listeners are to go.
    KickClients(Vec<ClientSelector>),
    /// All listeners of the station are to hear another.
    MoveClients {
        /// Which.
        to: String,
    },
    /// Somebody is not to be let in any more.
    Ban {
        /// Who.
        what: BanTarget,
        /// Why; may be empty.
        reason: String,
    },
    /// A ban is to be lifted.
    Unban(BanRef),
    /// The live sources of all stations are to go.
    KickSources,
    /// Peaks and numbers of listeners so far are to begin anew: of the station that is named, or of all.
    ResetStatistics,
    /// The access log was moved away, and is to go on in a new file.
    ReopenLog,
    /// Pages are to be made anew.
    ClearPageCache,
    /// Stations elsewhere that cannot be had now are to be asked at once.
    StartRelays,
}

/// A ban as an operator names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BanRef {
    /// The one with this number.
    Id(u64),
    /// Whichever there is of these.
    AnyOf(Vec<BanTarget>),
}

/// Listeners as an operator names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientSelector {
    /// The one with this id in the lists of listeners.
    Id(u64),
    /// Those at this address.
    Address(IpAddr),
    /// All.
    All,
}

/// Whose password is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequiredAccess {
    /// None: whoever asks may know.
    Public,
    /// The operator's.
    Admin,
    /// The operator's, or one with which somebody may go live on the station that is asked for.
    Source,
}

impl AdminAction {
    /// Whose password it takes.
    pub fn required_access(&self) -> RequiredAccess {
        match self {
            Self::UpdateTitle(_) | Self::KickSource => RequiredAccess::Source,
            Self::SkipTrack
            | Self::KickClients(_)
            | Self::MoveClients { .. }
            | Self::Ban { .. }
            | Self::Unban(_)
            | Self::KickSources
            | Self::ResetStatistics
            | Self::ReopenLog
            | Self::ClearPageCache
            | Self::StartRelays => RequiredAccess::Admin,
        }
    }
}
