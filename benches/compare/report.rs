//! The printed report and benches/COMPARISON.md: all trials, medians, ratios and the noise.

use std::fmt::{self, Display, Write};
use std::time::Duration;

use jiff::Zoned;

use crate::kind::ServerKind;
use crate::launch::Cores;
use crate::options::Options;
use crate::sample::TimePercentiles;
use crate::trial::{Figures, JoinCounts};

/// The most lines of a list of warnings.
const LINES_MAX: usize = 5;

/// The goal of coldwave: CPU time divided by icecast2's.
const RATIO_MAX: f64 = 0.25;

/// A server whose listeners receive less than this part of the bit rate had too little CPU time, or its
/// encoder had. Its figures are too low, because data that was not sent costs nothing.
const RECEIVED_MIN: f64 = 0.98;

/// Returns the lines above the trials.
pub fn heading(options: &Options, cores: &Cores) -> String {
    let Options { listeners, rate, every, rounds, seconds, .. } = options;
    format!(
        "{listeners} listeners, {rate} joins per second, one in {every} fully checked\n\
         rounds: {rounds}, {seconds} s measured in each trial, at most {} minutes in all\n\
         {cores}\n\n{COLUMNS}",
        options.duration_max().as_secs().div_ceil(60)
    )
}

/// The names of the columns in two lines; the first line is for groups of columns.
const COLUMNS: &str = concat!(
    "          CPU, µs  memory, KiB      first byte, ms             gap, ms       garbage at join trunc-  title  received/due, %       other client\n",
    "trial    /list.·s    end   peak    p50    p99    max    p50    p99    max    mean    max   in, %  ated     ms     all    min    max load, %     ms",
);

/// The trial of a server in the table.
pub struct TrialResult {
    pub round: u64,
    pub kind: ServerKind,
    pub figures: Figures,
}

impl Display for TrialResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Figures { cpu, memory, first, gap, received, joins, .. } = &self.figures;
        let Figures { fully_checked, other_load, longest_busy, .. } = &self.figures;
        let is_stream = self.kind != ServerKind::Bare;
        write!(f, "{:8} {} {:6.2}", self.kind, self.round, micros(*cpu))?;
        write!(f, " {:6} {:6}", memory.now, memory.peak)?;
        let first = PercentileColumns(is_stream.then_some(first), 1);
        write!(f, " {first} {}", PercentileColumns(Some(gap), 0))?;
        if is_stream {
            write!(f, " {:7.1} {:6}", joins.garbage_mean, joins.garbage_max)?;
            write!(f, " {:7.1}", inside_a_frame_per_cent(joins))?;
            write!(f, " {:5} {:6.0}", fully_checked.counts.truncated, millis(joins.title.p50))?;
        } else {
            write!(f, " {:>7} {:>6} {:>7} {:>5} {:>6}", "-", "-", "-", "-", "-")?;
        }
        write!(f, " {:7.2} {:6.2} {:6.2}", received[0] * 100.0, received[1] * 100.0, received[2] * 100.0)?;
        match other_load {
            Some(load) => write!(f, " {:7.1}", load * 100.0)?,
            None => write!(f, " {:>7}", "?")?,
        }
        write!(f, " {:6.1}", millis(*longest_busy))
    }
}

/// Percentiles in milliseconds, with this number of decimals, or dashes.
struct PercentileColumns<'a>(Option<&'a TimePercentiles>, usize);

impl Display for PercentileColumns<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(Some(TimePercentiles { p50, p99, max, .. }), decimals) = self else {
            return write!(f, "{:>6} {:>6} {:>6}", "-", "-", "-");
        };
        let [p50, p99, max] = [p50, p99, max].map(|time| millis(*time));
        write!(f, "{p50:6.decimals$} {p99:6.decimals$} {max:6.decimals$}")
    }
}

/// The report of a run.
pub struct Report<'a> {
    pub options: &'a Options,
    pub cores: &'a Cores,
    /// The versions of icecast2 and ezstream.
    pub versions: &'a str,
    pub machine: &'a str,
    pub results: &'a [TrialResult],
}

/// A row of the table of medians.
struct Row {
    name: &'static str,
    decimals: usize,
    /// Whether the bare writer has this figure.
    has_bare: bool,
    figure: fn(&Figures) -> f64,
}

impl Row {
    const fn new(name: &'static str, decimals: usize, has_bare: bool, figure: fn(&Figures) -> f64) -> Self {
        Self { name, decimals, has_bare, figure }
    }
}

const CPU: Row = Row::new("CPU time, µs of a core per listener and second", 2, true, |all| micros(all.cpu));

const ROWS: [Row; 19] = [
    CPU,
    Row::new("memory after the window, KiB", 0, true, |all| all.memory.now as f64),
    Row::new("peak memory, KiB", 0, true, |all| all.memory.peak as f64),
    Row::new("first byte, half of the listeners, ms", 1, false, |all| millis(all.first.p50)),
    Row::new("first byte, 99 %, ms", 1, false, |all| millis(all.first.p99)),
    Row::new("first byte, max, ms", 1, false, |all| millis(all.first.max)),
    Row::new("longest gap, half of the listeners, ms", 0, true, |all| millis(all.gap.p50)),
    Row::new("longest gap, max, ms", 0, true, |all| millis(all.gap.max)),
    Row::new("streams that begin inside a frame, %", 1, false, |all| inside_a_frame_per_cent(&all.joins)),
    Row::new("bytes before the first whole frame, mean", 1, false, |all| all.joins.garbage_mean),
    Row::new("bytes before the first whole frame, max", 0, false, |all| all.joins.garbage_max as f64),
    Row::new("truncated frames after the first whole frame", 0, false, |all| {
        all.fully_checked.counts.truncated as f64
    }),
    Row::new("frames checked", 0, false, |all| all.fully_checked.counts.frames as f64),
    Row::new("streams that end inside a frame, %", 0, false, |all| {
        100.0 * all.fully_checked.counts.ends_truncated as f64 / all.fully_checked.listeners.max(1) as f64
    }),
    Row::new("title in the first block, % of listeners", 1, false, |all| {
        100.0 * all.joins.title_in_first_block as f64 / all.joins.all.max(1) as f64
    }),
    Row::new("first title after the head, 99 %, ms", 1, false, |all| millis(all.joins.title.p99)),
    Row::new("received, all listeners, % of the bit rate", 2, true, |all| all.received[0] * 100.0),
    Row::new("received, min of a listener, % of the bit rate", 2, true, |all| all.received[1] * 100.0),
    Row::new("lost listeners", 0, true, |all| all.losses.len() as f64),
];

impl Report<'_> {
    /// Returns a figure of all trials of a server, sorted.
    fn values(&self, kind: ServerKind, figure: impl Fn(&Figures) -> f64) -> Vec<f64> {
        let results = self.results.iter().filter(|result| result.kind == kind);
        let mut values: Vec<f64> = results.map(|result| figure(&result.figures)).collect();
        values.sort_unstable_by(f64::total_cmp);
        values
    }

    fn median(&self, kind: ServerKind, figure: impl Fn(&Figures) -> f64) -> f64 {
        let all = self.values(kind, figure);
        let middle = all.len() / 2;
        if all.len() % 2 == 1 { all[middle] } else { f64::midpoint(all[middle - 1], all[middle]) }
    }

    /// Returns the lines below the trials: medians, ratios, the verdict, and warnings.
    pub fn summary(&self) -> String {
        let mut out = String::new();
        // Writing into a String cannot fail.
        let _ = self.write_medians(&mut out);
        let _ = writeln!(out, "\n{}", self.verdict());
        let _ = self.write_extremes(&mut out);
        let _ = self.write_problems(&mut out);
        out
    }

    /// Writes the listeners with the longest times.
    fn write_extremes(&self, out: &mut String) -> fmt::Result {
        writeln!(out)?;
        for TrialResult { round, kind, figures } in self.results {
            let Figures { first, gap, .. } = figures;
            writeln!(
                out,
                "{kind} {round}: latest first byte: listener {}; longest gap: listener {}",
                first.max_listener, gap.max_listener
            )?;
        }
        Ok(())
    }

    fn write_medians(&self, out: &mut String) -> fmt::Result {
        let [coldwave, icecast, bare] = ServerKind::ALL.map(|kind| kind.to_string());
        writeln!(out, "| median, trials: {} | {coldwave} | {icecast} | {bare} |", self.options.rounds)?;
        writeln!(out, "| --- | ---: | ---: | ---: |")?;
        for Row { name, decimals, has_bare, figure } in &ROWS {
            write!(out, "| {name} |")?;
            for kind in ServerKind::ALL {
                match kind {
                    ServerKind::Bare if !has_bare => write!(out, " |")?,
                    _ => write!(out, " {:.decimals$} |", self.median(kind, figure))?,
                }
            }
            writeln!(out)?;
        }
        Ok(())
    }

    fn verdict(&self) -> String {
        let [coldwave, icecast, bare] = ServerKind::ALL.map(|kind| self.median(kind, CPU.figure));
        let ratio = coldwave / icecast;
        let verdict = if ratio <= RATIO_MAX { "met" } else { "MISSED" };
        format!(
            "CPU time per listener, coldwave / icecast2: {ratio:.3} (at most {RATIO_MAX}: {verdict}); \
             coldwave / bare: {:.2}; icecast2 / bare: {:.2}",
            coldwave / bare,
            icecast / bare
        )
    }

    fn write_problems(&self, out: &mut String) -> fmt::Result {
        for TrialResult { round, kind, figures } in self.results {
            let Figures { losses, warnings, received, .. } = figures;
            if received[0] < RECEIVED_MIN {
                writeln!(
                    out,
                    "\n{kind} {round}: fell behind: listeners received {:.1} % of the bit rate, so its CPU time is too low",
                    received[0] * 100.0
                )?;
            }
            for (name, lines) in [("lost listeners", losses), ("warnings", warnings)] {
                if lines.is_empty() {
                    continue;
                }
                writeln!(out, "\n{kind} {round}: {name}: {}", lines.len())?;
                lines.iter().take(LINES_MAX).try_for_each(|line| writeln!(out, "    {line}"))?;
            }
        }
        Ok(())
    }

    /// Returns the text of benches/COMPARISON.md.
    pub fn to_markdown(&self) -> String {
        let mut out = String::new();
        // Writing into a String cannot fail.
        let _ = self.write_markdown(&mut out);
        out
    }

    fn write_markdown(&self, out: &mut String) -> fmt::Result {
        let Self { options, cores, versions, machine, .. } = self;
        let Options { listeners, rate, seconds, every, .. } = options;
        writeln!(out, "# Comparison\n")?;
        writeln!(
            out,
            "Written by `cargo bench --bench compare`. [README.md](README.md#comparison) explains the figures.\n"
        )?;
        writeln!(out, "- Date: {}", Zoned::now().date())?;
        writeln!(out, "- Machine: {machine}; {cores}, the encoder of icecast2 on the listeners' core")?;
        writeln!(out, "- Programs: coldwave {}, {versions}", env!("CARGO_PKG_VERSION"))?;
        writeln!(out, "- Command: `{}`", options.command())?;
        writeln!(
            out,
            "- {listeners} listeners on loopback that request titles, {rate} joins per second; {seconds} s measured, \
             starting 16 s after the last join; MP3 at 128 kbit/s, the bundled station of coldwave, for both servers\n"
        )?;
        self.write_medians(out)?;
        writeln!(out, "\n{}.\n", self.verdict())?;

        writeln!(out, "## Noise\n")?;
        for kind in ServerKind::ALL {
            let cpu = self.values(kind, CPU.figure);
            let (min, max) = (cpu[0], cpu[cpu.len() - 1]);
            let loads = self.values(kind, |all| all.other_load.map_or(f64::NAN, |load| load * 100.0));
            let busy = self.values(kind, |all| millis(all.longest_busy));
            writeln!(
                out,
                "- {kind}: CPU time from {min:.2} to {max:.2} µs in the trials; other processes kept the server's core \
                 busy {:.1} to {:.1} % of the time; the listeners' process did not poll its sockets for up to {:.0} ms",
                loads[0],
                loads[loads.len() - 1],
                busy[busy.len() - 1]
            )?;
        }
        writeln!(out, "\n## All trials\n\n```text\n{COLUMNS}")?;
        self.results.iter().try_for_each(|result| writeln!(out, "{result}"))?;
        let mut problems = String::new();
        self.write_problems(&mut problems)?;
        writeln!(out, "```\n")?;
        if !problems.is_empty() {
            writeln!(out, "Problems:\n\n```text\n{}\n```\n", problems.trim())?;
        }
        writeln!(out, "## Limits of these measurements\n")?;
        write!(out, "{}", LIMITS.replace("{every}", &every.to_string()))
    }
}

/// What the figures do not show.
const LIMITS: &str = "\
These measurements do not show:

- The cost over a network: on loopback a part of the receiver's work is done in the sender's system call and counts as
  the server's.
- The cost of joins: CPU time is measured when all have been listening for 16 s.
- The delay of a single new listener of icecast2: its backlog is 64 connections. While all others join at the rate
  above, some find it full, and TCP retries after a second or more. That explains most of the latest first bytes.
- The cost of the encoder: that of icecast2 is another process and is not counted. coldwave reads its music itself, and
  that is counted.
- Other configurations of icecast2: it runs as Debian ships it, with a higher client limit. coldwave writes to a
  listener once a second, icecast2 whenever its source has sent data, which with ezstream is 4 KiB or a quarter of a
  second. The burst of coldwave is 5 s of music, that of icecast2 64 KiB or 4.1 s.
- Memory of the kernel: socket buffers are not part of the memory of a process.
- Every byte of every listener: of one listener in {every} all frames are checked, of the others those up to the first
  title.
- More than one core, other bit rates, other formats, several stations, slow listeners.
";

/// Returns the streams that begin inside a frame, in per cent.
fn inside_a_frame_per_cent(joins: &JoinCounts) -> f64 {
    100.0 * joins.inside_a_frame as f64 / joins.all.max(1) as f64
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}
