//! A page as it is sent.

use askama::Template;

use crate::http::response::reply::{self, Status};

/// A page as it is sent, apart from what is the same for all of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenderedPage {
    /// How it went.
    pub status: Status,
    /// The media type.
    pub content_type: &'static str,
    /// More headers.
    pub headers: Vec<(&'static str, String)>,
    /// What is shown.
    pub body: Vec<u8>,
}

impl RenderedPage {
    /// Here it is.
    pub fn ok(content_type: &'static str, body: impl Into<Vec<u8>>) -> Self {
        Self { status: Status::Ok, content_type, headers: Vec::new(), body: body.into() }
    }

    /// Nothing is there.
    pub fn not_found() -> Self {
        let body = reply::NOT_FOUND.into();
        Self { status: Status::NotFound, ..Self::ok("text/html; charset=utf-8", Vec::new()) }.with_body(body)
    }

    /// What is asked for is elsewhere.
    pub fn redirect_to(url: String) -> Self {
        let there = Self::ok("text/plain; charset=utf-8", format!("{url}\r\n"));
        Self { status: Status::Found, headers: vec![("Location", url)], ..there }
    }

    fn with_body(self, body: Vec<u8>) -> Self {
        Self { body, ..self }
    }

    /// Here it is, made from a template.
    pub fn from_template(content_type: &'static str, template: &impl Template) -> Self {
        let body =
            template.render().expect("a String takes everything and the template has no filter that fails");
        Self::ok(content_type, body)
    }

    /// The whole reply to somebody with a password, which no other site's page may read; for a HEAD all but the body.
    pub fn to_private_reply(&self, head_only: bool) -> Vec<u8> {
        let headers: Vec<_> = self.headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        reply::private_page(self.status, self.content_type, &self.body, &headers, head_only)
    }

    /// The whole reply; for a HEAD all but the body.
    pub fn to_reply(&self, head_only: bool) -> Vec<u8> {
        let headers: Vec<_> = self.headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        reply::reply(self.status, self.content_type, &self.body, &headers, head_only)
    }
}
