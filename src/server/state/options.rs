//! How a listener is answered.

/// How a listener gets its stream.
#[derive(Debug, Clone, Copy)]
pub struct StreamOptions {
    /// Bytes of audio between two titles, if it wants titles.
    pub metaint: Option<u32>,
    /// Whether the status line is ICY's.
    pub icy: bool,
    /// Whether it is a relay, and is told through which servers the stream came.
    pub is_relay: bool,
    /// Whether it asks for the first bytes only.
    pub is_range_probe: bool,
}
