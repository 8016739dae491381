//! Tests without a network and without waiting: the whole server in the simulated world of `tests/world/`,
//! the station alone, and inputs and recordings on a real disk.

#[path = "../world/mod.rs"]
mod world;

mod admin;
mod autodj;
mod listeners;
mod log;
mod overload;
mod pages;
mod relays;
mod renditions;
mod scrapers;
mod simulation;
mod slow_feeds;
mod sources;
mod stalls;
mod station;
mod stations;
mod unlisted;
