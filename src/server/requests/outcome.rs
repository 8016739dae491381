//! What a request gets.

use std::rc::Rc;
use std::sync::Arc;

use crate::pages::artwork::ArtworkOptions;
use crate::server::state::options::StreamOptions;
use crate::session::{CloseReason, Reply};
use crate::station::{StationKey, TrackInfo};

/// What a request gets.
pub enum RequestOutcome {
    /// The stream of a station.
    Listener {
        /// The station.
        key: StationKey,
        options: StreamOptions,
    },
    /// Events, for a client that used the address `base`.
    EventReader {
        /// Only those of the station with this id.
        station: Option<u32>,
        base: Rc<str>,
    },
    /// A picture that is being read.
    Artwork { track: Arc<TrackInfo>, options: ArtworkOptions },
    /// Bytes that are known.
    Reply(Reply),
}

impl RequestOutcome {
    /// These bytes, and no more.
    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        Self::Reply(Reply::new(bytes, CloseReason::Answered))
    }
}
