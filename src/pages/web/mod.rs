//! Pages for people: a station's with a player, an overview of several, and the operator's. What they load is here too
//! (protocol-notes/pages-web.md).

mod asset;
mod client_kind;
mod cover;
mod front;
mod operator;
mod policy;
mod scraper_markup;
mod station_view;

pub use asset::AssetRequest;
pub use client_kind::ClientKind;
pub use operator::WebOperatorPage;

use super::{RenderedPage, Snapshot};
use crate::http::request::Request;
use crate::http::request::form::FormData;
use crate::http::request::station_ref::StationRef;

/// One of them that anybody may see.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum WebPage {
    /// `/` and `/index.html`: a station, or all of them.
    Front {
        /// Which; where none is named and there are several, all.
        which: StationRef,
        /// Who reads.
        client: ClientKind,
    },
    /// `/assets/cover.svg`: a picture for a station that has none.
    Cover(StationRef),
    /// Something that the pages load.
    Asset(AssetRequest),
}

impl WebPage {
    /// The page that `request` asks for, if there is one at its path.
    pub fn from_request(request: &Request, form: &FormData) -> Option<Self> {
        Some(match request.path.as_str() {
            "/" | "/index.html" => {
                Self::Front { which: form.station(), client: ClientKind::from_request(request) }
            }
            cover::PATH => Self::Cover(form.station()),
            _ => Self::Asset(AssetRequest::from_request(request, form)?),
        })
    }

    /// The page as of `snapshot`; that there is no such station, where there is not. `base` is as for
    /// [`Page::render`](super::Page::render).
    pub fn render(&self, snapshot: &Snapshot, base: &str) -> RenderedPage {
        match self {
            Self::Front { which, client: reader } => front::render(snapshot, base, which, *reader),
            Self::Cover(which) => match snapshot.find(which) {
                Some(station) => cover::render(&station.name),
                None => RenderedPage::not_found(),
            },
            Self::Asset(asset) => asset.render(),
        }
    }
}

#[cfg(test)]
mod tests;
