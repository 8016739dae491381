//! Web pages: the page of a station with a player, an overview of several stations, and the admin page, with
//! the files that they load (protocol-notes/pages-web.md).

mod admin;
mod api_guide;
mod asset;
mod cover;
mod cover_png;
mod cover_scene;
mod embed;
mod front;
mod link_preview;
mod not_found;
mod policy;
mod scraper_markup;
mod station_view;

pub use admin::WebAdminPage;
pub use asset::AssetRequest;
pub use not_found::not_found;

use cover::CoverFormat;

use super::{ClientKind, RenderedPage, Snapshot};
use crate::http::request::Request;
use crate::http::request::form::FormData;
use crate::http::request::station_ref::StationRef;

/// A public web page, or a file that web pages load.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum WebPage {
    /// `/` and `/index.html`: the page of a station, or the overview.
    Front {
        /// The station. If the request names none and there are several stations, the overview is shown.
        station_ref: StationRef,
        /// The kind of client.
        client: ClientKind,
    },
    /// `/api/v1/`: the description of the API.
    ApiGuide,
    /// `/embed`: a small player of a station for frames.
    Embed(StationRef),
    /// `/assets/cover.svg` and `/assets/cover.png`: a generated picture for a station without one.
    Cover(StationRef, CoverFormat),
    /// A file that the pages load.
    Asset(AssetRequest),
}

impl WebPage {
    /// Returns the page at the path of `request`, if there is one.
    pub fn from_request(request: &Request, form: &FormData) -> Option<Self> {
        Some(match request.path.as_str() {
            "/" | "/index.html" => {
                Self::Front { station_ref: form.station(), client: ClientKind::from_request(request) }
            }
            path if api_guide::PATHS.contains(&path) => Self::ApiGuide,
            embed::PATH => Self::Embed(form.station()),
            path => match CoverFormat::from_path(path) {
                Some(format) => Self::Cover(form.station(), format),
                None => Self::Asset(AssetRequest::from_request(request, form)?),
            },
        })
    }

    /// Returns whether the page is a document that a browser shows by itself or in a frame, not a part of
    /// one.
    pub fn is_document(&self) -> bool {
        matches!(self, Self::Front { .. } | Self::ApiGuide | Self::Embed(_))
    }

    /// Returns the station of the page, if it is about one.
    pub fn station(&self) -> Option<&StationRef> {
        match self {
            Self::Front { station_ref, .. } | Self::Embed(station_ref) => Some(station_ref),
            Self::ApiGuide | Self::Cover(..) | Self::Asset(_) => None,
        }
    }

    /// Returns whether the page shows every station: if the request names none, or the one that does not
    /// exist.
    pub fn shows_all_stations(&self) -> bool {
        matches!(self, Self::Front { station_ref: StationRef::Default | StationRef::Id(0), .. })
    }

    /// Returns whether the page takes too long to render for the event loop, however many stations there are.
    /// A picture in pixels takes some ten milliseconds.
    pub fn is_slow(&self) -> bool {
        matches!(self, Self::Cover(_, CoverFormat::Png))
    }

    /// Returns the name of the station in `snapshot` whose picture in pixels the page is. The picture depends
    /// on nothing else.
    pub fn pictured_name<'a>(&self, snapshot: &'a Snapshot) -> Option<&'a str> {
        match self {
            Self::Cover(station_ref, CoverFormat::Png) => {
                snapshot.find(station_ref).map(|station| station.name.as_str())
            }
            _ => None,
        }
    }

    /// Renders the page from `snapshot`. Returns a 404 page if there is no such station. `base` is the same
    /// as for [`Page::render`](super::Page::render).
    pub fn render(&self, snapshot: &Snapshot, base: &str) -> RenderedPage {
        match self {
            Self::Front { station_ref, client } => front::render(snapshot, base, station_ref, *client),
            Self::Embed(station_ref) => embed::render(snapshot, base, station_ref),
            Self::Cover(station_ref, format) => match snapshot.find(station_ref) {
                Some(station) => format.render(&station.name),
                None => RenderedPage::not_found(),
            },
            Self::ApiGuide => api_guide::render(snapshot, base),
            Self::Asset(asset) => asset.render(),
        }
    }
}

#[cfg(test)]
mod tests;
