//! The text that Prometheus reads, format 0.0.4 (protocol-notes/metrics.md).

use std::fmt::{Display, Write};

use crate::pages::{Histogram, printable};

/// The media type.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Labels of one sample.
pub type Labels<'a> = &'a [(&'static str, &'a str)];

/// The text, family by family.
#[derive(Debug, Default)]
pub struct Exposition {
    text: String,
}

/// A family of metrics that is being written.
#[derive(Debug)]
pub struct Family<'a> {
    name: &'static str,
    text: &'a mut String,
}

impl Exposition {
    /// Begins a family of numbers that go up and down.
    pub fn gauge(&mut self, name: &'static str, help: &str) -> Family<'_> {
        self.family(name, "gauge", help)
    }

    /// Begins a family of numbers that only grow.
    pub fn counter(&mut self, name: &'static str, help: &str) -> Family<'_> {
        self.family(name, "counter", help)
    }

    /// A histogram in seconds.
    pub fn histogram(&mut self, name: &'static str, help: &str, of: &Histogram) {
        let Family { text, .. } = self.family(name, "histogram", help);
        for (bound, count) in of.cumulative() {
            let bound = bound.map_or_else(|| "+Inf".to_owned(), |bound| bound.as_secs_f64().to_string());
            write_sample(text, &format!("{name}_bucket"), &[("le", &bound)], count);
        }
        write_sample(text, &format!("{name}_sum"), &[], of.sum().as_secs_f64());
        write_sample(text, &format!("{name}_count"), &[], of.count());
    }

    fn family(&mut self, name: &'static str, kind: &str, help: &str) -> Family<'_> {
        // Writing to a string does not fail.
        let _ = write!(self.text, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
        Family { name, text: &mut self.text }
    }

    /// All of it.
    pub fn into_text(self) -> String {
        self.text
    }
}

impl Family<'_> {
    /// Adds a number.
    pub fn add(&mut self, labels: Labels<'_>, value: impl Display) {
        write_sample(self.text, self.name, labels, value);
    }
}

fn write_sample(text: &mut String, name: &str, labels: Labels<'_>, value: impl Display) {
    text.push_str(name);
    for (at, (label, said)) in labels.iter().enumerate() {
        let _ = write!(text, "{}{label}=\"{}\"", if at == 0 { '{' } else { ',' }, escape_label(said));
    }
    let end = if labels.is_empty() { "" } else { "}" };
    let _ = writeln!(text, "{end} {value}");
}

/// A label's text, which may be a stranger's: no line ends, no other control characters, and nothing that ends it.
fn escape_label(label: &str) -> String {
    printable(label).replace('\\', "\\\\").replace('"', "\\\"")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn it_is_as_prometheus_has_it() {
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
