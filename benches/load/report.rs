//! The printed report: a table of trials, medians, goals and errors.

use std::fmt::{self, Display, Write};
use std::time::Duration;

use jiff::Zoned;

use crate::kind::TrialKind;
use crate::launch::Cores;
use crate::options::Options;
use crate::record::{Percentiles, Record};
use crate::sample::TimePercentiles;
use crate::trial::{CheckResults, Figures};

/// The most lines of a list of errors.
const LINES_MAX: usize = 10;

/// The goals of coldwave. Figures depend on the machine, so a missed goal is printed, but does not fail the
/// run.
///
/// The first byte of 99 % of the listeners.
const FIRST_BYTE_MAX: Duration = Duration::from_millis(100);
/// The longest gap beyond the delivery interval.
const GAP_MAX: Duration = Duration::from_millis(500);
/// Memory in KiB, and in bytes per listener.
const MEMORY_MAX: u64 = 8 * 1024;
const MEMORY_PER_LISTENER: usize = 600;
/// CPU time divided by the bare writer's.
const RATIO_MAX: f64 = 1.25;

/// The lines above the table.
pub struct Heading<'a> {
    pub options: &'a Options,
    pub cores: &'a Cores,
}

impl Display for Heading<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Options { listeners, rate, rounds, every, interval_ms, kbps, .. } = self.options;
        let window = self.options.window().as_secs_f64();
        let checked = if *every == 1 { "all".into() } else { format!("one in {every}") };
        writeln!(f, "{listeners} listeners, {rate} joins per second, {checked} fully checked")?;
        writeln!(f, "rounds of {window:.0} s: {rounds}; {kbps} kbit/s; delivery interval {interval_ms} ms")?;
        writeln!(f, "{}", self.cores)?;
        writeln!(f)?;
        write!(f, "{COLUMNS}")
    }
}

/// The names of the columns in two lines; the first line is for groups of columns.
const COLUMNS: &str = concat!(
    "            CPU, µs per       first byte, ms             gap, ms      memory, KiB  received/due, %       other client\n",
    "round       list·s  list.    p50    p99    max    p50    p99    max    end   peak    all    min    max load, %     ms",
);

/// A trial in the table.
pub struct TrialResult {
    pub round: u64,
    pub kind: TrialKind,
    pub figures: Figures,
}

impl Display for TrialResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Figures { cpu, cpu_to_join, first, gap, memory, received, other_load, longest_busy, .. } =
            &self.figures;
        let [all, min, max] = received.map(|ratio| ratio * 100.0);
        let (cpu, cpu_to_join) = (micros(cpu.total), micros(*cpu_to_join));
        write!(f, "{:9} {} {cpu:6.2} {cpu_to_join:6.0}", self.kind, self.round)?;
        match self.kind {
            // The bare writer answers no requests: its first byte comes with the next delivery.
            TrialKind::Bare | TrialKind::BareMany => write!(f, " {:>6} {:>6} {:>6}", "-", "-", "-")?,
            _ => write!(f, " {}", PercentileColumns(first, 1))?,
        }
        write!(f, " {} {:6} {:6}", PercentileColumns(gap, 0), memory.now, memory.peak)?;
        write!(f, " {all:6.2} {min:6.2} {max:6.2}")?;
        match other_load {
            Some(load) => write!(f, " {:7.1}", load * 100.0)?,
            None => write!(f, " {:>7}", "?")?,
        }
        write!(f, " {:6.1}", millis(*longest_busy))
    }
}

/// Percentiles in milliseconds, with this number of decimals.
struct PercentileColumns<'a>(&'a TimePercentiles, usize);

impl Display for PercentileColumns<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(TimePercentiles { p50, p99, max, .. }, decimals) = self;
        let [p50, p99, max] = [p50, p99, max].map(|time| millis(*time));
        write!(f, "{p50:6.decimals$} {p99:6.decimals$} {max:6.decimals$}")
    }
}

impl TrialResult {
    /// Returns the figures as a record.
    pub fn to_record(&self, options: &Options, machine: &str, program: String) -> Record {
        let figures = &self.figures;
        let (cpu, checks) = (figures.cpu, &figures.checks);
        let [heard_all, heard_least, heard_most] = figures.received.map(|ratio| ratio * 100.0);
        Record {
            scenario: options.scenario.clone(),
            command: Options::command(),
            date: Zoned::now().date().to_string(),
            machine: machine.into(),
            program,
            kind: self.kind.name().into(),
            round: self.round,
            listeners: options.listeners,
            stations: options.stations(self.kind),
            rate: options.rate,
            window_s: options.window().as_secs_f64(),
            interval_ms: options.interval_ms,
            kbps: options.kbps,
            cpu_user_us: micros(cpu.user),
            cpu_system_us: micros(cpu.system()),
            cpu_join_us: micros(figures.cpu_to_join),
            memory_base_kib: figures.memory_base.now,
            memory_kib: figures.memory.now,
            memory_peak_kib: figures.memory.peak,
            kernel_kib: figures.kernel,
            first_ms: percentiles(&figures.first),
            full_ms: percentiles(&figures.full),
            silence_ms: percentiles(&figures.gap),
            heard_all,
            heard_least,
            heard_most,
            others: figures.other_load.map(|load| load * 100.0),
            client_ms: millis(figures.longest_busy),
            checked_whole: checks.fully_checked,
            checked_frames: checks.counts.frames,
            checked_blocks: checks.counts.blocks,
            lost: checks.losses.len(),
            wrong: checks.errors.len(),
            returns_ms: figures.returns.iter().map(|time| millis(*time)).collect(),
            course: figures
                .course
                .iter()
                .map(|(at, memory, received)| (at.as_secs_f64(), *memory, received * 100.0))
                .collect(),
        }
    }
}

fn percentiles(times: &TimePercentiles) -> Percentiles {
    let [p50, p99, max] = [times.p50, times.p99, times.max].map(millis);
    Percentiles { p50, p99, max }
}

/// Returns the lines below the table.
pub fn summary(results: &[TrialResult], kinds: &[TrialKind], options: &Options) -> String {
    let mut out = String::new();
    // Writing into a String cannot fail.
    let _ = write_costs(&mut out, results, kinds);
    let _ = write_goals(&mut out, results, options);
    for result in results {
        let _ = write_details(&mut out, result);
    }
    out
}

fn cpu_times(results: &[TrialResult], kind: TrialKind, part: fn(&Figures) -> Duration) -> Vec<f64> {
    results.iter().filter(|result| result.kind == kind).map(|result| micros(part(&result.figures))).collect()
}

fn write_costs(out: &mut String, results: &[TrialResult], kinds: &[TrialKind]) -> fmt::Result {
    writeln!(out)?;
    for &kind in kinds {
        let total = median(cpu_times(results, kind, |figures| figures.cpu.total));
        let user = median(cpu_times(results, kind, |figures| figures.cpu.user));
        writeln!(
            out,
            "{kind}: {total:.2} µs of one core per listener and second, {user:.2} of them user time (medians)"
        )?;
    }
    let Some((&last, others)) = kinds.split_last() else { return Ok(()) };
    for &kind in others {
        let (ratio, ratios) = (median_ratio(results, kind, last), ratios(results, kind, last));
        let min = ratios.iter().copied().fold(f64::INFINITY, f64::min);
        let max = ratios.iter().copied().fold(0.0, f64::max);
        writeln!(
            out,
            "{kind} / {last}: {ratio:.3} (median of {} pairs, {min:.2} to {max:.2}); {:+.2} µs",
            ratios.len(),
            median(differences(results, kind, last))
        )?;
    }
    Ok(())
}

fn write_goals(out: &mut String, results: &[TrialResult], options: &Options) -> fmt::Result {
    let coldwave: Vec<&Figures> =
        results.iter().filter(|result| result.kind.is_coldwave()).map(|result| &result.figures).collect();
    if coldwave.is_empty() {
        return Ok(());
    }
    let worst =
        |figure: fn(&Figures) -> Duration| coldwave.iter().map(|all| figure(all)).max().unwrap_or_default();
    let first = worst(|figures| figures.first.p99);
    let gap = worst(|figures| figures.gap.max);
    let memory = coldwave.iter().map(|figures| figures.memory.peak).max().unwrap_or_default();
    writeln!(out)?;
    let first_max = millis(FIRST_BYTE_MAX);
    write_goal(out, "first byte, 99 % of listeners", millis(first), first_max, "ms")?;
    write_goal(out, "longest gap", millis(gap), millis(options.interval() + GAP_MAX), "ms")?;
    if results.iter().all(|result| options.stations(result.kind) == 1) {
        let memory_max = MEMORY_MAX + (options.listeners * MEMORY_PER_LISTENER / 1024) as u64;
        write_goal(out, "peak memory", memory as f64, memory_max as f64, "KiB")?;
    }
    if !ratios(results, TrialKind::Titles, TrialKind::Bare).is_empty() {
        let ratio = median_ratio(results, TrialKind::Titles, TrialKind::Bare);
        write_goal(out, "CPU, with titles / bare writer", ratio, RATIO_MAX, "")?;
    }
    Ok(())
}

fn write_goal(out: &mut String, name: &str, figure: f64, max: f64, unit: &str) -> fmt::Result {
    let verdict = if figure <= max { "met   " } else { "MISSED" };
    writeln!(out, "{verdict} {name}: {figure:.2} {unit} (at most {max} {unit})")
}

fn write_details(out: &mut String, result: &TrialResult) -> fmt::Result {
    let Figures { checks, shutdown, warnings, first, gap, .. } = &result.figures;
    let CheckResults { fully_checked, counts, losses, errors } = checks;
    writeln!(out)?;
    writeln!(out, "{} {}:", result.kind, result.round)?;
    if result.kind.is_coldwave() {
        writeln!(
            out,
            "  {fully_checked} listeners fully checked, the others up to their first title: {} frames, {} blocks, {} \
             titles",
            counts.frames, counts.blocks, counts.titles
        )?;
        writeln!(out, "  latest first byte: {:.1} ms, listener {}", millis(first.max), first.max_listener)?;
        writeln!(out, "  longest gap: {:.1} ms, listener {}", millis(gap.max), gap.max_listener)?;
        let (before, after) = (result.figures.memory_before.now, result.figures.memory.now);
        writeln!(out, "  memory: {before} KiB before the measured seconds, {after} KiB after them")?;
        let base = result.figures.memory_base.now;
        let per_listener = (result.figures.memory.now.saturating_sub(base) * 1024) as f64
            / result.figures.first.count as f64;
        writeln!(out, "  memory: {base} KiB without listeners, {per_listener:.0} bytes per listener")?;
        writeln!(out, "  kernel, all TCP sockets of this machine: {} KiB", result.figures.kernel)?;
        for (number, time) in result.figures.returns.iter().enumerate() {
            writeln!(out, "  return {}: all had rejoined after {:.0} ms", number + 1, millis(*time))?;
        }
        if let Some(scrape) = &result.figures.scrape {
            writeln!(out, "  status pages: {scrape}")?;
        }
        for requests in result.figures.admin_page.iter().flat_map(|page| &page.requests) {
            writeln!(out, "  admin page, {requests}")?;
        }
        let killed = if shutdown.was_killed() { ", killed" } else { "" };
        writeln!(
            out,
            "  exited {:.0} ms after SIGTERM: {}{killed}",
            millis(shutdown.duration),
            shutdown.status
        )?;
        write_list(out, "errors in received data", errors)?;
        write_list(out, "warnings in the log", warnings)?;
    }
    write_list(out, "lost listeners", losses)
}

fn write_list(out: &mut String, name: &str, lines: &[String]) -> fmt::Result {
    writeln!(out, "  {name}: {}", lines.len())?;
    for line in lines.iter().take(LINES_MAX) {
        writeln!(out, "    {line}")?;
    }
    Ok(())
}

/// Returns the differences of CPU time in all pairs of two kinds.
fn differences(results: &[TrialResult], kind: TrialKind, other: TrialKind) -> Vec<f64> {
    let total = |figures: &Figures| figures.cpu.total;
    let pairs = cpu_times(results, kind, total).into_iter().zip(cpu_times(results, other, total));
    pairs.map(|(one, other)| one - other).collect()
}

/// Returns the ratios of CPU time in all pairs of two kinds.
fn ratios(results: &[TrialResult], kind: TrialKind, other: TrialKind) -> Vec<f64> {
    let total = |figures: &Figures| figures.cpu.total;
    let pairs = cpu_times(results, kind, total).into_iter().zip(cpu_times(results, other, total));
    pairs.map(|(one, other)| one / other).collect()
}

/// Returns the median of the ratios. A disturbance of the machine that lasts for minutes affects both trials
/// of a pair.
fn median_ratio(results: &[TrialResult], kind: TrialKind, other: TrialKind) -> f64 {
    median(ratios(results, kind, other))
}

fn median(mut all: Vec<f64>) -> f64 {
    all.sort_unstable_by(f64::total_cmp);
    let middle = all.len() / 2;
    match all.len() {
        0 => f64::NAN,
        odd if odd % 2 == 1 => all[middle],
        _ => f64::midpoint(all[middle - 1], all[middle]),
    }
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}
