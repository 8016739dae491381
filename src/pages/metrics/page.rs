//! The page, put together.

use super::exposition::{CONTENT_TYPE, Exposition};
use super::{icecast, of_server, of_stations};
use crate::pages::{AdminSnapshot, Shown};

/// The page. With `base`, the address at which the client reached the server, also the names that dashboards for Icecast
/// have.
pub fn render(snapshot: &AdminSnapshot, base: Option<&str>) -> Shown {
    let mut text = Exposition::default();
    of_server::write(snapshot, &mut text);
    of_stations::write(snapshot, &mut text);
    if let Some(base) = base {
        icecast::write(snapshot, base, &mut text);
    }
    Shown::ok(CONTENT_TYPE, text.into_text())
}
