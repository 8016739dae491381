//! A rendered page whose body many responses share.

use crate::http::response::reply::{self, Status};
use crate::memory_budget::SharedBytes;
use crate::pages::artwork::has_etag;
use crate::pages::{RenderedPage, web};
use crate::session::{CloseReason, Reply};

/// A rendered page whose body many responses share.
#[derive(Debug)]
pub struct StoredPage {
    /// The page without its body.
    page: RenderedPage,
    body: SharedBytes,
}

/// The longest `If-None-Match` that is read, in bytes. Browsers send one tag.
pub const ETAGS_MAX: usize = 128;

/// How a page is sent to one client.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PageReplyOptions {
    /// Whether to leave out the body, for HEAD.
    pub head_only: bool,
    /// Whether scripts of other sites must not read the response.
    pub is_private: bool,
    /// The function that a script calls with the page, if it is JSON. It is added here and not to the stored
    /// body, so that clients that vary its name share one body.
    pub callback: Option<String>,
    /// Whether the client is a browser that shows the response to a person.
    pub is_browser: bool,
    /// The value of `If-None-Match`: the ETags of the pages in the client's cache.
    pub if_none_match: Option<String>,
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
        if options.is_browser && self.page.is_plain_not_found {
            let page = web::not_found().to_reply(options.head_only);
            return Reply::new(page, CloseReason::Answered);
        }
        if self.is_in_cache(options) {
            let page = reply::not_modified(&self.page.header_fields());
            return Reply::new(page, CloseReason::Answered);
        }
        match options.callback.as_ref().filter(|_| self.page.status == Status::Ok) {
            Some(callback) => self.script(callback, options),
            None => {
                let head = self.page.head(self.body.len(), options.is_private);
                self.with_body(head, b"", options)
            }
        }
    }

    /// Returns whether the client has the page in its cache.
    fn is_in_cache(&self, options: &PageReplyOptions) -> bool {
        let is_tag = |tag: &str| options.if_none_match.as_ref().is_some_and(|list| has_etag(list, tag));
        let fields = &self.page.headers;
        self.page.status == Status::Ok && fields.iter().any(|(name, value)| *name == "ETag" && is_tag(value))
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
