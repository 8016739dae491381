//! Runs `coldwave probe`.

use std::sync::mpsc::{Sender, channel};

use crate::cli::{ProbeCommand, ProbeOutput};
use crate::net::ProbeNetwork;
use crate::probe::{
    ProbeOptions, ProbeReport, exit_status, find_renditions, probe, render_json, render_text,
};
use crate::stream_url::StreamUrl;
use crate::tls::ClientTls;
use crate::worker::{Inbox, WorkerBuilder};

/// The most streams: each one is a thread.
const STREAMS_MAX: usize = 64;

/// What the probe prints, and its exit status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProbeResult {
    /// The report.
    pub text: String,
    /// See [`exit_status`].
    pub status: u8,
}

/// Examines the streams, all at the same time.
///
/// # Errors
/// If the file with authorities cannot be used, or the system cannot start a thread. Returns a sentence.
pub fn run_probe(command: &ProbeCommand) -> Result<ProbeResult, String> {
    let tls = ClientTls::load(command.ca.as_deref()).map_err(|error| format!("--ca: {error}"))?;
    let network = ProbeNetwork::new(tls);
    let (urls, mut reports) = streams(command, &network);
    reports.extend(probe_all(&urls, &command.options, &network)?);
    let text = match command.output {
        ProbeOutput::Json => render_json(&reports),
        output => {
            let texts = reports.iter().map(|report| render_text(report, output == ProbeOutput::Brief));
            texts.collect::<Vec<_>>().join(if output == ProbeOutput::Brief { "" } else { "\n" })
        }
    };
    Ok(ProbeResult { text, status: exit_status(&reports) })
}

/// Returns the URLs of all streams, and reports on playlists that cannot be read.
fn streams(command: &ProbeCommand, network: &ProbeNetwork) -> (Vec<StreamUrl>, Vec<ProbeReport>) {
    if !command.with_renditions {
        return (command.urls.clone(), Vec::new());
    }
    let (mut all, mut failed) = (Vec::new(), Vec::new());
    for url in &command.urls {
        match find_renditions(url, &command.options, network) {
            Ok(urls) => all.extend(urls),
            Err(report) => failed.push(*report),
        }
    }
    all.truncate(STREAMS_MAX);
    (all, failed)
}

/// Returns the reports in the order of the URLs.
fn probe_all(
    urls: &[StreamUrl],
    options: &ProbeOptions,
    network: &ProbeNetwork,
) -> Result<Vec<ProbeReport>, String> {
    let (sender, receiver) = channel();
    for (index, url) in urls.iter().enumerate() {
        start(index, url.clone(), options.clone(), network.clone(), sender.clone())?;
    }
    drop(sender);
    let mut reports: Vec<(usize, ProbeReport)> = receiver.iter().collect();
    if reports.len() < urls.len() {
        return Err("an examination has failed".to_owned());
    }
    reports.sort_by_key(|(index, _)| *index);
    Ok(reports.into_iter().map(|(_, report)| report).collect())
}

fn start(
    index: usize,
    url: StreamUrl,
    options: ProbeOptions,
    network: ProbeNetwork,
    results: Sender<(usize, ProbeReport)>,
) -> Result<(), String> {
    let body = move |_: Inbox<()>| {
        // The receiver waits for all results.
        let _ = results.send((index, probe(&url, &options, &network)));
    };
    WorkerBuilder::new(format!("probe {index}")).spawn(body).map(drop).map_err(|error| error.to_string())
}
