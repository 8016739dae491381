//! RESULTS.md, from its head to what it does not show.

use std::fmt::{self, Write};

use crate::goals;
use crate::groups::{self, Group};
use crate::plots::Plot;
use crate::record::Record;
use crate::scenario::Scenario;
use crate::table::{Table, escaped, on_one_line};
use crate::{tables, turns};

pub struct Document<'a> {
    pub records: &'a [Record],
    pub scenarios: &'a [Scenario<'a>],
    /// The plots that there are.
    pub drawn: &'a [Plot],
}

impl Document<'_> {
    pub fn text(&self) -> String {
        let mut out = String::new();
        // Writing into a String cannot fail.
        let _ = self.write(&mut out);
        out
    }

    fn write(&self, out: &mut String) -> fmt::Result {
        writeln!(out, "# Results\n")?;
        writeln!(
            out,
            "Written by `cargo bench --bench results` from records.jsonl; README.md says what is measured,"
        )?;
        writeln!(out, "and [COMPARISON.md](COMPARISON.md) what listeners hear of icecast2.\n")?;
        self.head(out)?;
        self.goals(out)?;
        writeln!(out, "## How to read the tables\n\n{READING}")?;
        for (group, scenarios) in groups::of(self.scenarios) {
            self.group(out, &group, &scenarios)?;
        }
        self.turns(out)?;
        write!(out, "## What this does not show\n\n{LIMITS}")
    }

    /// When it was measured, on what, and what.
    fn head(&self, out: &mut String) -> fmt::Result {
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
        writeln!(out, "- Turns: {}\n", self.records.len())
    }

    fn goals(&self, out: &mut String) -> fmt::Result {
        let mut table = Table::new(&["what", "goal", "measured", "verdict"], &[]);
        for goal in goals::of(self.scenarios) {
            let verdict = goal.verdict().into();
            table.row([goal.what, goal.limit, goal.measured.unwrap_or_else(|| "–".into()), verdict]);
        }
        writeln!(out, "## What must hold\n\n{table}")?;
        goals::notes(self.scenarios).iter().try_for_each(|note| writeln!(out, "- {note}"))?;
        writeln!(out)
    }

    fn group(&self, out: &mut String, group: &Group, scenarios: &[&Scenario]) -> fmt::Result {
        writeln!(out, "## {}\n\n{}\n", group.title, group.about)?;
        if let Some(plot) = group.plot.filter(|plot| self.drawn.contains(plot)) {
            writeln!(out, "![{}]({})\n", plot.title(), plot.file())?;
        }
        writeln!(out, "{}", tables::settings(scenarios))?;
        writeln!(out, "CPU time, µs of a core for each listener and second:\n\n{}", tables::cost(scenarios))?;
        writeln!(out, "Times, ms:\n\n{}", tables::times(scenarios))?;
        writeln!(out, "Memory:\n\n{}", tables::memory(scenarios))?;
        writeln!(out, "What was heard:\n\n{}", tables::heard(scenarios))?;
        if let Some(table) = tables::returns(scenarios) {
            writeln!(out, "Returns:\n\n{table}")?;
        }
        if let Some(table) = tables::course(scenarios) {
            writeln!(out, "Through the window:\n\n{table}")?;
        }
        let names: Vec<&str> = scenarios.iter().map(|scenario| scenario.name).collect();
        match group.is_in_the_suite() {
            true => writeln!(out, "Commands, all of them by `benches/suite {}`:\n", names.join(" "))?,
            false => writeln!(out, "Commands:\n")?,
        }
        let records = scenarios.iter().flat_map(|scenario| scenario.records());
        block(out, distinct(records, |record| &record.command).into_iter().map(on_one_line))
    }

    fn turns(&self, out: &mut String) -> fmt::Result {
        writeln!(
            out,
            "## Every turn\n\n<details><summary>{} turns, in their order</summary>\n",
            self.records.len()
        )?;
        block(out, turns::lines(self.records))?;
        writeln!(out, "</details>\n")
    }
}

/// A block of code by its indent: no text can end it.
fn block(out: &mut String, lines: impl IntoIterator<Item = String>) -> fmt::Result {
    lines.into_iter().try_for_each(|line| writeln!(out, "    {line}"))?;
    writeln!(out)
}

/// The texts that there are, in the order of their first records.
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

/// What holds for the tables of all groups.
const READING: &str = "\
- Kinds: `titles`, listeners who ask for titles; `plain`, who do not; `many`, many stations that play files; `live`, many
  stations with a source each; `icecast2`, the same listeners on it; `bare`, the bare writer, which does one `send()` for
  each listener and interval and nothing else; `bare-many`, the same with many stations, each of
  which sends memory of its own.
- Kinds take turns. Turns of the same round are a pair; a ratio is the median of the ratios in all pairs, beside it the
  least and the most of them. It says what of a figure is the server's and what the machine's.
- Figures are medians of all turns. Only *all* (of times), *at its worst*, *least*, *most*, *others* and *client busy* are
  the worst of any turn, and what is checked, lost or wrong is the sum of all turns.
- *A join*: CPU time from the start until all had joined and listened for two seconds, for each listener. *Others*: the part of the window in which
  something else kept the server's core busy. *Client busy*: how far off any time may be.
- *64 KiB*: from connect() until so much audio was there. *Kernel*: what it held for all TCP sockets of the machine, the
  listeners' own too.
";

/// What must not be read out of the figures.
const LIMITS: &str = "\
- A network, but for *Links*: loopback does a part of the receiver's work in the sender's system call, and that counts as
  the server's.
- Another machine. Ratios in pairs are worth more than figures, and figures of different scenarios were not measured at
  the same time.
- The encoder: icecast2's own is another process and is not counted; where coldwave reads its music itself, that is
  counted.
- Other ways to set icecast2 up: it is as Debian ships it, with room for more clients.
- How one newcomer fares with icecast2: it lets 64 connections wait, and while many join some find no room, and TCP calls
  again a second or more later.
- How near to the bare writer a server can come: it knows no requests, no burst and no titles, and does not care for
  sockets that are full.
- Every byte of everyone: the tables say how many streams were checked whole; of the others it is the beginning.
- TLS, more than one core, days instead of minutes.
";
