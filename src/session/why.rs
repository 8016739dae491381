//! Why a session ended: one enum, which the log, the tests and the statistics all read.

use std::fmt;

/// Why a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Why {
    /// The peer hung up or its connection broke.
    PeerLeft,
    /// It was answered, and that was all it had asked for.
    Answered,
    /// What it sent was no request that we understand; it was told so.
    BadRequest,
    /// Its request was not complete in time.
    RequestTimeout,
    /// It did not take its whole reply in time.
    ReplyTimeout,
    /// There was no room for another listener.
    Full,
    /// Its address has as many connections as one may have.
    TooManyFromAddress,
    /// It was moved forward too often: its link cannot carry the station.
    TooSlow,
    /// It took nothing at all for as long as the station keeps audio for it; a reader of events, for a minute.
    TakesNothing,
    /// It went on sending after its request.
    TalksTooMuch,
    /// It had closed its side and most likely left, and another needed its place.
    GaveWay,
    /// The server is stopping.
    Stopping,
    /// It gave no password, or a wrong one.
    WrongPassword,
    /// It may not go live: another is, or its audio is none that the station plays.
    NotAdmitted,
    /// A source said that it had sent all.
    SourceEnded,
    /// A source sent no frame for as long as it may.
    SourceTimeout,
    /// A source sent something else than audio, or nothing.
    NoAudio,
    /// A source's body is no longer what it was announced to be.
    BrokenBody,
    /// Its address has given too many wrong passwords.
    TooManyWrongPasswords,
    /// Another source took its place.
    Replaced,
    /// An administrator threw it out.
    Kicked,
    /// Its address, its network or its program is banned.
    Banned,
    /// We do not need it any more, or not now: a relay's master.
    NotNeeded,
    /// It relays a stream that comes another way now, and has to know.
    Rerouted,
    /// There was nothing to hear on its station for too long.
    Silence,
    /// Its station was removed.
    StationRemoved,
}

impl Why {
    /// Whether an administrator wanted it: then what came of a source and waits is not heard.
    pub fn is_by_operator(self) -> bool {
        matches!(self, Self::Kicked | Self::Banned | Self::StationRemoved)
    }

    /// All of them.
    pub const ALL: [Self; 26] = [
        Self::PeerLeft,
        Self::Answered,
        Self::BadRequest,
        Self::RequestTimeout,
        Self::ReplyTimeout,
        Self::Full,
        Self::TooManyFromAddress,
        Self::TooSlow,
        Self::TakesNothing,
        Self::TalksTooMuch,
        Self::GaveWay,
        Self::Stopping,
        Self::WrongPassword,
        Self::NotAdmitted,
        Self::SourceEnded,
        Self::SourceTimeout,
        Self::NoAudio,
        Self::BrokenBody,
        Self::TooManyWrongPasswords,
        Self::Replaced,
        Self::Kicked,
        Self::Banned,
        Self::NotNeeded,
        Self::Rerouted,
        Self::Silence,
        Self::StationRemoved,
    ];

    /// A word for it that never changes, for programs.
    pub fn word(self) -> &'static str {
        match self {
            Self::PeerLeft => "peer_closed",
            Self::Answered => "answered",
            Self::BadRequest => "bad_request",
            Self::RequestTimeout => "request_timeout",
            Self::ReplyTimeout => "response_timeout",
            Self::Full => "listener_limit",
            Self::TooManyFromAddress => "address_limit",
            Self::TooSlow => "too_slow",
            Self::TakesNothing => "write_stalled",
            Self::TalksTooMuch => "excess_input",
            Self::GaveWay => "evicted",
            Self::Stopping => "shutdown",
            Self::WrongPassword => "authentication_failed",
            Self::NotAdmitted => "source_refused",
            Self::SourceEnded => "source_ended",
            Self::SourceTimeout => "source_timeout",
            Self::NoAudio => "not_audio",
            Self::BrokenBody => "malformed_body",
            Self::TooManyWrongPasswords => "too_many_failed_logins",
            Self::Replaced => "replaced",
            Self::Kicked => "kicked",
            Self::Banned => "banned",
            Self::NotNeeded => "not_needed",
            Self::Rerouted => "relay_path_changed",
            Self::Silence => "silence_timeout",
            Self::StationRemoved => "station_removed",
        }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::PeerLeft => "closed the connection",
            Self::Answered => "got its response",
            Self::BadRequest => "sent an invalid request",
            Self::RequestTimeout => "did not complete its request in time",
            Self::ReplyTimeout => "did not read its response in time",
            Self::Full => "exceeded the listener limit",
            Self::TooManyFromAddress => "exceeded the connection limit of its address",
            Self::TooSlow => "was too slow for the stream",
            Self::TakesNothing => "stopped reading",
            Self::TalksTooMuch => "sent too much unsolicited data",
            Self::GaveWay => "was half-closed and evicted for another client",
            Self::Stopping => "was disconnected at server shutdown",
            Self::WrongPassword => "failed authentication",
            Self::NotAdmitted => "was not allowed to go live",
            Self::SourceEnded => "ended its stream",
            Self::SourceTimeout => "stopped sending audio",
            Self::NoAudio => "sent no valid audio",
            Self::BrokenBody => "sent a malformed body",
            Self::TooManyWrongPasswords => "had too many failed logins",
            Self::Replaced => "was replaced by another source",
            Self::Kicked => "was kicked by an administrator",
            Self::Banned => "is banned",
            Self::NotNeeded => "was no longer needed",
            Self::Rerouted => "was disconnected because its relay path changed",
            Self::Silence => "was disconnected after too much silence",
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
        let source = include_str!("why.rs");
        let (_, variants) = source.split_once("pub enum Why {").expect("the enum");
        let (variants, _) = variants.split_once("\n}").expect("its end");
        let count = variants.lines().filter(|line| line.ends_with(',') && !line.contains("///")).count();
        assert_eq!(count, Why::ALL.len());
        let words: HashSet<_> = Why::ALL.map(Why::word).into();
        assert_eq!(words.len(), count);
        assert!(words.iter().all(|word| word.bytes().all(|byte| byte == b'_' || byte.is_ascii_lowercase())));
    }
}
