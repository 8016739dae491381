//! What a request gets.

use std::rc::Rc;
use std::sync::Arc;

use crate::pages::art::Manner;
use crate::server::state::options::StreamOptions;
use crate::session::{Reply, Why};
use crate::station::{StationKey, TrackInfo};

/// What a request gets.
pub enum Answer {
    /// The stream of a station.
    Listener {
        /// The station.
        key: StationKey,
        options: StreamOptions,
    },
    /// Events, for a client that used the address `base`.
    Events {
        /// Only those of the station with this id.
        only: Option<u32>,
        base: Rc<str>,
    },
    /// A picture that is being read.
    Artwork { track: Arc<TrackInfo>, manner: Manner },
    /// Bytes that are known.
    Reply(Reply),
}

impl Answer {
    /// These bytes, and no more.
    pub fn bytes(bytes: Vec<u8>) -> Self {
        Self::Reply(Reply::new(bytes, Why::Answered))
    }
}
