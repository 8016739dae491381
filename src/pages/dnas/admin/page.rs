//! The HTML frame of the pages of `/admin.cgi`.

use crate::pages::RenderedPage;

/// Returns an HTML page with a heading and `body` below it.
pub fn page(heading: &str, body: &str) -> RenderedPage {
    RenderedPage::ok(
        "text/html; charset=utf-8",
        format!(
            "<!DOCTYPE html><html><head><title>{heading}</title></head><body><h1>{heading}</h1>{body}</body></html>"
        ),
    )
}
