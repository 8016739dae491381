//! Requests of administrators: coldwave's own API, the pages of Icecast and SHOUTcast, and bans.

mod api;
mod bans;
mod icecast;
mod shoutcast;
