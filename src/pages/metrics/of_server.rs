//! Numbers of the server and its process.

use super::Numbers;
use super::exposition::Exposition;
use crate::pages::Facts;
use crate::time::Time;

/// Writes them.
pub fn write(numbers: &Numbers, facts: &Facts, text: &mut Exposition) {
    let started = facts.clock.unix(Time::START).as_secs_f64();
    text.gauge("coldwave_build_info", "Which version this is; always 1.")
        .add(&[("version", env!("CARGO_PKG_VERSION"))], 1);
    text.gauge("coldwave_start_time_seconds", "When the server started, in seconds since 1970.")
        .add(&[], started);
    of_connections(numbers, facts, text);
    of_loop(numbers, text);
    of_process(numbers, text);
}

fn of_connections(numbers: &Numbers, facts: &Facts, text: &mut Exposition) {
    let Numbers { refused, requests, ended, .. } = numbers;
    text.gauge("coldwave_connections", "Connections of all kinds that there are now.")
        .add(&[], numbers.connections);
    text.gauge("coldwave_listeners_max", "Listeners that there may be on all stations together.")
        .add(&[], facts.max_listeners);
    text.counter("coldwave_connections_accepted_total", "Connections that were taken.")
        .add(&[], numbers.accepted);
    let help = "Times that a connection was refused or had to wait outside, by the reason.";
    let mut family = text.counter("coldwave_connections_refused_total", help);
    refused.iter().for_each(|&(reason, count)| family.add(&[("reason", reason)], count));
    let help = "Requests and logins answered, by what they were for and the code of the answer.";
    let mut family = text.counter("coldwave_requests_total", help);
    for &(kind, status, count) in requests {
        family.add(&[("kind", kind), ("status", &status.to_string())], count);
    }
    let mut family = text.counter("coldwave_sessions_ended_total", "Connections that ended, by the reason.");
    ended.iter().for_each(|&(reason, count)| family.add(&[("reason", reason)], count));
}

fn of_loop(numbers: &Numbers, text: &mut Exposition) {
    text.histogram(
        "coldwave_loop_lag_seconds",
        "How much later than it wanted the event loop woke when something was due.",
        &numbers.lag,
    );
    text.histogram(
        "coldwave_delivery_lateness_seconds",
        "How much later than his slot of the delivery wheel a listener was served.",
        &numbers.lateness,
    );
    text.counter("coldwave_log_lines_withheld_total", "Lines on misbehaving peers that the log was spared.")
        .add(&[], numbers.withheld_lines);
    text.counter("coldwave_access_log_lines_lost_total", "Lines that the access log misses.")
        .add(&[], numbers.lost_lines);
}

/// Under the names that all of Prometheus's own clients have.
fn of_process(numbers: &Numbers, text: &mut Exposition) {
    let vitals = &numbers.vitals;
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
    if let Some(most) = numbers.open_files_max {
        text.gauge("process_max_fds", "Files that may be open at once.").add(&[], most);
    }
}
