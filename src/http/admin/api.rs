//! The admin paths of coldwave's own API (protocol-notes/api.md).

use crate::http::request::station_ref::StationRef;

/// The prefix of all these paths.
const BASE: &str = "/api/v1/admin/";

/// One path below `/api/v1/admin/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AdminRoute {
    /// All stations and their inputs.
    Stations,
    /// The listeners of a station.
    Listeners(StationRef),
    /// The files of a station that are left out.
    LeftOut(StationRef),
    /// The encode workers.
    Workers,
    /// The numbers of listeners in the last 24 hours.
    ListenerHistory,
    /// The last lines of the log.
    Log,
    /// The bans: GET lists them, POST adds one.
    Bans,
    /// Removes a ban.
    Unban,
    /// The configuration: GET shows the last reload, POST reloads it.
    Reload,
    /// The settings that apply.
    Settings,
    /// The certificates with which the server speaks TLS.
    Certificates,
    /// An action on a station.
    Action(StationRef, StationAction),
}

/// An action on a station.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StationAction {
    /// Sets a title.
    Title,
    /// Skips the track on the air.
    Skip,
    /// Disconnects the live source.
    KickSource,
    /// Disconnects listeners.
    Kick,
    /// Moves listeners to another mount.
    Move,
}

impl AdminRoute {
    /// Parses `path`; `None` if nothing exists there.
    pub fn parse(path: &str) -> Option<Self> {
        match path.strip_prefix(BASE)? {
            "stations" => Some(Self::Stations),
            "workers" => Some(Self::Workers),
            "audience" => Some(Self::ListenerHistory),
            "log" => Some(Self::Log),
            "bans" => Some(Self::Bans),
            "reload" => Some(Self::Reload),
            "settings" => Some(Self::Settings),
            "certificates" => Some(Self::Certificates),
            "bans/remove" => Some(Self::Unban),
            rest => {
                // A mount may contain slashes.
                let (station, name) = rest.strip_prefix("stations/")?.rsplit_once('/')?;
                Self::parse_station_path(StationRef::from_path_segment(station)?, name)
            }
        }
    }

    fn parse_station_path(station: StationRef, name: &str) -> Option<Self> {
        let action = match name {
            "listeners" => return Some(Self::Listeners(station)),
            "left-out" => return Some(Self::LeftOut(station)),
            "title" => StationAction::Title,
            "skip" => StationAction::Skip,
            "kick-source" => StationAction::KickSource,
            "kick" => StationAction::Kick,
            "move" => StationAction::Move,
            _ => return None,
        };
        Some(Self::Action(station, action))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_parsed_to_routes() {
        let station = StationRef::Id(7);
        let mount = |mount: &str| StationRef::Mount(mount.to_owned());
        for (path, route) in [
            ("/api/v1/admin/stations", Some(AdminRoute::Stations)),
            ("/api/v1/admin/stations/7/listeners", Some(AdminRoute::Listeners(station.clone()))),
            ("/api/v1/admin/stations/7/left-out", Some(AdminRoute::LeftOut(station.clone()))),
            ("/api/v1/admin/workers", Some(AdminRoute::Workers)),
            ("/api/v1/admin/workers/1", None),
            (
                "/api/v1/admin/stations/7/title",
                Some(AdminRoute::Action(station.clone(), StationAction::Title)),
            ),
            ("/api/v1/admin/stations/7/skip", Some(AdminRoute::Action(station.clone(), StationAction::Skip))),
            ("/api/v1/admin/stations/7/kick", Some(AdminRoute::Action(station.clone(), StationAction::Kick))),
            (
                "/api/v1/admin/stations/7/kick-source",
                Some(AdminRoute::Action(station.clone(), StationAction::KickSource)),
            ),
            ("/api/v1/admin/stations/7/move", Some(AdminRoute::Action(station, StationAction::Move))),
            ("/api/v1/admin/audience", Some(AdminRoute::ListenerHistory)),
            ("/api/v1/admin/log", Some(AdminRoute::Log)),
            ("/api/v1/admin/bans", Some(AdminRoute::Bans)),
            ("/api/v1/admin/bans/remove", Some(AdminRoute::Unban)),
            ("/api/v1/admin/reload", Some(AdminRoute::Reload)),
            ("/api/v1/admin/settings", Some(AdminRoute::Settings)),
            ("/api/v1/admin/certificates", Some(AdminRoute::Certificates)),
            ("/api/v1/admin/bans/", None),
            ("/api/v1/admin/", None),
            ("/api/v1/admin/stations/", None),
            ("/api/v1/admin/stations/7", None),
            ("/api/v1/admin/stations/7/", None),
            ("/api/v1/admin/stations/7/kick/", None),
            ("/api/v1/admin/stations//kick", None),
            ("/api/v1/admin/stations/live/listeners", Some(AdminRoute::Listeners(mount("/live")))),
            ("/api/v1/admin/stations//live/listeners", Some(AdminRoute::Listeners(mount("/live")))),
            ("/api/v1/admin/stations/a/b/left-out", Some(AdminRoute::LeftOut(mount("/a/b")))),
            ("/api/v1/admin/stations/-7/kick", Some(AdminRoute::Action(mount("/-7"), StationAction::Kick))),
            ("/api/v1/stations", None),
        ] {
            assert_eq!(AdminRoute::parse(path), route, "{path}");
        }
    }
}
