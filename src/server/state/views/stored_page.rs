//! A rendered page whose body many responses share.

use crate::http::response::reply::Status;
use crate::memory_budget::SharedBytes;
use crate::pages::RenderedPage;
use crate::session::{CloseReason, Reply};

/// A rendered page whose body many responses share.
#[derive(Debug)]
pub struct StoredPage {
    /// The page without its body.
    page: RenderedPage,
    body: SharedBytes,
}

/// How a page is sent to one client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageReplyOptions {
    /// Whether to leave out the body, for HEAD.
    pub head_only: bool,
    /// Whether scripts of other sites must not read the response.
    pub is_private: bool,
    /// The function that a script calls with the page, if it is JSON. It is added here and not to the stored
    /// body, so that clients that vary its name share one body.
    pub callback: Option<String>,
}

impl StoredPage {
    /// Joins a page, whose body is ignored, and its charged body.
    pub fn new(page: RenderedPage, body: SharedBytes) -> Self {
        Self { page: RenderedPage { body: Vec::new(), ..page }, body }
    }

    /// Returns the length of the body in bytes.
    pub fn len(&self) -> usize {
        self.body.len()
    }

    /// Returns the response for a client.
    pub fn reply(&self, options: &PageReplyOptions) -> Reply {
        match options.callback.as_ref().filter(|_| self.page.status == Status::Ok) {
            Some(callback) => self.script(callback, options),
            None => {
                let head = self.page.head(self.body.len(), options.is_private);
                self.with_body(head, b"", options)
            }
        }
    }

    /// Returns the response as a script that calls `callback` with the page.
    fn script(&self, callback: &str, options: &PageReplyOptions) -> Reply {
        let (start, end) = (format!("{callback}("), b")");
        let page =
            RenderedPage { content_type: "application/javascript; charset=utf-8", ..self.page.clone() };
        let mut head = page.head(start.len() + self.body.len() + end.len(), options.is_private);
        if !options.head_only {
            head.extend_from_slice(start.as_bytes());
        }
        self.with_body(head, end, options)
    }

    fn with_body(&self, head: Vec<u8>, tail: &'static [u8], options: &PageReplyOptions) -> Reply {
        let reply = Reply::new(head, CloseReason::Answered);
        if options.head_only { reply } else { reply.with_body(self.body.clone(), tail) }
    }
}
