//! Whether a change that an administrator made survives a restart.

/// Whether a change survives a restart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Persistence {
    /// It is on disk.
    Saved,
    /// It is being written.
    Pending,
    /// It could not be written. coldwave tries again.
    Failed,
    /// There is no file for it.
    NoStateDir,
}

impl Persistence {
    /// Returns the suffix of the message about a change that is not on disk.
    pub fn note(self) -> &'static str {
        match self {
            Self::Saved => "",
            Self::Pending => "; not saved yet: the disk does not respond, see the log",
            Self::Failed => "; not saved: state_dir cannot be written, see the log",
            Self::NoStateDir => "; lost at the next restart: no state_dir is set",
        }
    }
}
