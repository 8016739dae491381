//! Pages, playlists, API responses and metrics for browsers, scrapers and directories.
//!
//! [`Page::from_request`] determines the page that a request is for. The server takes a snapshot of itself,
//! plain data that describes it at one moment, and a pure function renders the snapshot into bytes. The
//! snapshot has two views:
//!
//! - [`Snapshot`] is the public view. Every [`Page`] and every announcement to a directory is rendered from
//!   it alone.
//! - [`AdminSnapshot`] is the view of an administrator: the public view of the same moment, the
//!   [`ServerMetrics`] and the inputs of each station. For the pages that need them it also has lists with
//!   one entry for each listener, ban or log line. Every [`AdminPage`] and the [`metrics`] are rendered
//!   from it.
//!
//! The public view is a separate type for two reasons:
//!
//! - **Secrecy.** A [`Snapshot`] holds no reference to an [`AdminSnapshot`]. A public page that shows admin
//!   data, such as the address of a listener or the path of the current file, does not compile. Therefore
//!   [`Snapshot`] may only have fields that a public page shows.
//! - **Caching.** The server keeps rendered pages until it takes a snapshot that differs from the one they
//!   were rendered from. Counters change with every request, including requests for pages. If they were in
//!   the public view, every snapshot would differ from the previous one, and no page would be served from the
//!   cache.
//!
//! Look up stations by id or mount ([`Snapshot::find`], [`AdminSnapshot::find`]), never by their index in a
//! list: stations may be added and removed between two snapshots.
//!
//! protocol-notes/ lists the strings that clients of other servers search for.

mod admin;
mod admin_snapshot;
pub mod api;
pub mod artwork;
mod audience_history;
mod client_kind;
pub mod dnas;
mod histogram;
pub mod icecast;
mod ladder;
mod links;
mod metric_values;
pub mod metrics;
mod printable;
mod public_names;
mod render_job;
mod rendered_page;
mod snapshot;
mod stream_entry;
pub mod web;

pub use admin::AdminPage;
pub use admin_snapshot::{
    AdminSnapshot, AdminStation, CertificateStatus, LastReload, ListenerSnapshot, MasterStatus, OnAirAudio,
    RelayState, RelayStatus, SourceSnapshot,
};
pub use audience_history::{AUDIENCE_INTERVAL, AUDIENCE_INTERVALS_KEPT, AudienceHistory, ListenerSample};
pub use client_kind::ClientKind;
pub use histogram::Histogram;
pub use links::{host_of, is_http_url, stream_url};
pub use metric_values::{RefusedConnections, ServerMetrics, StationMetrics};
pub use printable::printable;
pub use public_names::PublicNames;
pub use render_job::{PageRenderer, RenderJob};
pub use rendered_page::RenderedPage;
pub use snapshot::{OnAir, RenditionSnapshot, Snapshot, StationSnapshot};
pub use stream_entry::StreamEntry;

use std::borrow::Cow;

use crate::http::request::Request;
use crate::http::request::form::FormData;
use crate::http::request::station_ref::StationRef;

/// The stations whose links a page may show.
enum LinkedStations<'a> {
    All,
    One(&'a StationRef),
    None,
}

/// A requested public page. Two requests with equal pages get the same response, so it is the key of the page
/// cache.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Page {
    /// A page of SHOUTcast's server.
    Dnas(dnas::DnasPage),
    /// A page of Icecast.
    Icecast(icecast::IcecastPage),
    /// A resource of coldwave's own API.
    Api(api::ApiPage),
    /// A web page, or a file that web pages load.
    Web(web::WebPage),
}

impl Page {
    /// Returns the public page at the path of `request`, if there is one.
    pub fn from_request(request: &Request) -> Option<Self> {
        let form = FormData::from_request(request, &[]);
        let api = || api::ApiPage::from_path(&request.path, &form).map(Self::Api);
        let icecast = || icecast::IcecastPage::from_path(&request.path, &form).map(Self::Icecast);
        let web = || web::WebPage::from_request(request, &form).map(Self::Web);
        let dnas = dnas::DnasPage::from_path(&request.path, &form).map(Self::Dnas);
        dnas.or_else(api).or_else(icecast).or_else(web)
    }

    /// Returns whether the page shows every station of `snapshot`, so that the time to render it grows with
    /// their number.
    pub fn shows_all_stations(&self) -> bool {
        match self {
            Self::Dnas(page) => page.shows_all_stations(),
            Self::Icecast(page) => page.shows_all_stations(),
            Self::Api(page) => *page == api::ApiPage::Stations,
            Self::Web(page) => page.shows_all_stations(),
        }
    }

    /// Returns whether the page takes too long to render for the event loop, however many stations there are.
    pub fn is_slow(&self) -> bool {
        matches!(self, Self::Web(page) if page.is_slow())
    }

    /// Returns the name in `snapshot` whose picture the page is, if that is slow to draw. It depends
    /// on nothing else.
    pub fn pictured_name<'a>(&self, snapshot: &'a Snapshot) -> Option<&'a str> {
        match self {
            Self::Web(page) => page.pictured_name(snapshot),
            Self::Dnas(_) | Self::Icecast(_) | Self::Api(_) => None,
        }
    }

    /// Returns the stations whose links the page may show.
    fn linked_stations(&self) -> LinkedStations<'_> {
        match self {
            _ if self.shows_all_stations() => LinkedStations::All,
            Self::Dnas(page) => page.linked_station().map_or(LinkedStations::None, LinkedStations::One),
            Self::Icecast(page) => page.station().map_or(LinkedStations::All, LinkedStations::One),
            Self::Api(page) => page.station().map_or(LinkedStations::None, LinkedStations::One),
            Self::Web(page) => page.station().map_or(LinkedStations::None, LinkedStations::One),
        }
    }

    /// Removes the name of the JSONP callback, and returns it. The page is then JSON. So pages that differ
    /// only in this name are equal.
    pub fn take_callback(&mut self) -> Option<String> {
        match self {
            Self::Dnas(page) => page.format_mut().and_then(dnas::output_format::OutputFormat::take_callback),
            Self::Icecast(_) | Self::Api(_) | Self::Web(_) => None,
        }
    }

    /// Renders the page from `snapshot`. `base` is the base URL at which the client reached the server, such
    /// as `http://radio.example:8000`, without a trailing slash.
    pub fn render(&self, snapshot: &Snapshot, base: &str) -> RenderedPage {
        let listed =
            if self.shows_all_stations() { snapshot.without_hidden() } else { Cow::Borrowed(snapshot) };
        let snapshot = &*listed;
        let snapshot = &*match self.linked_stations() {
            LinkedStations::All => snapshot.without_links_to(base, |_| true),
            LinkedStations::One(station) => {
                // The page of a rendition shows the programme of its station.
                let shown = snapshot.find(station).map(|it| (it.id, snapshot.programme(it).id));
                snapshot
                    .without_links_to(base, |it| shown.is_some_and(|(own, of)| it.id == own || it.id == of))
            }
            LinkedStations::None => Cow::Borrowed(snapshot),
        };
        match self {
            Self::Dnas(page) => page.render(snapshot, base),
            Self::Icecast(page) => page.render(snapshot, base),
            Self::Api(page) => page.render(snapshot, base),
            Self::Web(page) => page.render(snapshot, base),
        }
    }
}
