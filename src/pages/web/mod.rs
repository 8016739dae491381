//! Pages for people: a station's with a player, an overview of several, and the operator's. What they load is here too
//! (protocol-notes/pages-web.md).

mod asset;
mod cover;
mod front;
mod landmarks;
mod operator;
mod view;

pub use asset::Asset;
pub use operator::OperatorPage;

use super::{Shown, Snapshot};
use crate::http::request::Request;
use crate::http::request::form::Form;
use crate::http::request::which::Which;

/// What the pages may load, and who may show them in a frame: nothing from elsewhere, and no script or style that stands in
/// the page itself, so that no title can ever become one.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; \
    connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'";

/// One of them that anybody may see.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Page {
    /// `/` and `/index.html`: a station, or all of them.
    Front {
        /// Which; where none is named and there are several, all.
        which: Which,
        /// Who reads.
        reader: Reader,
    },
    /// `/assets/cover.svg`: a picture for a station that has none.
    Cover(Which),
    /// Something that the pages load.
    Asset(Asset),
}

/// Who reads a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reader {
    /// A browser, for somebody who looks at it.
    Person,
    /// A program that calls itself a browser but does not ask for HTML: it looks for the words of other servers.
    Program,
}

impl Page {
    /// The page that `request` asks for, if there is one at its path.
    pub fn of(request: &Request, form: &Form) -> Option<Self> {
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

impl Reader {
    fn of(request: &Request) -> Self {
        let accepts_html = request.header("accept").is_some_and(|accept| accept.contains("text/html"));
        if accepts_html { Self::Person } else { Self::Program }
    }
}

/// `shown`, as a page that loads no more than it may, under `policy`.
fn guarded(mut shown: Shown, policy: &str) -> Shown {
    shown.headers.extend([
        ("Content-Security-Policy", policy.to_owned()),
        ("X-Content-Type-Options", "nosniff".to_owned()),
        // Whoever is linked to need not know whose page it was; our own are told, so that they know it was ours.
        ("Referrer-Policy", "same-origin".to_owned()),
    ]);
    shown
}

#[cfg(test)]
mod tests;
