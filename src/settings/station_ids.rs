//! Stream ids that the configuration does not give: each stays with its mount.
//!
//! A station without an id has the number of its place in the file when it is new. From then on, its mount
//! keeps this number, so that a station inserted above it renumbers no other station: players, panels and
//! directories know stations by their ids. A station whose id was given keeps it, too, when it is given no
//! longer.

use std::collections::{HashMap, HashSet};

use super::StationSettings;

/// The most mounts whose ids are remembered: four times the most stations that a configuration can have,
/// because those of removed stations stay.
const REMEMBERED_MAX: usize = 4000;

/// Changes the ids that were not given, and sorts the stations by id.
///
/// An id that was given stays. Of the other stations, one whose mount is in `known` gets the id that it has
/// there. The next choice is the one that reading the file has led to: the place in it. A station whose id is
/// taken gets the lowest one that no station has and that `known` does not keep for another mount.
pub fn assign(stations: &mut [StationSettings], known: &[(String, u32)]) {
    let kept = ids_of_others(stations, known);
    let by_mount: HashMap<&str, u32> = known.iter().map(|(mount, id)| (mount.as_str(), *id)).collect();
    let (given, counted): (Vec<_>, Vec<_>) = stations.iter_mut().partition(|station| station.has_explicit_id);
    let mut taken: HashSet<u32> = given.iter().map(|station| station.id).collect();
    let mut keep = |station: &mut StationSettings, id: Option<u32>| match id {
        Some(id) if taken.insert(id) => {
            station.id = id;
            true
        }
        _ => false,
    };
    let mut rest = counted;
    rest.retain_mut(|station| {
        let id = by_mount.get(station.mount.as_str()).copied();
        !keep(station, id)
    });
    rest.retain_mut(|station| {
        let place = station.id;
        !keep(station, Some(place))
    });
    let mut free = (1..=u32::MAX).filter(|id| !taken.contains(id) && !kept.contains(id));
    for station in rest {
        station.id = free.next().unwrap_or(station.id);
    }
    stations.sort_by_key(|station| station.id);
}

/// Returns the ids of mounts that none of these stations has.
fn ids_of_others(stations: &[StationSettings], known: &[(String, u32)]) -> HashSet<u32> {
    let mounts: HashSet<&str> = stations.iter().map(|station| station.mount.as_str()).collect();
    known.iter().filter(|(mount, _)| !mounts.contains(mount.as_str())).map(|&(_, id)| id).collect()
}

/// Notes the ids of these stations, also those that were given: they stay when the file does not give them
/// any more. Those of stations that do not exist any more stay in `known`, until another station has the id
/// or too many are known. So a station that returns has its id.
pub fn remember(known: &mut Vec<(String, u32)>, stations: &[StationSettings]) {
    let current = stations.iter().map(|station| (station.mount.clone(), station.id));
    let ids: HashSet<u32> = stations.iter().map(|station| station.id).collect();
    let mounts: HashSet<&str> = stations.iter().map(|station| station.mount.as_str()).collect();
    known.retain(|(mount, id)| !ids.contains(id) && !mounts.contains(mount.as_str()));
    known.extend(current);
    // Those of today's stations are the last ones.
    let superfluous = known.len().saturating_sub(REMEMBERED_MAX);
    known.drain(..superfluous);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads stations such as `/a`, `/b=7` as a configuration file does: an id is given, or the place.
    fn stations(list: &str) -> Vec<StationSettings> {
        let station = |(at, text): (usize, &str)| {
            let (mount, id) = text.split_once('=').map_or((text, None), |(mount, id)| (mount, Some(id)));
            let id = id.map(|id| id.parse().expect("a number"));
            let place = at as u32 + 1;
            StationSettings {
                mount: mount.into(),
                id: id.unwrap_or(place),
                has_explicit_id: id.is_some(),
                ..StationSettings::default()
            }
        };
        list.split_whitespace().enumerate().map(station).collect()
    }

    /// Reads the lists one after the other. Returns the mounts and ids of the last one.
    fn assigned(lists: &[&str]) -> String {
        let mut known = Vec::new();
        let mut last = String::new();
        for list in lists {
            let mut stations = stations(list);
            assign(&mut stations, &known);
            remember(&mut known, &stations);
            let text: Vec<_> = stations.iter().map(|it| format!("{}={}", it.mount, it.id)).collect();
            last = text.join(" ");
        }
        last
    }

    #[test]
    fn ids_that_were_not_given_stay_with_their_mounts() {
        for (lists, expected) in [
            (&["/a /b"][..], "/a=1 /b=2"),
            (&["/a /b", "/new /a /b"], "/a=1 /b=2 /new=3"),
            (&["/a /b", "/b /a"], "/a=1 /b=2"),
            (&["/a /b /c", "/b /c"], "/b=2 /c=3"),
            // A station that returns has its id, and no other station got it meanwhile.
            (&["/a /b /c", "/b /c", "/b /c /d", "/a /b /c /d"], "/a=1 /b=2 /c=3 /d=4"),
            // Another mount at the same place has the number of that place.
            (&["/a", "/b"], "/b=1"),
            (&["/a /b /c", "/a /x /c"], "/a=1 /x=2 /c=3"),
            (&["/a /b /c", "/a /x /c", "/a /x /c /b"], "/a=1 /x=2 /c=3 /b=4"),
        ] {
            assert_eq!(assigned(lists), expected, "{lists:?}");
        }
    }

    #[test]
    fn ids_that_were_given_win() {
        for (lists, expected) in [
            (&["/a=7 /b"][..], "/b=2 /a=7"),
            (&["/a /b", "/c=1 /a /b"], "/c=1 /b=2 /a=3"),
            (&["/a /b", "/a=2 /b"], "/b=1 /a=2"),
            (&["/a=5 /b", "/b=5 /a"], "/a=2 /b=5"),
            // An id that is given no longer stays with its mount, and no new station gets it.
            (&["/a=5", "/a"], "/a=5"),
            (&["/a /late=2", "/top /a /late"], "/a=1 /late=2 /top=3"),
            (&["/a /late=2", "/a", "/a /late"], "/a=1 /late=2"),
            // A rename that gives the id, and then a station above it.
            (&["/a /b", "/a /night=2", "/top /a /night=2"], "/a=1 /night=2 /top=3"),
        ] {
            assert_eq!(assigned(lists), expected, "{lists:?}");
        }
    }

    #[test]
    fn remembered_ids_are_bounded_and_those_of_running_stations_stay() {
        let mut known = Vec::new();
        let station = |mount: String, id| StationSettings { mount, id, ..StationSettings::default() };
        for reload in 0..8 {
            let others =
                (2..1000).map(|number| station(format!("/{reload}/{number}"), reload * 1000 + number));
            let all: Vec<_> = std::iter::once(station("/a".into(), 1)).chain(others).collect();
            remember(&mut known, &all);
        }
        assert_eq!(known.len(), REMEMBERED_MAX);
        assert!(known.contains(&("/a".into(), 1)));
    }
}
