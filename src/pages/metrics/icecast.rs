//! The metrics that dashboards for Icecast use, under the names of its best-known exporter and of a
//! monitoring tool. See protocol-notes/metrics.md.

use super::exposition::Exposition;
use crate::pages::{AdminSnapshot, stream_url};
use crate::time::Time;

/// Writes the metrics under their names for Icecast.
pub fn write(snapshot: &AdminSnapshot, base: &str, text: &mut Exposition) {
    let AdminSnapshot { public: snapshot, metrics, .. } = snapshot;
    text.gauge("icecast_up", "Was the last scrape of Icecast successful.").add(&[], 1);
    text.counter("icecast_exporter_total_scrapes", "Current total Icecast scrapes.")
        .add(&[], metrics.scrapes);
    let help = "Number of errors while parsing JSON.";
    text.counter("icecast_exporter_json_parse_failures", help).add(&[], 0);
    text.gauge("icecast_server_start", "Start time of the server, in seconds since the Unix epoch.")
        .add(&[], snapshot.clock.unix_time(Time::START).as_secs());
    let urls: Vec<String> =
        snapshot.stations.iter().map(|station| stream_url(base, &station.mount)).collect();
    let mut family = text.gauge("icecast_listeners", "The number of currently connected listeners.");
    for (station, url) in snapshot.stations.iter().zip(&urls) {
        family.add(&[("listenurl", url), ("server_type", station.content_type)], station.listeners);
    }
    let help = "Start time of the current input, in seconds since the Unix epoch.";
    let mut family = text.gauge("icecast_stream_start", help);
    for (station, url) in snapshot.stations.iter().zip(&urls) {
        if let Some(since) = station.on_air_since() {
            let start = snapshot.clock.unix_time(since).as_secs();
            family.add(&[("listenurl", url), ("server_type", station.content_type)], start);
        }
    }
    let mut family = text.gauge("icecast_listeners_current", "Current listeners of the stream.");
    snapshot.stations.iter().for_each(|it| family.add(&[("stream", &it.mount)], it.listeners));
    let mut family =
        text.gauge("icecast_listeners_peak", "Peak number of concurrent listeners of the stream.");
    snapshot.stations.iter().for_each(|it| family.add(&[("stream", &it.mount)], it.peak));
}
