//! Rendering of a page as a job for any thread: the page, and a snapshot of what it shows.

use std::sync::Arc;

use super::{AdminPage, AdminSnapshot, Page, RenderedPage, Snapshot, metrics};
use crate::http::request::station_ref::StationRef;

/// A page to render. `base` is the same as for [`Page::render`].
#[derive(Debug)]
pub enum RenderJob {
    /// A public page.
    Public {
        /// The page.
        page: Page,
        /// What it shows.
        snapshot: Arc<Snapshot>,
        /// The base URL of its links.
        base: String,
    },
    /// A page for an administrator.
    Admin {
        /// The page.
        page: AdminPage,
        /// What it shows.
        snapshot: Box<AdminSnapshot>,
        /// The id of the station that the page is about.
        station: Option<u32>,
        /// The base URL of its links.
        base: String,
    },
    /// The metrics.
    Metrics {
        /// What they show.
        snapshot: Box<AdminSnapshot>,
        /// The base URL in the metrics with Icecast's names, if these are wanted.
        base: Option<String>,
    },
}

/// Renders pages on another thread. One page at a time is requested.
pub trait PageRenderer: std::fmt::Debug {
    /// Requests a page.
    ///
    /// # Errors
    /// The renderer does not work any more. It returns the job.
    fn request(&mut self, job: RenderJob) -> Result<(), RenderJob>;

    /// Returns the page that was requested, once it is rendered: `None` in it if the station of the page does
    /// not exist.
    fn poll(&mut self) -> Option<Option<RenderedPage>>;
}

impl RenderJob {
    /// Renders the page. Returns `None` if it is about a station that does not exist.
    pub fn run(&self) -> Option<RenderedPage> {
        match self {
            Self::Public { page, snapshot, base } => Some(page.render(snapshot, base)),
            Self::Admin { page, snapshot, station, base } => {
                let station = station.and_then(|id| snapshot.find(&StationRef::Id(id)));
                page.render(snapshot, station, base)
            }
            Self::Metrics { snapshot, base } => Some(metrics::render(snapshot, base.as_deref())),
        }
    }
}
