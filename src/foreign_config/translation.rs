//! What a translation leads to.

use super::document::Document;
use super::finding::{self, Finding};
use super::static_files;
use super::translator::Translator;

/// A configuration in coldwave's format, and what became of each setting of the other.
#[derive(Debug)]
pub struct Translation {
    /// The text, with the origin of each line.
    pub document: Document,
    /// One finding or more for each setting, in the order of the file.
    pub findings: Vec<Finding>,
    /// One line for each value that cannot be understood, in the order of the file. The text lacks its key.
    pub errors: Vec<String>,
}

impl Translation {
    /// Writes what was collected from the file of this name.
    pub(super) fn new(translator: Translator, file: &str) -> Self {
        let Translator { mut draft, mut findings, mut errors, .. } = translator;
        errors.sort_by_key(|(line, _)| *line);
        draft.spread();
        static_files::separate(&mut draft);
        findings.sort_by_key(|finding| finding.line);
        let document = Document::new(&draft, file, &findings);
        let located = |(line, message)| finding::one_line(&format!("{file}:{line}: {message}"));
        Self { document, findings, errors: errors.into_iter().map(located).collect() }
    }

    /// Returns it if it has no errors.
    ///
    /// # Errors
    /// Returns its errors.
    pub fn checked(self) -> Result<Self, Vec<String>> {
        if self.errors.is_empty() { Ok(self) } else { Err(self.errors) }
    }
}
