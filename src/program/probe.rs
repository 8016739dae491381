//! Runs `coldwave probe`.

use std::sync::mpsc::channel;

use crate::cli::{ProbeCommand, ProbeOutput};
use crate::net::ProbeNetwork;
use crate::probe::{
    Network, ProbeReport, ProbeTarget, exit_status, find_renditions, probe, render_json, render_text,
};
use crate::stream_url::StreamUrl;
use crate::time::Time;
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
    let reports = probe_all(command, &ProbeNetwork::new(tls))?;
    let text = match command.output {
        ProbeOutput::Json => render_json(&reports),
        output => {
            let texts = reports.iter().map(|report| render_text(report, output == ProbeOutput::Brief));
            texts.collect::<Vec<_>>().join(if output == ProbeOutput::Brief { "" } else { "\n" })
        }
    };
    Ok(ProbeResult { text, status: exit_status(&reports) })
}

/// Returns the reports in the order of the URLs. All share the time limit, which begins now.
fn probe_all(command: &ProbeCommand, network: &ProbeNetwork) -> Result<Vec<ProbeReport>, String> {
    let started = network.now();
    let share = STREAMS_MAX / command.urls.len().max(1);
    let jobs = command.urls.iter().map(|url| {
        let (url, command, network) = (url.clone(), command.clone(), network.clone());
        move || match command.with_renditions {
            true => probe_renditions(&url, &command, &network, started, share),
            false => {
                let target = ProbeTarget::new(url, started, &command.options);
                Ok(vec![probe(target, &command.options, &network)])
            }
        }
    });
    let reports: Result<Vec<_>, _> = in_parallel(jobs)?.into_iter().collect();
    Ok(reports?.concat())
}

/// Examines the streams of a station, at most `most`.
fn probe_renditions(
    url: &StreamUrl,
    command: &ProbeCommand,
    network: &ProbeNetwork,
    started: Time,
    most: usize,
) -> Result<Vec<ProbeReport>, String> {
    let targets = match find_renditions(url, &command.options, network, started) {
        Ok(targets) => targets,
        Err(report) => return Ok(vec![*report]),
    };
    in_parallel(targets.into_iter().take(most).map(|target| {
        let (options, network) = (command.options.clone(), network.clone());
        move || probe(target, &options, &network)
    }))
}

/// Runs each job on a thread of its own. Returns their results in the order of the jobs.
fn in_parallel<T, J>(jobs: impl Iterator<Item = J>) -> Result<Vec<T>, String>
where
    T: Send + 'static,
    J: FnOnce() -> T + Send + 'static,
{
    let (sender, receiver) = channel();
    let mut expected = 0;
    for (index, job) in jobs.enumerate() {
        let sender = sender.clone();
        let body = move |_: Inbox<()>| {
            // The receiver is gone if a thread could not be started.
            let _ = sender.send((index, job()));
        };
        let spawned = WorkerBuilder::new(format!("probe {index}")).spawn(body);
        spawned.map_err(|error| error.to_string())?;
        expected += 1;
    }
    drop(sender);
    let mut results: Vec<(usize, T)> = receiver.iter().collect();
    if results.len() < expected {
        return Err("an examination has failed".to_owned());
    }
    results.sort_by_key(|(index, _)| *index);
    Ok(results.into_iter().map(|(_, result)| result).collect())
}
