//! Pages for people: a station's with a player, an overview of several, and the operator's. What they load is here too
//! (protocol-notes/pages-web.md).

mod asset;
mod cover;
mod front;
mod landmarks;
mod operator;
mod policy;
mod reader;
mod view;

pub use asset::Asset;
pub use operator::OperatorPage;
pub use reader::Reader;

use super::{Shown, Snapshot};
use crate::http::request::Request;
use crate::http::request::form::FormData;
use crate::http::request::station_ref::StationRef;

/// One of them that anybody may see.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Page {
    /// `/` and `/index.html`: a station, or all of them.
    Front {
        /// Which; where none is named and there are several, all.
        which: StationRef,
        /// Who reads.
        reader: Reader,
    },
    /// `/assets/cover.svg`: a picture for a station that has none.
    Cover(StationRef),
    /// Something that the pages load.
    Asset(Asset),
}

impl Page {
    /// The page that `request` asks for, if there is one at its path.
    pub fn of(request: &Request, form: &FormData) -> Option<Self> {
        Some(match request.path.as_str() {
            "/" | "/index.html" => Self::Front { which: form.station(), reader: Reader::of(request) },
            cover::PATH => Self::Cover(form.station()),
            _ => Self::Asset(Asset::of(request, form)?),
        })
    }

    /// The page as of `snapshot`; that there is no such station, where there is not. `base` is as for
    /// [`Page::render`](super::Page::render).
    pub fn render(&self, snapshot: &Snapshot, base: &str) -> Shown {
        match self {
            Self::Front { which, reader } => front::render(snapshot, base, which, *reader),
            Self::Cover(which) => match snapshot.find(which) {
                Some(station) => cover::render(&station.name),
                None => Shown::not_found(),
            },
            Self::Asset(asset) => asset.render(),
        }
    }
}

#[cfg(test)]
mod tests;
