//! The plots and their data.

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

/// The style of a kind's line. The colours are easy to distinguish with most kinds of colour blindness.
struct SeriesStyle {
    kind: &'static str,
    name: &'static str,
    colour: &'static str,
    dashed: bool,
}

const TITLES: SeriesStyle =
    SeriesStyle { kind: "titles", name: "with titles", colour: "#0550ae", dashed: false };
const PLAIN: SeriesStyle = SeriesStyle { kind: "plain", name: "without", colour: "#1a7f37", dashed: false };
const ICECAST: SeriesStyle =
    SeriesStyle { kind: "icecast2", name: "icecast2", colour: "#bc4c00", dashed: false };
const BARE: SeriesStyle =
    SeriesStyle { kind: scenario::BARE, name: "bare writer", colour: "#57606a", dashed: true };

/// The most points of a line. More points would be invisible and make the file large.
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
            Self::Cost => "CPU time per listener by number of listeners",
            Self::Intervals => "CPU time per listener by delivery interval",
            Self::Soak => "Memory of coldwave during a long run",
        }
    }

    /// Draws the plot. Returns `None` if there are no records for it.
    pub fn svg(self, scenarios: &[Scenario]) -> Option<String> {
        let chart = match self {
            Self::Cost => cost(&with_prefix(scenarios, "steady-")),
            Self::Intervals => intervals(&with_prefix(scenarios, "interval-")),
            Self::Soak => soak(&with_prefix(scenarios, "soak")),
        };
        chart.map(|chart| chart.to_svg(self.title()))
    }
}

fn with_prefix<'a, 'b>(scenarios: &'b [Scenario<'a>], prefix: &str) -> Vec<&'b Scenario<'a>> {
    scenarios.iter().filter(|scenario| scenario.name.starts_with(prefix)).collect()
}

fn cost(scenarios: &[&Scenario]) -> Option<Chart> {
    let series = cost_series(scenarios, &[ICECAST, TITLES, PLAIN, BARE], |record| record.listeners as f64);
    let points = || series.iter().flat_map(|series| &series.points);
    let values = Spread::from_values(points().flat_map(|point| [point.min, point.max]))?;
    let listeners = Spread::from_values(points().map(|point| point.x))?;
    let hollow = if points().any(|point| point.is_hollow) { "; hollow: fell behind" } else { "" };
    Some(Chart {
        subtitle: format!(
            "Medians, with bars from the minimum to the maximum of all trials; logarithmic{hollow}"
        ),
        x: Axis::linear("listeners", listeners.max * 1.03).with_ticks(points().map(|point| point.x)),
        y: Axis::logarithmic(COST, values.min / 1.3, values.max * 1.3),
        series,
    })
}

const COST: &str = "CPU time, µs of a core per listener and second";

fn intervals(scenarios: &[&Scenario]) -> Option<Chart> {
    let series = cost_series(scenarios, &[TITLES, BARE], |record| record.interval_ms as f64);
    let points = || series.iter().flat_map(|series| &series.points);
    let max = Spread::from_values(points().map(|point| point.max))?.max;
    let intervals = Spread::from_values(points().map(|point| point.x))?;
    Some(Chart {
        subtitle: "Medians, with bars from the minimum to the maximum of all trials".into(),
        x: Axis::logarithmic("delivery interval, ms", intervals.min / 1.1, intervals.max * 1.1)
            .with_ticks(points().map(|point| point.x)),
        y: Axis::linear(COST, max * 1.1),
        series,
    })
}

/// Returns a line for each kind, with a point for each scenario.
fn cost_series(scenarios: &[&Scenario], styles: &[SeriesStyle], x: impl Fn(&Record) -> f64) -> Vec<Series> {
    let series = styles.iter().map(|SeriesStyle { kind, name, colour, dashed }| {
        let mut points: Vec<Point> =
            scenarios.iter().filter_map(|scenario| point(scenario, kind, &x)).collect();
        points.sort_by(|one, other| one.x.total_cmp(&other.x));
        // Some numbers of listeners are measured twice, the second time together with icecast2.
        points.dedup_by(|later, first| later.x == first.x);
        let last = points.last().map_or_else(String::new, |point| number(point.y, 1));
        Series { label: format!("{name} {last}"), colour, dashed: *dashed, has_markers: true, points }
    });
    series.filter(|series| !series.points.is_empty()).collect()
}

fn point(scenario: &Scenario, kind: &str, x: impl Fn(&Record) -> f64) -> Option<Point> {
    let Spread { median, min, max, .. } = scenario.spread(kind, scenario::cpu)?;
    let is_hollow = scenario.with_kind(kind).any(|record| !goals::kept_up(record));
    Some(Point { x: scenario.median(kind, x)?, y: median, min, max, is_hollow })
}

fn soak(scenarios: &[&Scenario]) -> Option<Chart> {
    let records = scenarios.iter().flat_map(|scenario| scenario.with_kind("titles"));
    let series: Vec<Series> = records.filter(|record| !record.course.is_empty()).map(memory_series).collect();
    let points = || series.iter().flat_map(|series| &series.points);
    let minutes = Spread::from_values(points().map(|point| point.x))?.max;
    let max = Spread::from_values(points().map(|point| point.y))?.max;
    let record = scenarios.first()?.with_kind("titles").next()?;
    Some(Chart {
        subtitle: format!("{} listeners; resident memory of the process", number(record.listeners as f64, 0)),
        x: Axis::linear("minutes", minutes),
        y: Axis::linear("memory, KiB", max * 1.15),
        series,
    })
}

/// Returns the memory over time. Of samples that are too close to be distinguished, the line has the maximum.
fn memory_series(record: &Record) -> Series {
    let points = record.course.chunks(record.course.len().div_ceil(POINTS_MAX)).filter_map(|samples| {
        let y = samples.iter().map(|(_, kib, _)| *kib).max()? as f64;
        Some(Point { x: samples.last()?.0 / 60.0, y, min: y, max: y, is_hollow: false })
    });
    let last = record.course.last().map_or(0, |(_, kib, _)| *kib);
    Series {
        label: format!("{} KiB", number(last as f64, 0)),
        colour: TITLES.colour,
        dashed: false,
        has_markers: false,
        points: points.collect(),
    }
}
