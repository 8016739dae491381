//! HTTP as bytes and their meaning: requests told apart, routed and answered. No state of a session, no clock.
//!
//! The way of a request: [`request::parse`], which asks [`dialect`] who is speaking and has the head cleaned of
//! what real clients get wrong → [`route::route`] → a [`reply::StreamHead`], with the status line that
//! [`players`] chooses, or a whole answer from [`reply`] and [`page`].

mod clean;
pub mod dialect;
mod header;
pub mod page;
pub mod players;
mod refusal;
pub mod reply;
pub mod request;
pub mod request_line;
pub mod route;
mod stream_head;

#[cfg(test)]
mod clients;
#[cfg(test)]
mod golden;
