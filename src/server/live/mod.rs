//! Live sources: who may go live, and what becomes of their audio and titles.

mod live_stream;
mod source_auth;
mod titles;
