//! The first byte of listeners that join.

use std::time::Instant;

use crate::failure::Failure;
use crate::listener::{CheckLevel, Listener};
use crate::listener_pool::{FIRST_BYTES_MAX, ListenerPool};
use crate::report::{errors, goal, median, millis};
use crate::sample::{TimePercentiles, numbered};
use crate::server::{Context, request};
use crate::tls::TlsClient;
use crate::usage;

/// Joins per second.
const RATE: u32 = 500;

/// The goal for 99 % of the listeners, in milliseconds.
const FIRST_BYTE_MAX: f64 = 15.0;

/// One of so many listeners is checked to its end.
const EVERY: usize = 50;

/// Measures. Returns whether nothing went wrong.
pub fn run(context: &Context<'_>) -> Result<bool, Failure> {
    let client = context.client()?;
    let (mut late, mut is_sound) = (Vec::new(), true);
    println!("first byte at {RATE} joins per second, {} listeners", context.options.listeners);
    println!("                p50 ms   p99 ms   max ms  server waited for its core  CPU of a join");
    for round in 1..=context.options.rounds {
        for (name, client) in [("plain", None), ("tls", Some(&client))] {
            let (first, is_sound_now) = join(context, &format!("{name} {round}"), client)?;
            is_sound &= is_sound_now;
            if client.is_some() {
                late.push(millis(first.p99));
            }
        }
    }
    goal("first byte with TLS, 99 %, median of the rounds", median(&late), FIRST_BYTE_MAX, "ms");
    Ok(is_sound)
}

fn join(
    context: &Context<'_>,
    name: &str,
    client: Option<&TlsClient>,
) -> Result<(TimePercentiles, bool), Failure> {
    let server = context.start()?;
    let (pid, count) = (server.process.pid(), context.options.listeners);
    let mut pool = ListenerPool::new(server.process.address)?;
    let (waited, used, start) = (usage::waiting(pid)?, usage::cpu_time(pid)?, Instant::now());
    pool.join(count, RATE, FIRST_BYTES_MAX, |number| {
        let is_checked = number.is_multiple_of(EVERY);
        request(if is_checked { CheckLevel::Everything } else { CheckLevel::Beginning }, client)
    })?;
    let waited = (usage::waiting(pid)? - waited).div_duration_f64(start.elapsed()) * 100.0;
    let used = (usage::cpu_time(pid)? - used).total.as_secs_f64() * 1e6 / count as f64;
    let first = TimePercentiles::from_listeners(pool.listeners(), Listener::first);
    let [p50, p99, max] = [first.p50, first.p99, first.max].map(millis);
    println!("{name:12} {p50:9.2} {p99:8.2} {max:8.2} {waited:25.1} % {used:10.0} µs");
    let mut wrong = numbered(pool.listeners(), Listener::loss);
    wrong.extend(numbered(pool.listeners(), |listener| listener.error().map(str::to_owned)));
    Ok((first, errors(name, &wrong) & server.stop()?))
}
