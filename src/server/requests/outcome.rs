//! The result of routing a request: a listener, an event reader, artwork, or a reply.

use std::rc::Rc;
use std::sync::Arc;

use crate::pages::artwork::ArtworkOptions;
use crate::server::state::options::StreamOptions;
use crate::server::state::views::page_queue::PageRequest;
use crate::session::{CloseReason, Reply};
use crate::station::{StationKey, TrackInfo};

/// How the server answers a request.
pub enum RequestOutcome {
    /// The stream of a station.
    Listener {
        /// The station.
        key: StationKey,
        /// The station that was requested. Its fallback may take its place.
        asked: StationKey,
        options: StreamOptions,
    },
    /// Events, for a client that used the base URL `base`.
    EventReader {
        /// Only events of the station with this id.
        station: Option<u32>,
        base: Rc<str>,
    },
    /// A picture that is being loaded.
    Artwork { track: Arc<TrackInfo>, options: ArtworkOptions },
    /// A login that has to wait for its turn.
    MustWait,
    /// A page.
    Page(PageRequest),
    /// A reply whose content is known.
    Reply(Reply),
}

impl RequestOutcome {
    /// Returns a reply with these bytes.
    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        Self::Reply(Reply::new(bytes, CloseReason::Answered))
    }
}
