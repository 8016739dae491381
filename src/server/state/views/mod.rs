//! The state that is kept for pages, events, artwork and metrics.

pub mod artwork_cache;
pub mod challenges;
pub mod event_hub;
pub mod large_pages;
pub mod metrics_endpoint;
pub mod page_cache;
pub mod page_queue;
pub mod site_files;
pub mod stored_page;

use crate::http::untrusted_url::OwnHosts;
use crate::settings::{Alias, RobotsPolicy, ServerInfo};
use crate::time::{Time, WallClock};
use artwork_cache::ArtworkCache;
use challenges::Challenges;
use event_hub::EventHub;
use large_pages::LargePages;
use metrics_endpoint::MetricsEndpoint;
use page_cache::PageCache;
use page_queue::PageQueue;
use site_files::PendingFiles;

/// The state that is kept for pages, events, artwork and metrics.
pub struct Views {
    pub pages: PageCache,
    /// Requests for pages that are not rendered yet.
    pub queue: PageQueue,
    /// The same for large pages.
    pub large: LargePages,
    pub events: EventHub,
    pub artwork: ArtworkCache,
    pub metrics: MetricsEndpoint,
    pub challenges: Challenges,
    pub files: PendingFiles,
    /// Other paths for what is at a path; the first one that applies is used.
    pub aliases: Vec<Alias>,
    /// The configured base URL of links, if there is one.
    pub public_url: Option<String>,
    /// Whether browsers that request a page without TLS are redirected.
    pub redirects_to_https: bool,
    /// The origins whose pages may show the small player in a frame; `*` for all.
    pub embed_from: Vec<String>,
    /// Headers of streams and public replies, each as `name: value`.
    pub http_headers: Vec<String>,
    /// The ports on which listeners are expected.
    pub ports: Vec<u16>,
    /// What `/robots.txt` allows.
    pub robots: RobotsPolicy,
    /// What pages say about the server.
    pub info: ServerInfo,
    /// The hosts of this server, to which sources and upstreams may not link.
    pub own_hosts: OwnHosts,
    /// The offset between the server's clock and the time of day.
    pub clock: WallClock,
    /// When the reporter is called next.
    pub next_report: Time,
}

impl Views {
    /// Drops rendered pages and metrics, so that the next ones show the state at that time.
    pub fn invalidate(&mut self) {
        self.pages.invalidate();
        self.metrics.invalidate();
    }

    /// Drops the requests for pages that are not rendered yet.
    pub fn drop_page_requests(&mut self) {
        (self.queue, self.large.queue, self.large.current) = Default::default();
    }
}
