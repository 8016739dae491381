//! What a reload of the configuration has changed, or why it was refused.

/// The report of one reload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReloadReport {
    /// Who asked for it: `SIGHUP`, or such as `admin at 127.0.0.1`; several are separated by commas.
    pub requested_by: String,
    /// One line for each change, empty if the configuration is the same; or the errors, one line each, in
    /// which case nothing has changed.
    pub outcome: Result<Vec<String>, Vec<String>>,
    /// The warnings about a configuration without errors, one line each.
    pub warnings: Vec<String>,
}

/// How a reload ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReloadResult {
    /// The changes apply.
    Applied,
    /// The configuration is the same as before.
    Unchanged,
    /// It has errors, or could not be applied; nothing has changed.
    Refused,
}

impl ReloadReport {
    /// Returns how the reload ended.
    pub fn result(&self) -> ReloadResult {
        match &self.outcome {
            Ok(changes) if changes.is_empty() => ReloadResult::Unchanged,
            Ok(_) => ReloadResult::Applied,
            Err(_) => ReloadResult::Refused,
        }
    }

    /// Returns the changes, one line each.
    pub fn changes(&self) -> &[String] {
        self.outcome.as_deref().unwrap_or_default()
    }

    /// Returns the errors, one line each.
    pub fn errors(&self) -> &[String] {
        self.outcome.as_ref().err().map_or(&[], Vec::as_slice)
    }
}

impl ReloadResult {
    /// All results.
    pub const ALL: [Self; 3] = [Self::Applied, Self::Unchanged, Self::Refused];

    /// Returns the name of the result in the API and the metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Unchanged => "unchanged",
            Self::Refused => "refused",
        }
    }
}
