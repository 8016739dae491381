//! Sessions: the state of one connection.
//!
//! Each state stores its own data. The session of a client begins as a handshake and becomes a listener, a
//! source, an event reader or a reply. The server performs all changes of state.

mod audio_probe;
mod close_reason;
mod cursor;
mod event_reader;
mod handshake;
mod listener;
mod pending_login;
mod relay;
mod reply;
mod session_info;
mod source;
mod source_decoder;

pub use close_reason::CloseReason;
pub use cursor::FrameRemainder;
pub use event_reader::{EVENTS_AT_ONCE, EventReader, QUEUED_BYTES_MAX};
pub use handshake::{Handshake, HandshakeEvent};
pub use listener::{Listener, PIECES_MAX, Pace};
pub use pending_login::{LoginMessage, PendingLogin};
pub use relay::Relay;
pub use reply::{REPLY_PIECES, REPLY_WRITE_MAX, Reply};
pub use session_info::{SessionInfo, SessionSummary};
pub use source::{HeadProgress, Source, SourceUser};
pub use source_decoder::{BodyError, BodyFraming, BodyProgress, NO_FRAME_MAX};

/// The state of a connection.
#[derive(Debug)]
pub enum Session {
    /// The request is not complete yet.
    Handshake(Box<Handshake>),
    /// The request is complete, and its login waits for its turn.
    Login(Box<PendingLogin>),
    /// The client is sent a reply, then the connection is closed.
    Reply(Box<Reply>),
    /// The client receives a station's stream.
    Listener(Listener),
    /// The client receives server-sent events.
    EventReader(Box<EventReader>),
    /// The client is a live source.
    Source(Box<Source>),
    /// The peer is the upstream of a relay: a server to which this one connected.
    Relay(Box<Relay>),
}

impl Session {
    /// Returns whether its reply is not known yet.
    pub fn awaits_reply(&self) -> bool {
        matches!(self, Self::Reply(reply) if reply.is_deferred())
    }

    /// Returns whether the client has been answered, or its reply has begun.
    pub fn is_answered(&self) -> bool {
        !matches!(self, Self::Handshake(_) | Self::Login(_)) && !self.awaits_reply()
    }

    /// Returns the bytes that it holds of the memory budget and that are released if it ends. Of a body that
    /// several replies share, it holds a share.
    pub fn charged(&self) -> usize {
        match self {
            Self::Handshake(handshake) => handshake.charged(),
            Self::Reply(reply) => reply.charged(),
            _ => 0,
        }
    }

    /// Returns whether it is a live source that has logged in and has not sent a frame yet.
    pub fn awaits_first_frame(&self) -> bool {
        matches!(self, Self::Source(source) if source.pending_feed.is_some())
    }

    /// Returns whether it is a live source that has logged in and has sent nothing of its body.
    pub fn awaits_first_byte(&self) -> bool {
        matches!(self, Self::Source(source) if !source.has_body())
    }

    /// Returns the status code of the response and the bytes sent; `(0, 0)` before there is a response.
    pub fn status_and_sent(&self) -> (u16, u64) {
        match self {
            Self::Handshake(_) | Self::Login(_) | Self::Relay(_) => (0, 0),
            Self::Reply(reply) => (reply.status(), reply.sent()),
            Self::Listener(listener) => (200, listener.sent()),
            Self::EventReader(reader) => (200, reader.sent()),
            Self::Source(source) => (200, source.sent()),
        }
    }
}
