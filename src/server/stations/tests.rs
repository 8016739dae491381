//! Tests of what many reloads leave behind.

use std::collections::HashMap;
use std::time::Duration;

use crate::bans::Bans;
use crate::server::{Hooks, Server, ServerConfig};
use crate::settings::{StationSettings, station_ids};
use crate::time::Time;

/// Returns stations with these numbers in their mounts, as a configuration without ids has them.
fn stations(numbers: &[u32], known: &mut Vec<(String, u32)>) -> Vec<StationSettings> {
    let station = |(at, number): (usize, &u32)| StationSettings {
        id: at as u32 + 1,
        mount: format!("/{number}"),
        ..StationSettings::default()
    };
    let mut stations: Vec<_> = numbers.iter().enumerate().map(station).collect();
    station_ids::assign(&mut stations, known);
    station_ids::remember(known, &stations);
    stations
}

/// A panel may reload every minute for years.
#[test]
fn many_reloads_leave_no_growth() {
    let mut server = Server::new(ServerConfig::default(), Hooks::default(), Bans::default(), 1);
    let (mut rng, mut known) = (fastrand::Rng::with_seed(1), Vec::new());
    for second in 0..5000 {
        let mut numbers: Vec<u32> = (0..10).filter(|_| rng.bool()).collect();
        rng.shuffle(&mut numbers);
        let now = Time::after_start(Duration::from_secs(second));
        let count = numbers.len();
        let plan = server.plan_stations(stations(&numbers, &mut known)).expect("they fit together");
        server.apply_plan(plan, HashMap::new(), now);
        assert_eq!(server.stations.len(), count);
    }
    assert!(server.stations.table_len() <= 10, "slots are reused: {}", server.stations.table_len());
    assert!(known.len() <= 10 && known.iter().all(|&(_, id)| id <= 20), "{known:?}");
}
