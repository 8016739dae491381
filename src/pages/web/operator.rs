//! `/admin/`: the page from which an operator runs his stations. All that is on it its script asks of our own API.

use askama::Template;

use super::asset::{ADMIN_CSS, ADMIN_JS, PAGE_CSS};
use super::front::HTML;
use super::policy::with_policy;
use crate::pages::RenderedPage;

/// As for other pages, but nobody may have it in a frame: clicks there throw people out.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
    form-action 'none'; base-uri 'none'; frame-ancestors 'none'";

/// What an operator may open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WebOperatorPage {
    /// The page.
    Admin,
    /// Its address without the slash.
    Redirect,
}

impl WebOperatorPage {
    /// The page at `path`, if there is one.
    pub fn from_path(path: &str) -> Option<Self> {
        match path {
            "/admin/" => Some(Self::Admin),
            "/admin" => Some(Self::Redirect),
            _ => None,
        }
    }

    /// The page. Nothing of the server is in it.
    pub fn render(self) -> RenderedPage {
        match self {
            Self::Admin => with_policy(RenderedPage::from_template(HTML, &AdminTemplate::new()), POLICY),
            Self::Redirect => RenderedPage::redirect_to("/admin/".to_owned()),
        }
    }
}

#[derive(Template)]
#[template(path = "web/admin.html")]
struct AdminTemplate {
    css: String,
    admin_css: String,
    js: String,
}

impl AdminTemplate {
    fn new() -> Self {
        Self { css: PAGE_CSS.url(), admin_css: ADMIN_CSS.url(), js: ADMIN_JS.url() }
    }
}
