//! The goals of coldwave, and whether they are met.

use crate::numbers::{Spread, number};
use crate::record::Record;
use crate::scenario::{self, BARE, BARE_MANY, Scenario, is_bare};

/// The numbers of listeners that the goals require. A run with fewer listeners is not evaluated.
const LISTENERS_COST: usize = 10_000;
const LISTENERS_MANY: usize = 19_000;

/// The least joins per second.
const RATE_MIN: u32 = 4000;

/// CPU time divided by the bare writer's, for listeners without and with titles.
const PLAIN_MAX: f64 = 1.15;
const TITLES_MAX: f64 = 1.25;

/// CPU time divided by icecast2's.
const ICECAST_MAX: f64 = 1.0 / 6.0;

/// A server whose listeners receive less than this part of the bit rate, in per cent, had too little CPU
/// time. Its figures are too low, because data that was not sent costs nothing.
const RECEIVED_MEDIAN_MIN: f64 = 98.0;

/// The least that any listener receives, in per cent of the bit rate.
const RECEIVED_MIN: f64 = 99.0;

/// The longest time without data, in ms.
const GAP_MAX: f64 = 1500.0;

/// The share of a core, with 19,000 listeners.
const CORES_MAX: f64 = 0.5;

/// The time to the first byte while all join, in ms, for half and for 99 % of the listeners.
const FIRST_BYTE_P50_MAX: f64 = 30.0;
const FIRST_BYTE_P99_MAX: f64 = 100.0;

/// Memory per listener in bytes, and without listeners in millions of bytes.
const LISTENER_MEMORY_MAX: f64 = 600.0;
const BASE_MEMORY_MAX: f64 = 8.0;

/// CPU time with many stations divided by that with one.
const STATIONS_MAX: f64 = 1.3;

pub struct Goal {
    pub what: String,
    pub limit: String,
    /// `None` if there are no records.
    pub measured: Option<String>,
    is_met: bool,
}

impl Goal {
    pub fn verdict(&self) -> &'static str {
        match (&self.measured, self.is_met) {
            (None, _) => "not measured",
            (_, true) => "met",
            (_, false) => "MISSED",
        }
    }

    /// `figure` is the value and its text.
    fn new(what: impl Into<String>, limit: Limit, figure: Option<(f64, String)>) -> Self {
        Self {
            what: what.into(),
            limit: limit.to_text(),
            is_met: figure.as_ref().is_some_and(|(value, _)| limit.holds(*value)),
            measured: figure.map(|(_, text)| text),
        }
    }
}

/// The limit of a figure, with its unit.
enum Limit {
    AtMost(f64, &'static str),
    AtLeast(f64, &'static str),
    Below(f64, &'static str),
    /// At most this fraction, which is written as one nth.
    AtMostFraction(f64),
    Zero,
}

impl Limit {
    fn holds(&self, value: f64) -> bool {
        match self {
            Self::AtMost(limit, _) | Self::AtMostFraction(limit) => value <= *limit,
            Self::AtLeast(limit, _) => value >= *limit,
            Self::Below(limit, _) => value < *limit,
            Self::Zero => value == 0.0,
        }
    }

    fn to_text(&self) -> String {
        let text = match self {
            Self::AtMost(limit, unit) => format!("at most {} {unit}", plain(*limit)),
            Self::AtLeast(limit, unit) => format!("at least {} {unit}", plain(*limit)),
            Self::Below(limit, unit) => format!("below {} {unit}", plain(*limit)),
            Self::AtMostFraction(limit) => format!("at most 1/{:.0} = {limit:.3}", limit.recip()),
            Self::Zero => "none".into(),
        };
        text.trim_end().into()
    }
}

/// Formats a limit without unnecessary decimals.
fn plain(limit: f64) -> String {
    if limit.fract() == 0.0 { number(limit, 0) } else { limit.to_string() }
}

/// Evaluates all goals, including those without records.
pub fn evaluate(scenarios: &[Scenario]) -> Vec<Goal> {
    let find = |name: &str, listeners: usize| {
        scenarios.iter().find(|scenario| scenario.name == name && scenario.listeners() >= listeners)
    };
    let is_fast_enough = |joins: &&Scenario| joins.records().all(|record| record.rate >= RATE_MIN);
    let mut goals = cost_goals(find("steady-10000", LISTENERS_COST), icecast(scenarios));
    goals.extend(many_listeners_goals(find("steady-19000", LISTENERS_MANY)));
    goals.extend(join_goals(find("joins", LISTENERS_MANY).filter(is_fast_enough)));
    goals.extend(memory_goals(&steady(scenarios)));
    let ratio = find("stations", LISTENERS_COST).and_then(|all| all.ratios("many", "titles"));
    goals.push(Goal::new(
        "CPU, many stations / one, 10,000 listeners",
        Limit::AtMost(STATIONS_MAX, ""),
        ratio.map(format_ratios),
    ));
    goals.push(error_goal(scenarios));
    goals
}

fn steady<'a, 'b>(scenarios: &'b [Scenario<'a>]) -> Vec<&'b Scenario<'a>> {
    scenarios.iter().filter(|scenario| scenario.name.starts_with("steady-")).collect()
}

fn cost_goals(steady: Option<&Scenario>, icecast: Option<&Scenario>) -> Vec<Goal> {
    let ratio = |kind| steady.and_then(|all| all.ratios(kind, BARE)).map(format_ratios);
    let listeners =
        icecast.map_or_else(String::new, |all| format!(", {} listeners", number(all.listeners() as f64, 0)));
    let icecast_ratio = icecast.and_then(|all| all.ratios("titles", "icecast2")).map(format_ratios);
    vec![
        Goal::new(
            "CPU, without titles / bare writer, 10,000 listeners",
            Limit::AtMost(PLAIN_MAX, ""),
            ratio("plain"),
        ),
        Goal::new(
            "CPU, with titles / bare writer, 10,000 listeners",
            Limit::AtMost(TITLES_MAX, ""),
            ratio("titles"),
        ),
        Goal::new(
            format!("CPU, with titles / icecast2{listeners}"),
            Limit::AtMostFraction(ICECAST_MAX),
            icecast_ratio,
        ),
    ]
}

/// Returns the median of ratios, and a text with their range.
fn format_ratios(ratios: Spread) -> (f64, String) {
    let Spread { median, min, max, count } = ratios;
    (median, format!("{median:.3} ({min:.3}–{max:.3}, pairs: {count})"))
}

/// Returns the scenario with the most listeners in which icecast2 did not fall behind.
fn icecast<'a, 'b>(scenarios: &'b [Scenario<'a>]) -> Option<&'b Scenario<'a>> {
    let kept_up = steady(scenarios).into_iter().filter(|scenario| icecast_kept_up(scenario) == Some(true));
    kept_up.max_by_key(|scenario| scenario.listeners())
}

/// Returns whether icecast2 sent the bit rate, if it was measured.
fn icecast_kept_up(scenario: &Scenario) -> Option<bool> {
    Some(scenario.median("icecast2", |record| record.heard_all)? >= RECEIVED_MEDIAN_MIN)
}

fn many_listeners_goals(steady: Option<&Scenario>) -> Vec<Goal> {
    let received = steady.and_then(|all| all.spread("titles", |record| record.heard_least));
    let cores = steady.and_then(|all| all.spread("titles", scenario::cores_used));
    vec![
        Goal::new(
            "least received by a listener, of the bit rate, 19,000 listeners",
            Limit::AtLeast(RECEIVED_MIN, "%"),
            received.map(|all| (all.min, format!("{:.2} % (median {:.2})", all.min, all.median))),
        ),
        gap_goal("longest gap, 19,000 listeners", steady),
        Goal::new(
            "CPU, 19,000 listeners together",
            Limit::Below(CORES_MAX, "of a core"),
            cores.map(|all| (all.median, format!("{:.3} (max {:.3})", all.median, all.max))),
        ),
    ]
}

/// The longest gap in any trial.
fn gap_goal(what: &str, scenario: Option<&Scenario>) -> Goal {
    let max = scenario.and_then(|all| all.max("titles", |record| record.silence_ms.max));
    let max = max.map(|ms| (ms, format!("{} ms", number(ms, 0))));
    Goal::new(what, Limit::AtMost(GAP_MAX, "ms"), max)
}

fn join_goals(joins: Option<&Scenario>) -> Vec<Goal> {
    let first_byte = |figure: fn(&Record) -> f64| {
        let all = joins?.spread("titles", figure)?;
        let text = format!("{:.1} ms (worst trial {:.1}, trials: {})", all.median, all.max, all.count);
        Some((all.median, text))
    };
    vec![
        Goal::new(
            "first byte, half of 19,000 listeners, 4,000 joins per second",
            Limit::AtMost(FIRST_BYTE_P50_MAX, "ms"),
            first_byte(|record| record.first_ms.p50),
        ),
        Goal::new(
            "first byte, 99 % of them",
            Limit::AtMost(FIRST_BYTE_P99_MAX, "ms"),
            first_byte(|record| record.first_ms.p99),
        ),
        gap_goal("longest gap while they join", joins),
    ]
}

/// The least number of listeners for the memory goal. A station buffers half a minute of audio after its
/// start, which counts as memory of its listeners here. With fewer listeners that would be most of the
/// figure.
const LISTENERS_MEMORY: usize = 5000;

/// The memory goals, for the number of listeners with the worst figure.
fn memory_goals(steady: &[&Scenario]) -> Vec<Goal> {
    let large = steady.iter().filter(|all| all.listeners() >= LISTENERS_MEMORY);
    let median = |all: &Scenario| all.median("titles", scenario::memory_per_listener);
    let medians = large.filter_map(|all| Some((median(all)?, all.listeners())));
    let worst = medians.max_by(|(one, _), (other, _)| one.total_cmp(other));
    let base = Spread::from_values(steady.iter().flat_map(|all| all.with_kind("titles")).map(base_memory));
    vec![
        Goal::new(
            "memory per listener, with 5,000 listeners or more",
            Limit::AtMost(LISTENER_MEMORY_MAX, "bytes"),
            worst.map(|(bytes, listeners)| {
                (bytes, format!("{} bytes ({} listeners)", number(bytes, 0), number(listeners as f64, 0)))
            }),
        ),
        Goal::new(
            "memory without listeners",
            Limit::Below(BASE_MEMORY_MAX, "MB"),
            base.map(|all| (all.max, format!("{:.2} MB", all.max))),
        ),
    ]
}

/// Returns the memory without listeners in millions of bytes.
fn base_memory(record: &Record) -> f64 {
    record.memory_base_kib as f64 * 1024.0 / 1e6
}

/// Lost listeners and errors of coldwave in all scenarios.
fn error_goal(scenarios: &[Scenario]) -> Goal {
    let is_coldwave = |record: &&Record| !is_bare(&record.kind) && record.kind != "icecast2";
    let records: Vec<&Record> = scenarios.iter().flat_map(Scenario::records).filter(is_coldwave).collect();
    let [lost, errors] = [|record: &Record| record.lost, |record: &Record| record.wrong]
        .map(|count| records.iter().map(|record| count(record)).sum::<usize>());
    let text = format!("{lost} lost, {errors} errors (trials: {})", records.len());
    let figure = ((lost + errors) as f64, text);
    Goal::new(
        "lost listeners and errors in received data, in all trials below",
        Limit::Zero,
        (!records.is_empty()).then_some(figure),
    )
}

/// Returns the notes below the table of goals.
pub fn notes(scenarios: &[Scenario]) -> Vec<String> {
    let mut notes = vec![
        "Ratios are medians of the ratios in all pairs of trials, with their minimum and maximum in brackets. Gaps, the \
         received bit rate and memory without listeners are the worst of all trials; other figures are medians."
            .into(),
    ];
    if scenarios.iter().any(|scenario| scenario.name == "steady-19000") {
        notes.push(tolerance_note());
    }
    notes.extend(steady(scenarios).into_iter().filter_map(fell_behind_note));
    notes.extend(scenarios.iter().filter_map(many_stations_note));
    notes
}

/// Returns the cost of many stations for the bare writer, which is the lower limit for a server.
fn many_stations_note(scenario: &Scenario) -> Option<String> {
    let (bare, coldwave) = (scenario.ratios(BARE_MANY, "titles")?, scenario.ratios("many", BARE_MANY)?);
    let stations = scenario.with_kind(BARE_MANY).map(|record| record.stations).max()?;
    Some(format!(
        "{}: a bare writer that sends to {} listeners of {} stations needs {:.2} times the CPU time of coldwave with one \
         station. coldwave with as many stations needs {:.2} times that of the bare writer (medians of {} pairs).",
        scenario.name,
        number(scenario.listeners() as f64, 0),
        number(stations as f64, 0),
        bare.median,
        coldwave.median,
        coldwave.count,
    ))
}

/// Returns why a listener with 99 % has received everything.
fn tolerance_note() -> String {
    format!(
        "A listener must receive at least {RECEIVED_MIN} %: received data is counted from delivery to delivery, and a \
         delivery can have one frame more or less."
    )
}

/// Returns a note if icecast2 did not keep up.
fn fell_behind_note(scenario: &Scenario) -> Option<String> {
    let received = scenario.median("icecast2", |record| record.heard_all);
    let received = received.filter(|received| *received < RECEIVED_MEDIAN_MIN)?;
    Some(format!(
        "With {} listeners icecast2 fell behind: they received {received:.1} % of the bit rate. Its CPU time is too low, \
         because data that was not sent costs nothing, and is not used for the goal.",
        number(scenario.listeners() as f64, 0),
    ))
}

/// Returns whether a server sent the bit rate in this trial.
pub fn kept_up(record: &Record) -> bool {
    record.heard_all >= RECEIVED_MEDIAN_MIN
}
