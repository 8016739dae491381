//! What is printed, and what is written to benches/COMPARISON.md: every turn, medians, ratios, and how noisy it was.

use std::fmt::{self, Display, Write};
use std::time::Duration;

use jiff::Zoned;

use crate::kind::Kind;
use crate::launch::Cores;
use crate::options::Options;
use crate::reading::Spread;
use crate::trial::Figures;

/// Mistakes of one kind that are printed.
const SHOWN: usize = 5;

/// What coldwave is held to, as a part of icecast2's CPU time.
const RATIO_MAX: f64 = 0.25;

/// A server whose listeners hear less than this part of the bit rate had too little of its core, or its encoder of the
/// other one: what it did not send did not cost it anything.
const SUPPLY_MIN: f64 = 0.98;

/// The lines above the turns.
pub fn heading(options: &Options, cores: &Cores) -> String {
    let Options { listeners, rate, every, rounds, seconds, .. } = options;
    format!(
        "{listeners} listeners, {rate} joining a second, one in {every} looked at to the last byte\n\
         rounds: {rounds}, {seconds} s measured in each turn, at most {} minutes in all\n\
         {cores}\n\n{COLUMNS}",
        options.upper_bound().as_secs().div_ceil(60)
    )
}

/// Two lines, the first for groups of columns.
const COLUMNS: &str = concat!(
    "          CPU, µs  memory, KiB      first byte, ms         silence, ms       garbage at join   torn  title      heard/due, %     others client\n",
    "turn     /list.·s    end   peak    p50    p99    max    p50    p99    max   bytes    max  who,%        ms     all  least   most      %     ms",
);

/// One turn of a server.
pub struct Turn {
    pub round: u64,
    pub kind: Kind,
    pub figures: Figures,
}

impl Display for Turn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Figures { cpu, memory, first, silence, supply, joins, whole, others, longest_turn, .. } =
            &self.figures;
        let hears = self.kind != Kind::Bare;
        write!(f, "{:8} {} {:6.2}", self.kind, self.round, micros(*cpu))?;
        write!(f, " {:6} {:6}", memory.now, memory.peak)?;
        write!(f, " {} {}", Times(hears.then_some(first), 1), Times(Some(silence), 0))?;
        if hears {
            write!(f, " {:7.1} {:6} {:6.1}", joins.garbage_mean, joins.garbage_max, share(joins))?;
            write!(f, " {:6} {:6.0}", whole.heard.torn, millis(joins.title.p50))?;
        } else {
            write!(f, " {:>7} {:>6} {:>6} {:>6} {:>6}", "-", "-", "-", "-", "-")?;
        }
        write!(f, " {:7.2} {:6.2} {:6.2}", supply[0] * 100.0, supply[1] * 100.0, supply[2] * 100.0)?;
        match others {
            Some(others) => write!(f, " {:6.1}", others * 100.0)?,
            None => write!(f, " {:>6}", "?")?,
        }
        write!(f, " {:6.1}", millis(*longest_turn))
    }
}

/// A spread in milliseconds, with so many decimals, if there is one.
struct Times<'a>(Option<&'a Spread>, usize);

impl Display for Times<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(Some(Spread { p50, p99, max, .. }), decimals) = self else {
            return write!(f, "{:>6} {:>6} {:>6}", "-", "-", "-");
        };
        let [p50, p99, max] = [p50, p99, max].map(|time| millis(*time));
        write!(f, "{p50:6.decimals$} {p99:6.decimals$} {max:6.decimals$}")
    }
}

/// A whole run.
pub struct Run<'a> {
    pub options: &'a Options,
    pub cores: &'a Cores,
    /// Of the other programs.
    pub versions: &'a str,
    pub machine: &'a str,
    pub turns: &'a [Turn],
}

/// A line of the table of medians.
struct Row {
    what: &'static str,
    decimals: usize,
    /// Whether there is such a figure of the bare writer.
    of_bare: bool,
    figure: fn(&Figures) -> f64,
}

impl Row {
    const fn new(what: &'static str, decimals: usize, of_bare: bool, figure: fn(&Figures) -> f64) -> Self {
        Self { what, decimals, of_bare, figure }
    }
}

const CPU: Row = Row::new("CPU time, µs of a core per listener and second", 2, true, |all| micros(all.cpu));

const ROWS: [Row; 19] = [
    CPU,
    Row::new("memory after the window, KiB", 0, true, |all| all.memory.now as f64),
    Row::new("memory at its worst, KiB", 0, true, |all| all.memory.peak as f64),
    Row::new("first byte, half of the listeners, ms", 1, false, |all| millis(all.first.p50)),
    Row::new("first byte, 99 %, ms", 1, false, |all| millis(all.first.p99)),
    Row::new("first byte, all, ms", 1, false, |all| millis(all.first.max)),
    Row::new("longest silence, half of the listeners, ms", 0, true, |all| millis(all.silence.p50)),
    Row::new("longest silence, all, ms", 0, true, |all| millis(all.silence.max)),
    Row::new("listeners who join inside a frame, %", 1, false, |all| share(&all.joins)),
    Row::new("bytes before the first whole frame, mean", 1, false, |all| all.joins.garbage_mean),
    Row::new("bytes before the first whole frame, most", 0, false, |all| all.joins.garbage_max as f64),
    Row::new("frames torn later on, of all looked at", 0, false, |all| all.whole.heard.torn as f64),
    Row::new("frames looked at", 0, false, |all| all.whole.heard.frames as f64),
    Row::new("streams that end inside a frame, %", 0, false, |all| {
        100.0 * all.whole.heard.ends_torn as f64 / all.whole.listeners.max(1) as f64
    }),
    Row::new("title in the first block, % of listeners", 1, false, |all| {
        100.0 * all.joins.title_in_first_block as f64 / all.joins.all.max(1) as f64
    }),
    Row::new("first title after the head, 99 %, ms", 1, false, |all| millis(all.joins.title.p99)),
    Row::new("bytes heard, all together, % of the bit rate", 2, true, |all| all.supply[0] * 100.0),
    Row::new("bytes heard, the least of all, % of the bit rate", 2, true, |all| all.supply[1] * 100.0),
    Row::new("listeners lost", 0, true, |all| all.losses.len() as f64),
];

impl Run<'_> {
    fn all(&self, kind: Kind, figure: impl Fn(&Figures) -> f64) -> Vec<f64> {
        let mut all: Vec<f64> =
            self.turns.iter().filter(|turn| turn.kind == kind).map(|turn| figure(&turn.figures)).collect();
        all.sort_unstable_by(f64::total_cmp);
        all
    }

    fn median(&self, kind: Kind, figure: impl Fn(&Figures) -> f64) -> f64 {
        let all = self.all(kind, figure);
        let middle = all.len() / 2;
        if all.len() % 2 == 1 { all[middle] } else { f64::midpoint(all[middle - 1], all[middle]) }
    }

    /// What is printed below the turns: medians, ratios, the verdict, and what was wrong.
    pub fn summary(&self) -> String {
        let mut out = String::new();
        // Writing into a String cannot fail.
        let _ = self.medians(&mut out);
        let _ = writeln!(out, "\n{}", self.verdict());
        let _ = self.extremes(&mut out);
        let _ = self.mistakes(&mut out);
        out
    }

    /// Who it was that waited longest.
    fn extremes(&self, out: &mut String) -> fmt::Result {
        writeln!(out)?;
        for Turn { round, kind, figures } in self.turns {
            let Figures { first, silence, .. } = figures;
            writeln!(
                out,
                "{kind} {round}: latest first byte: listener {}; longest silence: listener {}",
                first.whose, silence.whose
            )?;
        }
        Ok(())
    }

    fn medians(&self, out: &mut String) -> fmt::Result {
        let [coldwave, icecast, bare] = Kind::ALL.map(|kind| kind.to_string());
        writeln!(out, "| median, turns: {} | {coldwave} | {icecast} | {bare} |", self.options.rounds)?;
        writeln!(out, "| --- | ---: | ---: | ---: |")?;
        for Row { what, decimals, of_bare, figure } in &ROWS {
            write!(out, "| {what} |")?;
            for kind in Kind::ALL {
                match kind {
                    Kind::Bare if !of_bare => write!(out, " |")?,
                    _ => write!(out, " {:.decimals$} |", self.median(kind, figure))?,
                }
            }
            writeln!(out)?;
        }
        Ok(())
    }

    fn verdict(&self) -> String {
        let [coldwave, icecast, bare] = Kind::ALL.map(|kind| self.median(kind, CPU.figure));
        let ratio = coldwave / icecast;
        let verdict = if ratio <= RATIO_MAX { "kept" } else { "MISSED" };
        format!(
            "CPU time per listener, coldwave / icecast2: {ratio:.3} (at most {RATIO_MAX}: {verdict}); \
             coldwave / bare: {:.2}; icecast2 / bare: {:.2}",
            coldwave / bare,
            icecast / bare
        )
    }

    fn mistakes(&self, out: &mut String) -> fmt::Result {
        for Turn { round, kind, figures } in self.turns {
            let Figures { losses, warnings, supply, .. } = figures;
            if supply[0] < SUPPLY_MIN {
                writeln!(
                    out,
                    "\n{kind} {round}: fell behind: listeners heard {:.1} % of what was due, so its CPU time is too low",
                    supply[0] * 100.0
                )?;
            }
            for (what, lines) in [("listeners lost", losses), ("warnings", warnings)] {
                if lines.is_empty() {
                    continue;
                }
                writeln!(out, "\n{kind} {round}: {what}: {}", lines.len())?;
                lines.iter().take(SHOWN).try_for_each(|line| writeln!(out, "    {line}"))?;
            }
        }
        Ok(())
    }

    /// benches/COMPARISON.md.
    pub fn results(&self) -> String {
        let mut out = String::new();
        // Writing into a String cannot fail.
        let _ = self.write_results(&mut out);
        out
    }

    fn write_results(&self, out: &mut String) -> fmt::Result {
        let Self { options, cores, versions, machine, .. } = self;
        let Options { listeners, rate, seconds, every, .. } = options;
        writeln!(out, "# Comparison\n")?;
        writeln!(out, "Written by `cargo bench --bench compare`; README.md says what the figures mean.\n")?;
        writeln!(out, "- Date: {}", Zoned::now().date())?;
        writeln!(out, "- Machine: {machine}; {cores}, the encoder that feeds icecast2 with the listeners")?;
        writeln!(out, "- Programs: coldwave {}, {versions}", env!("CARGO_PKG_VERSION"))?;
        writeln!(out, "- Command: `{}`", options.command())?;
        writeln!(
            out,
            "- {listeners} listeners on loopback who ask for titles, {rate} joining a second; {seconds} s measured \
             from 16 s after the last of them; MP3 at 128 kbit/s, the station that comes with coldwave, for both\n"
        )?;
        self.medians(out)?;
        writeln!(out, "\n{}.\n", self.verdict())?;

        writeln!(out, "## How noisy it was\n")?;
        for kind in Kind::ALL {
            let cpu = self.all(kind, CPU.figure);
            let (least, most) = (cpu[0], cpu[cpu.len() - 1]);
            let others = self.all(kind, |all| all.others.map_or(f64::NAN, |others| others * 100.0));
            let client = self.all(kind, |all| millis(all.longest_turn));
            writeln!(
                out,
                "- {kind}: CPU time from {least:.2} to {most:.2} µs in the turns; others busy on the server's core \
                 {:.1} to {:.1} % of the time; the client not looking at its sockets for up to {:.0} ms",
                others[0],
                others[others.len() - 1],
                client[client.len() - 1]
            )?;
        }
        writeln!(out, "\n## Every turn\n\n```text\n{COLUMNS}")?;
        self.turns.iter().try_for_each(|turn| writeln!(out, "{turn}"))?;
        let mut mistakes = String::new();
        self.mistakes(&mut mistakes)?;
        writeln!(out, "```\n")?;
        if !mistakes.is_empty() {
            writeln!(out, "Wrong in these:\n\n```text\n{}\n```\n", mistakes.trim())?;
        }
        writeln!(out, "## What this does not show\n")?;
        write!(out, "{}", LIMITS.replace("{every}", &every.to_string()))
    }
}

/// What must not be read out of the figures.
const LIMITS: &str = "\
- A network: loopback does a part of the receiver's work in the sender's system call, and that counts as the server's.
- The cost of joins: CPU time is measured when all have been listening for 16 s.
- How one newcomer fares with icecast2: it lets 64 connections wait, and while all others join at the rate above some find
  no room, and TCP calls again a second or more later. That is most of the latest first bytes.
- The encoder: icecast2's own is another process and is not counted; coldwave reads its music itself, and that is counted.
- Other ways to set icecast2 up: it is as Debian ships it, with room for more clients. coldwave writes to a listener once
  a second, icecast2 whenever its source has sent something, which with ezstream is 4 KiB or a quarter of a second; coldwave
  sends 5 s of music at a join, icecast2 64 KiB, which are 4.1 s.
- Memory of the kernel: socket buffers are in no process's figure.
- Every byte of everyone: of one listener in {every} all frames are looked at, of the others those up to the first title.
- More than one core, other bit rates, other formats, several stations, listeners that are slow.
";

/// Listeners who join inside a frame, in per cent.
fn share(joins: &crate::trial::Joins) -> f64 {
    100.0 * joins.inside_a_frame as f64 / joins.all.max(1) as f64
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}
