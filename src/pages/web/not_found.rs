//! The pages that a browser gets if there is nothing at an address, and no station for a small player.

use askama::Template;

use super::asset::PAGE_CSS;
use super::front::HTML;
use super::policy::{POLICY, embed_policy, with_policy};
use crate::http::response::reply::Status;
use crate::pages::RenderedPage;

#[derive(Template)]
#[template(path = "web/not_found.html")]
struct NotFoundPage {
    css: String,
}

#[derive(Template)]
#[template(path = "web/no_such_player.html")]
struct NoSuchPlayer {
    css: String,
}

/// Renders the page, with status 404. All other clients get [`RenderedPage::not_found`].
pub fn not_found() -> RenderedPage {
    let page = RenderedPage::from_template(HTML, &NotFoundPage { css: PAGE_CSS.url() });
    let mut page = with_policy(page, POLICY);
    page.status = Status::NotFound;
    page.headers.push(("Vary", "Accept, User-Agent".to_owned()));
    page
}

/// Renders the page of a small player whose station does not exist, with status 404. Pages of `origins` may
/// show it in a frame.
pub fn no_such_player(origins: &[String]) -> RenderedPage {
    let page = RenderedPage::from_template(HTML, &NoSuchPlayer { css: PAGE_CSS.url() });
    RenderedPage { status: Status::NotFound, ..with_policy(page, &embed_policy(origins)) }
}
