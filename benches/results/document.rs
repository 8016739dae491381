//! Writes RESULTS.md.

use std::fmt::{self, Write};

use crate::goals;
use crate::groups::{self, Group};
use crate::plots::Plot;
use crate::record::Record;
use crate::scenario::Scenario;
use crate::table::{Table, escaped, on_one_line};
use crate::{tables, trials};

pub struct Document<'a> {
    pub records: &'a [Record],
    pub scenarios: &'a [Scenario<'a>],
    /// The plots that could be drawn.
    pub plots: &'a [Plot],
}

impl Document<'_> {
    pub fn to_markdown(&self) -> String {
        let mut out = String::new();
        // Writing into a String cannot fail.
        let _ = self.write(&mut out);
        out
    }

    fn write(&self, out: &mut String) -> fmt::Result {
        writeln!(out, "# Results\n")?;
        writeln!(
            out,
            "Written by `cargo bench --bench results` from records.jsonl. [README.md](README.md) explains the figures."
        )?;
        writeln!(out, "[COMPARISON.md](COMPARISON.md) compares the streams of coldwave and icecast2.\n")?;
        self.facts(out)?;
        self.goals(out)?;
        writeln!(out, "## How to read the tables\n\n{READING}")?;
        for (group, scenarios) in groups::group_scenarios(self.scenarios) {
            self.group(out, &group, &scenarios)?;
        }
        self.trials(out)?;
        write!(out, "## Limits of these measurements\n\n{LIMITS}")
    }

    /// Date, machine, programs and the number of trials.
    fn facts(&self, out: &mut String) -> fmt::Result {
        let mut dates = distinct(self.records, |record| &record.date);
        dates.sort_unstable();
        let dates = match dates.as_slice() {
            [first, .., last] => format!("{first} to {last}"),
            dates => dates.concat(),
        };
        let machines = distinct(self.records, |record| &record.machine).join("; ");
        let programs = distinct(self.records, |record| &record.program).join(", ");
        writeln!(out, "- Date: {}", escaped(&dates))?;
        writeln!(out, "- Machine: {}", escaped(&machines))?;
        writeln!(out, "- Programs: {}", escaped(&programs))?;
        writeln!(out, "- Trials: {}\n", self.records.len())
    }

    fn goals(&self, out: &mut String) -> fmt::Result {
        let mut table = Table::new(&["figure", "goal", "measured", "verdict"], &[]);
        for goal in goals::evaluate(self.scenarios) {
            let verdict = goal.verdict().into();
            table.row([goal.what, goal.limit, goal.measured.unwrap_or_else(|| "–".into()), verdict]);
        }
        writeln!(out, "## Goals\n\n{table}")?;
        goals::notes(self.scenarios).iter().try_for_each(|note| writeln!(out, "- {note}"))?;
        writeln!(out)
    }

    fn group(&self, out: &mut String, group: &Group, scenarios: &[&Scenario]) -> fmt::Result {
        writeln!(out, "## {}\n\n{}\n", group.title, group.about)?;
        if let Some(plot) = group.plot.filter(|plot| self.plots.contains(plot)) {
            writeln!(out, "![{}]({})\n", plot.title(), plot.file())?;
        }
        writeln!(out, "{}", tables::settings(scenarios))?;
        writeln!(out, "CPU time, µs of a core per listener and second:\n\n{}", tables::cpu(scenarios))?;
        writeln!(out, "Times, ms:\n\n{}", tables::times(scenarios))?;
        writeln!(out, "Memory:\n\n{}", tables::memory(scenarios))?;
        writeln!(out, "Received data:\n\n{}", tables::received(scenarios))?;
        if let Some(table) = tables::returns(scenarios) {
            writeln!(out, "Returns:\n\n{table}")?;
        }
        if let Some(table) = tables::over_time(scenarios) {
            writeln!(out, "During the window:\n\n{table}")?;
        }
        let names: Vec<&str> = scenarios.iter().map(|scenario| scenario.name).collect();
        match group.is_in_suite() {
            true => writeln!(out, "Commands; `benches/suite {}` runs all of them:\n", names.join(" "))?,
            false => writeln!(out, "Commands:\n")?,
        }
        let records = scenarios.iter().flat_map(|scenario| scenario.records());
        block(out, distinct(records, |record| &record.command).into_iter().map(on_one_line))
    }

    fn trials(&self, out: &mut String) -> fmt::Result {
        writeln!(
            out,
            "## All trials\n\n<details><summary>{} trials, in order</summary>\n",
            self.records.len()
        )?;
        block(out, trials::lines(self.records))?;
        writeln!(out, "</details>\n")
    }
}

/// Writes an indented block of code, which no text can end.
fn block(out: &mut String, lines: impl IntoIterator<Item = String>) -> fmt::Result {
    lines.into_iter().try_for_each(|line| writeln!(out, "    {line}"))?;
    writeln!(out)
}

/// Returns the different texts, in the order of their first records.
fn distinct<'a>(records: impl IntoIterator<Item = &'a Record>, text: fn(&Record) -> &String) -> Vec<&'a str> {
    let mut all: Vec<&str> = Vec::new();
    for record in records {
        let text = text(record).as_str();
        if !all.contains(&text) {
            all.push(text);
        }
    }
    all
}

/// Explanations for the tables of all groups.
const READING: &str = "\
- Kinds: `titles`, listeners that request titles; `plain`, listeners that do not; `many`, many stations that play
  files; `live`, many stations with a live source each; `icecast2`, the same listeners on icecast2; `bare`, the bare
  writer, which makes one `send()` per listener and interval and does nothing else; `bare-many`, the same with many
  stations, each of which sends memory of its own.
- The kinds are measured in turn, one trial of each in every round. Trials of the same round are a pair. A ratio is the
  median of the ratios in all pairs; their minimum and maximum are beside it. A ratio separates the cost of the server
  from that of the machine.
- Figures are medians of all trials. *Peak*, *min*, *max*, *other load* and *client busy* are the worst of all trials;
  *fully checked*, *frames*, *blocks*, *lost* and *errors* are sums.
- *Per join*: CPU time from the start until all had joined and listened for two seconds, divided by the number of
  listeners. *Other load*: the part of the window in which something else kept the server's core busy. *Client busy*:
  the error of any measured time is at most this long.
- *64 KiB*: from connect() until 64 KiB of audio had arrived. *Longest gap*: the longest time without data. *Kernel*:
  memory of all TCP sockets of the machine, including the listeners' own.
";

/// What the figures do not show.
const LIMITS: &str = "\
These measurements do not show:

- The cost over a network, except for *Links*: on loopback a part of the receiver's work is done in the sender's system
  call and counts as the server's.
- Absolute figures of another machine. Ratios of pairs are more reliable than figures, and figures of different
  scenarios were not measured at the same time.
- The cost of the encoder: that of icecast2 is another process and is not counted. Where coldwave reads its music
  itself, that is counted.
- Other configurations of icecast2: it runs as Debian ships it, with a higher client limit.
- The delay of a single new listener of icecast2: its backlog is 64 connections. While many listeners join, some find
  it full, and TCP retries after a second or more.
- How close to the bare writer a server can come: the bare writer has no requests, no burst and no titles, and it
  ignores full sockets.
- Every byte of every listener: the tables have the number of streams that were fully checked. Of the others only the
  beginning is checked.
- TLS, more than one core, days instead of minutes.
";
