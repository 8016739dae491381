//! The kinds of attacks.

use std::fmt;
use std::time::Duration;

/// An attack, as selected by `--kinds`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttackKind {
    /// A listener with a relay path of eight invented servers wakes an on-demand relay.
    RelayPath,
    /// Connections that request the largest page and do not read it.
    UnreadPages,
    /// Requests with a large head and a body whose last byte is missing.
    UnfinishedBodies,
    /// Connections that request `/statistics` of 1,000 stations and do not read it.
    UnreadStatistics,
    /// Heads of 16 KiB without their end.
    UnfinishedHeads,
    /// Event readers that do not read, while titles change.
    UnreadEvents,
    /// Requests for `/statistics` of 1,000 stations, each with a `Host` and a callback of its own.
    Callbacks,
    /// Lists of all listeners for the administrator, one after the other.
    ListenerLists,
    /// Wrong passwords from many addresses.
    Guesses,
    /// The same from one address, from which the administrator logs in, too.
    SharedGuesses,
    /// The process is stopped for 4 s.
    ShortStop,
    /// The process is stopped for 12 s.
    LongStop,
    /// A FIFO replaces tracks of the AutoDJ.
    Fifo,
    /// Listeners that leave as soon as they have joined.
    ShortListeners,
    /// Titles of a live source, as fast as the server takes them.
    Titles,
    /// Connections that send nothing, more than the server has places for.
    SilentConnections,
    /// One address with more listeners than the server has places for.
    OneAddress,
}

/// A kind's name in options and tables, what it does, and its connections beside 5,000 listeners.
struct Properties(&'static str, &'static str, usize);

impl AttackKind {
    pub const ALL: [Self; 17] = [
        Self::RelayPath,
        Self::UnreadPages,
        Self::UnfinishedBodies,
        Self::UnreadStatistics,
        Self::UnfinishedHeads,
        Self::UnreadEvents,
        Self::Callbacks,
        Self::ListenerLists,
        Self::Guesses,
        Self::SharedGuesses,
        Self::ShortStop,
        Self::LongStop,
        Self::Fifo,
        Self::ShortListeners,
        Self::Titles,
        Self::SilentConnections,
        Self::OneAddress,
    ];

    fn properties(self) -> Properties {
        match self {
            Self::RelayPath => {
                Properties("relay-path", "a listener with an invented relay path wakes a relay", 1)
            }
            Self::UnreadPages => {
                Properties("unread-pages", "request /api/v1/openapi.json and do not read", 13_000)
            }
            Self::UnfinishedBodies => {
                Properties("unfinished-bodies", "16 KB of head, and a body one byte short", 13_000)
            }
            Self::UnreadStatistics => Properties(
                "unread-statistics",
                "request /statistics of 1,000 stations and do not read",
                3_000,
            ),
            Self::UnfinishedHeads => {
                Properties("unfinished-heads", "send 16 KB of a head without its end", 13_000)
            }
            Self::UnreadEvents => {
                Properties("unread-events", "request /api/v1/events and do not read", 5_000)
            }
            Self::Callbacks => {
                Properties("callbacks", "/statistics of 1,000 stations, each Host and callback once", 2_500)
            }
            Self::ListenerLists => {
                Properties("listener-lists", "lists of all listeners for the administrator", 4)
            }
            Self::Guesses => Properties("guesses", "wrong passwords, each from an address of its own", 2_000),
            Self::SharedGuesses => {
                Properties("shared-guesses", "wrong passwords from the address of the administrator", 2_000)
            }
            Self::ShortStop => Properties("stop-4", "the process is stopped for 4 s", 0),
            Self::LongStop => Properties("stop-12", "the process is stopped for 12 s", 0),
            Self::Fifo => Properties("fifo", "FIFOs replace two of three tracks again and again", 0),
            Self::ShortListeners => {
                Properties("short-listeners", "listeners that leave after the first bytes", 500)
            }
            Self::Titles => Properties("titles", "titles of 3,000 bytes, each once", 200),
            Self::SilentConnections => {
                Properties("silent-connections", "connections that send nothing fill all places", 16_000)
            }
            Self::OneAddress => Properties("one-address", "listeners of one address fill all places", 16_000),
        }
    }

    pub fn name(self) -> &'static str {
        self.properties().0
    }

    /// Returns what the attackers do, in a few words.
    pub fn about(self) -> &'static str {
        self.properties().1
    }

    /// Returns the connections of the attackers beside this many listeners.
    pub fn connections(self, listeners: usize) -> usize {
        /// The number of listeners that the kinds are made for.
        const LISTENERS: usize = 5_000;
        let most = self.properties().2;
        if most < 10 { most } else { (most * listeners / LISTENERS).clamp(10, most) }
    }

    /// Returns the stations of the server, only the first of which has listeners.
    pub fn stations(self, listeners: usize) -> usize {
        match self {
            Self::UnreadStatistics | Self::Callbacks => (listeners / 5).clamp(10, 1_000),
            _ => 1,
        }
    }

    /// Returns whether there is a station at [`SOURCE`](crate::setup::SOURCE) with a live source.
    pub fn has_live_source(self) -> bool {
        matches!(self, Self::UnreadEvents | Self::Titles) || self.stop().is_some()
    }

    /// Returns whether there is a station at [`RELAY`](crate::setup::RELAY), and a second coldwave that it
    /// relays.
    pub fn has_relay(self) -> bool {
        self == Self::RelayPath || self.stop().is_some()
    }

    /// Returns whether attackers guess passwords.
    pub fn has_guesses(self) -> bool {
        matches!(self, Self::Guesses | Self::SharedGuesses)
    }

    /// Returns for how long the process is stopped.
    pub fn stop(self) -> Option<Duration> {
        match self {
            Self::ShortStop => Some(Duration::from_secs(4)),
            Self::LongStop => Some(Duration::from_secs(12)),
            _ => None,
        }
    }

    /// Parses a list such as `titles,fifo`.
    pub fn list(text: &str) -> Result<Vec<Self>, String> {
        text.split(',').map(|name| Self::find(name.trim())).collect()
    }

    /// Returns the kind with this name.
    pub fn find(name: &str) -> Result<Self, String> {
        let all = Self::ALL.map(Self::name).join(", ");
        let found = Self::ALL.into_iter().find(|kind| kind.name() == name);
        found.ok_or(format!("--kinds {name:?} is not one of {all}"))
    }
}

impl fmt::Display for AttackKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
