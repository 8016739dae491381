//! What a translation leads to.

use super::document::Document;
use super::finding::Finding;

/// A configuration in coldwave's format, and what became of each setting of the other.
#[derive(Debug)]
pub struct Translation {
    /// The text, with the origin of each line.
    pub document: Document,
    /// One finding or more for each setting, in the order of the file.
    pub findings: Vec<Finding>,
}
