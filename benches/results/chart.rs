//! Line charts as SVG. The background is part of the image, so that it can be read on a dark page.

use std::fmt::{self, Write};

use quick_xml::escape::escape;

use crate::numbers::number;

const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 430.0;

/// The plot area. The labels of the lines are to its right.
const LEFT: f64 = 64.0;
const RIGHT: f64 = 620.0;
const TOP: f64 = 96.0;
const BOTTOM: f64 = 376.0;

/// The least distance between lines of text, and between the tick labels of the horizontal axis.
const LABEL_DISTANCE: f64 = 17.0;
const TICK_DISTANCE: f64 = 48.0;

/// The approximate distance between the ticks of the vertical axis.
const TICK_STEP: f64 = 56.0;

/// The largest ratio between the end and the beginning of a logarithmic axis.
const LOG_RANGE_MAX: f64 = 10_000.0;

pub struct Chart {
    pub subtitle: String,
    pub x: Axis,
    pub y: Axis,
    pub series: Vec<Series>,
}

pub struct Series {
    /// Drawn to the right of the last point.
    pub label: String,
    pub colour: &'static str,
    pub dashed: bool,
    /// Whether every point is drawn as a circle.
    pub has_markers: bool,
    pub points: Vec<Point>,
}

pub struct Point {
    pub x: f64,
    pub y: f64,
    /// The ends of a vertical bar through the point.
    pub min: f64,
    pub max: f64,
    pub is_hollow: bool,
}

pub struct Axis {
    title: &'static str,
    from: f64,
    to: f64,
    logarithmic: bool,
    ticks: Vec<f64>,
}

impl Axis {
    /// Creates an axis from 0 to `to`.
    pub fn linear(title: &'static str, to: f64) -> Self {
        let to = to.max(f64::MIN_POSITIVE);
        let step = round_up(to * TICK_STEP / (BOTTOM - TOP));
        let ticks = (0..).map(|at| f64::from(at) * step).take_while(|tick| *tick <= to).collect();
        Self { title, from: 0.0, to, logarithmic: false, ticks }
    }

    /// Creates a logarithmic axis. Smaller values than `from`, and 0, are drawn at its beginning.
    pub fn logarithmic(title: &'static str, from: f64, to: f64) -> Self {
        let to = to.max(f64::MIN_POSITIVE);
        let from = from.max(to / LOG_RANGE_MAX);
        let decades = from.log10().floor() as i32..=to.log10().ceil() as i32;
        let ticks = decades.flat_map(|decade| [1.0, 2.0, 5.0].map(|digit| digit * 10f64.powi(decade)));
        let ticks = ticks.filter(|tick| (from..=to).contains(tick)).collect();
        Self { title, from, to, logarithmic: true, ticks }
    }

    /// Places the ticks at these values, as far as there is room.
    pub fn with_ticks(mut self, values: impl Iterator<Item = f64>) -> Self {
        let mut values: Vec<f64> = values.collect();
        values.sort_unstable_by(f64::total_cmp);
        self.ticks.clear();
        for value in values {
            let has_room =
                |last: &f64| (self.fraction(value) - self.fraction(*last)) * (RIGHT - LEFT) >= TICK_DISTANCE;
            if self.ticks.last().is_none_or(has_room) {
                self.ticks.push(value);
            }
        }
        self
    }

    /// Returns the position of a value on the axis: 0 is its beginning, 1 its end.
    fn fraction(&self, value: f64) -> f64 {
        if self.logarithmic {
            (value.max(self.from) / self.from).ln() / (self.to / self.from).ln()
        } else {
            (value - self.from) / (self.to - self.from)
        }
    }
}

/// Rounds up to one of 1, 2, 5, 10, 20, …
fn round_up(step: f64) -> f64 {
    let decade = 10f64.powf(step.log10().floor());
    [1.0, 2.0, 5.0]
        .map(|digit| digit * decade)
        .into_iter()
        .find(|round| *round >= step)
        .unwrap_or(10.0 * decade)
}

impl Chart {
    pub fn to_svg(&self, title: &str) -> String {
        let mut out = String::new();
        // Writing into a String cannot fail.
        let _ = self.write(&mut out, title);
        out
    }

    fn write(&self, out: &mut String, title: &str) -> fmt::Result {
        let [title, subtitle] = [title, &self.subtitle].map(escape);
        writeln!(
            out,
            r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" role="img" font-family="system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif" font-size="13" fill="#1f2328">
<title>{title}</title>
<rect width="100%" height="100%" rx="6" fill="#ffffff"/>
<text x="20" y="32" font-size="17" font-weight="600">{title}</text>
<text x="20" y="53" fill="#57606a">{subtitle}</text>"##
        )?;
        self.write_y_axis(out)?;
        self.write_x_axis(out)?;
        self.series.iter().try_for_each(|series| self.line(out, series))?;
        self.labels(out)?;
        writeln!(out, "</svg>")
    }

    /// Returns the coordinates of a point in the image.
    fn position(&self, x: f64, y: f64) -> (f64, f64) {
        (LEFT + self.x.fraction(x) * (RIGHT - LEFT), BOTTOM - self.y.fraction(y) * (BOTTOM - TOP))
    }

    /// Writes the vertical axis, with a grid line at each tick.
    fn write_y_axis(&self, out: &mut String) -> fmt::Result {
        writeln!(out, r#"<text x="20" y="{}">{}</text>"#, TOP - 16.0, escape(self.y.title))?;
        for tick in &self.y.ticks {
            let (_, y) = self.position(self.x.from, *tick);
            writeln!(out, r##"<path d="M{LEFT} {y:.1}H{RIGHT}" stroke="#d8dee4"/>"##)?;
            let (x, y) = (LEFT - 8.0, y + 4.5);
            writeln!(out, r#"<text x="{x}" y="{y:.1}" text-anchor="end">{}</text>"#, tick_label(*tick))?;
        }
        Ok(())
    }

    /// Writes the horizontal axis.
    fn write_x_axis(&self, out: &mut String) -> fmt::Result {
        writeln!(out, r##"<path d="M{LEFT} {BOTTOM}H{RIGHT}" stroke="#57606a"/>"##)?;
        for tick in &self.x.ticks {
            let (x, _) = self.position(*tick, self.y.from);
            writeln!(out, r##"<path d="M{x:.1} {BOTTOM}v5" stroke="#57606a"/>"##)?;
            let y = BOTTOM + 20.0;
            writeln!(out, r#"<text x="{x:.1}" y="{y}" text-anchor="middle">{}</text>"#, tick_label(*tick))?;
        }
        let (x, y) = (f64::midpoint(LEFT, RIGHT), BOTTOM + 40.0);
        writeln!(out, r#"<text x="{x}" y="{y}" text-anchor="middle">{}</text>"#, escape(self.x.title))
    }

    fn line(&self, out: &mut String, series: &Series) -> fmt::Result {
        let Series { colour, dashed, has_markers, points, .. } = series;
        let dashes = if *dashed { r#" stroke-dasharray="6 4""# } else { "" };
        let positions = points.iter().map(|point| self.position(point.x, point.y));
        let path: Vec<String> = positions.map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        let path = path.join(" ");
        writeln!(
            out,
            r#"<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2" stroke-linejoin="round"{dashes}/>"#
        )?;
        points.iter().filter(|_| *has_markers).try_for_each(|point| self.marker(out, point, colour))
    }

    /// Writes a point and its bar.
    fn marker(&self, out: &mut String, point: &Point, colour: &str) -> fmt::Result {
        let (x, y) = self.position(point.x, point.y);
        let (_, min) = self.position(point.x, point.min);
        let (_, max) = self.position(point.x, point.max);
        let fill = if point.is_hollow { "#ffffff" } else { colour };
        writeln!(
            out,
            r#"<path d="M{x:.1} {min:.1}V{max:.1}" stroke="{colour}" stroke-width="5" stroke-opacity="0.25"/>"#
        )?;
        writeln!(
            out,
            r#"<circle cx="{x:.1}" cy="{y:.1}" r="3.5" fill="{fill}" stroke="{colour}" stroke-width="1.5"/>"#
        )
    }

    /// Writes the labels of the lines at their right ends, without overlaps.
    fn labels(&self, out: &mut String) -> fmt::Result {
        let mut ends: Vec<(f64, f64, &Series)> = Vec::new();
        for series in &self.series {
            if let Some(last) = series.points.last() {
                let (x, y) = self.position(last.x, last.y);
                ends.push((x, y, series));
            }
        }
        ends.sort_unstable_by(|(_, one, _), (_, other, _)| one.total_cmp(other));
        let heights = separate(&ends.iter().map(|(_, y, _)| *y).collect::<Vec<_>>());
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

/// Moves sorted heights apart until labels do not overlap. Heights that are too close stay around their mean.
fn separate(heights: &[f64]) -> Vec<f64> {
    // Each cluster is its middle and its number of labels.
    let mut clusters: Vec<(f64, f64)> = Vec::new();
    for height in heights {
        let mut cluster = (*height, 1.0);
        while let Some((middle, count)) = clusters.pop() {
            if cluster.0 - middle >= (cluster.1 + count) / 2.0 * LABEL_DISTANCE {
                clusters.push((middle, count));
                break;
            }
            let both = cluster.1 + count;
            cluster = ((cluster.0 * cluster.1 + middle * count) / both, both);
        }
        clusters.push(cluster);
    }
    let separated = clusters.into_iter().flat_map(|(middle, count)| {
        (0..count as usize).map(move |at| middle + (at as f64 - (count - 1.0) / 2.0) * LABEL_DISTANCE)
    });
    separated.collect()
}

/// Formats the number at a tick.
fn tick_label(value: f64) -> String {
    number(value, if value != 0.0 && value.abs() < 1.0 { 2 } else { 0 })
}
