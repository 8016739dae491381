//! The page, put together.

use super::exposition::{CONTENT_TYPE, Exposition};
use super::{icecast, server, stations};
use crate::pages::{AdminSnapshot, RenderedPage};

/// The page. With `base`, the address at which the client reached the server, also the names that dashboards for Icecast
/// have.
pub fn render(snapshot: &AdminSnapshot, base: Option<&str>) -> RenderedPage {
    let mut text = Exposition::default();
    server::write(snapshot, &mut text);
    stations::write(snapshot, &mut text);
    if let Some(base) = base {
        icecast::write(snapshot, base, &mut text);
    }
    RenderedPage::ok(CONTENT_TYPE, text.into_text())
}
