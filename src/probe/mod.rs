//! `coldwave probe`: what a listener of a station hears, on any server.
//!
//! [`probe`] examines one stream and returns a [`ProbeReport`]. It reaches the server through a [`Network`],
//! which also has the clock, so that tests can simulate both. `approach` follows redirects and playlists to
//! the stream, `measure` examines its bytes as they arrive, and `report` says what was found. docs/probe.md
//! describes each line and each finding.
//!
//! Time and memory are bounded whatever the server sends: one time limit applies to everything before the
//! stream, another to the stream, and of each kind of finding only the first is kept.
//!
//! Audio is decoded here, in the process of a command without listeners. The server decodes only in encode
//! workers.

mod approach;
mod body;
mod finding;
mod head_check;
mod listening;
mod measure;
mod network;
mod no_stream;
mod options;
mod renditions;
mod report;
mod shown;
mod target;
mod tls_port;

pub use finding::{FindingKind, Severity, StreamFinding};
pub use network::{ConnectFailure, Connected, Network, ReceiveOutcome, StreamConnection, TlsSummary};
pub use options::{ProbeOptions, Thresholds};
pub use renditions::find_renditions;
pub use report::{ProbeReport, ProbeStatus, exit_status, render_json, render_text};
pub use target::ProbeTarget;

use approach::Way;
use finding::Obstacle;

/// Examines a stream.
pub fn probe<N: Network>(target: ProbeTarget, options: &ProbeOptions, network: &N) -> ProbeReport {
    let ProbeTarget { url, started, via, mut findings } = target;
    let mut report = ProbeReport { via, ..ProbeReport::new(&url) };
    match Way::new(options, network, started).find_stream(&url, &mut report, &mut findings) {
        Ok(joined) => listening::listen(joined, options, network, &mut report, &mut findings),
        Err(Obstacle(kind, message)) => findings.add(kind, || message),
    }
    report.close(findings);
    report
}

#[cfg(test)]
mod tests;
