//! Who came, counted where it happens.

/// Of the whole server, since it started.
#[derive(Debug, Default)]
pub struct Counters {
    /// Those that asked for something, and not to go live.
    pub asked: u64,
    /// Those that were shown a page.
    pub pages: u64,
    /// Those that were let go live.
    pub sources: u64,
    /// Streams of masters that began.
    pub relayed: u64,
}
