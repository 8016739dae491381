//! A list of patterns for the User-Agent of programs.

use std::collections::HashSet;

use super::wildcard::Wildcard;
use crate::text::truncated;

/// The most bytes of a User-Agent that are compared, which bounds the time that a client can cause.
const COMPARED_MAX: usize = 512;

/// Programs by their User-Agent. A text without `*` and `?` is a whole User-Agent.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct AgentList {
    /// Whole ones, in lower case.
    names: HashSet<String>,
    patterns: Vec<Wildcard>,
}

impl AgentList {
    /// Adds a line without white space around it.
    ///
    /// # Errors
    /// Returns why it is left out, as the rest of a sentence that begins with the line.
    pub(super) fn add(&mut self, line: &str) -> Result<(), &'static str> {
        if line.len() > COMPARED_MAX {
            return Err("is longer than 512 bytes");
        }
        if !line.contains(['*', '?']) {
            self.names.insert(line.to_lowercase());
            return Ok(());
        }
        let pattern = Wildcard::new(line);
        if pattern.matches_everything() {
            return Err("would refuse every program");
        }
        self.patterns.push(pattern);
        Ok(())
    }

    /// Returns the number of patterns, each of which takes time in every look-up.
    pub(super) fn patterns(&self) -> usize {
        self.patterns.len()
    }

    /// Returns the number of entries.
    pub fn len(&self) -> usize {
        self.names.len() + self.patterns.len()
    }

    /// Returns whether the list has no entries.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns whether the list has this User-Agent.
    pub fn contains(&self, user_agent: &str) -> bool {
        if self.is_empty() {
            return false;
        }
        let user_agent = truncated(user_agent, COMPARED_MAX).to_lowercase();
        self.names.contains(&user_agent) || self.patterns.iter().any(|pattern| pattern.matches(&user_agent))
    }
}
