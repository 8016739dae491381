//! The pages of Icecast (protocol-notes/pages-icecast.md).

mod operator;

pub use operator::OperatorPage;

/// The media type of all its XML.
const XML: &str = "text/xml; charset=utf-8";
