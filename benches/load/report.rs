//! What is printed: a table of rounds, medians, and what was wrong.

use std::fmt::{self, Display, Write};
use std::time::Duration;

use crate::launch::Cores;
use crate::options::Options;
use crate::reading::Spread;
use crate::trial::{Checks, Figures, Kind};

/// Mistakes of one kind that are printed.
const SHOWN: usize = 10;

/// What coldwave is held to. A figure depends on the machine, so one that is missed is said, but fails nothing.
const FIRST_MAX: Duration = Duration::from_millis(50);
const SILENCE_MAX: Duration = Duration::from_millis(1300);
const MEMORY_MAX: u64 = 16 * 1024;
const RATIO_MAX: f64 = 1.5;

/// What is measured, in the lines above the table.
pub struct Settings<'a> {
    pub options: &'a Options,
    pub cores: &'a Cores,
}

impl Display for Settings<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Options { listeners, rate, rounds, every, interval_ms, .. } = self.options;
        let window = self.options.window().as_secs_f64();
        let of_which = if *every == 1 { "all".into() } else { format!("one in {every}") };
        writeln!(f, "{listeners} listeners, {rate} joining a second, {of_which} checked to the last byte")?;
        writeln!(f, "rounds of {window:.0} s: {rounds}; the bare writer sends every {interval_ms} ms")?;
        writeln!(f, "{}", self.cores)?;
        writeln!(f)?;
        write!(f, "{COLUMNS}")
    }
}

/// Two lines, the first for groups of columns.
const COLUMNS: &str = concat!(
    "           CPU, µs per       first byte, ms         silence, ms      memory, KiB     heard/due, %     others client\n",
    "round      list·s  list.    p50    p99    max    p50    p99    max    end   peak    all  least   most      %     ms",
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
        write!(f, "{:8} {} {:6.2} {:6.0}", self.kind, self.number, micros(*cpu), micros(*cpu_to_join))?;
        match self.kind {
            Kind::Coldwave => write!(f, " {}", Times(first, 1))?,
            // It answers nobody: its first byte comes when it is due.
            Kind::Bare => write!(f, " {:>6} {:>6} {:>6}", "-", "-", "-")?,
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

impl Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Coldwave => "coldwave",
            Self::Bare => "bare",
        })
    }
}

/// What stands below the table.
pub fn summary(rounds: &[Round]) -> String {
    let mut out = String::new();
    let coldwave = of(rounds, Kind::Coldwave);
    let bare = of(rounds, Kind::Bare);
    // Writing into a String cannot fail.
    let _ = costs(&mut out, &coldwave, &bare);
    let _ = goals(&mut out, &coldwave, &bare);
    for round in rounds {
        let _ = mistakes(&mut out, round);
    }
    out
}

fn of(rounds: &[Round], kind: Kind) -> Vec<&Figures> {
    rounds.iter().filter(|round| round.kind == kind).map(|round| &round.figures).collect()
}

fn costs(out: &mut String, coldwave: &[&Figures], bare: &[&Figures]) -> fmt::Result {
    writeln!(out)?;
    for (kind, figures) in [(Kind::Coldwave, coldwave), (Kind::Bare, bare)] {
        if let Some(cpu) = median_cpu(figures) {
            writeln!(out, "{kind}: {cpu:.2} µs of one core per listener and second (median)")?;
        }
    }
    if let Some(ratio) = ratio(coldwave, bare) {
        writeln!(out, "coldwave / bare: {ratio:.2}")?;
    }
    Ok(())
}

fn goals(out: &mut String, coldwave: &[&Figures], bare: &[&Figures]) -> fmt::Result {
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
    goal(out, silence <= SILENCE_MAX, "longest silence", millis(silence), millis(SILENCE_MAX), "ms")?;
    goal(out, memory <= MEMORY_MAX, "peak memory", memory as f64, MEMORY_MAX as f64, "KiB")?;
    if let Some(ratio) = ratio(coldwave, bare) {
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
    if round.kind == Kind::Coldwave {
        writeln!(
            out,
            "  {whole} listeners checked whole, the others up to their first title: {} frames, {} blocks, {} titles",
            heard.frames, heard.blocks, heard.titles
        )?;
        writeln!(out, "  latest first byte: {:.1} ms, listener {}", millis(first.max), first.whose)?;
        writeln!(out, "  longest silence: {:.1} ms, listener {}", millis(silence.max), silence.whose)?;
        let (before, after) = (round.figures.memory_before.now, round.figures.memory.now);
        writeln!(out, "  memory: {before} KiB before the measured seconds, {after} KiB after them")?;
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

fn ratio(coldwave: &[&Figures], bare: &[&Figures]) -> Option<f64> {
    Some(median_cpu(coldwave)? / median_cpu(bare)?)
}

/// In microseconds.
fn median_cpu(figures: &[&Figures]) -> Option<f64> {
    let mut all: Vec<f64> = figures.iter().map(|figures| micros(figures.cpu)).collect();
    all.sort_unstable_by(f64::total_cmp);
    let middle = all.len() / 2;
    match all.len() {
        0 => None,
        odd if odd % 2 == 1 => Some(all[middle]),
        _ => Some(f64::midpoint(all[middle - 1], all[middle])),
    }
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}
