//! Who came, and what went over the wire, since the server started.

/// What is counted of the server where it happens. It changes with everyone who asks for it, and so is no part of the
/// [`Facts`](super::Facts), of which pages are made that are kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Connections that there are, masters of relays among them.
    pub connections: usize,
    /// Connections that others have opened.
    pub connected: u64,
    /// Those that asked for something, and not to go live.
    pub asked: u64,
    /// Those that were shown a page or a playlist, which anybody may see.
    pub pages: u64,
    /// Those that had a password, and were let go live.
    pub sources: u64,
    /// Streams of masters that began.
    pub relayed: u64,
    /// Of the stations, in the order of the facts.
    pub stations: Vec<StationTraffic>,
}

/// What is counted of a station.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StationTraffic {
    /// Bytes of audio that were put on the air.
    pub on_air: u64,
    /// Listeners who were dismissed as they did not keep up.
    pub too_slow: u64,
}
