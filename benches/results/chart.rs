//! Lines over two axes, as SVG. The paper is part of it, so that it can be read on a dark page, too.

use std::fmt::{self, Write};

use quick_xml::escape::escape;

use crate::numbers::number;

const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 430.0;

/// The area of the lines. To its right is room for their names.
const LEFT: f64 = 64.0;
const RIGHT: f64 = 620.0;
const TOP: f64 = 96.0;
const BOTTOM: f64 = 376.0;

/// How far apart lines of text, and numbers below an axis, must be.
const LINE: f64 = 17.0;
const TICK: f64 = 48.0;

/// From one mark of an axis to the next, about.
const STEP: f64 = 56.0;

/// From the beginning of a logarithmic axis to its end, at most.
const FACTOR_MAX: f64 = 10_000.0;

pub struct Chart {
    pub about: String,
    pub x: Axis,
    pub y: Axis,
    pub series: Vec<Series>,
}

pub struct Series {
    /// Stands behind the last point.
    pub label: String,
    pub colour: &'static str,
    pub dashed: bool,
    /// Whether every point is to be seen.
    pub marked: bool,
    pub points: Vec<Point>,
}

pub struct Point {
    pub x: f64,
    pub y: f64,
    /// The ends of a bar through the point.
    pub least: f64,
    pub most: f64,
    pub hollow: bool,
}

pub struct Axis {
    title: &'static str,
    from: f64,
    to: f64,
    logarithmic: bool,
    ticks: Vec<f64>,
}

impl Axis {
    /// From 0 on.
    pub fn linear(title: &'static str, to: f64) -> Self {
        let to = to.max(f64::MIN_POSITIVE);
        let step = rounded(to * STEP / (BOTTOM - TOP));
        let ticks = (0..).map(|at| f64::from(at) * step).take_while(|tick| *tick <= to).collect();
        Self { title, from: 0.0, to, logarithmic: false, ticks }
    }

    /// Equal factors are equally long. What is very small, or nothing, is at its beginning.
    pub fn logarithmic(title: &'static str, from: f64, to: f64) -> Self {
        let to = to.max(f64::MIN_POSITIVE);
        let from = from.max(to / FACTOR_MAX);
        let decades = from.log10().floor() as i32..=to.log10().ceil() as i32;
        let ticks = decades.flat_map(|decade| [1.0, 2.0, 5.0].map(|digit| digit * 10f64.powi(decade)));
        let ticks = ticks.filter(|tick| (from..=to).contains(tick)).collect();
        Self { title, from, to, logarithmic: true, ticks }
    }

    /// With marks at these values instead of round ones, as far as there is room.
    pub fn with_ticks(mut self, values: impl Iterator<Item = f64>) -> Self {
        let mut values: Vec<f64> = values.collect();
        values.sort_unstable_by(f64::total_cmp);
        self.ticks.clear();
        for value in values {
            let room = |last: &f64| (self.part(value) - self.part(*last)) * (RIGHT - LEFT) >= TICK;
            if self.ticks.last().is_none_or(room) {
                self.ticks.push(value);
            }
        }
        self
    }

    /// Where on the axis a value is: 0 at its beginning, 1 at its end.
    fn part(&self, value: f64) -> f64 {
        if self.logarithmic {
            (value.max(self.from) / self.from).ln() / (self.to / self.from).ln()
        } else {
            (value - self.from) / (self.to - self.from)
        }
    }
}

/// The next of 1, 2, 5, 10, 20, …
fn rounded(step: f64) -> f64 {
    let decade = 10f64.powf(step.log10().floor());
    [1.0, 2.0, 5.0]
        .map(|digit| digit * decade)
        .into_iter()
        .find(|round| *round >= step)
        .unwrap_or(10.0 * decade)
}

impl Chart {
    pub fn svg(&self, title: &str) -> String {
        let mut out = String::new();
        // Writing into a String cannot fail.
        let _ = self.write(&mut out, title);
        out
    }

    fn write(&self, out: &mut String, title: &str) -> fmt::Result {
        let [title, about] = [title, &self.about].map(escape);
        writeln!(
            out,
            r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" role="img" font-family="system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif" font-size="13" fill="#1f2328">
<title>{title}</title>
<rect width="100%" height="100%" rx="6" fill="#ffffff"/>
<text x="20" y="32" font-size="17" font-weight="600">{title}</text>
<text x="20" y="53" fill="#57606a">{about}</text>"##
        )?;
        self.across(out)?;
        self.along(out)?;
        self.series.iter().try_for_each(|series| self.line(out, series))?;
        self.labels(out)?;
        writeln!(out, "</svg>")
    }

    fn place(&self, x: f64, y: f64) -> (f64, f64) {
        (LEFT + self.x.part(x) * (RIGHT - LEFT), BOTTOM - self.y.part(y) * (BOTTOM - TOP))
    }

    /// The axis of values: a line across the paper at each mark.
    fn across(&self, out: &mut String) -> fmt::Result {
        writeln!(out, r#"<text x="20" y="{}">{}</text>"#, TOP - 16.0, escape(self.y.title))?;
        for tick in &self.y.ticks {
            let (_, y) = self.place(self.x.from, *tick);
            writeln!(out, r##"<path d="M{LEFT} {y:.1}H{RIGHT}" stroke="#d8dee4"/>"##)?;
            let (x, y) = (LEFT - 8.0, y + 4.5);
            writeln!(out, r#"<text x="{x}" y="{y:.1}" text-anchor="end">{}</text>"#, mark(*tick))?;
        }
        Ok(())
    }

    /// The axis below.
    fn along(&self, out: &mut String) -> fmt::Result {
        writeln!(out, r##"<path d="M{LEFT} {BOTTOM}H{RIGHT}" stroke="#57606a"/>"##)?;
        for tick in &self.x.ticks {
            let (x, _) = self.place(*tick, self.y.from);
            writeln!(out, r##"<path d="M{x:.1} {BOTTOM}v5" stroke="#57606a"/>"##)?;
            let y = BOTTOM + 20.0;
            writeln!(out, r#"<text x="{x:.1}" y="{y}" text-anchor="middle">{}</text>"#, mark(*tick))?;
        }
        let (x, y) = (f64::midpoint(LEFT, RIGHT), BOTTOM + 40.0);
        writeln!(out, r#"<text x="{x}" y="{y}" text-anchor="middle">{}</text>"#, escape(self.x.title))
    }

    fn line(&self, out: &mut String, series: &Series) -> fmt::Result {
        let Series { colour, dashed, marked, points, .. } = series;
        let dashes = if *dashed { r#" stroke-dasharray="6 4""# } else { "" };
        let places = points.iter().map(|point| self.place(point.x, point.y));
        let path: Vec<String> = places.map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        let path = path.join(" ");
        writeln!(
            out,
            r#"<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2" stroke-linejoin="round"{dashes}/>"#
        )?;
        points.iter().filter(|_| *marked).try_for_each(|point| self.mark(out, point, colour))
    }

    /// A point, and its bar.
    fn mark(&self, out: &mut String, point: &Point, colour: &str) -> fmt::Result {
        let (x, y) = self.place(point.x, point.y);
        let (_, least) = self.place(point.x, point.least);
        let (_, most) = self.place(point.x, point.most);
        let fill = if point.hollow { "#ffffff" } else { colour };
        writeln!(
            out,
            r#"<path d="M{x:.1} {least:.1}V{most:.1}" stroke="{colour}" stroke-width="5" stroke-opacity="0.25"/>"#
        )?;
        writeln!(
            out,
            r#"<circle cx="{x:.1}" cy="{y:.1}" r="3.5" fill="{fill}" stroke="{colour}" stroke-width="1.5"/>"#
        )
    }

    /// The names of the lines behind their ends, from above, none over another.
    fn labels(&self, out: &mut String) -> fmt::Result {
        let mut ends: Vec<(f64, f64, &Series)> = Vec::new();
        for series in &self.series {
            if let Some(last) = series.points.last() {
                let (x, y) = self.place(last.x, last.y);
                ends.push((x, y, series));
            }
        }
        ends.sort_unstable_by(|(_, one, _), (_, other, _)| one.total_cmp(other));
        let heights = spread(&ends.iter().map(|(_, y, _)| *y).collect::<Vec<_>>());
        for ((x, _, Series { label, colour, .. }), y) in ends.iter().zip(heights) {
            let (x, y) = (x + 12.0, y + 4.5);
            let label = escape(label.as_str());
            writeln!(
                out,
                r##"<text x="{x:.1}" y="{y:.1}" fill="{colour}" font-weight="600" stroke="#ffffff" stroke-width="4" paint-order="stroke">{label}</text>"##
            )?;
        }
        Ok(())
    }
}

/// Moves heights, which come from above, apart: neighbours that are too near to each other stay around their middle.
fn spread(heights: &[f64]) -> Vec<f64> {
    // Of each heap: the middle, and how many it holds.
    let mut heaps: Vec<(f64, f64)> = Vec::new();
    for height in heights {
        let mut heap = (*height, 1.0);
        while let Some((middle, count)) = heaps.pop() {
            if heap.0 - middle >= (heap.1 + count) / 2.0 * LINE {
                heaps.push((middle, count));
                break;
            }
            let both = heap.1 + count;
            heap = ((heap.0 * heap.1 + middle * count) / both, both);
        }
        heaps.push(heap);
    }
    let places = heaps.into_iter().flat_map(|(middle, count)| {
        (0..count as usize).map(move |at| middle + (at as f64 - (count - 1.0) / 2.0) * LINE)
    });
    places.collect()
}

/// The number at a mark.
fn mark(value: f64) -> String {
    number(value, if value != 0.0 && value.abs() < 1.0 { 2 } else { 0 })
}
