//! A rendered page: status, content type, headers and body, and its conversion to a reply.

use askama::Template;

use crate::http::response::reply::{self, Status};

/// A rendered page, without the headers that all replies share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenderedPage {
    /// The HTTP status.
    pub status: Status,
    /// The media type.
    pub content_type: &'static str,
    /// Additional headers.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// Whether it is the page of [`not_found`](Self::not_found), instead of which browsers get another one.
    pub is_plain_not_found: bool,
}

impl RenderedPage {
    /// Returns a page with status 200.
    pub fn ok(content_type: &'static str, body: impl Into<Vec<u8>>) -> Self {
        let (status, headers) = (Status::Ok, Vec::new());
        Self { status, content_type, headers, body: body.into(), is_plain_not_found: false }
    }

    /// Returns the page for status 404.
    pub fn not_found() -> Self {
        let page = Self::ok("text/html; charset=utf-8", reply::NOT_FOUND);
        Self { status: Status::NotFound, is_plain_not_found: true, ..page }
    }

    /// Returns a redirect to `url` with status 302.
    pub fn redirect_to(url: String) -> Self {
        let page = Self::ok("text/plain; charset=utf-8", format!("{url}\r\n"));
        Self { status: Status::Found, headers: vec![("Location", url)], ..page }
    }

    /// Renders a template into a page with status 200.
    pub fn from_template(content_type: &'static str, template: &impl Template) -> Self {
        let body =
            template.render().expect("writing to a String does not fail, and no filter of the template does");
        Self::ok(content_type, body)
    }

    /// Returns the head of the reply, for a body of `length` bytes. If it `is_private`, pages of other sites
    /// cannot read it.
    pub fn head(&self, length: usize, is_private: bool) -> Vec<u8> {
        reply::page_head(self.status, self.content_type, length, &self.header_fields(), is_private)
    }

    /// Returns the additional headers.
    pub fn header_fields(&self) -> Vec<(&str, &str)> {
        self.headers.iter().map(|(name, value)| (*name, value.as_str())).collect()
    }

    /// Returns the complete reply. With `head_only`, it has no body.
    pub fn to_reply(&self, head_only: bool) -> Vec<u8> {
        reply::reply(self.status, self.content_type, &self.body, &self.header_fields(), head_only)
    }
}
