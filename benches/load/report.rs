//! What is printed: a table of rounds, medians, and what was wrong.

use std::fmt::{self, Display, Write};
use std::time::Duration;

use jiff::Zoned;

use crate::kind::Kind;
use crate::launch::Cores;
use crate::options::Options;
use crate::reading::Spread;
use crate::record::{Percentiles, Record};
use crate::trial::{Checks, Figures};

/// Mistakes of one kind that are printed.
const SHOWN: usize = 10;

/// What coldwave is held to. A figure depends on the machine, so one that is missed is said, but fails nothing.
const FIRST_MAX: Duration = Duration::from_millis(100);
/// Beyond the interval.
const SILENCE_MAX: Duration = Duration::from_millis(500);
/// In KiB, and in bytes for each listener.
const MEMORY_MAX: u64 = 8 * 1024;
const MEMORY_EACH: usize = 600;
const RATIO_MAX: f64 = 1.25;

/// What is measured, in the lines above the table.
pub struct Settings<'a> {
    pub options: &'a Options,
    pub cores: &'a Cores,
}

impl Display for Settings<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Options { listeners, rate, rounds, every, interval_ms, kbps, .. } = self.options;
        let window = self.options.window().as_secs_f64();
        let of_which = if *every == 1 { "all".into() } else { format!("one in {every}") };
        writeln!(f, "{listeners} listeners, {rate} joining a second, {of_which} checked to the last byte")?;
        writeln!(
            f,
            "rounds of {window:.0} s: {rounds}; {kbps} kbit/s; everyone is written to every {interval_ms} ms"
        )?;
        writeln!(f, "{}", self.cores)?;
        writeln!(f)?;
        write!(f, "{COLUMNS}")
    }
}

/// Two lines, the first for groups of columns.
const COLUMNS: &str = concat!(
    "            CPU, µs per       first byte, ms         silence, ms      memory, KiB     heard/due, %     others client\n",
    "round       list·s  list.    p50    p99    max    p50    p99    max    end   peak    all  least   most      %     ms",
);

/// One trial in the table.
pub struct Round {
    pub number: u64,
    pub kind: Kind,
    pub figures: Figures,
}

impl Display for Round {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Figures { cpu, cpu_to_join, first, silence, memory, supply, others, longest_turn, .. } =
            &self.figures;
        let [all, least, most] = supply.map(|part| part * 100.0);
        let (cpu, cpu_to_join) = (micros(cpu.total), micros(*cpu_to_join));
        write!(f, "{:9} {} {cpu:6.2} {cpu_to_join:6.0}", self.kind, self.number)?;
        match self.kind {
            // It answers nobody: its first byte comes when it is due.
            Kind::Bare | Kind::BareMany => write!(f, " {:>6} {:>6} {:>6}", "-", "-", "-")?,
            _ => write!(f, " {}", Times(first, 1))?,
        }
        write!(f, " {} {:6} {:6}", Times(silence, 0), memory.now, memory.peak)?;
        write!(f, " {all:6.2} {least:6.2} {most:6.2}")?;
        match others {
            Some(others) => write!(f, " {:6.1}", others * 100.0)?,
            None => write!(f, " {:>6}", "?")?,
        }
        write!(f, " {:6.1}", millis(*longest_turn))
    }
}

/// A spread in milliseconds, with so many decimals.
struct Times<'a>(&'a Spread, usize);

impl Display for Times<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(Spread { p50, p99, max, .. }, decimals) = self;
        let [p50, p99, max] = [p50, p99, max].map(|time| millis(*time));
        write!(f, "{p50:6.decimals$} {p99:6.decimals$} {max:6.decimals$}")
    }
}

impl Round {
    /// The same for a table of many runs.
    pub fn record(&self, options: &Options, machine: &str, program: String) -> Record {
        let figures = &self.figures;
        let (cpu, checks) = (figures.cpu, &figures.checks);
        let [heard_all, heard_least, heard_most] = figures.supply.map(|part| part * 100.0);
        Record {
            scenario: options.scenario.clone(),
            command: Options::command(),
            date: Zoned::now().date().to_string(),
            machine: machine.into(),
            program,
            kind: self.kind.name().into(),
            round: self.number,
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
            silence_ms: percentiles(&figures.silence),
            heard_all,
            heard_least,
            heard_most,
            others: figures.others.map(|others| others * 100.0),
            client_ms: millis(figures.longest_turn),
            checked_whole: checks.whole,
            checked_frames: checks.heard.frames,
            checked_blocks: checks.heard.blocks,
            lost: checks.losses.len(),
            wrong: checks.faults.len(),
            returns_ms: figures.returns.iter().map(|took| millis(*took)).collect(),
            course: figures
                .course
                .iter()
                .map(|(at, memory, heard)| (at.as_secs_f64(), *memory, heard * 100.0))
                .collect(),
        }
    }
}

fn percentiles(spread: &Spread) -> Percentiles {
    let [p50, p99, max] = [spread.p50, spread.p99, spread.max].map(millis);
    Percentiles { p50, p99, max }
}

/// What stands below the table.
pub fn summary(rounds: &[Round], kinds: &[Kind], options: &Options) -> String {
    let mut out = String::new();
    // Writing into a String cannot fail.
    let _ = costs(&mut out, rounds, kinds);
    let _ = goals(&mut out, rounds, options);
    for round in rounds {
        let _ = mistakes(&mut out, round);
    }
    out
}

fn cpus(rounds: &[Round], kind: Kind, part: fn(&Figures) -> Duration) -> Vec<f64> {
    rounds.iter().filter(|round| round.kind == kind).map(|round| micros(part(&round.figures))).collect()
}

fn costs(out: &mut String, rounds: &[Round], kinds: &[Kind]) -> fmt::Result {
    writeln!(out)?;
    for &kind in kinds {
        let all = median(cpus(rounds, kind, |figures| figures.cpu.total));
        let user = median(cpus(rounds, kind, |figures| figures.cpu.user));
        writeln!(
            out,
            "{kind}: {all:.2} µs of one core per listener and second, {user:.2} of them user time (medians)"
        )?;
    }
    let Some((&last, others)) = kinds.split_last() else { return Ok(()) };
    for &kind in others {
        let (all, ratios) = (ratio(rounds, kind, last), ratios(rounds, kind, last));
        let least = ratios.iter().copied().fold(f64::INFINITY, f64::min);
        let most = ratios.iter().copied().fold(0.0, f64::max);
        writeln!(
            out,
            "{kind} / {last}: {all:.3} (median of {} pairs, {least:.2} to {most:.2})",
            ratios.len()
        )?;
    }
    Ok(())
}

fn goals(out: &mut String, rounds: &[Round], options: &Options) -> fmt::Result {
    let coldwave: Vec<&Figures> =
        rounds.iter().filter(|round| round.kind.is_coldwave()).map(|round| &round.figures).collect();
    if coldwave.is_empty() {
        return Ok(());
    }
    let worst =
        |figure: fn(&Figures) -> Duration| coldwave.iter().map(|all| figure(all)).max().unwrap_or_default();
    let first = worst(|figures| figures.first.p99);
    let silence = worst(|figures| figures.silence.max);
    let memory = coldwave.iter().map(|figures| figures.memory.peak).max().unwrap_or_default();
    writeln!(out)?;
    goal(out, first <= FIRST_MAX, "first byte, 99 % of listeners", millis(first), millis(FIRST_MAX), "ms")?;
    let silence_max = options.interval() + SILENCE_MAX;
    goal(out, silence <= silence_max, "longest silence", millis(silence), millis(silence_max), "ms")?;
    if rounds.iter().all(|round| options.stations(round.kind) == 1) {
        let memory_max = MEMORY_MAX + (options.listeners * MEMORY_EACH / 1024) as u64;
        goal(out, memory <= memory_max, "peak memory", memory as f64, memory_max as f64, "KiB")?;
    }
    if !ratios(rounds, Kind::Titles, Kind::Bare).is_empty() {
        let ratio = ratio(rounds, Kind::Titles, Kind::Bare);
        goal(out, ratio <= RATIO_MAX, "CPU, times the bare writer's", ratio, RATIO_MAX, "")?;
    }
    Ok(())
}

fn goal(out: &mut String, kept: bool, what: &str, figure: f64, max: f64, unit: &str) -> fmt::Result {
    let verdict = if kept { "kept  " } else { "MISSED" };
    writeln!(out, "{verdict} {what}: {figure:.2} {unit} (at most {max} {unit})")
}

fn mistakes(out: &mut String, round: &Round) -> fmt::Result {
    let Figures { checks, stop, warnings, first, silence, .. } = &round.figures;
    let Checks { whole, heard, losses, faults } = checks;
    writeln!(out)?;
    writeln!(out, "{} {}:", round.kind, round.number)?;
    if round.kind.is_coldwave() {
        writeln!(
            out,
            "  {whole} listeners checked whole, the others up to their first title: {} frames, {} blocks, {} titles",
            heard.frames, heard.blocks, heard.titles
        )?;
        writeln!(out, "  latest first byte: {:.1} ms, listener {}", millis(first.max), first.whose)?;
        writeln!(out, "  longest silence: {:.1} ms, listener {}", millis(silence.max), silence.whose)?;
        let (before, after) = (round.figures.memory_before.now, round.figures.memory.now);
        writeln!(out, "  memory: {before} KiB before the measured seconds, {after} KiB after them")?;
        let base = round.figures.memory_base.now;
        let each =
            (round.figures.memory.now.saturating_sub(base) * 1024) as f64 / round.figures.first.count as f64;
        writeln!(out, "  memory: {base} KiB without listeners, {each:.0} bytes more for each")?;
        writeln!(out, "  kernel, all TCP sockets of this machine: {} KiB", round.figures.kernel)?;
        for (number, took) in round.figures.returns.iter().enumerate() {
            writeln!(out, "  return {}: all hear again after {:.0} ms", number + 1, millis(*took))?;
        }
        if let Some(scraped) = &round.figures.scraped {
            writeln!(out, "  status pages: {scraped}")?;
        }
        let forced = if stop.by_force() { ", by force" } else { "" };
        writeln!(out, "  ended {:.0} ms after SIGTERM: {}{forced}", millis(stop.took), stop.status)?;
        list(out, "wrong in what was heard", faults)?;
        list(out, "warnings logged", warnings)?;
    }
    list(out, "listeners lost", losses)
}

fn list(out: &mut String, what: &str, lines: &[String]) -> fmt::Result {
    writeln!(out, "  {what}: {}", lines.len())?;
    for line in lines.iter().take(SHOWN) {
        writeln!(out, "    {line}")?;
    }
    Ok(())
}

/// How much more one kind costs than another, of every pair of turns that came one after the other.
fn ratios(rounds: &[Round], kind: Kind, other: Kind) -> Vec<f64> {
    let total = |figures: &Figures| figures.cpu.total;
    let pairs = cpus(rounds, kind, total).into_iter().zip(cpus(rounds, other, total));
    pairs.map(|(one, other)| one / other).collect()
}

/// The median of the pairs: what disturbs the machine for minutes disturbs both of a pair.
fn ratio(rounds: &[Round], kind: Kind, other: Kind) -> f64 {
    median(ratios(rounds, kind, other))
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
