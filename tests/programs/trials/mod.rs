//! Situations in which coldwave 0.1 did the wrong thing for its users, with real players and proxies.
//! `cargo test trials::` runs these tests and those in `tests/loopback/trials/`.

mod proxied_page;
mod proxied_sources;
mod situations;
