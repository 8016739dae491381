//! The Content-Security-Policy of the pages.

use crate::pages::RenderedPage;

/// The policy of the public pages. They load nothing from other sites, and no other site shows them in a
/// frame. `frame-ancestors` is the last directive: [`embed_policy`] adds to it. Inline scripts and styles
/// are forbidden, so that no title can ever become one.
pub const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; \
    connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'";

/// Returns the policy of the small player: that of the other pages, but pages of these origins may show it.
pub fn embed_policy(origins: &[String]) -> String {
    [POLICY, &origins.join(" ")].join(" ").trim_end().to_owned()
}

/// Adds `policy` and other security headers to a page.
pub fn with_policy(mut page: RenderedPage, policy: &str) -> RenderedPage {
    page.headers.extend([
        ("Content-Security-Policy", policy.to_owned()),
        ("X-Content-Type-Options", "nosniff".to_owned()),
        // Other sites get no Referer. coldwave itself needs it to recognise requests from its own pages.
        ("Referrer-Policy", "same-origin".to_owned()),
    ]);
    page
}
