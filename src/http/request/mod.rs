//! What a client asks for: the bytes of a request taken apart, and what each part of it means.

pub mod basic;
mod body;
mod clean;
pub mod cross_site;
pub mod dialect;
pub mod doubles;
pub mod form;
pub mod line;
mod parse;
pub mod refusal;
pub mod which;

pub(super) use clean::{head_length, may_have_ended, push_header_line};
pub use parse::{HEAD_MAX, HEADERS_MAX, Method, Parse, Request, Version, parse, parse_more};
pub use refusal::Refusal;
