//! Writes the complete metrics page from a snapshot.

use super::exposition::{CONTENT_TYPE, Exposition};
use super::{icecast, renditions, server, stations, workers};
use crate::pages::{AdminSnapshot, RenderedPage};

/// Renders the page. With `base`, the base URL at which the client reached the server, the page also has the
/// metrics that dashboards for Icecast use.
pub fn render(snapshot: &AdminSnapshot, base: Option<&str>) -> RenderedPage {
    let mut text = Exposition::default();
    server::write(snapshot, &mut text);
    stations::write(snapshot, &mut text);
    renditions::write(snapshot, &mut text);
    workers::write(snapshot, &mut text);
    if let Some(base) = base {
        icecast::write(snapshot, base, &mut text);
    }
    RenderedPage::ok(CONTENT_TYPE, text.into_text())
}
