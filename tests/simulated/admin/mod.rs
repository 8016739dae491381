//! Requests of administrators: coldwave's own API, the pages of Icecast and SHOUTcast, and bans.

mod access_lists;
mod api;
mod bans;
mod browsers;
mod icecast;
mod reload;
mod shoutcast;
