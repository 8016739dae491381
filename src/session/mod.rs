//! One peer in one state.
//!
//! What a state needs lives in that state. A session begins as a handshake and becomes a listener, a source, a reader of events or a reply; only the
//! server moves it from one to the next.

mod close_reason;
mod cursor;
mod event_reader;
mod handshake;
mod listener;
mod relay;
mod reply;
mod session_info;
mod source;
mod source_decoder;

pub use close_reason::CloseReason;
pub use event_reader::{EVENTS_AT_ONCE, EventReader};
pub use handshake::{Handshake, HandshakeEvent};
pub use listener::{Listener, PIECES_MAX, Pace};
pub use relay::Relay;
pub use reply::Reply;
pub use session_info::{SessionInfo, SessionSummary};
pub use source::{HeadProgress, Source, SourceUser};
pub use source_decoder::{BodyError, BodyFraming, BodyProgress, NO_FRAME_MAX};

/// What a peer is to us.
#[derive(Debug)]
pub enum Session {
    /// It has not yet said all that it wants.
    Handshake(Box<Handshake>),
    /// It is told something and then goodbye.
    Reply(Box<Reply>),
    /// It listens.
    Listener(Listener),
    /// It is told what changes.
    EventReader(Box<EventReader>),
    /// It is to be heard.
    Source(Box<Source>),
    /// It is another server, and we listen to it.
    Relay(Box<Relay>),
}

impl Session {
    /// Whether it is to be answered, and it is not known yet with what.
    pub fn awaits_reply(&self) -> bool {
        matches!(self, Self::Reply(reply) if reply.is_deferred())
    }

    /// Whether it is a live source that has logged in and sent no frame yet.
    pub fn awaits_first_frame(&self) -> bool {
        matches!(self, Self::Source(source) if source.pending_feed.is_some())
    }

    /// The code of the answer it was given and the bytes of it that were sent; `(0, 0)` before there is one.
    pub fn status_and_sent(&self) -> (u16, u64) {
        match self {
            Self::Handshake(_) | Self::Relay(_) => (0, 0),
            Self::Reply(reply) => (reply.status(), reply.sent()),
            Self::Listener(listener) => (200, listener.sent()),
            Self::EventReader(events) => (200, events.sent()),
            Self::Source(source) => (200, source.sent()),
        }
    }
}
