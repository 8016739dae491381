//! The kind of client that requests a page.

use crate::http::request::Request;

/// The kind of client that requests a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ClientKind {
    /// A browser, or another program that shows or checks pages, such as a link preview.
    Browser,
    /// A program that is not known to [read HTML](Request::reads_html). It searches the page for strings of
    /// other servers' pages.
    Scraper,
}

impl ClientKind {
    /// Returns the kind of client that sent `request`.
    pub fn from_request(request: &Request) -> Self {
        if request.reads_html() { Self::Browser } else { Self::Scraper }
    }
}
