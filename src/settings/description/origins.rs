//! Which station of one description is which of another one.

use std::collections::{HashMap, HashSet};

use super::station::StationDescription;

/// Returns for each station of `after` the position of the same station in `before`: the one with its given
/// id, else the one with its mount, unless both have given ids. A rendition of another station than before is
/// another one, and so is a rendition that has become a station. So does a reload recognise stations:
/// [`Server::plan_stations`](crate::server::Server::plan_stations).
pub fn origins(before: &[StationDescription], after: &[StationDescription]) -> Vec<Option<usize>> {
    let mut origins = recognise(before, after);
    let at_mount: HashMap<&str, usize> =
        after.iter().enumerate().map(|(at, station)| (station.mount.as_str(), at)).collect();
    // Before renditions are looked at, it must be known which of their stations stay.
    for is_rendition in [false, true] {
        for (at, station) in after.iter().enumerate() {
            if station.parent().is_some() == is_rendition {
                let parent = station.parent().map(|mount| {
                    let origin = origins[*at_mount.get(mount)?]?;
                    Some(before[origin].mount.as_str())
                });
                origins[at] = origins[at].filter(|&origin| has_parent(&before[origin], parent));
            }
        }
    }
    origins
}

/// Returns whether a station is a rendition of the station that had the mount `parent`. `None` means that it
/// is no rendition, and `Some(None)` that it is one of a station that is new.
fn has_parent(station: &StationDescription, parent: Option<Option<&str>>) -> bool {
    match parent {
        None => station.parent().is_none(),
        Some(parent) => parent.is_some() && station.parent() == parent,
    }
}

fn recognise(before: &[StationDescription], after: &[StationDescription]) -> Vec<Option<usize>> {
    let given = before.iter().enumerate().filter(|(_, station)| station.id_given);
    let by_id: HashMap<u32, usize> = given.map(|(at, station)| (station.id, at)).collect();
    let with_id = |station: &StationDescription| by_id.get(&station.id).copied().filter(|_| station.id_given);
    let mut origins: Vec<Option<usize>> = after.iter().map(with_id).collect();
    let found: HashSet<usize> = origins.iter().flatten().copied().collect();
    let others = before.iter().enumerate().filter(|(at, _)| !found.contains(at));
    let by_mount: HashMap<&str, usize> = others.map(|(at, station)| (station.mount.as_str(), at)).collect();
    for (station, origin) in after.iter().zip(&mut origins).filter(|(_, origin)| origin.is_none()) {
        let same_mount = by_mount.get(station.mount.as_str()).copied();
        *origin = same_mount.filter(|&at| !(before[at].id_given && station.id_given));
    }
    origins
}
