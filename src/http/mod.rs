//! HTTP as bytes and their meaning: requests told apart, routed and answered. No state of a session, no clock.
//!
//! The way of a request: [`request::parse`], which asks [`dialect`] who is speaking and has the head cleaned of
//! what real clients get wrong → [`route::route`] → a [`reply::StreamHead`], with the status line that
//! [`players`] chooses, or a whole answer from [`reply`]. Pages are made in [`crate::pages`].
//!
//! The way of a source: [`request::parse`] finds a request, or what [`icy_login`] knows → [`source_head::SourceInfo`] and
//! an answer from [`source_reply`]; its body through [`chunked::Decoder`], if it comes in chunks. The way of a title, and
//! of whatever else an operator asks: its [`form::Form`] → [`admin::AdminRequest`], with every [`claim::Claim`] in it →
//! an answer from [`admin_reply`].
//!
//! Where proxies stand between: [`proxy_header`] before anything else, [`forwarded`] in a request; [`base`] is where we were
//! found then.
//!
//! The other way round, coldwave as a listener: [`upstream`], with [`redirects`] to where the stream is and [`hops`]
//! against standing in a circle.

pub mod admin;
mod admin_bans;
pub mod admin_reply;
pub mod api;
pub mod base;
pub mod basic;
mod body;
pub mod chunked;
pub mod claim;
mod clean;
pub mod cross_site;
pub mod dialect;
pub mod doubles;
pub mod form;
pub mod forwarded;
mod header;
pub mod hops;
pub mod icy_login;
pub mod players;
pub mod proxy_header;
pub mod redirects;
pub mod refusal;
pub mod reply;
pub mod request;
pub mod request_line;
pub mod route;
pub mod source_head;
pub mod source_reply;
mod stream_head;
mod text;
mod unfit;
pub mod update;
pub mod upstream;
pub mod which;

#[cfg(test)]
mod clients;
#[cfg(test)]
mod encoders;
#[cfg(test)]
pub(crate) mod golden;
