//! Live sources: how one logs in, what it says of itself, how its body and its titles come, and what it is answered.

pub mod chunked;
pub mod head;
pub mod login;
pub mod reply;
pub mod update;

#[cfg(test)]
mod encoders;
