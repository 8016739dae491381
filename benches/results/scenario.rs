//! A scenario: all trials that were measured with the same settings.

use crate::numbers::{Spread, median};
use crate::record::Record;

/// All kinds, in the order of the tables.
const KINDS: [&str; 7] = ["titles", "plain", "many", "live", "icecast2", BARE, BARE_MANY];

pub const BARE: &str = "bare";
pub const BARE_MANY: &str = "bare-many";

/// Returns whether a kind is a bare writer, which is not coldwave and answers no requests.
pub fn is_bare(kind: &str) -> bool {
    kind == BARE || kind == BARE_MANY
}

/// The kinds that others are compared with. The first of them that a scenario has is its reference.
const REFERENCES: [&str; 2] = [BARE, "titles"];

pub struct Scenario<'a> {
    pub name: &'a str,
    trials: Vec<Trial<'a>>,
}

struct Trial<'a> {
    /// The run of the load program, counted from 0. Only trials of one run can be a pair.
    run: usize,
    record: &'a Record,
}

/// Groups records into scenarios, in the order of their first records.
pub fn group_records(records: &[Record]) -> Vec<Scenario<'_>> {
    let mut all: Vec<Scenario> = Vec::new();
    for record in records {
        match all.iter_mut().find(|scenario| scenario.name == record.scenario) {
            Some(scenario) => scenario.add(record),
            None => all.push(Scenario { name: &record.scenario, trials: vec![Trial { run: 0, record }] }),
        }
    }
    all
}

impl<'a> Scenario<'a> {
    /// Adds a record. A kind and round that the last run already has begin a new run.
    fn add(&mut self, record: &'a Record) {
        let last = self.trials.last().map_or(0, |trial| trial.run);
        let is_repeated = self
            .trials
            .iter()
            .filter(|trial| trial.run == last)
            .any(|trial| trial.record.kind == record.kind && trial.record.round == record.round);
        self.trials.push(Trial { run: last + usize::from(is_repeated), record });
    }

    pub fn records(&self) -> impl Iterator<Item = &'a Record> {
        self.trials.iter().map(|trial| trial.record)
    }

    pub fn with_kind(&self, kind: &str) -> impl Iterator<Item = &'a Record> {
        self.records().filter(move |record| record.kind == kind)
    }

    pub fn has(&self, kind: &str) -> bool {
        self.with_kind(kind).next().is_some()
    }

    /// Returns the kinds in the order of [`KINDS`], unknown kinds last.
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

    /// Returns the kind that the others are compared with, if there are others.
    pub fn reference(&self) -> Option<&'static str> {
        REFERENCES.into_iter().find(|kind| self.has(kind)).filter(|_| self.kinds().len() > 1)
    }

    pub fn median(&self, kind: &str, figure: impl Fn(&Record) -> f64) -> Option<f64> {
        median(self.with_kind(kind).map(figure))
    }

    pub fn max(&self, kind: &str, figure: impl Fn(&Record) -> f64) -> Option<f64> {
        self.spread(kind, figure).map(|spread| spread.max)
    }

    pub fn min(&self, kind: &str, figure: impl Fn(&Record) -> f64) -> Option<f64> {
        self.spread(kind, figure).map(|spread| spread.min)
    }

    pub fn spread(&self, kind: &str, figure: impl Fn(&Record) -> f64) -> Option<Spread> {
        Spread::from_values(self.with_kind(kind).map(figure))
    }

    /// Returns the ratios of CPU time in all pairs of two kinds. A trial without a partner is left out.
    pub fn ratios(&self, kind: &str, reference: &str) -> Option<Spread> {
        let with_kind = |kind| self.trials.iter().filter(move |trial| trial.record.kind == kind);
        let ratios = with_kind(kind).filter_map(|trial| {
            let is_partner =
                |other: &&Trial| other.run == trial.run && other.record.round == trial.record.round;
            let partner = with_kind(reference).find(is_partner)?;
            (cpu(partner.record) > 0.0).then(|| cpu(trial.record) / cpu(partner.record))
        });
        Spread::from_values(ratios)
    }

    /// Returns the number of listeners, which is the same in every trial of a scenario.
    pub fn listeners(&self) -> usize {
        self.records().map(|record| record.listeners).max().unwrap_or_default()
    }
}

/// Returns CPU time in µs of a core per listener and second.
pub fn cpu(record: &Record) -> f64 {
    record.cpu_user_us + record.cpu_system_us
}

/// Returns the share of a core that all listeners together need.
pub fn cores_used(record: &Record) -> f64 {
    cpu(record) * record.listeners as f64 / 1e6
}

/// Returns the bytes of memory per listener, without the memory of a server without listeners.
pub fn memory_per_listener(record: &Record) -> f64 {
    (record.memory_kib as f64 - record.memory_base_kib as f64) * 1024.0 / record.listeners.max(1) as f64
}

/// Returns the KiB per listener that the kernel holds for all sockets.
pub fn kernel_per_listener(record: &Record) -> f64 {
    record.kernel_kib as f64 / record.listeners.max(1) as f64
}
