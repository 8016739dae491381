//! `/admin/`: the page from which administrators run their stations. Its script requests all data from
//! coldwave's API.

use askama::Template;

use super::asset::{ADMIN_CSS, ADMIN_JS, PAGE_CSS};
use super::front::HTML;
use super::policy::with_policy;
use crate::pages::RenderedPage;

/// The policy of the other pages, except that no site may show this page in a frame, because clicks on it
/// kick listeners.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
    form-action 'none'; base-uri 'none'; frame-ancestors 'none'";

/// A web page for administrators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WebAdminPage {
    /// `/admin/`, the admin page.
    Admin,
    /// `/admin`, a redirect to the admin page.
    Redirect,
}

impl WebAdminPage {
    /// Returns the page at `path`, if there is one.
    pub fn from_path(path: &str) -> Option<Self> {
        match path {
            "/admin/" => Some(Self::Admin),
            "/admin" => Some(Self::Redirect),
            _ => None,
        }
    }

    /// Renders the page. It contains no data of the server.
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
