//! What coldwave is held to, and whether it is kept.

use crate::numbers::{Spread, number};
use crate::record::Record;
use crate::scenario::{self, BARE, BARE_MANY, Scenario, is_bare};

/// With how many listeners goals are measured; a run with less proves nothing.
const FEWER: usize = 10_000;
const MANY: usize = 19_000;

/// How many of them join in a second at least.
const RATE_MIN: u32 = 4000;

/// CPU time as a part of the bare writer's, for listeners who do not ask for titles and for those who do.
const PLAIN_MAX: f64 = 1.15;
const TITLES_MAX: f64 = 1.25;

/// CPU time as a part of icecast2's.
const ICECAST_MAX: f64 = 1.0 / 6.0;

/// A server whose listeners hear less than this part of the bit rate, in per cent, had too little of its core: what it
/// did not send did not cost it anything.
const SUPPLY_MIN: f64 = 98.0;

/// What the listener with the least hears, in per cent of the bit rate.
const HEARD_MIN: f64 = 99.0;

/// Milliseconds without a byte.
const SILENCE_MAX: f64 = 1500.0;

/// Of a core, with 19,000 listeners.
const CORES_MAX: f64 = 0.5;

/// Milliseconds to the first byte of half and of 99 % of the listeners, while all join.
const FIRST_HALF_MAX: f64 = 30.0;
const FIRST_MOST_MAX: f64 = 100.0;

/// Bytes of memory for a listener, and millions of bytes without any.
const LISTENER_MAX: f64 = 600.0;
const BASE_MAX: f64 = 8.0;

/// CPU time with many stations as a part of that with one.
const STATIONS_MAX: f64 = 1.3;

pub struct Goal {
    pub what: String,
    pub limit: String,
    /// `None` if there are no records.
    pub measured: Option<String>,
    kept: bool,
}

impl Goal {
    pub fn verdict(&self) -> &'static str {
        match (&self.measured, self.kept) {
            (None, _) => "not measured",
            (_, true) => "kept",
            (_, false) => "MISSED",
        }
    }

    /// A figure, and how it is written.
    fn new(what: impl Into<String>, limit: Limit, figure: Option<(f64, String)>) -> Self {
        Self {
            what: what.into(),
            limit: limit.text(),
            kept: figure.as_ref().is_some_and(|(value, _)| limit.holds(*value)),
            measured: figure.map(|(_, text)| text),
        }
    }
}

/// What a figure is held to.
enum Limit {
    /// With its unit.
    AtMost(f64, &'static str),
    AtLeast(f64, &'static str),
    Below(f64, &'static str),
    /// An nth part.
    Part(f64),
    Zero,
}

impl Limit {
    fn holds(&self, value: f64) -> bool {
        match self {
            Self::AtMost(limit, _) | Self::Part(limit) => value <= *limit,
            Self::AtLeast(limit, _) => value >= *limit,
            Self::Below(limit, _) => value < *limit,
            Self::Zero => value == 0.0,
        }
    }

    fn text(&self) -> String {
        let text = match self {
            Self::AtMost(limit, unit) => format!("at most {} {unit}", plain(*limit)),
            Self::AtLeast(limit, unit) => format!("at least {} {unit}", plain(*limit)),
            Self::Below(limit, unit) => format!("below {} {unit}", plain(*limit)),
            Self::Part(part) => format!("at most 1/{:.0} = {part:.3}", part.recip()),
            Self::Zero => "none".into(),
        };
        text.trim_end().into()
    }
}

/// A limit with no more decimals than it has.
fn plain(limit: f64) -> String {
    if limit.fract() == 0.0 { number(limit, 0) } else { limit.to_string() }
}

/// All goals, whether or not there are records for them.
pub fn of(scenarios: &[Scenario]) -> Vec<Goal> {
    let find = |name: &str, listeners: usize| {
        scenarios.iter().find(|scenario| scenario.name == name && scenario.listeners() >= listeners)
    };
    let in_a_hurry = |joins: &&Scenario| joins.records().all(|record| record.rate >= RATE_MIN);
    let mut goals = cost(find("steady-10000", FEWER), icecast(scenarios));
    goals.extend(crowd(find("steady-19000", MANY)));
    goals.extend(joins(find("joins", MANY).filter(in_a_hurry)));
    goals.extend(memory(&steady(scenarios)));
    let ratio = find("stations", FEWER).and_then(|all| all.ratios("many", "titles"));
    goals.push(Goal::new(
        "CPU, many stations / one, 10,000 listeners",
        Limit::AtMost(STATIONS_MAX, ""),
        ratio.map(pairs),
    ));
    goals.push(mistakes(scenarios));
    goals
}

fn steady<'a, 'b>(scenarios: &'b [Scenario<'a>]) -> Vec<&'b Scenario<'a>> {
    scenarios.iter().filter(|scenario| scenario.name.starts_with("steady-")).collect()
}

fn cost(steady: Option<&Scenario>, icecast: Option<&Scenario>) -> Vec<Goal> {
    let ratio = |kind| steady.and_then(|all| all.ratios(kind, BARE)).map(pairs);
    let with =
        icecast.map_or_else(String::new, |all| format!(", {} listeners", number(all.listeners() as f64, 0)));
    let to_icecast = icecast.and_then(|all| all.ratios("titles", "icecast2")).map(pairs);
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
        Goal::new(format!("CPU, with titles / icecast2{with}"), Limit::Part(ICECAST_MAX), to_icecast),
    ]
}

/// Ratios of pairs.
fn pairs(ratios: Spread) -> (f64, String) {
    let Spread { median, least, most, count } = ratios;
    (median, format!("{median:.3} ({least:.3}–{most:.3}, pairs: {count})"))
}

/// Where icecast2 served most listeners without falling behind.
fn icecast<'a, 'b>(scenarios: &'b [Scenario<'a>]) -> Option<&'b Scenario<'a>> {
    let served = steady(scenarios).into_iter().filter(|scenario| supplied(scenario) == Some(true));
    served.max_by_key(|scenario| scenario.listeners())
}

/// Whether icecast2 sent what was due, if it took part.
fn supplied(scenario: &Scenario) -> Option<bool> {
    Some(scenario.median("icecast2", |record| record.heard_all)? >= SUPPLY_MIN)
}

fn crowd(steady: Option<&Scenario>) -> Vec<Goal> {
    let least = steady.and_then(|all| all.spread("titles", |record| record.heard_least));
    let cores = steady.and_then(|all| all.spread("titles", scenario::cores));
    vec![
        Goal::new(
            "bit rate that the listener with the least hears, 19,000 listeners",
            Limit::AtLeast(HEARD_MIN, "%"),
            least.map(|all| (all.least, format!("{:.2} % (median {:.2})", all.least, all.median))),
        ),
        silence("longest silence, 19,000 listeners", steady),
        Goal::new(
            "CPU, 19,000 listeners together",
            Limit::Below(CORES_MAX, "of a core"),
            cores.map(|all| (all.median, format!("{:.3} (most {:.3})", all.median, all.most))),
        ),
    ]
}

/// The longest of all turns.
fn silence(what: &str, scenario: Option<&Scenario>) -> Goal {
    let most = scenario.and_then(|all| all.most("titles", |record| record.silence_ms.max));
    let most = most.map(|ms| (ms, format!("{} ms", number(ms, 0))));
    Goal::new(what, Limit::AtMost(SILENCE_MAX, "ms"), most)
}

fn joins(joins: Option<&Scenario>) -> Vec<Goal> {
    let first = |figure: fn(&Record) -> f64| {
        let all = joins?.spread("titles", figure)?;
        Some((all.median, format!("{:.1} ms (worst turn {:.1}, turns: {})", all.median, all.most, all.count)))
    };
    vec![
        Goal::new(
            "first byte, half of 19,000, 4,000 joining a second",
            Limit::AtMost(FIRST_HALF_MAX, "ms"),
            first(|record| record.first_ms.p50),
        ),
        Goal::new(
            "first byte, 99 % of them",
            Limit::AtMost(FIRST_MOST_MAX, "ms"),
            first(|record| record.first_ms.p99),
        ),
        silence("longest silence while they join", joins),
    ]
}

/// From how many listeners on memory is looked at. A station gathers half a minute of audio when it has begun, which counts
/// as its listeners' here; with few of them, most of it is that.
const SHARED_BY: usize = 5000;

/// The worst of all numbers of listeners.
fn memory(steady: &[&Scenario]) -> Vec<Goal> {
    let shared = steady.iter().filter(|all| all.listeners() >= SHARED_BY);
    let medians = shared.filter_map(|all| Some((all.median("titles", scenario::memory)?, all.listeners())));
    let listener = medians.max_by(|(one, _), (other, _)| one.total_cmp(other));
    let base = Spread::of(steady.iter().flat_map(|all| all.of_kind("titles")).map(base));
    vec![
        Goal::new(
            "memory for a listener, where there are 5,000 or more",
            Limit::AtMost(LISTENER_MAX, "bytes"),
            listener.map(|(bytes, of)| {
                (bytes, format!("{} bytes (of {} listeners)", number(bytes, 0), number(of as f64, 0)))
            }),
        ),
        Goal::new(
            "memory without listeners",
            Limit::Below(BASE_MAX, "MB"),
            base.map(|all| (all.most, format!("{:.2} MB", all.most))),
        ),
    ]
}

/// Millions of bytes without listeners.
fn base(record: &Record) -> f64 {
    record.memory_base_kib as f64 * 1024.0 / 1e6
}

/// Of coldwave, in all scenarios.
fn mistakes(scenarios: &[Scenario]) -> Goal {
    let foreign = |record: &&Record| is_bare(&record.kind) || record.kind == "icecast2";
    let ours: Vec<&Record> =
        scenarios.iter().flat_map(Scenario::records).filter(|record| !foreign(record)).collect();
    let [lost, wrong] = [|record: &Record| record.lost, |record: &Record| record.wrong]
        .map(|count| ours.iter().map(|record| count(record)).sum::<usize>());
    let figure = ((lost + wrong) as f64, format!("{lost} lost, {wrong} wrong (turns: {})", ours.len()));
    Goal::new(
        "listeners lost, and mistakes in what is heard, in everything below",
        Limit::Zero,
        (!ours.is_empty()).then_some(figure),
    )
}

/// What has to be said below the goals.
pub fn notes(scenarios: &[Scenario]) -> Vec<String> {
    let mut notes = vec![
        "Ratios are medians of the ratios in all pairs of turns, in brackets the least and the most. Silence, bit rate \
         and memory without listeners are the worst of all turns, other figures medians of turns."
            .into(),
    ];
    if scenarios.iter().any(|scenario| scenario.name == "steady-19000") {
        notes.push(tolerance());
    }
    notes.extend(steady(scenarios).into_iter().filter_map(behind));
    notes.extend(scenarios.iter().filter_map(floor));
    notes
}

/// What many stations cost whoever does nothing but send.
fn floor(scenario: &Scenario) -> Option<String> {
    let (least, ours) = (scenario.ratios(BARE_MANY, "titles")?, scenario.ratios("many", BARE_MANY)?);
    let stations = scenario.of_kind(BARE_MANY).map(|record| record.stations).max()?;
    Some(format!(
        "{}: a bare writer that sends to {} listeners of {} stations costs {:.2} times what one station costs \
         coldwave; coldwave's many cost {:.2} times what they cost the bare writer (medians of {} pairs).",
        scenario.name,
        number(scenario.listeners() as f64, 0),
        number(stations as f64, 0),
        least.median,
        ours.median,
        ours.count,
    ))
}

/// Why a listener with 99 % heard everything.
fn tolerance() -> String {
    format!(
        "The listener with the least may hear {HEARD_MIN} %: what he hears is counted from delivery to delivery, and a \
         delivery has a frame more or less."
    )
}

/// That icecast2 did not keep up.
fn behind(scenario: &Scenario) -> Option<String> {
    let heard = scenario.median("icecast2", |record| record.heard_all).filter(|heard| *heard < SUPPLY_MIN)?;
    Some(format!(
        "With {} listeners icecast2 fell behind: they heard {heard:.1} % of the bit rate. What it did not send cost it \
         nothing, so that its CPU time is too low, and is not what coldwave is held to.",
        number(scenario.listeners() as f64, 0),
    ))
}

/// Whether a server sent what was due in this turn.
pub fn kept_up(record: &Record) -> bool {
    record.heard_all >= SUPPLY_MIN
}
