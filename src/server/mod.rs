//! All stations and all sessions: serves requests, delivers streams, closes connections.
//!
//! The server is a state machine without I/O. `net` reports socket events and the time, calls
//! [`Server::turn`] once per turn of the event loop, and passes the sockets for writing as a [`Wire`]. Tests
//! replace all of these.
//!
//! `state` contains the server's data, in about a dozen components. The other modules implement the behaviour
//! that needs several components, as methods of [`Server`]: `requests` (from bytes to a response),
//! `listeners` (join, delivery, eviction), `live` (sources), `relay` (upstreams), `admin`, `views` (pages,
//! events, artwork, metrics), `conversion` (of sources and upstreams), `renditions`,
//! `fallback_input`, `access_lists` (who is refused, in files of the operator), and
//! for all sessions: `lifecycle`, `closing`, `idle`, `logins` (limits of failed logins), `memory`, `stall`,
//! `writing`, `turn`, `stations`, `title_log`, `statistics`, `process_hooks`.

mod access_lists;
mod admin;
mod closing;
mod conversion;
mod encryption;
mod fallback_input;
mod idle;
mod inputs;
mod lifecycle;
mod listeners;
mod live;
mod logins;
mod memory;
mod process_hooks;
mod relay;
mod renditions;
mod requests;
mod stall;
mod state;
mod stations;
mod statistics;
mod title_log;
mod turn;
mod views;
mod writing;

pub use idle::{IDLE_AFTER, STALLED_AFTER};
pub use lifecycle::IGNORED_INPUT_MAX;
pub use process_hooks::StateStores;
pub use stall::{GRACE_INTERVAL, STALL_GRACE};
pub use state::config::ServerConfig;
pub use state::deadlines::Deadlines;
pub use state::half_closed::HALF_CLOSE_GRACE;
pub use state::hooks::{EncodingStats, Hooks, ReopenLog, SessionLog, SnapshotReporter};
pub use state::peer::{ConnectionLost, Peer, Wire};
pub use state::relays::{Dial, Ticket};
pub use state::server::Server;
pub use state::sessions::SESSION_ENTRY_SIZE;
pub use state::station::audience::{COUNTED_AFTER, PARALLEL_MAX, PARALLEL_WITHIN, PROBE_COUNTED_AFTER};
pub use state::station::stations::StationError;
pub use state::station::upstream::{ANSWER_TIMEOUT, DIAL_TIMEOUT, RELAY_IDLE_GRACE};
pub use state::statistics_round::ROUND_INTERVAL;
pub use state::stats::RefusalCause;
pub use state::timers::{
    ARTWORK_TIMEOUT, CHALLENGE_TIMEOUT, FIRST_FRAME_TIMEOUT, PAGE_TIMEOUT, RELOAD_TIMEOUT, REPLY_TIMEOUT,
    REQUEST_TIMEOUT,
};
pub use state::tls_starts::TlsStart;
pub use state::views::event_hub::HEARTBEAT_INTERVAL;
pub use state::views::metrics_endpoint::{METRICS_MAX_AGE, ProcessStats};
pub use stations::{InputsByMount, StationsPlan};
pub use views::{EVENTS_WRITE_TIMEOUT, PAGE_TIME_PER_TURN};
pub use writing::REPLY_TIME_PER_TURN;
