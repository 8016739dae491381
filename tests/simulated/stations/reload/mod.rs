//! Reloads: a whole set of stations takes the place of the one that runs, while all of them have listeners.

mod accounts;
mod identity;
mod music;
mod random;
mod state;

use std::time::Duration;

use coldwave::server::Peer;
use coldwave::session::CloseReason;
use coldwave::settings::{StationSettings, station_ids};

use super::{SECOND, assert_undisturbed, station};
use crate::world::{Link, World};

/// Returns a station to which the configuration gives this id and this mount.
fn given(id: u32, mount: &str) -> StationSettings {
    StationSettings { mount: mount.into(), has_explicit_id: true, ..station(id) }
}

/// Returns stations with these mounts, as a configuration without ids has them.
fn in_file(mounts: &[&str], known: &mut Vec<(String, u32)>) -> Vec<StationSettings> {
    let station = |(at, mount): (usize, &&str)| StationSettings {
        mount: (*mount).into(),
        name: format!("Station {mount}"),
        ..station(at as u32 + 1)
    };
    let mut stations: Vec<_> = mounts.iter().enumerate().map(station).collect();
    station_ids::assign(&mut stations, known);
    station_ids::remember(known, &stations);
    stations
}

/// Connects a listener to each mount.
fn tune_in_to_all(world: &mut World, mounts: &[&str]) -> Vec<Peer> {
    let links = [Link::Fast, Link::Erratic];
    let tune_in = |(at, mount): (usize, &&str)| {
        let station = world.index_of(mount);
        world.tune_in_to(station, mount, links[at % links.len()])
    };
    mounts.iter().enumerate().map(tune_in).collect()
}

/// Fails unless the listener got the rest of its frame and was disconnected for this reason.
#[track_caller]
fn assert_ended(world: &mut World, peer: Peer, reason: CloseReason) {
    world.pass(5 * SECOND);
    let socket = world.socket(peer);
    assert!(socket.finished || socket.closed, "{peer:?} is disconnected");
    assert!(world.ear(peer).is_at_frame_boundary(), "{peer:?} has received the rest of its frame");
    if !world.socket(peer).closed {
        world.disconnect(peer);
    }
    assert_eq!(world.ended.borrow().last().map(|it| it.reason), Some(reason));
}

/// Returns how long the audio is that a listener has received.
fn received(world: &World, peer: Peer) -> Duration {
    Duration::from_secs_f64(world.ear(peer).frames as f64 * 1152.0 / 44_100.0)
}
