//! Listening to a stream for a while.

use super::body::Joined;
use super::finding::{FindingKind, Findings, Obstacle};
use super::head_check;
use super::measure::{StreamEnd, StreamMeasurement};
use super::network::{Network, ReceiveOutcome, StreamConnection};
use super::no_stream;
use super::options::ProbeOptions;
use super::report::ProbeReport;

/// The most bytes of a stream that are received: these, and so many for each second of listening, which is
/// more than any stream of MP3 or AAC has (2 Mbit/s).
const STREAM_MAX_AT_ONCE: u64 = 16 << 20;
const STREAM_MAX_PER_SECOND: u64 = 256 << 10;

/// Examines the stream that follows a head.
pub(super) fn listen<N: Network>(
    mut joined: Joined<N::Connection>,
    options: &ProbeOptions,
    network: &N,
    report: &mut ProbeReport,
    findings: &mut Findings,
) {
    let deadline = joined.started + options.timeout;
    if let Err(Obstacle(kind, message)) = no_stream::check(&mut joined, deadline) {
        return findings.add(kind, || message);
    }
    let Joined { mut connection, head, mut body, at, started } = joined;
    let format = head_check::check(&head, options, report, findings);
    let mut measurement = StreamMeasurement::new(&format, options, started, findings);
    let most_bytes = STREAM_MAX_AT_ONCE + options.seconds.as_secs() * STREAM_MAX_PER_SECOND;
    // The time of listening begins with the first byte.
    let mut until = None;
    let mut received = ReceiveOutcome::Bytes;
    let end = loop {
        let now = if until.is_none() { at.max(network.now()) } else { network.now() };
        if !body.is_empty() {
            until.get_or_insert(now + options.seconds);
            measurement.push(now, &body);
            body.clear();
        }
        match received {
            ReceiveOutcome::Ended => break StreamEnd::Ended,
            ReceiveOutcome::Lost(reason) => break StreamEnd::Lost(reason),
            _ if measurement.is_complete() => break StreamEnd::Ended,
            _ if measurement.is_broken() || measurement.received() >= most_bytes => break StreamEnd::Enough,
            _ => {}
        }
        let deadline = until.unwrap_or(started + options.timeout);
        if now >= deadline {
            break StreamEnd::Enough;
        }
        received = connection.receive(deadline, &mut body);
    };
    measurement.finish(network.now(), end, report);
    check_start(options, report, findings);
}

fn check_start(options: &ProbeOptions, report: &ProbeReport, findings: &mut Findings) {
    let limit = options.thresholds.start;
    let Some(first) = report.times.first_byte_s.filter(|first| *first > limit.as_secs_f64()) else { return };
    findings.add(FindingKind::SlowStart, || {
        format!("the first byte of the stream came after {first:.1} s, more than {} s", limit.as_secs_f64())
    });
}
