//! Requests: from the bytes of a handshake to the part of the server that answers.

pub(super) mod outcome;
mod proxies;
mod serve;
