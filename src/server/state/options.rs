//! `StreamOptions`: what `listeners::join` has decided for one listener, such as its metaint and status line.

/// Options of a listener's stream.
#[derive(Debug, Clone, Copy)]
pub struct StreamOptions {
    /// Bytes of audio between two metadata blocks; `None` if the listener wants none.
    pub metaint: Option<u32>,
    /// Whether the status line is `ICY 200 OK`.
    pub icy: bool,
    /// Whether it is a relay, and is sent the relay path.
    pub is_relay: bool,
    /// Whether it requests only the first bytes.
    pub is_range_probe: bool,
}
