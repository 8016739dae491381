//! Web pages: the page of a station with a player, an overview of several stations, and the admin page, with
//! the files that they load (protocol-notes/pages-web.md).

mod admin;
mod asset;
mod client_kind;
mod cover;
mod front;
mod policy;
mod scraper_markup;
mod station_view;

pub use admin::WebAdminPage;
pub use asset::AssetRequest;
pub use client_kind::ClientKind;

use super::{RenderedPage, Snapshot};
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
    /// `/assets/cover.svg`: a generated picture for a station without one.
    Cover(StationRef),
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
            cover::PATH => Self::Cover(form.station()),
            _ => Self::Asset(AssetRequest::from_request(request, form)?),
        })
    }

    /// Returns the station of the page, if it is about one.
    pub fn station(&self) -> Option<&StationRef> {
        match self {
            Self::Front { station_ref, .. } => Some(station_ref),
            Self::Cover(_) | Self::Asset(_) => None,
        }
    }

    /// Returns whether the page shows every station: if the request names none, or the one that does not
    /// exist.
    pub fn shows_all_stations(&self) -> bool {
        matches!(self, Self::Front { station_ref: StationRef::Default | StationRef::Id(0), .. })
    }

    /// Renders the page from `snapshot`. Returns a 404 page if there is no such station. `base` is the same
    /// as for [`Page::render`](super::Page::render).
    pub fn render(&self, snapshot: &Snapshot, base: &str) -> RenderedPage {
        match self {
            Self::Front { station_ref, client } => front::render(snapshot, base, station_ref, *client),
            Self::Cover(station_ref) => match snapshot.find(station_ref) {
                Some(station) => cover::render(&station.name),
                None => RenderedPage::not_found(),
            },
            Self::Asset(asset) => asset.render(),
        }
    }
}

#[cfg(test)]
mod tests;
