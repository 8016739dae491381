//! One peer in one state.
//!
//! What a state needs lives in that state. A session begins as a handshake and becomes a listener, a source, a reader of events or a reply; only the
//! server moves it from one to the next.

mod cursor;
mod events;
mod handshake;
mod intake;
mod listener;
mod relay;
mod reply;
mod source;
mod visit;
mod why;

pub use events::{EVENTS_AT_ONCE, Events};
pub use handshake::{Handshake, Heard};
pub use intake::{Extent, Fault, Flow, NO_FRAME_MAX};
pub use listener::{Kept, Listener, PIECES_MAX};
pub use relay::Relay;
pub use reply::Reply;
pub use source::{Head, Source, Who};
pub use visit::{Ended, Visit};
pub use why::Why;

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
    Events(Box<Events>),
    /// It is to be heard.
    Source(Box<Source>),
    /// It is another server, and we listen to it.
    Relay(Box<Relay>),
}

impl Session {
    /// Whether it is to be answered, and it is not known yet with what.
    pub fn awaits_reply(&self) -> bool {
        matches!(self, Self::Reply(reply) if reply.is_awaited())
    }

    /// Whether it is a live source that has logged in and sent no frame yet.
    pub fn awaits_first_frame(&self) -> bool {
        matches!(self, Self::Source(source) if source.waiting.is_some())
    }

    /// The code of the answer it was given and the bytes of it that were sent; `(0, 0)` before there is one.
    pub fn answered(&self) -> (u16, u64) {
        match self {
            Self::Handshake(_) | Self::Relay(_) => (0, 0),
            Self::Reply(reply) => (reply.status(), reply.sent()),
            Self::Listener(listener) => (200, listener.sent()),
            Self::Events(events) => (200, events.sent()),
            Self::Source(source) => (200, source.sent()),
        }
    }
}
