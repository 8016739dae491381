//! Live sources: their logins, their description, the decoding of bodies, title updates, and the replies to
//! them.

pub mod chunked;
pub mod head;
pub mod login;
pub mod reply;
pub mod update;

#[cfg(test)]
mod encoders;
