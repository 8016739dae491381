//! What is on the air now.

use super::turns::Change;
use crate::icy::Title;
use crate::time::Time;

/// When a place on the timeline is heard.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Moment {
    /// When it is the live edge. It is put on the timeline then, or as much later as that is paid for late.
    pub on_air: Time,
    /// When a listener hears it who is a whole burst behind.
    pub audible: Time,
}

/// What is on the air at the live edge.
#[derive(Debug, Default)]
pub struct Current {
    /// The title; empty where none is known, and in silence.
    pub title: Title,
    /// Whose audio it is; empty in silence.
    pub by: String,
    /// Since when it has been his.
    pub since: Time,
    /// When the title became true, and when that is heard.
    pub titled: Moment,
}

impl Current {
    pub(super) fn note(&mut self, change: &Change<'_>, moment: Moment) {
        if change.has_switched || self.title != *change.title {
            self.title.clone_from(change.title);
            self.titled = moment;
        }
        if change.has_switched {
            (self.by, self.since) = (change.by.to_owned(), moment.on_air);
        }
    }
}
