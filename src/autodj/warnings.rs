//! What the operator is told, once each.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};

use log::warn;

/// Warnings remembered so as not to be repeated; with more to say than this, there is something wrong with the music
/// as a whole.
const WARNINGS_MAX: usize = 10_000;

/// Warns of everything once. A file that cannot be played is tried again every round, for months.
pub struct Warnings {
    label: String,
    /// Hashes of what was said: 16 bytes each, where the sentences would be a megabyte.
    logged: HashSet<u64>,
    hasher: RandomState,
}

impl Warnings {
    /// Nothing was said yet of the station that the log calls `label`.
    pub fn new(label: &str) -> Self {
        Self { label: label.to_owned(), logged: HashSet::new(), hasher: RandomState::new() }
    }

    /// Says a sentence, unless it was said before.
    pub fn log_once(&mut self, sentence: &str) {
        if let Some(sentence) = self.if_new(sentence) {
            warn!("{}: {sentence}", self.label);
        }
    }

    fn if_new<'a>(&mut self, sentence: &'a str) -> Option<&'a str> {
        if self.logged.len() > WARNINGS_MAX || !self.logged.insert(self.hasher.hash_one(sentence)) {
            return None;
        }
        Some(if self.logged.len() > WARNINGS_MAX { "further warnings are not shown" } else { sentence })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_said_once_and_not_without_end() {
        let mut warnings = Warnings::new("/test");
        assert_eq!(
            ["a", "b", "a", "b"].map(|said| warnings.if_new(said)),
            [Some("a"), Some("b"), None, None]
        );
        let said: Vec<_> = (0..2 * WARNINGS_MAX)
            .filter_map(|n| warnings.if_new(&n.to_string()).map(str::to_owned))
            .collect();
        assert_eq!(said.len(), WARNINGS_MAX - 1);
        assert_eq!(said[WARNINGS_MAX - 2], "further warnings are not shown");
        assert_eq!(warnings.logged.len(), WARNINGS_MAX + 1);
    }
}
