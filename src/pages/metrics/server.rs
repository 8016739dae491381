//! Metrics of the server and its process.

use std::collections::BTreeMap;
use std::time::Duration;

use super::exposition::Exposition;
use crate::pages::{AdminSnapshot, LastReload, ServerMetrics, Snapshot};
use crate::reload_report::ReloadResult;
use crate::time::Time;

/// Writes the metrics of the server and its process.
pub fn write(whole: &AdminSnapshot, text: &mut Exposition) {
    let AdminSnapshot { public: snapshot, metrics, .. } = whole;
    let started = snapshot.clock.unix_time(Time::START).as_secs_f64();
    text.gauge("coldwave_build_info", "Version of coldwave as a label; always 1.")
        .add(&[("version", env!("CARGO_PKG_VERSION"))], 1);
    text.gauge("coldwave_start_time_seconds", "Start time of the server, in seconds since the Unix epoch.")
        .add(&[], started);
    write_reloads(whole, started, text);
    write_certificates(whole, text);
    write_master(whole, text);
    write_connections(metrics, snapshot, text);
    write_event_loop(metrics, text);
    write_process(metrics, text);
}

/// Writes the reloads. The start, which has read the configuration too, counts as the last one until there is
/// one.
fn write_reloads(snapshot: &AdminSnapshot, started: f64, text: &mut Exposition) {
    let mut family = text.counter("coldwave_reloads_total", "Reloads of the configuration, by result.");
    snapshot.metrics.reloads.iter().for_each(|&(result, count)| family.add(&[("result", result)], count));
    let last = snapshot.last_reload.as_ref();
    let is_success = last.is_none_or(|last| last.report.result() != ReloadResult::Refused);
    let help = "1 if the last reload of the configuration succeeded, 0 if it was refused.";
    text.gauge("coldwave_last_reload_success", help).add(&[], u8::from(is_success));
    let ended = |last: &LastReload| snapshot.public.clock.unix_time(last.ended_at).as_secs_f64();
    let help = "Time of the last reload, refused or not, in seconds since the Unix epoch.";
    text.gauge("coldwave_last_reload_timestamp_seconds", help).add(&[], last.map_or(started, ended));
}

/// Writes when the certificates expire, and whether what is in their files now can be used. Of several with
/// the same first name, such as one with an RSA key and one with an EC key, it is the first to expire, and
/// the files of each must be usable.
fn write_certificates(snapshot: &AdminSnapshot, text: &mut Exposition) {
    let mut states: BTreeMap<&str, (Duration, bool)> = BTreeMap::new();
    for certificate in snapshot.certificates.iter() {
        let name = certificate.names.first().unwrap_or(&certificate.label);
        let (end, is_usable) = states.entry(name).or_insert((certificate.not_after, true));
        *end = certificate.not_after.min(*end);
        *is_usable &= certificate.last_error.is_none();
    }
    let help = "When the certificate expires, by its first name, in seconds since the Unix epoch.";
    let mut family = text.gauge("coldwave_tls_certificate_expiry_timestamp_seconds", help);
    states.iter().for_each(|(name, (end, _))| family.add(&[("certificate", name)], end.as_secs()));
    let help = "1 if what is in the files of the certificate can be used, 0 if an older one stays in use.";
    let mut family = text.gauge("coldwave_tls_certificate_file_usable", help);
    states.iter().for_each(|(name, (_, usable))| family.add(&[("certificate", name)], u8::from(*usable)));
}

/// Writes whether the list of the master is followed, and its mounts. Without a master, there is nothing.
fn write_master(snapshot: &AdminSnapshot, text: &mut Exposition) {
    let Some(master) = &snapshot.master else { return };
    let is_followed = master.listed_at.is_some() && master.last_error.is_none();
    let help = "1 if the latest list of the mounts of the master was followed, 0 if there was none.";
    text.gauge("coldwave_master_up", help).add(&[], u8::from(is_followed));
    let help = "When the list of the master was last followed, in seconds since the Unix epoch.";
    let mut family = text.gauge("coldwave_master_last_list_timestamp_seconds", help);
    if let Some(at) = master.listed_at {
        family.add(&[], snapshot.public.clock.unix_time(at).as_secs_f64());
    }
    let help = "Mounts of the master, by what becomes of them; those that are streaming are relayed, too.";
    let mut family = text.gauge("coldwave_master_mounts", help);
    for (state, count) in
        [("relayed", master.relayed), ("streaming", master.streaming), ("left_out", master.left_out)]
    {
        family.add(&[("state", state)], count);
    }
}

fn write_connections(metrics: &ServerMetrics, snapshot: &Snapshot, text: &mut Exposition) {
    let ServerMetrics { refused, requests, sessions_ended, .. } = metrics;
    text.gauge("coldwave_connections", "Open connections of all kinds.").add(&[], metrics.connections);
    let help = "Memory that clients hold with incomplete requests and unread responses, in bytes.";
    text.gauge("coldwave_request_memory_bytes", help).add(&[], metrics.request_memory);
    text.gauge("coldwave_request_memory_limit_bytes", "Maximum of coldwave_request_memory_bytes.")
        .add(&[], metrics.request_memory_max);
    text.gauge("coldwave_listeners_limit", "Maximum number of listeners of all stations together.")
        .add(&[], snapshot.max_listeners);
    text.counter("coldwave_connections_accepted_total", "Accepted connections.").add(&[], metrics.accepted);
    let help = "Connections refused or left in the listen backlog, by reason.";
    let mut family = text.counter("coldwave_connections_refused_total", help);
    let refused = [
        ("address_limit", refused.address_limit),
        ("connection_limit", refused.connection_limit),
        ("system_limit", refused.system_limit),
    ];
    refused.iter().for_each(|&(reason, count)| family.add(&[("reason", reason)], count));
    let mut family = text.counter("coldwave_tls_handshakes_total", "TLS handshakes of clients, by result.");
    metrics.tls_handshakes.iter().for_each(|&(result, count)| family.add(&[("result", result)], count));
    text.gauge("coldwave_tls_handshakes_waiting", "TLS handshakes that wait for their turn.")
        .add(&[], metrics.tls_waiting);
    let help = "Requests and source logins answered, by kind and HTTP status.";
    let mut family = text.counter("coldwave_requests_total", help);
    for &(kind, status, count) in requests {
        family.add(&[("kind", kind), ("status", &status.to_string())], count);
    }
    text.counter("coldwave_logins_failed_total", "Logins whose password was compared and wrong.")
        .add(&[], metrics.failed_logins);
    let help = "Logins refused without comparing their password, after too many failed logins.";
    text.counter("coldwave_logins_refused_total", help).add(&[], metrics.refused_logins);
    text.gauge("coldwave_logins_waiting", "Logins that wait for their turn.")
        .add(&[], metrics.waiting_logins);
    let mut family = text.counter("coldwave_sessions_ended_total", "Closed connections, by close reason.");
    sessions_ended.iter().for_each(|&(reason, count)| family.add(&[("reason", reason)], count));
}

fn write_event_loop(metrics: &ServerMetrics, text: &mut Exposition) {
    text.histogram(
        "coldwave_loop_lag_seconds",
        "Delay between a timer's deadline and the event loop handling it.",
        &metrics.loop_lag,
    );
    text.histogram(
        "coldwave_delivery_delay_seconds",
        "Delay between a listener's slot of the delivery wheel and the write to it.",
        &metrics.delivery_delay,
    );
    let mut family = text.counter(
        "coldwave_log_lines_suppressed_total",
        "Log lines suppressed by rate limiting, by what they are about.",
    );
    metrics.log_lines_suppressed.iter().for_each(|&(kind, count)| family.add(&[("kind", kind)], count));
    text.counter(
        "coldwave_access_log_lines_dropped_total",
        "Access log lines dropped because they could not be written in time.",
    )
    .add(&[], metrics.access_log_lines_dropped);
}

/// Writes the metrics of the process under the standard names of the Prometheus client libraries.
fn write_process(metrics: &ServerMetrics, text: &mut Exposition) {
    let process = &metrics.process;
    if let Some(cpu_ms) = process.cpu_ms {
        text.counter("process_cpu_seconds_total", "Total user and system CPU time, in seconds.")
            .add(&[], cpu_ms as f64 / 1000.0);
    }
    if let Some(bytes) = process.resident_bytes {
        text.gauge("process_resident_memory_bytes", "Resident memory size, in bytes.").add(&[], bytes);
    }
    if let Some(files) = process.open_files {
        text.gauge("process_open_fds", "Number of open file descriptors.").add(&[], files);
    }
    if let Some(limit) = metrics.open_files_max {
        text.gauge("process_max_fds", "Maximum number of open file descriptors.").add(&[], limit);
    }
}
