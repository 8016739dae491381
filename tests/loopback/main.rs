//! The program as it is installed, from outside: started with arguments, spoken to over loopback, stopped by signals.

#[path = "../common/mod.rs"]
#[allow(dead_code, unused_imports, reason = "what another test program uses")]
mod common;

mod admin_api;
mod answers;
mod bad_peers;
mod command;
mod config;
mod directory;
mod events;
mod large_library;
mod live;
mod music;
mod relay;
mod stopping;
mod stream;
