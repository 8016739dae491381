//! Who reads a page, as the request tells.

use crate::http::request::Request;

/// Who reads a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ClientKind {
    /// A browser, for somebody who looks at it.
    Browser,
    /// A program that calls itself a browser but does not ask for HTML: it looks for the words of other servers.
    Scraper,
}

impl ClientKind {
    /// Who sent `request`.
    pub fn from_request(request: &Request) -> Self {
        let accepts_html = request.header("accept").is_some_and(|accept| accept.contains("text/html"));
        if accepts_html { Self::Browser } else { Self::Scraper }
    }
}
