//! Proxies between a client and coldwave, and other servers that relay a stream.

pub mod base_url;
pub mod forwarded;
pub mod protocol;
pub mod relay_path;
