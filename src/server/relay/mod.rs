//! Relays: streams of other servers, from their address to the air, off it, and again.

mod connect;
mod loops;
mod streaming;
