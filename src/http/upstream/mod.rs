//! coldwave as a listener of another server: what it asks, what it is answered, and where a redirect leads.
//!
//! See `protocol-notes/relay.md`.

mod exchange;
pub mod redirects;
mod unfit;

pub use exchange::{Answer, METAINT_MAX, Upstream, parse_more, request};
pub use unfit::Unfit;
