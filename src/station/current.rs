//! What is on the air now.

use super::turns::Change;
use crate::icy::Title;
use crate::time::Time;

/// What is on the air at the live edge.
#[derive(Debug, Default)]
pub struct Current {
    /// The title; empty where none is known, and in silence.
    pub title: Title,
    /// Whose audio it is; empty in silence.
    pub by: String,
    /// Since when it has been his.
    pub since: Time,
}

impl Current {
    pub(super) fn note(&mut self, change: &Change<'_>, now: Time) {
        self.title.clone_from(change.title);
        if change.has_switched {
            (self.by, self.since) = (change.by.to_owned(), now);
        }
    }
}
