//! The kinds of logs.

/// What a log is: its name in messages, and what it does besides writing its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogKind {
    /// The name in messages: `access log`.
    pub name: &'static str,
    /// Where the lines go that cannot be written to the file.
    pub fallback: Fallback,
}

/// Where lines go that cannot be written to the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fallback {
    /// They are lost.
    Lost,
    /// To stderr.
    Stderr,
}
