//! Admin actions, and the access that each requires.

use std::net::IpAddr;

use crate::bans::BanTarget;
use crate::http::source::update::TitleUpdate;

/// An admin action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AdminAction {
    /// Sets a new title.
    UpdateTitle(TitleUpdate),
    /// Skips the track on the air.
    SkipTrack,
    /// Disconnects the live source.
    KickSource,
    /// Disconnects these listeners.
    KickClients(Vec<ClientSelector>),
    /// Moves listeners of the station to another mount.
    MoveClients {
        /// The other mount.
        to: String,
        /// The listeners.
        clients: Vec<ClientSelector>,
    },
    /// Adds a ban.
    Ban {
        /// The target of the ban.
        target: BanTarget,
        /// The reason; may be empty.
        reason: String,
    },
    /// Removes a ban.
    Unban(BanRef),
    /// Disconnects the live sources of all stations.
    KickSources,
    /// Resets peaks and listener totals: of the named station, or of all.
    ResetStatistics,
    /// Reopens the access log after it was moved away.
    ReopenLog,
    /// Clears the page cache.
    ClearPageCache,
    /// Retries all relays that are waiting to reconnect.
    StartRelays,
    /// Reads the configuration again and applies it.
    Reload,
}

/// How an administrator names a ban.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BanRef {
    /// The ban with this id.
    Id(u64),
    /// Any existing ban of these targets.
    AnyOf(Vec<BanTarget>),
}

/// How an administrator names listeners.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientSelector {
    /// The listener with this id in the lists of listeners.
    Id(u64),
    /// The listeners at this address.
    Address(IpAddr),
    /// All listeners.
    All,
}

/// The access that a request requires.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequiredAccess {
    /// None: public.
    Public,
    /// The admin password.
    Admin,
    /// The admin password, or one that allows a live source on the station.
    Source,
    /// The admin password, or the source password of the station itself, which Icecast accepts for every
    /// request about one mount. Those of its DJs do not give it.
    StationAccount,
}

impl AdminAction {
    /// Returns the access that the action requires.
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
            | Self::StartRelays
            | Self::Reload => RequiredAccess::Admin,
        }
    }
}
