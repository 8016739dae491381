//! The wire format of requests and replies: parsing and rendering. Holds no session state and reads no clock.
//!
//! | module | contents |
//! | --- | --- |
//! | [`incoming`] | the first bytes of a connection: a request, or the login of a source |
//! | [`request`] | requests from clients |
//! | [`response`] | replies to clients |
//! | [`source`] | live sources: logins, bodies, titles |
//! | [`admin`] | requests from administrators, and the replies to them |
//! | [`proxy`] | proxies and relays between a client and coldwave |
//! | [`untrusted_url`] | which URLs from others are passed on as links |
//! | [`upstream`] | coldwave as a listener of another server |
//!
//! A request passes through: [`incoming::parse()`], which detects the protocol with [`request::dialect`] and
//! normalizes the head (real clients send heads that a strict parser rejects) → [`crate::router`] → a
//! [`response::reply::StreamHead`], with the status line that [`response::players`] chooses, or a complete
//! reply from [`response::reply`]. [`crate::pages`] renders the pages.
//!
//! A source passes through: [`incoming::parse()`], which finds a request or one of the logins of
//! [`source::login`] → [`source::head::SourceInfo`] and a reply from [`source::reply`].
//! [`source::chunked::ChunkedDecoder`] decodes a chunked body.  A title update, or any other admin request,
//! passes through: its [`request::form::FormData`] → [`admin::AdminRequest`], with all its [candidate
//! logins](admin::candidate_login::CandidateLogin) → a reply from [`admin::reply`].
//!
//! Proxies: [`proxy::protocol`] reads the PROXY header in front of everything else, and [`proxy::forwarded`]
//! the headers of a request. [`proxy::base_url`] derives the URL under which the client reached the server,
//! and [`proxy::relay_path`] detects relay loops.

pub mod admin;
mod admin_paths;
pub mod incoming;
pub mod proxy;
pub mod request;
pub mod response;
pub mod source;
pub mod text;
pub mod untrusted_url;
pub mod upstream;

#[cfg(test)]
pub(crate) mod golden;
