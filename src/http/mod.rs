//! HTTP as bytes and their meaning: requests told apart and answered. No state of a session, no clock.
//!
//! | module | what is there |
//! | --- | --- |
//! | [`incoming`] | what a peer sends first: a request, or the login of a source |
//! | [`request`] | what a client asks for |
//! | [`response`] | what it is answered |
//! | [`source`] | live sources: logins, bodies, titles |
//! | [`admin`] | what operators ask for, and what they are answered |
//! | [`proxy`] | what stands between a client and coldwave |
//! | [`upstream`] | coldwave as a listener of another server |
//!
//! The way of a request: [`incoming::parse()`], which asks [`request::dialect`] who is speaking and has the head cleaned of
//! what real clients get wrong → [`crate::router`] → a [`response::reply::StreamHead`], with the status line that
//! [`response::players`] chooses, or a whole answer from [`response::reply`]. Pages are made in [`crate::pages`].
//!
//! The way of a source: [`incoming::parse()`] finds a request, or what [`source::login`] knows → [`source::head::SourceInfo`]
//! and an answer from [`source::reply`]; its body through [`source::chunked::ChunkedDecoder`], if it comes in chunks. The way of a
//! title, and of whatever else an operator asks: its [`request::form::Form`] → [`admin::AdminRequest`], with every
//! [`admin::claim::CandidateLogin`] in it → an answer from [`admin::reply`].
//!
//! Where proxies stand between: [`proxy::protocol`] before anything else, [`proxy::forwarded`] in a request; [`proxy::base`]
//! is where we were found then, and [`proxy::hops`] keeps a stream from going in a circle.

pub mod admin;
pub mod incoming;
pub mod proxy;
pub mod request;
pub mod response;
pub mod source;
mod text;
pub mod upstream;

#[cfg(test)]
pub(crate) mod golden;
