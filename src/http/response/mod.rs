//! What a client is answered: whole replies, the heads of streams, and which of two protocols a player takes them in.

pub mod header;
pub mod players;
mod refusal;
pub mod reply;
mod stream_head;

#[cfg(test)]
mod clients;
