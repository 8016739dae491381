//! What stands between a client and coldwave: proxies, and other servers that relay a stream.

pub mod base;
pub mod forwarded;
pub mod protocol;
pub mod relay_path;
