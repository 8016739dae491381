//! The tables of a group of scenarios: a line for each scenario and kind.

use std::collections::BTreeSet;

use crate::numbers::{Spread, number, optional};
use crate::record::{Percentiles, Record};
use crate::scenario::{self, Scenario, is_bare};
use crate::table::Table;

/// What was asked for.
pub fn settings(scenarios: &[&Scenario]) -> Table {
    let mut table = Table::new(
        &["scenario"],
        &[
            "listeners",
            "stations",
            "joins a second",
            "measured, s",
            "written to every, ms",
            "kbit/s",
            "turns",
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

/// The values that a setting had in a scenario; as a rule, it is one.
fn all(scenario: &Scenario, setting: impl Fn(&Record) -> u64) -> String {
    let values: BTreeSet<u64> = scenario.records().map(setting).collect();
    let values: Vec<String> = values.into_iter().map(|value| number(value as f64, 0)).collect();
    values.join(" / ")
}

/// A line for each scenario and kind; a scenario's name stands on its first line.
fn rows(table: &mut Table, scenarios: &[&Scenario], cells: impl Fn(&Scenario, &str) -> Vec<String>) {
    for scenario in scenarios {
        for (at, kind) in scenario.kinds().into_iter().enumerate() {
            let name = if at == 0 { scenario.name } else { "" };
            table.row([name.into(), kind.into()].into_iter().chain(cells(scenario, kind)));
        }
    }
}

/// CPU time.
pub fn cost(scenarios: &[&Scenario]) -> Table {
    let mut table = Table::new(
        &["scenario", "kind"],
        &[
            "user, µs",
            "system, µs",
            "both, µs",
            "of a core, %",
            "ratio",
            "least–most",
            "pairs",
            "a join, µs",
            "others, %",
        ],
    );
    rows(&mut table, scenarios, |scenario, kind| {
        let median = |figure: fn(&Record) -> f64, decimals| optional(scenario.median(kind, figure), decimals);
        let mut cells = vec![
            median(|record| record.cpu_user_us, 2),
            median(|record| record.cpu_system_us, 2),
            median(scenario::cpu, 2),
            median(|record| scenario::cores(record) * 100.0, 1),
        ];
        cells.extend(ratio(scenario, kind));
        cells.push(joining(kind, median(|record| record.cpu_join_us, 0)));
        cells.push(others(scenario, kind));
        cells
    });
    table
}

/// The ratio to the reference, how it is spread, and of how many pairs it is.
fn ratio(scenario: &Scenario, kind: &str) -> [String; 3] {
    let reference = scenario.reference().filter(|reference| *reference != kind);
    let ratios = reference.and_then(|reference| Some((scenario.ratios(kind, reference)?, reference)));
    let Some((Spread { median, least, most, count }, reference)) = ratios else {
        return ["–", "–", "–"].map(String::from);
    };
    [format!("{median:.2} × {reference}"), format!("{least:.2}–{most:.2}"), count.to_string()]
}

/// What is known of joins: the bare writer answers nobody.
fn joining(kind: &str, cell: String) -> String {
    if is_bare(kind) { "–".into() } else { cell }
}

/// How much others kept the core busy, where that is known.
fn others(scenario: &Scenario, kind: &str) -> String {
    let others = Spread::of(scenario.of_kind(kind).filter_map(|record| record.others));
    others.map_or_else(|| "?".into(), |others| number(others.most, 1))
}

/// How long listeners waited.
pub fn times(scenarios: &[&Scenario]) -> Table {
    let mut table = Table::new(
        &["scenario", "kind"],
        &[
            "first byte: 50 %",
            "99 %",
            "all",
            "64 KiB: 50 %",
            "99 %",
            "longest silence: 99 %",
            "all",
            "client busy",
        ],
    );
    rows(&mut table, scenarios, |scenario, kind| {
        let half = |of: fn(&Record) -> Percentiles| time(scenario.median(kind, |record| of(record).p50));
        let most = |of: fn(&Record) -> Percentiles| time(scenario.median(kind, |record| of(record).p99));
        let worst = |of: fn(&Record) -> Percentiles| time(scenario.most(kind, |record| of(record).max));
        vec![
            joining(kind, half(|record| record.first_ms)),
            joining(kind, most(|record| record.first_ms)),
            joining(kind, worst(|record| record.first_ms)),
            joining(kind, half(|record| record.full_ms)),
            joining(kind, most(|record| record.full_ms)),
            most(|record| record.silence_ms),
            worst(|record| record.silence_ms),
            time(scenario.most(kind, |record| record.client_ms)),
        ]
    });
    table
}

/// Milliseconds: of a long time, nobody wants the tenths.
fn time(ms: Option<f64>) -> String {
    optional(ms, if ms.is_some_and(|ms| ms >= 100.0) { 0 } else { 1 })
}

/// What the server and the kernel keep.
pub fn memory(scenarios: &[&Scenario]) -> Table {
    let mut table = Table::new(
        &["scenario", "kind"],
        &[
            "without listeners, KiB",
            "after the window, KiB",
            "at its worst, KiB",
            "a listener, bytes",
            "kernel, a listener, KiB",
        ],
    );
    rows(&mut table, scenarios, |scenario, kind| {
        vec![
            optional(scenario.median(kind, |record| record.memory_base_kib as f64), 0),
            optional(scenario.median(kind, |record| record.memory_kib as f64), 0),
            optional(scenario.most(kind, |record| record.memory_peak_kib as f64), 0),
            optional(scenario.median(kind, scenario::memory), 0),
            optional(scenario.median(kind, scenario::kernel), 1),
        ]
    });
    table
}

/// What listeners heard, and what was wrong with it.
pub fn heard(scenarios: &[&Scenario]) -> Table {
    let mut table = Table::new(
        &["scenario", "kind"],
        &["heard, all, %", "least, %", "most, %", "checked whole", "frames", "blocks", "lost", "wrong"],
    );
    rows(&mut table, scenarios, |scenario, kind| {
        let sum = |count: fn(&Record) -> u64| scenario.of_kind(kind).map(count).sum::<u64>();
        let checked = |count| Some(sum(count)).filter(|sum| *sum > 0).map(|sum| sum as f64);
        vec![
            optional(scenario.median(kind, |record| record.heard_all), 2),
            optional(scenario.least(kind, |record| record.heard_least), 2),
            optional(scenario.most(kind, |record| record.heard_most), 2),
            optional(checked(|record| record.checked_whole as u64), 0),
            optional(checked(|record| record.checked_frames), 0),
            optional(checked(|record| record.checked_blocks), 0),
            sum(|record| record.lost as u64).to_string(),
            sum(|record| record.wrong as u64).to_string(),
        ]
    });
    table
}

/// How long it took until all were back.
pub fn returns(scenarios: &[&Scenario]) -> Option<Table> {
    let mut table =
        Table::new(&["scenario", "kind", "turn", "until all were back, ms, each time"], &["most, ms"]);
    let records = of_those(scenarios, |record| !record.returns_ms.is_empty());
    for record in &records {
        let each: Vec<String> = record.returns_ms.iter().map(|ms| number(*ms, 0)).collect();
        let most = Spread::of(record.returns_ms.iter().copied()).map(|spread| spread.most);
        table.row([
            record.scenario.clone(),
            record.kind.clone(),
            record.round.to_string(),
            each.join(" · "),
            optional(most, 0),
        ]);
    }
    (!records.is_empty()).then_some(table)
}

/// How memory went through the window, and how far what was heard is from the clock at its end.
pub fn course(scenarios: &[&Scenario]) -> Option<Table> {
    let mut table = Table::new(
        &["scenario", "kind"],
        &[
            "turn",
            "minutes",
            "memory at first, KiB",
            "at the end, KiB",
            "at most, KiB",
            "heard by the clock, %",
        ],
    );
    let records = of_those(scenarios, |record| !record.course.is_empty());
    for record in &records {
        let [Some((_, first, _)), Some((seconds, last, heard))] =
            [record.course.first(), record.course.last()]
        else {
            continue;
        };
        let most = record.course.iter().map(|(_, kib, _)| *kib).max().unwrap_or_default();
        table.row([
            record.scenario.clone(),
            record.kind.clone(),
            record.round.to_string(),
            number(seconds / 60.0, 1),
            number(*first as f64, 0),
            number(*last as f64, 0),
            number(most as f64, 0),
            number(*heard, 3),
        ]);
    }
    (!records.is_empty()).then_some(table)
}

fn of_those<'a>(scenarios: &[&Scenario<'a>], which: fn(&Record) -> bool) -> Vec<&'a Record> {
    scenarios.iter().flat_map(|scenario| scenario.records()).filter(|record| which(record)).collect()
}
