//! Numbers for Prometheus, at `/metrics` (protocol-notes/metrics.md).

mod exposition;
mod icecast;
mod of_server;
mod of_stations;

use super::{AdminSnapshot, Shown};
use exposition::{CONTENT_TYPE, Exposition};

/// Where they are.
pub const PATH: &str = "/metrics";

/// The page. With `base`, the address under which whoever asks reached us, also the names that dashboards for Icecast have.
pub fn render(snapshot: &AdminSnapshot, base: Option<&str>) -> Shown {
    let mut text = Exposition::default();
    of_server::write(snapshot, &mut text);
    of_stations::write(snapshot, &mut text);
    if let Some(base) = base {
        icecast::write(snapshot, base, &mut text);
    }
    Shown::ok(CONTENT_TYPE, text.into_text())
}

#[cfg(test)]
mod tests;
