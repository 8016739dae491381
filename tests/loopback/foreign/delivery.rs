//! What listeners get: bursts, headers, and how long they may stay.

use std::time::{Duration, Instant};

use super::ForeignServer;

/// Returns how long a new listener waits for two seconds of audio.
fn time_to_two_seconds(foreign: &ForeignServer, path: &str) -> Duration {
    let start = Instant::now();
    foreign.server.get(path).listen().until_seconds(2.0);
    start.elapsed()
}

#[test]
fn burst_of_a_mount_has_priority_over_that_of_limits() {
    let foreign = ForeignServer::with_icecast(
        "<limits><burst-on-connect>1</burst-on-connect><burst-size>65535</burst-size></limits>\
         <mount><mount-name>/bare</mount-name><burst-size>0</burst-size></mount>",
    );
    let sources = ["/bare", "/tour"].map(|mount| foreign.source_with_audio(mount));
    // The burst of /tour is on the timeline after it has played for a while.
    for mount in ["/bare", "/tour"] {
        foreign.server.get(mount).listen().until_seconds(3.0);
    }
    let [without, with] = ["/bare", "/tour"].map(|mount| time_to_two_seconds(&foreign, mount));
    assert!(without >= Duration::from_secs(1), "{without:?} without a burst");
    assert!(with < without, "{with:?} with a burst, {without:?} without");
    drop(sources);
}
