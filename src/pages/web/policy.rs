//! What a page may load.

use crate::pages::RenderedPage;

/// What the pages may load, and who may show them in a frame: nothing from elsewhere, and no script or style that stands in
/// the page itself, so that no title can ever become one.
pub const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; \
    connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'";

/// `shown`, as a page that loads no more than it may, under `policy`.
pub fn with_policy(mut shown: RenderedPage, policy: &str) -> RenderedPage {
    shown.headers.extend([
        ("Content-Security-Policy", policy.to_owned()),
        ("X-Content-Type-Options", "nosniff".to_owned()),
        // Whoever is linked to need not know whose page it was; our own are told, so that they know it was ours.
        ("Referrer-Policy", "same-origin".to_owned()),
    ]);
    shown
}
