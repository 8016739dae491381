//! Thousands of TLS listeners that return at once, and what those who listen notice.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::client::Resumption;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use crate::failure::Failure;
use crate::launch;
use crate::listener::{CheckLevel, Listener};
use crate::listener_pool::{FIRST_BYTES_MAX, ListenerPool};
use crate::report::{errors, figures, goal, millis};
use crate::sample::{TimePercentiles, numbered};
use crate::server::{Context, request};
use crate::tickets::AllTickets;
use crate::tls::TlsClient;
use crate::usage;

/// The first argument of the process with the returning listeners.
pub const MODE: &str = "wave";

/// Joins per second before the wave.
const RATE: u32 = 500;

/// The rate of joins at once: as fast as the process can connect.
const AT_ONCE: u32 = u32::MAX;

/// The goal for those who listen, in seconds.
const SILENCE_MAX: f64 = 1.5;

/// The delivery interval of coldwave: without a wave, the longest gap is about as long.
const DELIVERY_INTERVAL: f64 = 1.0;

/// How long the listeners of the wave listen before they leave.
const LISTENING: Duration = Duration::from_secs(3);

/// The time in which all have returned.
const RETURN_MAX: Duration = Duration::from_secs(60);

/// One of so many listeners is checked to its end.
const EVERY: usize = 20;

/// Measures. Returns whether nothing went wrong.
pub fn run(context: &Context<'_>) -> Result<bool, Failure> {
    let (mut is_sound, mut gaps) = (true, [Vec::new(), Vec::new()]);
    for round in 1..=context.options.rounds {
        for (has_tickets, gaps) in [false, true].into_iter().zip(&mut gaps) {
            let gap = wave(context, round, has_tickets, &mut is_sound)?;
            gaps.push(gap);
        }
    }
    for (name, gaps) in ["without tickets", "with tickets"].into_iter().zip(gaps) {
        figures(&format!("longest gap {name}"), "s", &gaps);
        let worst = gaps.into_iter().fold(0.0, f64::max);
        goal(&format!("silence {name}, worst round"), worst - DELIVERY_INTERVAL, SILENCE_MAX, "s");
    }
    Ok(is_sound)
}

/// Returns the longest time in seconds without data of a listener that stayed.
fn wave(context: &Context<'_>, round: usize, has_tickets: bool, is_sound: &mut bool) -> Result<f64, Failure> {
    let server = context.start()?;
    let (client, pid) = (context.client()?, server.process.pid());
    let mut pool = ListenerPool::new(server.process.address)?;
    pool.join(2 * context.options.steady, RATE, FIRST_BYTES_MAX, |number| {
        let is_checked = (number / 2).is_multiple_of(EVERY);
        let level = if is_checked { CheckLevel::Everything } else { CheckLevel::Beginning };
        request(level, (number % 2 == 1).then_some(&client))
    })?;
    let waited = usage::waiting(pid)?;
    let mut process =
        start(context, &server.folder().join("ecdsa.crt"), server.process.address, has_tickets)?;
    let limit = Instant::now() + Duration::from_secs(30) + RETURN_MAX * 2;
    while process.try_wait()?.is_none() && Instant::now() < limit {
        pool.listen_until(Instant::now() + Duration::from_millis(50))?;
    }
    // It may have exited.
    let _ = process.kill();
    let output = process.wait_with_output()?;
    let (now, listeners) = (Instant::now(), pool.listeners());
    let gap = TimePercentiles::from_listeners(listeners, |listener| listener.gap(now));
    let name = if has_tickets { "with tickets" } else { "without tickets" };
    println!(
        "wave {round} {name}: {}; longest gap of those who listen {:.0} ms (median {:.0}), measured to {:.0} ms; \
         the server waited {:.0} ms for its core",
        String::from_utf8_lossy(&output.stdout).trim(),
        millis(gap.max),
        millis(gap.p50),
        millis(pool.longest_busy()),
        millis(usage::waiting(pid)? - waited),
    );
    let mut wrong = numbered(listeners, Listener::loss);
    wrong.extend(numbered(listeners, |listener| listener.error().map(str::to_owned)));
    *is_sound &= errors("wave", &wrong) & output.status.success() & server.stop()?;
    Ok(gap.max.as_secs_f64())
}

fn start(
    context: &Context<'_>,
    certificate: &Path,
    server: SocketAddr,
    has_tickets: bool,
) -> Result<Child, Failure> {
    let mut command = launch::child_command(MODE)?;
    command.arg(certificate).arg(server.to_string()).arg(context.options.wave.to_string());
    command.arg(if has_tickets { "tickets" } else { "full" });
    Ok(command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?)
}

/// Lets listeners join, leave and return at once: `<certificate> <address> <number> tickets|full`.
pub fn run_listeners(arguments: &[String]) -> Result<bool, Failure> {
    let [certificate, server, count, tickets] = arguments else {
        return Err("wave: expected <certificate> <address> <number> tickets|full".into());
    };
    let (server, count): (SocketAddr, usize) = (server.parse()?, count.parse()?);
    let trusted = CertificateDer::from_pem_slice(&fs::read(certificate)?)?;
    let mut client = TlsClient::new(&[trusted], rustls::DEFAULT_VERSIONS)?;
    if tickets == "tickets" {
        client = client.with_resumption(Resumption::store(Arc::new(AllTickets::default())));
    }
    let mut pool = ListenerPool::new(server)?;
    let listener = |_| request(CheckLevel::Beginning, Some(&client));
    pool.join(count, RATE, FIRST_BYTES_MAX, listener)?;
    pool.listen_until(Instant::now() + LISTENING)?;
    pool.leave();
    let left = Instant::now();
    pool.join(count, AT_ONCE, RETURN_MAX, listener)?;
    let returned = left.elapsed();
    let first = TimePercentiles::from_listeners(pool.listeners(), Listener::first);
    pool.listen_until(Instant::now() + LISTENING)?;
    let mut wrong = numbered(pool.listeners(), Listener::loss);
    wrong.extend(numbered(pool.listeners(), |listener| listener.error().map(str::to_owned)));
    println!(
        "{count} back after {:.0} ms, first byte p50 {:.0} p99 {:.0} ms, {} lost or wrong",
        millis(returned),
        millis(first.p50),
        millis(first.p99),
        wrong.len()
    );
    Ok(wrong.is_empty())
}
