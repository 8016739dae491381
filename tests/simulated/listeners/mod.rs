//! Listeners: their requests, what they receive, how they are counted, and their limits.

mod byte_limits;
mod connections;
mod counts;
mod delivery;
mod durations;
mod extra_headers;
mod intros;
mod kept_records;
mod limits;
mod proxies;
mod requests;
