//! The kind of client that requests a page.

use crate::http::request::Request;

/// The kind of client that requests a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ClientKind {
    /// A browser.
    Browser,
    /// A program that does not accept HTML explicitly. It searches the page for strings of other servers'
    /// pages.
    Scraper,
}

impl ClientKind {
    /// Returns the kind of client that sent `request`.
    pub fn from_request(request: &Request) -> Self {
        let accepts_html = request.header("accept").is_some_and(|accept| accept.contains("text/html"));
        if accepts_html { Self::Browser } else { Self::Scraper }
    }
}
