//! The plots, and what they are drawn of.

use crate::chart::{Axis, Chart, Point, Series};
use crate::goals;
use crate::numbers::{Spread, number};
use crate::record::Record;
use crate::scenario::{self, Scenario};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plot {
    Cost,
    Intervals,
    Soak,
}

/// How a kind is drawn: its name, a colour that most can tell apart from the others, whether with dashes.
struct Kind {
    kind: &'static str,
    name: &'static str,
    colour: &'static str,
    dashed: bool,
}

const TITLES: Kind = Kind { kind: "titles", name: "with titles", colour: "#0550ae", dashed: false };
const PLAIN: Kind = Kind { kind: "plain", name: "without", colour: "#1a7f37", dashed: false };
const ICECAST: Kind = Kind { kind: "icecast2", name: "icecast2", colour: "#bc4c00", dashed: false };
const BARE: Kind = Kind { kind: scenario::BARE, name: "bare writer", colour: "#57606a", dashed: true };

/// More points than these cannot be seen, and would make a large file.
const POINTS_MAX: usize = 150;

impl Plot {
    pub const ALL: [Self; 3] = [Self::Cost, Self::Intervals, Self::Soak];

    pub fn file(self) -> &'static str {
        match self {
            Self::Cost => "cost.svg",
            Self::Intervals => "intervals.svg",
            Self::Soak => "soak.svg",
        }
    }

    pub fn title(self) -> &'static str {
        match self {
            Self::Cost => "What a listener costs, by how many there are",
            Self::Intervals => "What a listener costs, by how often he is written to",
            Self::Soak => "Memory of coldwave through a long run",
        }
    }

    /// `None` if there is nothing to draw.
    pub fn svg(self, scenarios: &[Scenario]) -> Option<String> {
        let chart = match self {
            Self::Cost => cost(&named(scenarios, "steady-")),
            Self::Intervals => intervals(&named(scenarios, "interval-")),
            Self::Soak => soak(&named(scenarios, "soak")),
        };
        chart.map(|chart| chart.svg(self.title()))
    }
}

fn named<'a, 'b>(scenarios: &'b [Scenario<'a>], start: &str) -> Vec<&'b Scenario<'a>> {
    scenarios.iter().filter(|scenario| scenario.name.starts_with(start)).collect()
}

fn cost(scenarios: &[&Scenario]) -> Option<Chart> {
    let series = costs(scenarios, &[ICECAST, TITLES, PLAIN, BARE], |record| record.listeners as f64);
    let points = || series.iter().flat_map(|series| &series.points);
    let values = Spread::of(points().flat_map(|point| [point.least, point.most]))?;
    let listeners = Spread::of(points().map(|point| point.x))?;
    let hollow = if points().any(|point| point.hollow) { "; hollow: fell behind" } else { "" };
    Some(Chart {
        about: format!("Medians, and bars from the least to the most of all turns; logarithmic{hollow}"),
        x: Axis::linear("listeners", listeners.most * 1.03).with_ticks(points().map(|point| point.x)),
        y: Axis::logarithmic(COST, values.least / 1.3, values.most * 1.3),
        series,
    })
}

const COST: &str = "CPU time, µs of a core for each listener and second";

fn intervals(scenarios: &[&Scenario]) -> Option<Chart> {
    let series = costs(scenarios, &[TITLES, BARE], |record| record.interval_ms as f64);
    let points = || series.iter().flat_map(|series| &series.points);
    let most = Spread::of(points().map(|point| point.most))?.most;
    let intervals = Spread::of(points().map(|point| point.x))?;
    Some(Chart {
        about: "Medians, and bars from the least to the most of all turns".into(),
        x: Axis::logarithmic("ms between two deliveries", intervals.least / 1.1, intervals.most * 1.1)
            .with_ticks(points().map(|point| point.x)),
        y: Axis::linear(COST, most * 1.1),
        series,
    })
}

/// A line for each kind, with a point for each scenario.
fn costs(scenarios: &[&Scenario], kinds: &[Kind], x: impl Fn(&Record) -> f64) -> Vec<Series> {
    let series = kinds.iter().map(|Kind { kind, name, colour, dashed }| {
        let mut points: Vec<Point> =
            scenarios.iter().filter_map(|scenario| point(scenario, kind, &x)).collect();
        points.sort_by(|one, other| one.x.total_cmp(&other.x));
        // Beside icecast2 it is measured once more.
        points.dedup_by(|later, first| later.x == first.x);
        let last = points.last().map_or_else(String::new, |point| number(point.y, 1));
        Series { label: format!("{name} {last}"), colour, dashed: *dashed, marked: true, points }
    });
    series.filter(|series| !series.points.is_empty()).collect()
}

fn point(scenario: &Scenario, kind: &str, x: impl Fn(&Record) -> f64) -> Option<Point> {
    let Spread { median, least, most, .. } = scenario.spread(kind, scenario::cpu)?;
    let hollow = scenario.of_kind(kind).any(|record| !goals::kept_up(record));
    Some(Point { x: scenario.median(kind, x)?, y: median, least, most, hollow })
}

fn soak(scenarios: &[&Scenario]) -> Option<Chart> {
    let records = scenarios.iter().flat_map(|scenario| scenario.of_kind("titles"));
    let series: Vec<Series> = records.filter(|record| !record.course.is_empty()).map(course).collect();
    let points = || series.iter().flat_map(|series| &series.points);
    let minutes = Spread::of(points().map(|point| point.x))?.most;
    let most = Spread::of(points().map(|point| point.y))?.most;
    let record = scenarios.first()?.of_kind("titles").next()?;
    Some(Chart {
        about: format!("{} listeners; resident memory of the process", number(record.listeners as f64, 0)),
        x: Axis::linear("minutes", minutes),
        y: Axis::linear("memory, KiB", most * 1.15),
        series,
    })
}

/// Of neighbours that cannot be told apart, the most.
fn course(record: &Record) -> Series {
    let points = record.course.chunks(record.course.len().div_ceil(POINTS_MAX)).filter_map(|some| {
        let y = some.iter().map(|(_, kib, _)| *kib).max()? as f64;
        Some(Point { x: some.last()?.0 / 60.0, y, least: y, most: y, hollow: false })
    });
    let last = record.course.last().map_or(0, |(_, kib, _)| *kib);
    Series {
        label: format!("{} KiB", number(last as f64, 0)),
        colour: TITLES.colour,
        dashed: false,
        marked: false,
        points: points.collect(),
    }
}
