//! Numbers of the server and its process.

use super::exposition::Exposition;
use crate::pages::{AdminSnapshot, Counters, Snapshot};
use crate::time::Time;

/// Writes them.
pub fn write(snapshot: &AdminSnapshot, text: &mut Exposition) {
    let AdminSnapshot { public: snapshot, counters, .. } = snapshot;
    let started = snapshot.clock.unix(Time::START).as_secs_f64();
    text.gauge("coldwave_build_info", "Which version this is; always 1.")
        .add(&[("version", env!("CARGO_PKG_VERSION"))], 1);
    text.gauge("coldwave_start_time_seconds", "When the server started, in seconds since 1970.")
        .add(&[], started);
    of_connections(counters, snapshot, text);
    of_loop(counters, text);
    of_process(counters, text);
}

fn of_connections(counters: &Counters, snapshot: &Snapshot, text: &mut Exposition) {
    let Counters { refused, requests, ended, .. } = counters;
    text.gauge("coldwave_connections", "Connections of all kinds that there are now.")
        .add(&[], counters.connections);
    text.gauge("coldwave_listeners_max", "Listeners that there may be on all stations together.")
        .add(&[], snapshot.max_listeners);
    text.counter("coldwave_connections_accepted_total", "Connections that were taken.")
        .add(&[], counters.accepted);
    let help = "Times that a connection was refused or had to wait outside, by the reason.";
    let mut family = text.counter("coldwave_connections_refused_total", help);
    let refused = [("address", refused.address), ("full", refused.full), ("system", refused.system)];
    refused.iter().for_each(|&(reason, count)| family.add(&[("reason", reason)], count));
    let help = "Requests and logins answered, by what they were for and the code of the answer.";
    let mut family = text.counter("coldwave_requests_total", help);
    for &(kind, status, count) in requests {
        family.add(&[("kind", kind), ("status", &status.to_string())], count);
    }
    let mut family = text.counter("coldwave_sessions_ended_total", "Connections that ended, by the reason.");
    ended.iter().for_each(|&(reason, count)| family.add(&[("reason", reason)], count));
}

fn of_loop(counters: &Counters, text: &mut Exposition) {
    text.histogram(
        "coldwave_loop_lag_seconds",
        "How much later than it wanted the event loop woke when something was due.",
        &counters.loop_lag,
    );
    text.histogram(
        "coldwave_delivery_lateness_seconds",
        "How much later than his slot of the delivery wheel a listener was served.",
        &counters.delivery_delay,
    );
    text.counter("coldwave_log_lines_withheld_total", "Lines on misbehaving peers that the log was spared.")
        .add(&[], counters.log_lines_suppressed);
    text.counter("coldwave_access_log_lines_lost_total", "Lines that the access log misses.")
        .add(&[], counters.access_log_lines_dropped);
}

/// Under the names that all of Prometheus's own clients have.
fn of_process(counters: &Counters, text: &mut Exposition) {
    let vitals = &counters.vitals;
    if let Some(cpu_ms) = vitals.cpu_ms {
        text.counter("process_cpu_seconds_total", "Processor time of all threads, in seconds.")
            .add(&[], cpu_ms as f64 / 1000.0);
    }
    if let Some(bytes) = vitals.resident_bytes {
        text.gauge("process_resident_memory_bytes", "Memory of the process, in bytes.").add(&[], bytes);
    }
    if let Some(files) = vitals.open_files {
        text.gauge("process_open_fds", "Open files, sockets among them.").add(&[], files);
    }
    if let Some(most) = counters.open_files_max {
        text.gauge("process_max_fds", "Files that may be open at once.").add(&[], most);
    }
}
