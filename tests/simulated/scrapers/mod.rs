//! Programs that read pages and streams, each imitated with its own requests and expressions.

mod icecast;
mod shoutcast;
mod streams;
