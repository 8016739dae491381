//! coldwave, a SHOUTcast-compatible radio server.

pub mod audio;
pub mod autodj;
pub mod icy;
pub mod http;
pub mod settings;
pub mod station;
pub mod time;
