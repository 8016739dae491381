//! What a reload opens.

use std::path::{Path, PathBuf};

/// What has become of a file or directory.
pub enum Change<T> {
    /// It is the same.
    Same,
    /// There is another one, or none any more.
    To(Option<T>),
}

impl Change<PathBuf> {
    /// Opens what there is now.
    ///
    /// # Errors
    /// As `open`.
    pub fn open<T>(self, open: impl FnOnce(&Path) -> Result<T, String>) -> Result<Change<T>, String> {
        match self {
            Self::Same => Ok(Change::Same),
            Self::To(path) => path.as_deref().map(open).transpose().map(Change::To),
        }
    }
}
