//! The requests of clients: the bytes split into parts, and the meaning of each part.

pub mod basic_auth;
mod body;
pub mod byte_range;
pub mod challenge_token;
pub mod cross_site;
pub mod dialect;
pub mod duplicate_connections;
pub mod form;
mod head;
pub mod line;
mod normalize;
mod page_client;
pub mod refusal;
pub mod station_ref;
pub mod upgrade;

pub use head::{HEAD_MAX, HEADERS_MAX, HttpVersion, Method, Request};
pub(super) use normalize::{head_length, may_have_ended, push_header_line};
pub use refusal::RequestRefusal;
