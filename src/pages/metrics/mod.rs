//! Numbers for Prometheus, at `/metrics` (protocol-notes/metrics.md).

mod exposition;
mod icecast;
mod page;
mod server;
mod stations;

pub use page::render;

/// Where they are.
pub const PATH: &str = "/metrics";

#[cfg(test)]
mod tests;
