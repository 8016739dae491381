//! The text format of Prometheus, version 0.0.4 (protocol-notes/metrics.md).

use std::fmt::{Display, Write};

use crate::pages::{Histogram, printable};

/// The media type.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Names and values of the labels of a sample.
pub type Labels<'a> = &'a [(&'static str, &'a str)];

/// A page in the text format, written family by family.
#[derive(Debug, Default)]
pub struct Exposition {
    text: String,
}

/// A metric family to which samples are being added.
#[derive(Debug)]
pub struct Family<'a> {
    name: &'static str,
    text: &'a mut String,
}

impl Exposition {
    /// Starts a family of gauges.
    pub fn gauge(&mut self, name: &'static str, help: &str) -> Family<'_> {
        self.family(name, "gauge", help)
    }

    /// Starts a family of counters.
    pub fn counter(&mut self, name: &'static str, help: &str) -> Family<'_> {
        self.family(name, "counter", help)
    }

    /// Writes a histogram in seconds.
    pub fn histogram(&mut self, name: &'static str, help: &str, histogram: &Histogram) {
        let Family { text, .. } = self.family(name, "histogram", help);
        for (bound, count) in histogram.cumulative() {
            let bound = bound.map_or_else(|| "+Inf".to_owned(), |bound| bound.as_secs_f64().to_string());
            write_sample(text, &format!("{name}_bucket"), &[("le", &bound)], count);
        }
        write_sample(text, &format!("{name}_sum"), &[], histogram.sum().as_secs_f64());
        write_sample(text, &format!("{name}_count"), &[], histogram.count());
    }

    fn family(&mut self, name: &'static str, kind: &str, help: &str) -> Family<'_> {
        // Writing to a String does not fail.
        let _ = write!(self.text, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
        Family { name, text: &mut self.text }
    }

    /// Returns the page.
    pub fn into_text(self) -> String {
        self.text
    }
}

impl Family<'_> {
    /// Adds a sample.
    pub fn add(&mut self, labels: Labels<'_>, value: impl Display) {
        write_sample(self.text, self.name, labels, value);
    }
}

fn write_sample(text: &mut String, name: &str, labels: Labels<'_>, value: impl Display) {
    text.push_str(name);
    for (index, (label, value)) in labels.iter().enumerate() {
        let _ = write!(text, "{}{label}=\"{}\"", if index == 0 { '{' } else { ',' }, escape_label(value));
    }
    let end = if labels.is_empty() { "" } else { "}" };
    let _ = writeln!(text, "{end} {value}");
}

/// Escapes the value of a label, which may come from a client: removes control characters and escapes quotes
/// and backslashes.
fn escape_label(label: &str) -> String {
    printable(label).replace('\\', "\\\\").replace('"', "\\\"")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn families_are_written_in_the_prometheus_text_format() {
        let mut text = Exposition::default();
        let mut family = text.gauge("a", "What it is.");
        family.add(&[], 1);
        family.add(&[("b", "x\"y\\z\n\u{1}"), ("c", "")], 0.5);
        let mut histogram = Histogram::default();
        histogram.record(Duration::from_millis(1500), 2);
        text.histogram("h_seconds", "How long.", &histogram);
        assert_eq!(
            text.into_text(),
            "# HELP a What it is.\n# TYPE a gauge\na 1\na{b=\"x\\\"y\\\\z \",c=\"\"} 0.5\n\
             # HELP h_seconds How long.\n# TYPE h_seconds histogram\n\
             h_seconds_bucket{le=\"0.001\"} 0\nh_seconds_bucket{le=\"0.005\"} 0\nh_seconds_bucket{le=\"0.02\"} 0\n\
             h_seconds_bucket{le=\"0.1\"} 0\nh_seconds_bucket{le=\"0.5\"} 0\nh_seconds_bucket{le=\"2\"} 2\n\
             h_seconds_bucket{le=\"5\"} 2\nh_seconds_bucket{le=\"+Inf\"} 2\nh_seconds_sum 3\nh_seconds_count 2\n"
        );
    }
}
