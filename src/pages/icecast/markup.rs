//! The two output formats of Icecast's admin pages.

/// The media type of XML pages.
pub const XML: &str = "text/xml; charset=utf-8";

/// The media type of XHTML pages.
pub const XHTML: &str = "text/xml; charset=UTF-8";

/// The format of an admin page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Markup {
    /// XML for programs.
    Xml,
    /// XHTML for browsers, if the path ends in `.xsl`.
    Html,
}
