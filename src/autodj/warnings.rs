//! Warnings for the operator, each logged once.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};

use log::warn;

/// Maximum number of different warnings. With more, there is a problem with the entire collection.
const WARNINGS_MAX: usize = 10_000;

/// Logs each warning once, because the same problem can occur again in every round.
pub struct Warnings {
    label: String,
    /// Hashes of the logged warnings: 16 bytes each, where the texts would need a megabyte.
    logged: HashSet<u64>,
    hasher: RandomState,
}

impl Warnings {
    /// Creates a log for the station with the name `label` in the log.
    pub fn new(label: &str) -> Self {
        Self { label: label.to_owned(), logged: HashSet::new(), hasher: RandomState::new() }
    }

    /// Logs a warning, unless it was logged before.
    pub fn log_once(&mut self, message: &str) {
        if let Some(message) = self.if_new(message) {
            warn!("{}: {message}", self.label);
        }
    }

    fn if_new<'a>(&mut self, message: &'a str) -> Option<&'a str> {
        if self.logged.len() > WARNINGS_MAX || !self.logged.insert(self.hasher.hash_one(message)) {
            return None;
        }
        Some(if self.logged.len() > WARNINGS_MAX { "further warnings are not shown" } else { message })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warnings_are_logged_once_and_limited() {
        let mut warnings = Warnings::new("/test");
        assert_eq!(
            ["a", "b", "a", "b"].map(|message| warnings.if_new(message)),
            [Some("a"), Some("b"), None, None]
        );
        let logged: Vec<_> = (0..2 * WARNINGS_MAX)
            .filter_map(|n| warnings.if_new(&n.to_string()).map(str::to_owned))
            .collect();
        assert_eq!(logged.len(), WARNINGS_MAX - 1);
        assert_eq!(logged[WARNINGS_MAX - 2], "further warnings are not shown");
        assert_eq!(warnings.logged.len(), WARNINGS_MAX + 1);
    }
}
