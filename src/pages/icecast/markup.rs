//! The two output formats of Icecast's admin pages.

/// The format of an admin page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Markup {
    /// XML for programs.
    Xml,
    /// XHTML for browsers, if the path ends in `.xsl`.
    Html,
}
