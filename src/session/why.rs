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
    /// Its request was not whole in time.
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
}

impl Why {
    /// Whether an administrator wanted it: then what came of a source and waits is not heard.
    pub fn is_by_operator(self) -> bool {
        matches!(self, Self::Kicked | Self::Banned)
    }

    /// All of them.
    pub const ALL: [Self; 25] = [
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
    ];

    /// A word for it that never changes, for programs.
    pub fn word(self) -> &'static str {
        match self {
            Self::PeerLeft => "peer_left",
            Self::Answered => "answered",
            Self::BadRequest => "bad_request",
            Self::RequestTimeout => "request_timeout",
            Self::ReplyTimeout => "reply_timeout",
            Self::Full => "full",
            Self::TooManyFromAddress => "too_many_from_address",
            Self::TooSlow => "too_slow",
            Self::TakesNothing => "takes_nothing",
            Self::TalksTooMuch => "talks_too_much",
            Self::GaveWay => "gave_way",
            Self::Stopping => "stopping",
            Self::WrongPassword => "wrong_password",
            Self::NotAdmitted => "not_admitted",
            Self::SourceEnded => "source_ended",
            Self::SourceTimeout => "source_timeout",
            Self::NoAudio => "no_audio",
            Self::BrokenBody => "broken_body",
            Self::TooManyWrongPasswords => "too_many_wrong_passwords",
            Self::Replaced => "replaced",
            Self::Kicked => "kicked",
            Self::Banned => "banned",
            Self::NotNeeded => "not_needed",
            Self::Rerouted => "rerouted",
            Self::Silence => "silence",
        }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::PeerLeft => "hung up",
            Self::Answered => "was answered",
            Self::BadRequest => "sent no request we understand",
            Self::RequestTimeout => "did not finish its request in time",
            Self::ReplyTimeout => "did not take its reply in time",
            Self::Full => "found no room",
            Self::TooManyFromAddress => "has too many connections",
            Self::TooSlow => "was too slow for the station",
            Self::TakesNothing => "took nothing any more",
            Self::TalksTooMuch => "would not stop talking",
            Self::GaveWay => "had closed its side and gave way to another",
            Self::Stopping => "was told goodbye as the server stops",
            Self::WrongPassword => "gave no right password",
            Self::NotAdmitted => "may not go live now",
            Self::SourceEnded => "ended its broadcast",
            Self::SourceTimeout => "went silent",
            Self::NoAudio => "sent no audio",
            Self::BrokenBody => "sent a body that makes no sense",
            Self::TooManyWrongPasswords => "gave too many wrong passwords before",
            Self::Replaced => "was replaced by another source",
            Self::Kicked => "was thrown out by an administrator",
            Self::Banned => "is banned",
            Self::NotNeeded => "was not needed any more",
            Self::Rerouted => "was told goodbye as the stream comes another way now",
            Self::Silence => "was told goodbye as there is nothing to hear",
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
