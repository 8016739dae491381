//! Numbers for Prometheus, at `/metrics` (protocol-notes/metrics.md).

mod exposition;
mod icecast;
mod of_server;
mod of_stations;
mod page;

pub use page::render;

/// Where they are.
pub const PATH: &str = "/metrics";

#[cfg(test)]
mod tests;
