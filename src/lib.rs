//! coldwave, a SHOUTcast-compatible radio server.

pub mod settings;
