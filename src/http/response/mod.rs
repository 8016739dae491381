//! Replies to clients: complete replies, the heads of streams, and the choice between the status lines of
//! HTTP and ICY.

pub mod extra_headers;
pub mod header;
pub mod players;
mod refusal;
pub mod reply;
pub mod site_file;
mod stream_head;

#[cfg(test)]
mod known_clients;
