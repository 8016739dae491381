//! What our own API has for operators, by its path (protocol-notes/api.md).

use crate::http::request::which::Which;

/// Where all of it is.
const BASE: &str = "/api/v1/admin/";

/// One path below `/api/v1/admin/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// All stations, and what feeds them.
    Stations,
    /// Whoever listens to a station.
    Listeners(Which),
    /// How many listeners there were in the last 24 hours.
    Audience,
    /// The last lines of the log.
    Log,
    /// Who is not let in: looked at by GET, and added to by POST.
    Bans,
    /// A ban is lifted there.
    Unban,
    /// Something that can be done to a station.
    Deed(Which, Deed),
}

/// What can be done to a station.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// It gets a title.
    Title,
    /// The track on the air goes.
    Skip,
    /// Its live source goes.
    KickSource,
    /// Listeners go.
    Kick,
    /// Its listeners hear another.
    Move,
}

impl Place {
    /// What is at `path`, if anything is.
    pub fn of(path: &str) -> Option<Self> {
        let parts: Vec<&str> = path.strip_prefix(BASE)?.split('/').collect();
        match parts[..] {
            ["stations"] => Some(Self::Stations),
            ["audience"] => Some(Self::Audience),
            ["log"] => Some(Self::Log),
            ["bans"] => Some(Self::Bans),
            ["bans", "remove"] => Some(Self::Unban),
            ["stations", id, what] => Self::of_station(Which::of_sid(id)?, what),
            _ => None,
        }
    }

    fn of_station(station: Which, what: &str) -> Option<Self> {
        let deed = match what {
            "listeners" => return Some(Self::Listeners(station)),
            "title" => Deed::Title,
            "skip" => Deed::Skip,
            "kick-source" => Deed::KickSource,
            "kick" => Deed::Kick,
            "move" => Deed::Move,
            _ => return None,
        };
        Some(Self::Deed(station, deed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_is_of_one_thing() {
        let station = Which::Sid(7);
        for (path, place) in [
            ("/api/v1/admin/stations", Some(Place::Stations)),
            ("/api/v1/admin/stations/7/listeners", Some(Place::Listeners(station.clone()))),
            ("/api/v1/admin/stations/7/title", Some(Place::Deed(station.clone(), Deed::Title))),
            ("/api/v1/admin/stations/7/skip", Some(Place::Deed(station.clone(), Deed::Skip))),
            ("/api/v1/admin/stations/7/kick", Some(Place::Deed(station.clone(), Deed::Kick))),
            ("/api/v1/admin/stations/7/kick-source", Some(Place::Deed(station.clone(), Deed::KickSource))),
            ("/api/v1/admin/stations/7/move", Some(Place::Deed(station, Deed::Move))),
            ("/api/v1/admin/audience", Some(Place::Audience)),
            ("/api/v1/admin/log", Some(Place::Log)),
            ("/api/v1/admin/bans", Some(Place::Bans)),
            ("/api/v1/admin/bans/remove", Some(Place::Unban)),
            ("/api/v1/admin/bans/", None),
            ("/api/v1/admin/", None),
            ("/api/v1/admin/stations/", None),
            ("/api/v1/admin/stations/7", None),
            ("/api/v1/admin/stations/7/", None),
            ("/api/v1/admin/stations/7/kick/", None),
            ("/api/v1/admin/stations/-7/kick", None),
            ("/api/v1/admin/stations//kick", None),
            ("/api/v1/stations", None),
        ] {
            assert_eq!(Place::of(path), place, "{path}");
        }
    }
}
