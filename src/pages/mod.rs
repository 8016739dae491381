//! Pages, playlists, API answers and metrics: everything that scrapers, directories and people are shown of stations.
//!
//! [`Page::of`] says what a request asks to see. The server takes a snapshot of itself, plain data that describes it at
//! one moment, and a pure function makes bytes of that. There is one snapshot, with two views:
//!
//! - [`Snapshot`] is what everybody may see. Every [`Page`] and every announcement to a directory is made of it and of
//!   nothing else.
//! - [`AdminSnapshot`] is what an admin may see: the public view of the same moment, the [`Counters`] and what feeds each
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
pub mod art;
mod counters;
pub mod dnas;
mod histogram;
pub mod icecast;
mod links;
pub mod metrics;
mod operator;
mod snapshot;
pub mod web;

pub use admin_snapshot::{
    AdminSnapshot, AdminStation, ListenerSnapshot, RelayState, RelayStatus, SAMPLED_EVERY, Source,
};
pub use counters::{Counters, Refusals, StationCounters};
pub use histogram::Histogram;
pub use links::{is_web_address, stream_url};
pub use operator::OperatorPage;
pub use snapshot::{OnAir, Snapshot, StationSnapshot};

use askama::Template;

use crate::http::request::Request;
use crate::http::request::form::Form;
use crate::http::response::reply::{self, Status};

/// One page as it is asked for: equal where the answer is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Page {
    /// One of SHOUTcast's.
    Dnas(dnas::Page),
    /// One of Icecast's.
    Icecast(icecast::Page),
    /// One of our own API.
    Api(api::Page),
    /// One for people, or what those load.
    Web(web::Page),
}

impl Page {
    /// The page that `request` asks for, if there is one at its path. Whoever asks may see it.
    pub fn of(request: &Request) -> Option<Self> {
        let form = Form::of(request, &[]);
        let api = || api::Page::of(&request.path).map(Self::Api);
        let icecast = || icecast::Page::of(&request.path, &form).map(Self::Icecast);
        let web = || web::Page::of(request, &form).map(Self::Web);
        let dnas = dnas::Page::of(&request.path, &form).map(Self::Dnas);
        dnas.or_else(api).or_else(icecast).or_else(web)
    }

    /// The page, made of `snapshot`. `base` is the address under which whoever asks reached us, such as
    /// `http://radio.example:8000`, without a slash at its end.
    pub fn render(&self, snapshot: &Snapshot, base: &str) -> Shown {
        match self {
            Self::Dnas(page) => page.render(snapshot, base),
            Self::Icecast(page) => page.render(snapshot, base),
            Self::Api(page) => page.render(snapshot, base),
            Self::Web(page) => page.render(snapshot, base),
        }
    }
}

/// A page as it is sent, apart from what is the same for all of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// How it went.
    pub status: Status,
    /// The media type.
    pub content_type: &'static str,
    /// More headers.
    pub headers: Vec<(&'static str, String)>,
    /// What is shown.
    pub body: Vec<u8>,
}

impl Shown {
    /// Here it is.
    pub fn ok(content_type: &'static str, body: impl Into<Vec<u8>>) -> Self {
        Self { status: Status::Ok, content_type, headers: Vec::new(), body: body.into() }
    }

    /// Nothing is there.
    pub fn not_found() -> Self {
        let body = reply::NOT_FOUND.into();
        Self { status: Status::NotFound, ..Self::ok("text/html; charset=utf-8", Vec::new()) }.with(body)
    }

    /// What is asked for is elsewhere.
    pub fn found_at(url: String) -> Self {
        let there = Self::ok("text/plain; charset=utf-8", format!("{url}\r\n"));
        Self { status: Status::Found, headers: vec![("Location", url)], ..there }
    }

    fn with(self, body: Vec<u8>) -> Self {
        Self { body, ..self }
    }

    /// Here it is, made from a template.
    pub fn template(content_type: &'static str, template: &impl Template) -> Self {
        let body =
            template.render().expect("a String takes everything and the template has no filter that fails");
        Self::ok(content_type, body)
    }

    /// The whole reply to somebody with a password, which no other site's page may read; for a HEAD all but the body.
    pub fn private_reply(&self, head_only: bool) -> Vec<u8> {
        let headers: Vec<_> = self.headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        reply::private_page(self.status, self.content_type, &self.body, &headers, head_only)
    }

    /// The whole reply; for a HEAD all but the body.
    pub fn reply(&self, head_only: bool) -> Vec<u8> {
        let headers: Vec<_> = self.headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        reply::reply(self.status, self.content_type, &self.body, &headers, head_only)
    }
}

/// `text` without what no page can show: control characters, and the two that XML has no place for. Line ends and tabs
/// become spaces, so that what is one line stays one.
pub fn plain(text: &str) -> String {
    let kept = text.chars().map(|c| if matches!(c, '\t' | '\n' | '\r') { ' ' } else { c });
    kept.filter(|&c| !c.is_control() && !matches!(c, '\u{fffe}' | '\u{ffff}')).collect()
}
