//! A scenario: all turns that were measured in the same way, by what was measured.

use crate::numbers::{Spread, median};
use crate::record::Record;

/// All kinds there are, in the order in which they are shown.
const KINDS: [&str; 7] = ["titles", "plain", "many", "live", "icecast2", BARE, BARE_MANY];

pub const BARE: &str = "bare";
pub const BARE_MANY: &str = "bare-many";

/// Whether it is a bare writer, which answers nobody and is not coldwave.
pub fn is_bare(kind: &str) -> bool {
    kind == BARE || kind == BARE_MANY
}

/// What others are compared to: the first of these that a scenario has.
const REFERENCES: [&str; 2] = [BARE, "titles"];

pub struct Scenario<'a> {
    pub name: &'a str,
    turns: Vec<Turn<'a>>,
}

struct Turn<'a> {
    /// Of which run of the load program it is: turns of the same round in two runs are no pair.
    run: usize,
    record: &'a Record,
}

/// The scenarios, in the order of their first records.
pub fn of(records: &[Record]) -> Vec<Scenario<'_>> {
    let mut all: Vec<Scenario> = Vec::new();
    for record in records {
        match all.iter_mut().find(|scenario| scenario.name == record.scenario) {
            Some(scenario) => scenario.add(record),
            None => all.push(Scenario { name: &record.scenario, turns: vec![Turn { run: 0, record }] }),
        }
    }
    all
}

impl<'a> Scenario<'a> {
    /// A run begins where a turn comes again.
    fn add(&mut self, record: &'a Record) {
        let last = self.turns.last().map_or(0, |turn| turn.run);
        let again = self
            .turns
            .iter()
            .filter(|turn| turn.run == last)
            .any(|turn| turn.record.kind == record.kind && turn.record.round == record.round);
        self.turns.push(Turn { run: last + usize::from(again), record });
    }

    pub fn records(&self) -> impl Iterator<Item = &'a Record> {
        self.turns.iter().map(|turn| turn.record)
    }

    pub fn of_kind(&self, kind: &str) -> impl Iterator<Item = &'a Record> {
        self.records().filter(move |record| record.kind == kind)
    }

    pub fn has(&self, kind: &str) -> bool {
        self.of_kind(kind).next().is_some()
    }

    /// What was measured in it; a kind that is not known stands behind the others.
    pub fn kinds(&self) -> Vec<&'a str> {
        let mut kinds: Vec<&str> = Vec::new();
        for record in self.records() {
            if !kinds.contains(&record.kind.as_str()) {
                kinds.push(&record.kind);
            }
        }
        kinds.sort_by_key(|kind| KINDS.iter().position(|known| known == kind).unwrap_or(KINDS.len()));
        kinds
    }

    /// The kind that the others are compared to, if there are others.
    pub fn reference(&self) -> Option<&'static str> {
        REFERENCES.into_iter().find(|kind| self.has(kind)).filter(|_| self.kinds().len() > 1)
    }

    pub fn median(&self, kind: &str, figure: impl Fn(&Record) -> f64) -> Option<f64> {
        median(self.of_kind(kind).map(figure))
    }

    pub fn most(&self, kind: &str, figure: impl Fn(&Record) -> f64) -> Option<f64> {
        self.spread(kind, figure).map(|spread| spread.most)
    }

    pub fn least(&self, kind: &str, figure: impl Fn(&Record) -> f64) -> Option<f64> {
        self.spread(kind, figure).map(|spread| spread.least)
    }

    pub fn spread(&self, kind: &str, figure: impl Fn(&Record) -> f64) -> Option<Spread> {
        Spread::of(self.of_kind(kind).map(figure))
    }

    /// The ratios of CPU time in all pairs of two kinds. A turn without its other half is left out.
    pub fn ratios(&self, kind: &str, reference: &str) -> Option<Spread> {
        let of = |kind| self.turns.iter().filter(move |turn| turn.record.kind == kind);
        let ratios = of(kind).filter_map(|turn| {
            let pair =
                of(reference).find(|pair| pair.run == turn.run && pair.record.round == turn.record.round)?;
            (cpu(pair.record) > 0.0).then(|| cpu(turn.record) / cpu(pair.record))
        });
        Spread::of(ratios)
    }

    /// Listeners, of which there are as many in every turn of a scenario.
    pub fn listeners(&self) -> usize {
        self.records().map(|record| record.listeners).max().unwrap_or_default()
    }
}

/// Microseconds of a core for each listener and second.
pub fn cpu(record: &Record) -> f64 {
    record.cpu_user_us + record.cpu_system_us
}

/// What part of a core all listeners together need.
pub fn cores(record: &Record) -> f64 {
    cpu(record) * record.listeners as f64 / 1e6
}

/// Bytes of memory that a listener adds to what the server needs without any.
pub fn memory(record: &Record) -> f64 {
    (record.memory_kib as f64 - record.memory_base_kib as f64) * 1024.0 / record.listeners.max(1) as f64
}

/// KiB that the kernel holds for all sockets, for each listener.
pub fn kernel(record: &Record) -> f64 {
    record.kernel_kib as f64 / record.listeners.max(1) as f64
}
