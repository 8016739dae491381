//! The coldwave binary from outside: started with arguments, used over loopback, stopped by signals.

#[path = "../common/mod.rs"]
#[allow(dead_code, unused_imports, reason = "each test program uses some of it")]
mod common;

mod acme_webroot;
mod admin_api;
mod answers;
mod bad_peers;
mod check_against;
mod check_formats;
mod codecs;
mod command;
mod config;
mod connections;
mod conversion;
mod directory;
mod encode_worker;
mod events;
mod first_steps;
mod foreign;
mod killed_workers;
mod large_library;
mod live;
mod log_files;
mod music;
mod probe;
mod relay;
mod reload;
mod renditions;
mod service_manager;
mod state;
mod stopping;
mod stream;
mod tls;
mod trials;
mod unlisted;
