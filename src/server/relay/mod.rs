//! Relays: connect to other servers, and put their streams on air.

mod connect;
mod encryption;
mod loops;
mod master;
mod streaming;
