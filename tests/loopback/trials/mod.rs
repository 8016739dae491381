//! Situations and files on which coldwave 0.1 did the wrong thing for its users: each test is one report.
//! `cargo test trials::` runs these tests, and those with real programs in `tests/programs/trials/`.

mod attacks;
mod files;
mod logins;
mod pages;
mod source;
mod sources;
