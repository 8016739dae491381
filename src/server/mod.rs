//! All stations and all sessions: which are served when, and which are closed.
//!
//! A state machine without I/O. `net` reports what the sockets did and what time it is, calls [`Server::turn`] once per turn
//! of the loop, and lends it the sockets for writing as a [`Wire`]. A test can be all of that.
//!
//! What the server knows is in `state`: a dozen things, each by itself. What it does with several of them is in the rooms
//! beside it, each a set of methods of [`Server`]: `requests` (from bytes to an answer), `listeners` (join, delivery, seats),
//! `live` (sources), `relay` (upstreams), `admin`, `views` (pages, events, pictures, metrics), and in the files for all
//! sessions: `lifecycle`, `closing`, `writing`, `turn`, `stations`.

mod admin;
mod closing;
mod lifecycle;
mod listeners;
mod live;
mod relay;
mod requests;
mod state;
mod stations;
mod turn;
mod views;
mod writing;

pub use lifecycle::IGNORED_INPUT_MAX;
pub use state::config::ServerConfig;
pub use state::half_closed::HALF_CLOSE_GRACE;
pub use state::hooks::{BanStore, Hooks, SessionLog, SnapshotReporter};
pub use state::peer::{ConnectionLost, Peer, Wire};
pub use state::relays::{Dial, Ticket};
pub use state::server::Server;
pub use state::sessions::SESSION_ENTRY_SIZE;
pub use state::station::audience::{COUNTED_AFTER, PARALLEL_MAX, PARALLEL_WITHIN, PROBE_COUNTED_AFTER};
pub use state::station::stations::StationError;
pub use state::station::upstream::{ANSWER_TIMEOUT, DIAL_TIMEOUT, RELAY_IDLE_GRACE};
pub use state::stats::RefusalCause;
pub use state::timers::{ARTWORK_TIMEOUT, FIRST_FRAME_TIMEOUT, REPLY_TIMEOUT, REQUEST_TIMEOUT};
pub use state::views::event_hub::HEARTBEAT_INTERVAL;
pub use state::views::metrics_endpoint::{METRICS_MAX_AGE, ProcessStats};
pub use views::EVENTS_WRITE_TIMEOUT;
