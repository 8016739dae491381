//! `/admin/`: the page from which an operator runs his stations. All that is on it its script asks of our own API.

use askama::Template;

use super::asset::{ADMIN_CSS, ADMIN_JS, PAGE_CSS};
use super::front::HTML;
use super::policy::guarded;
use crate::pages::Shown;

/// As for other pages, but nobody may have it in a frame: clicks there throw people out.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
    form-action 'none'; base-uri 'none'; frame-ancestors 'none'";

/// What an operator may open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OperatorPage {
    /// The page.
    Admin,
    /// Its address without the slash.
    Door,
}

impl OperatorPage {
    /// The page at `path`, if there is one.
    pub fn of(path: &str) -> Option<Self> {
        match path {
            "/admin/" => Some(Self::Admin),
            "/admin" => Some(Self::Door),
            _ => None,
        }
    }

    /// The page. Nothing of the server is in it.
    pub fn render(self) -> Shown {
        match self {
            Self::Admin => guarded(Shown::template(HTML, &Admin::new()), POLICY),
            Self::Door => Shown::found_at("/admin/".to_owned()),
        }
    }
}

#[derive(Template)]
#[template(path = "web/admin.html")]
struct Admin {
    css: String,
    admin_css: String,
    js: String,
}

impl Admin {
    fn new() -> Self {
        Self { css: PAGE_CSS.url(), admin_css: ADMIN_CSS.url(), js: ADMIN_JS.url() }
    }
}
