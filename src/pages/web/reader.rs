//! Who reads a page, as the request tells.

use crate::http::request::Request;

/// Who reads a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reader {
    /// A browser, for somebody who looks at it.
    Person,
    /// A program that calls itself a browser but does not ask for HTML: it looks for the words of other servers.
    Program,
}

impl Reader {
    /// Who sent `request`.
    pub fn of(request: &Request) -> Self {
        let accepts_html = request.header("accept").is_some_and(|accept| accept.contains("text/html"));
        if accepts_html { Self::Person } else { Self::Program }
    }
}
