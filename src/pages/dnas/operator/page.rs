//! A page for people.

use crate::pages::RenderedPage;

/// A page for people, with a heading and what is below it.
pub fn page(heading: &str, body: &str) -> RenderedPage {
    RenderedPage::ok(
        "text/html; charset=utf-8",
        format!(
            "<!DOCTYPE html><html><head><title>{heading}</title></head><body><h1>{heading}</h1>{body}</body></html>"
        ),
    )
}
