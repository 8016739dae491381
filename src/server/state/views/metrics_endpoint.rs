//! The state of the metrics endpoint: its settings, and the last response.

use std::rc::Rc;
use std::time::Duration;

use super::stored_page::StoredPage;
use crate::process_usage::ProcessUsage;
use crate::settings::{MetricsAccess, MetricsSettings};
use crate::time::Time;

/// How long a response is reused for further requests.
pub const METRICS_MAX_AGE: Duration = Duration::from_millis(100);

/// Statistics of the process, read on request. Must not block.
pub struct ProcessStats {
    /// Resource usage of the process.
    pub usage: Box<dyn Fn() -> ProcessUsage>,
    /// Lines dropped from the access log.
    pub dropped_lines: Box<dyn Fn() -> u64>,
    /// The open-file limit.
    pub open_files_max: u64,
}

/// The metrics endpoint and its last response.
pub struct MetricsEndpoint {
    pub settings: MetricsSettings,
    pub process: Option<ProcessStats>,
    pub scrapes: u64,
    /// When the metrics were last rendered, the base URL of that client, and the response.
    last_response: Option<(Time, Rc<str>, Rc<StoredPage>)>,
}

impl MetricsEndpoint {
    /// Creates the endpoint; `process` provides the statistics of the process.
    pub fn new(process: Option<ProcessStats>) -> Self {
        Self { settings: MetricsSettings::default(), process, scrapes: 0, last_response: None }
    }

    /// Returns whether the metrics are enabled.
    pub fn is_on(&self) -> bool {
        self.settings.access != MetricsAccess::Off
    }

    /// Returns whether any client may read the metrics without a password.
    pub fn is_public(&self) -> bool {
        self.settings.access == MetricsAccess::Public
    }

    /// Returns the last response if it is recent and was for the same base URL.
    pub fn cached(&self, base: &str, now: Time) -> Option<Rc<StoredPage>> {
        let (rendered_at, last_base, rendered) = self.last_response.as_ref()?;
        (**last_base == *base && now < *rendered_at + METRICS_MAX_AGE).then(|| rendered.clone())
    }

    /// Stores the last response.
    pub fn store(&mut self, base: &Rc<str>, stored: &Rc<StoredPage>, now: Time) {
        self.last_response = Some((now, base.clone(), stored.clone()));
    }

    /// Drops the last response.
    pub fn invalidate(&mut self) {
        self.last_response = None;
    }
}
