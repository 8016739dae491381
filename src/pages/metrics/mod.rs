//! Metrics for Prometheus at `/metrics` (protocol-notes/metrics.md).

mod exposition;
mod icecast;
mod page;
mod renditions;
mod server;
mod stations;
mod workers;

pub use page::render;

/// The path of the metrics.
pub const PATH: &str = "/metrics";

#[cfg(test)]
mod tests;
