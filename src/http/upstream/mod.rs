//! coldwave as a listener of another server: its request, the server's response, and redirects.
//!
//! See `protocol-notes/relay.md`.

mod error;
mod exchange;
pub mod redirects;

pub use error::UpstreamError;
pub use exchange::{METAINT_MAX, UpstreamHead, UpstreamResponse, build_request, parse_more};
