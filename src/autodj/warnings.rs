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
    /// Maximum number of different warnings.
    max: usize,
    hasher: RandomState,
}

impl Warnings {
    /// Creates a log for the station with the name `label` in the log.
    pub fn new(label: &str) -> Self {
        Self::with_max(label, WARNINGS_MAX)
    }

    /// Creates a log of at most `max` different warnings.
    pub fn with_max(label: &str, max: usize) -> Self {
        Self { label: label.to_owned(), logged: HashSet::new(), max, hasher: RandomState::new() }
    }

    /// Changes the name of the station in the log.
    pub fn set_label(&mut self, label: &str) {
        label.clone_into(&mut self.label);
    }

    /// Logs a warning, unless it was logged before.
    pub fn log_once(&mut self, message: &str) {
        if let Some(message) = self.if_new(message) {
            self.log(message);
        }
    }

    /// Logs a warning, also if it was logged before.
    pub fn log(&self, message: &str) {
        warn!("{}: {message}", self.label);
    }

    /// Returns whether a warning was logged before.
    pub fn was_logged(&self, message: &str) -> bool {
        self.logged.contains(&self.hasher.hash_one(message))
    }

    fn if_new<'a>(&mut self, message: &'a str) -> Option<&'a str> {
        if self.logged.len() > self.max || !self.logged.insert(self.hasher.hash_one(message)) {
            return None;
        }
        Some(if self.logged.len() > self.max { "further warnings are not shown" } else { message })
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
        assert!(warnings.was_logged("b") && !warnings.was_logged("c"));
        let logged: Vec<_> = (0..2 * WARNINGS_MAX)
            .filter_map(|n| warnings.if_new(&n.to_string()).map(str::to_owned))
            .collect();
        assert_eq!(logged.len(), WARNINGS_MAX - 1);
        assert_eq!(logged[WARNINGS_MAX - 2], "further warnings are not shown");
        assert_eq!(warnings.logged.len(), WARNINGS_MAX + 1);
    }
}
