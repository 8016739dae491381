//! What can be looked at: everything that is shown of stations to scrapers, directories and people.
//!
//! [`Page::of`] says what a request asks to see; the server takes a snapshot of itself, [`Facts`], and [`Page::render`]
//! makes bytes of that: a pure function, so that a page that is asked for often is made once for every change. What only
//! an operator may see is an [`OperatorPage`], made of the same facts and of what there is [`Inside`]. The words that
//! other servers' readers look for are in protocol-notes/.

pub mod api;
pub mod art;
pub mod dnas;
mod facts;
mod histogram;
pub mod icecast;
mod inside;
mod links;
pub mod metrics;
mod operator;
mod traffic;
pub mod web;

pub use facts::{Facts, OnAir, Source, StationFacts};
pub use histogram::Histogram;
pub use inside::{Inside, InsideStation, ListenerFacts, RelayFacts, RelayState, SAMPLED_EVERY};
pub use links::{is_web_address, stream_url};
pub use operator::OperatorPage;
pub use traffic::{StationTraffic, Traffic};

use askama::Template;

use crate::http::form::Form;
use crate::http::reply::{self, Status};
use crate::http::request::Request;

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

    /// The page as of `facts`. `base` is the address under which whoever asks reached us, such as
    /// `http://radio.example:8000`, without a slash at its end.
    pub fn render(&self, facts: &Facts, base: &str) -> Shown {
        match self {
            Self::Dnas(page) => page.render(facts, base),
            Self::Icecast(page) => page.render(facts, base),
            Self::Api(page) => page.render(facts, base),
            Self::Web(page) => page.render(facts, base),
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
