//! Large pages: those about many stations or listeners. One at a time is gathered in pieces and rendered on a
//! worker.

use std::sync::Arc;

use super::page_queue::{PageQueue, QueuedRequest};
use crate::pages::{AdminSnapshot, PageRenderer, Snapshot};
use crate::server::state::peer::Peer;
use crate::time::Time;

/// The requests for large pages, and the progress of the current one.
#[derive(Debug, Default)]
pub struct LargePages {
    /// The requests that wait.
    pub queue: PageQueue,
    /// The request that is being served.
    pub current: Option<LargePage>,
    /// Renders the pages; `None` to render them on the event loop.
    pub renderer: Option<Box<dyn PageRenderer>>,
    /// When the current page was last worked on.
    pub served_at: Time,
}

/// A large page that is being made.
#[derive(Debug)]
pub struct LargePage {
    pub queued: QueuedRequest,
    pub state: LargePageState,
}

/// How far a large page is.
#[derive(Debug)]
pub enum LargePageState {
    /// The listeners are being added to the snapshot.
    Gathering { snapshot: Box<AdminSnapshot>, remaining: Vec<Peer> },
    /// The worker renders it. A public page is kept for further requests as long as this snapshot is the
    /// latest.
    Rendering { snapshot: Option<Arc<Snapshot>>, since: Time },
}

impl LargePages {
    /// Returns whether there is no request.
    pub fn is_idle(&self) -> bool {
        self.current.is_none() && self.queue.is_empty()
    }

    /// Returns when to continue, if there is something to do on the event loop.
    pub fn continue_at(&self) -> Option<Time> {
        match &self.current {
            Some(LargePage { state: LargePageState::Gathering { .. }, .. }) => Some(self.served_at),
            Some(LargePage { state: LargePageState::Rendering { .. }, .. }) => None,
            None => self.queue.continue_at(),
        }
    }
}
