//! Routes requests, from the bytes of a handshake to the module that answers.

mod aliases;
mod https_redirect;
pub(super) mod outcome;
mod proxies;
mod serve;
