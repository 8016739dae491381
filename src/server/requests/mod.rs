//! Requests: from the bytes of a handshake to the part of the server that answers.

pub(super) mod answer;
mod proxies;
mod serve;
