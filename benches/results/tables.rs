//! The tables of a group of scenarios, with a row for each scenario and kind.

use std::collections::BTreeSet;

use crate::numbers::{Spread, number, optional};
use crate::record::{Percentiles, Record};
use crate::scenario::{self, Scenario, is_bare};
use crate::table::Table;

/// The settings of each scenario.
pub fn settings(scenarios: &[&Scenario]) -> Table {
    let mut table = Table::new(
        &["scenario"],
        &[
            "listeners",
            "stations",
            "joins per second",
            "window, s",
            "delivery interval, ms",
            "kbit/s",
            "trials",
        ],
    );
    for scenario in scenarios {
        table.row([
            scenario.name.into(),
            all(scenario, |record| record.listeners as u64),
            all(scenario, |record| record.stations as u64),
            all(scenario, |record| record.rate.into()),
            all(scenario, |record| record.window_s.round() as u64),
            all(scenario, |record| record.interval_ms),
            all(scenario, |record| record.kbps.into()),
            scenario.records().count().to_string(),
        ]);
    }
    table
}

/// Formats the values that a setting has in a scenario; usually there is one.
fn all(scenario: &Scenario, setting: impl Fn(&Record) -> u64) -> String {
    let values: BTreeSet<u64> = scenario.records().map(setting).collect();
    let values: Vec<String> = values.into_iter().map(|value| number(value as f64, 0)).collect();
    values.join(" / ")
}

/// Adds a row for each scenario and kind. Only the first row of a scenario has its name.
fn rows(table: &mut Table, scenarios: &[&Scenario], cells: impl Fn(&Scenario, &str) -> Vec<String>) {
    for scenario in scenarios {
        for (at, kind) in scenario.kinds().into_iter().enumerate() {
            let name = if at == 0 { scenario.name } else { "" };
            table.row([name.into(), kind.into()].into_iter().chain(cells(scenario, kind)));
        }
    }
}

/// CPU time.
pub fn cpu(scenarios: &[&Scenario]) -> Table {
    let mut table = Table::new(
        &["scenario", "kind"],
        &[
            "user, µs",
            "system, µs",
            "total, µs",
            "of a core, %",
            "ratio",
            "min–max",
            "pairs",
            "per join, µs",
            "other load, %",
        ],
    );
    rows(&mut table, scenarios, |scenario, kind| {
        let median = |figure: fn(&Record) -> f64, decimals| optional(scenario.median(kind, figure), decimals);
        let mut cells = vec![
            median(|record| record.cpu_user_us, 2),
            median(|record| record.cpu_system_us, 2),
            median(scenario::cpu, 2),
            median(|record| scenario::cores_used(record) * 100.0, 1),
        ];
        cells.extend(ratio(scenario, kind));
        cells.push(unless_bare(kind, median(|record| record.cpu_join_us, 0)));
        cells.push(other_load(scenario, kind));
        cells
    });
    table
}

/// Formats the ratio to the reference, its range and the number of pairs.
fn ratio(scenario: &Scenario, kind: &str) -> [String; 3] {
    let reference = scenario.reference().filter(|reference| *reference != kind);
    let ratios = reference.and_then(|reference| Some((scenario.ratios(kind, reference)?, reference)));
    let Some((Spread { median, min, max, count }, reference)) = ratios else {
        return ["–", "–", "–"].map(String::from);
    };
    [format!("{median:.2} × {reference}"), format!("{min:.2}–{max:.2}"), count.to_string()]
}

/// Returns the cell, or a dash for the bare writer: it answers no requests, so figures about joins mean
/// nothing.
fn unless_bare(kind: &str, cell: String) -> String {
    if is_bare(kind) { "–".into() } else { cell }
}

/// Formats the load of other processes on the server's core, if it is known.
fn other_load(scenario: &Scenario, kind: &str) -> String {
    let loads = Spread::from_values(scenario.with_kind(kind).filter_map(|record| record.others));
    loads.map_or_else(|| "?".into(), |loads| number(loads.max, 1))
}

/// The times that listeners waited.
pub fn times(scenarios: &[&Scenario]) -> Table {
    let mut table = Table::new(
        &["scenario", "kind"],
        &[
            "first byte: 50 %",
            "99 %",
            "max",
            "64 KiB: 50 %",
            "99 %",
            "longest gap: 99 %",
            "max",
            "client busy",
        ],
    );
    rows(&mut table, scenarios, |scenario, kind| {
        let p50 = |get: fn(&Record) -> Percentiles| time(scenario.median(kind, |record| get(record).p50));
        let p99 = |get: fn(&Record) -> Percentiles| time(scenario.median(kind, |record| get(record).p99));
        let max = |get: fn(&Record) -> Percentiles| time(scenario.max(kind, |record| get(record).max));
        vec![
            unless_bare(kind, p50(|record| record.first_ms)),
            unless_bare(kind, p99(|record| record.first_ms)),
            unless_bare(kind, max(|record| record.first_ms)),
            unless_bare(kind, p50(|record| record.full_ms)),
            unless_bare(kind, p99(|record| record.full_ms)),
            p99(|record| record.silence_ms),
            max(|record| record.silence_ms),
            time(scenario.max(kind, |record| record.client_ms)),
        ]
    });
    table
}

/// Formats milliseconds. From 100 ms on, tenths are left out.
fn time(ms: Option<f64>) -> String {
    optional(ms, if ms.is_some_and(|ms| ms >= 100.0) { 0 } else { 1 })
}

/// Memory of the server and of the kernel.
pub fn memory(scenarios: &[&Scenario]) -> Table {
    let mut table = Table::new(
        &["scenario", "kind"],
        &[
            "without listeners, KiB",
            "after the window, KiB",
            "peak, KiB",
            "per listener, bytes",
            "kernel, per listener, KiB",
        ],
    );
    rows(&mut table, scenarios, |scenario, kind| {
        vec![
            optional(scenario.median(kind, |record| record.memory_base_kib as f64), 0),
            optional(scenario.median(kind, |record| record.memory_kib as f64), 0),
            optional(scenario.max(kind, |record| record.memory_peak_kib as f64), 0),
            optional(scenario.median(kind, scenario::memory_per_listener), 0),
            optional(scenario.median(kind, scenario::kernel_per_listener), 1),
        ]
    });
    table
}

/// The data that listeners received, and errors in it.
pub fn received(scenarios: &[&Scenario]) -> Table {
    let mut table = Table::new(
        &["scenario", "kind"],
        &["received / due, %", "min, %", "max, %", "fully checked", "frames", "blocks", "lost", "errors"],
    );
    rows(&mut table, scenarios, |scenario, kind| {
        let sum = |count: fn(&Record) -> u64| scenario.with_kind(kind).map(count).sum::<u64>();
        let checked = |count| Some(sum(count)).filter(|sum| *sum > 0).map(|sum| sum as f64);
        vec![
            optional(scenario.median(kind, |record| record.heard_all), 2),
            optional(scenario.min(kind, |record| record.heard_least), 2),
            optional(scenario.max(kind, |record| record.heard_most), 2),
            optional(checked(|record| record.checked_whole as u64), 0),
            optional(checked(|record| record.checked_frames), 0),
            optional(checked(|record| record.checked_blocks), 0),
            sum(|record| record.lost as u64).to_string(),
            sum(|record| record.wrong as u64).to_string(),
        ]
    });
    table
}

/// The time until all listeners had rejoined.
pub fn returns(scenarios: &[&Scenario]) -> Option<Table> {
    let mut table =
        Table::new(&["scenario", "kind", "trial", "until all had rejoined, ms, each time"], &["max, ms"]);
    let records = select(scenarios, |record| !record.returns_ms.is_empty());
    for record in &records {
        let each: Vec<String> = record.returns_ms.iter().map(|ms| number(*ms, 0)).collect();
        let max = Spread::from_values(record.returns_ms.iter().copied()).map(|spread| spread.max);
        table.row([
            record.scenario.clone(),
            record.kind.clone(),
            record.round.to_string(),
            each.join(" · "),
            optional(max, 0),
        ]);
    }
    (!records.is_empty()).then_some(table)
}

/// Memory during the window, and the received data compared with the clock at its end.
pub fn over_time(scenarios: &[&Scenario]) -> Option<Table> {
    let mut table = Table::new(
        &["scenario", "kind"],
        &["trial", "minutes", "memory at the start, KiB", "at the end, KiB", "max, KiB", "received / due, %"],
    );
    let records = select(scenarios, |record| !record.course.is_empty());
    for record in &records {
        let [Some((_, first, _)), Some((seconds, last, received))] =
            [record.course.first(), record.course.last()]
        else {
            continue;
        };
        let max = record.course.iter().map(|(_, kib, _)| *kib).max().unwrap_or_default();
        table.row([
            record.scenario.clone(),
            record.kind.clone(),
            record.round.to_string(),
            number(seconds / 60.0, 1),
            number(*first as f64, 0),
            number(*last as f64, 0),
            number(max as f64, 0),
            number(*received, 3),
        ]);
    }
    (!records.is_empty()).then_some(table)
}

fn select<'a>(scenarios: &[&Scenario<'a>], predicate: fn(&Record) -> bool) -> Vec<&'a Record> {
    scenarios.iter().flat_map(|scenario| scenario.records()).filter(|record| predicate(record)).collect()
}
