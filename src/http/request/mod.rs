//! The requests of clients: the bytes split into parts, and the meaning of each part.

pub mod basic;
mod body;
mod clean;
pub mod cross_site;
pub mod dialect;
pub mod duplicate_connections;
pub mod form;
mod head;
pub mod line;
pub mod refusal;
pub mod station_ref;

pub(super) use clean::{head_length, may_have_ended, push_header_line};
pub use head::{HEAD_MAX, HEADERS_MAX, HttpVersion, Method, Request};
pub use refusal::RequestRefusal;
