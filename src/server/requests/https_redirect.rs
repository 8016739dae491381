//! Redirects browsers that request a page without TLS to the same page with TLS.
//!
//! protocol-notes/https.md has which requests are redirected, and why the others are not.

use crate::http::proxy::base_url::https_base_url;
use crate::http::request::{Method, Request};
use crate::http::response::reply;
use crate::pages::{Page, web};
use crate::router::Route;
use crate::server::state::server::Server;
use crate::settings::encoded_path;
use crate::time::Time;

impl Server {
    /// Returns the redirect of a request for a page to the same page with TLS, if it gets one: it comes from
    /// a browser, and its client is known not to use TLS.
    pub(super) fn redirect_to_https(&self, route: &Route, request: &Request, now: Time) -> Option<Vec<u8>> {
        let is_wanted = self.views.redirects_to_https
            && request.client_uses_tls() == Some(false)
            && request.accepts_page()
            && is_web_page(route, request);
        if !is_wanted {
            return None;
        }
        let base = self.https_base(request, now)?;
        let query = request.query.as_ref().map(|query| format!("?{query}")).unwrap_or_default();
        let url = format!("{base}{}{query}", encoded_path(&request.path));
        Some(reply::redirect_to_https(&url, request.method == Method::Head))
    }

    /// Returns the URL of this server with TLS. Behind a proxy it is known only if it is configured. Without
    /// a configured one, the host must be one for which there is a valid certificate: for any other, such as
    /// an address in the local network, a browser would show a warning instead of the page.
    fn https_base(&self, request: &Request, now: Time) -> Option<String> {
        match request.external_url() {
            Some(url) => url.starts_with("https://").then(|| url.to_owned()),
            None => https_base_url(request, &self.views.ports, |host| self.is_certified(host, now)),
        }
    }

    fn is_certified(&self, host: &str, now: Time) -> bool {
        let today = self.views.clock.unix_time(now);
        self.tls.as_ref().is_some_and(|tls| tls.certifies(host, today))
    }
}

/// Returns whether the request is for a page that a person reads in a browser: one of coldwave's own.
fn is_web_page(route: &Route, request: &Request) -> bool {
    match route {
        Route::Page(Page::Web(page)) => page.is_document(),
        Route::Admin => web::WebAdminPage::from_path(&request.path).is_some(),
        _ => false,
    }
}
