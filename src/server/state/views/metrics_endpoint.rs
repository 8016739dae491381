//! Who may read the metrics, and what they were when they were last read.

use std::rc::Rc;
use std::time::Duration;

use crate::pages::RenderedPage;
use crate::process_usage::ProcessUsage;
use crate::settings::{MetricsAccess, MetricsSettings};
use crate::time::Time;

/// For how long metrics are good enough: a client that asks more often gets the same again.
pub const METRICS_MAX_AGE: Duration = Duration::from_millis(100);

/// What the server learns of its process when it asks. Must not block.
pub struct ProcessStats {
    /// What it needs of the machine.
    pub usage: Box<dyn Fn() -> ProcessUsage>,
    /// Lines that the access log misses.
    pub dropped_lines: Box<dyn Fn() -> u64>,
    /// How many files it may have open.
    pub open_files_max: u64,
}

/// The metrics, as far as they are kept.
pub struct MetricsEndpoint {
    pub settings: MetricsSettings,
    pub process: Option<ProcessStats>,
    pub scrapes: u64,
    /// When they were read, for a client that used which address, and what it got.
    latest: Option<(Time, String, Rc<RenderedPage>)>,
}

impl MetricsEndpoint {
    /// With what `process` says of the process, if it does.
    pub fn new(process: Option<ProcessStats>) -> Self {
        Self { settings: MetricsSettings::default(), process, scrapes: 0, latest: None }
    }

    /// Whether anybody may read them.
    pub fn is_on(&self) -> bool {
        self.settings.access != MetricsAccess::Off
    }

    /// Whether everybody may.
    pub fn is_public(&self) -> bool {
        self.settings.access == MetricsAccess::Public
    }

    /// What was shown last, if it is recent and was for clients that use this address.
    pub fn cached(&self, base: &str, now: Time) -> Option<Rc<RenderedPage>> {
        let (read, of, shown) = self.latest.as_ref()?;
        (of == base && now < *read + METRICS_MAX_AGE).then(|| shown.clone())
    }

    /// Keeps what is shown now.
    pub fn store(&mut self, base: &str, shown: &Rc<RenderedPage>, now: Time) {
        self.latest = Some((now, base.to_owned(), shown.clone()));
    }

    /// Forgets what was shown.
    pub fn invalidate(&mut self) {
        self.latest = None;
    }
}
