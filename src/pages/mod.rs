//! Pages, playlists, API answers and metrics: everything that scrapers, directories and people are shown of stations.
//!
//! [`Page::of`] says what a request asks to see. The server takes a snapshot of itself, plain data that describes it at
//! one moment, and a pure function makes bytes of that. There is one snapshot, with two views:
//!
//! - [`Snapshot`] is what everybody may see. Every [`Page`] and every announcement to a directory is made of it and of
//!   nothing else.
//! - [`AdminSnapshot`] is what an admin may see: the public view of the same moment, the [`ServerMetrics`] and what feeds each
//!   station; and, for the pages that ask for them, lists that are as long as there are listeners, bans or log lines. Every
//!   [`OperatorPage`] and the [`metrics`] are made of it.
//!
//! The public view is a type of its own for two reasons:
//!
//! - **Secrecy.** No reference leads from a [`Snapshot`] to an [`AdminSnapshot`]. A public page that shows what only an
//!   admin may know, such as the address of a listener or the file that is played, does not compile. In return, only what
//!   some public page shows may become a field of [`Snapshot`].
//! - **Caching.** The server keeps rendered pages until it takes a snapshot that differs from the one they were made of.
//!   Counters change with every request, a request for a page included: among the public fields, they would make every
//!   snapshot differ, and no page would ever be sent twice.
//!
//! Stations are found by their id or mount ([`Snapshot::find`], [`AdminSnapshot::find`]), never by their place in a list:
//! stations may come and go between two snapshots.
//!
//! The words that other servers' readers look for are in protocol-notes/.

mod admin_snapshot;
pub mod api;
pub mod artwork;
pub mod dnas;
mod histogram;
pub mod icecast;
mod links;
mod metric_values;
pub mod metrics;
mod operator;
mod printable;
mod rendered_page;
mod snapshot;
pub mod web;

pub use admin_snapshot::{
    AUDIENCE_INTERVAL, AdminSnapshot, AdminStation, ListenerSnapshot, RelayState, RelayStatus, SourceSnapshot,
};
pub use histogram::Histogram;
pub use links::{is_http_url, stream_url};
pub use metric_values::{RefusedConnections, ServerMetrics, StationMetrics};
pub use operator::OperatorPage;
pub use printable::printable;
pub use rendered_page::RenderedPage;
pub use snapshot::{OnAir, Snapshot, StationSnapshot};

use crate::http::request::Request;
use crate::http::request::form::FormData;

/// One page as it is asked for: equal where the answer is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Page {
    /// One of SHOUTcast's.
    Dnas(dnas::DnasPage),
    /// One of Icecast's.
    Icecast(icecast::IcecastPage),
    /// One of our own API.
    Api(api::ApiPage),
    /// One for people, or what those load.
    Web(web::WebPage),
}

impl Page {
    /// The page that `request` asks for, if there is one at its path. Whoever asks may see it.
    pub fn from_request(request: &Request) -> Option<Self> {
        let form = FormData::from_request(request, &[]);
        let api = || api::ApiPage::from_path(&request.path).map(Self::Api);
        let icecast = || icecast::IcecastPage::from_path(&request.path, &form).map(Self::Icecast);
        let web = || web::WebPage::from_request(request, &form).map(Self::Web);
        let dnas = dnas::DnasPage::from_path(&request.path, &form).map(Self::Dnas);
        dnas.or_else(api).or_else(icecast).or_else(web)
    }

    /// The page, made of `snapshot`. `base` is the address at which the client reached the server, such as
    /// `http://radio.example:8000`, without a slash at its end.
    pub fn render(&self, snapshot: &Snapshot, base: &str) -> RenderedPage {
        match self {
            Self::Dnas(page) => page.render(snapshot, base),
            Self::Icecast(page) => page.render(snapshot, base),
            Self::Api(page) => page.render(snapshot, base),
            Self::Web(page) => page.render(snapshot, base),
        }
    }
}
