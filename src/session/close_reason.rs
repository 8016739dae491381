//! Why a session ended: one enum, which the log, the tests and the statistics all read.

use std::fmt;

/// Why a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CloseReason {
    /// The peer hung up or its connection broke.
    PeerClosed,
    /// It was answered, and that was all it had asked for.
    Answered,
    /// What it sent was no request that we understand; it was told so.
    BadRequest,
    /// Its request was not complete in time.
    RequestTimeout,
    /// It did not take its whole reply in time.
    ReplyTimeout,
    /// There was no room for another listener.
    ListenerLimit,
    /// Its address has as many connections as one may have.
    AddressLimit,
    /// It was moved forward too often: its link cannot carry the station.
    TooSlow,
    /// It took nothing at all for as long as the station keeps audio for it; a reader of events, for a minute.
    WriteStalled,
    /// It went on sending after its request.
    ExcessInput,
    /// It had closed its side and most likely left, and another needed its place.
    Evicted,
    /// The server is stopping.
    Shutdown,
    /// It gave no password, or a wrong one.
    AuthenticationFailed,
    /// It may not go live: another is, or its audio is none that the station plays.
    NotAllowed,
    /// A source said that it had sent all.
    SourceEnded,
    /// A source sent no frame for as long as it may.
    SourceTimeout,
    /// A source sent something else than audio, or nothing.
    NotAudio,
    /// A source's body is no longer what it was announced to be.
    MalformedBody,
    /// Its address has given too many wrong passwords.
    TooManyFailedLogins,
    /// Another source took its place.
    Replaced,
    /// An administrator threw it out.
    Kicked,
    /// Its address, its network or its program is banned.
    Banned,
    /// We do not need it any more, or not now: a relay's master.
    NotNeeded,
    /// It relays a stream that comes another way now, and has to know.
    RelayPathChanged,
    /// There was nothing to hear on its station for too long.
    SilenceTimeout,
    /// Its station was removed.
    StationRemoved,
}

impl CloseReason {
    /// Whether an administrator wanted it: then what came of a source and waits is not heard.
    pub fn is_by_operator(self) -> bool {
        matches!(self, Self::Kicked | Self::Banned | Self::StationRemoved)
    }

    /// All of them.
    pub const ALL: [Self; 26] = [
        Self::PeerClosed,
        Self::Answered,
        Self::BadRequest,
        Self::RequestTimeout,
        Self::ReplyTimeout,
        Self::ListenerLimit,
        Self::AddressLimit,
        Self::TooSlow,
        Self::WriteStalled,
        Self::ExcessInput,
        Self::Evicted,
        Self::Shutdown,
        Self::AuthenticationFailed,
        Self::NotAllowed,
        Self::SourceEnded,
        Self::SourceTimeout,
        Self::NotAudio,
        Self::MalformedBody,
        Self::TooManyFailedLogins,
        Self::Replaced,
        Self::Kicked,
        Self::Banned,
        Self::NotNeeded,
        Self::RelayPathChanged,
        Self::SilenceTimeout,
        Self::StationRemoved,
    ];

    /// A word for it that never changes, for programs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PeerClosed => "peer_closed",
            Self::Answered => "answered",
            Self::BadRequest => "bad_request",
            Self::RequestTimeout => "request_timeout",
            Self::ReplyTimeout => "response_timeout",
            Self::ListenerLimit => "listener_limit",
            Self::AddressLimit => "address_limit",
            Self::TooSlow => "too_slow",
            Self::WriteStalled => "write_stalled",
            Self::ExcessInput => "excess_input",
            Self::Evicted => "evicted",
            Self::Shutdown => "shutdown",
            Self::AuthenticationFailed => "authentication_failed",
            Self::NotAllowed => "source_refused",
            Self::SourceEnded => "source_ended",
            Self::SourceTimeout => "source_timeout",
            Self::NotAudio => "not_audio",
            Self::MalformedBody => "malformed_body",
            Self::TooManyFailedLogins => "too_many_failed_logins",
            Self::Replaced => "replaced",
            Self::Kicked => "kicked",
            Self::Banned => "banned",
            Self::NotNeeded => "not_needed",
            Self::RelayPathChanged => "relay_path_changed",
            Self::SilenceTimeout => "silence_timeout",
            Self::StationRemoved => "station_removed",
        }
    }
}

impl fmt::Display for CloseReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::PeerClosed => "closed the connection",
            Self::Answered => "got its response",
            Self::BadRequest => "sent an invalid request",
            Self::RequestTimeout => "did not complete its request in time",
            Self::ReplyTimeout => "did not read its response in time",
            Self::ListenerLimit => "exceeded the listener limit",
            Self::AddressLimit => "exceeded the connection limit of its address",
            Self::TooSlow => "was too slow for the stream",
            Self::WriteStalled => "stopped reading",
            Self::ExcessInput => "sent too much unsolicited data",
            Self::Evicted => "was half-closed and evicted for another client",
            Self::Shutdown => "was disconnected at server shutdown",
            Self::AuthenticationFailed => "failed authentication",
            Self::NotAllowed => "was not allowed to go live",
            Self::SourceEnded => "ended its stream",
            Self::SourceTimeout => "stopped sending audio",
            Self::NotAudio => "sent no valid audio",
            Self::MalformedBody => "sent a malformed body",
            Self::TooManyFailedLogins => "had too many failed logins",
            Self::Replaced => "was replaced by another source",
            Self::Kicked => "was kicked by an administrator",
            Self::Banned => "is banned",
            Self::NotNeeded => "was no longer needed",
            Self::RelayPathChanged => "was disconnected because its relay path changed",
            Self::SilenceTimeout => "was disconnected after too much silence",
            Self::StationRemoved => "was disconnected since its station was removed",
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn all_are_listed_and_have_words_of_their_own() {
        let source = include_str!("close_reason.rs");
        let (_, variants) = source.split_once("pub enum CloseReason {").expect("the enum");
        let (variants, _) = variants.split_once("\n}").expect("its end");
        let count = variants.lines().filter(|line| line.ends_with(',') && !line.contains("///")).count();
        assert_eq!(count, CloseReason::ALL.len());
        let words: HashSet<_> = CloseReason::ALL.map(CloseReason::as_str).into();
        assert_eq!(words.len(), count);
        assert!(words.iter().all(|word| word.bytes().all(|byte| byte == b'_' || byte.is_ascii_lowercase())));
    }
}
