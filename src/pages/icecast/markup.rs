//! In which of two forms a page is shown.

/// For whom a page is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Markup {
    /// For programs.
    Xml,
    /// For people, where the name ends in `.xsl`.
    Html,
}
