//! Live sources: authentication, audio, titles.

mod live_stream;
mod source_auth;
mod titles;
