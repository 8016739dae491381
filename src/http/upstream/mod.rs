//! coldwave as a listener of another server: what it asks, what it is answered, and where a redirect leads.
//!
//! See `protocol-notes/relay.md`.

mod error;
mod exchange;
pub mod redirects;

pub use error::UpstreamError;
pub use exchange::{METAINT_MAX, UpstreamHead, UpstreamResponse, build_request, parse_more};
