//! The reasons for which sessions end, as used by the log, the tests and the statistics.

use std::fmt;

/// Why a session ended. "It" is the peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CloseReason {
    /// The peer closed the connection, or the connection failed.
    PeerClosed,
    /// It got its complete response.
    Answered,
    /// It sent an invalid request, and got an error response.
    BadRequest,
    /// Its request was not complete in time.
    RequestTimeout,
    /// Its TLS handshake failed or was not complete in time, or what it sent later was not valid TLS.
    TlsFailed,
    /// It did not read its complete response in time.
    ReplyTimeout,
    /// The listener limit was reached.
    ListenerLimit,
    /// Its address reached the limit of connections per address.
    AddressLimit,
    /// It skipped forward too often, because its link is too slow for the stream.
    TooSlow,
    /// It read nothing for as long as the station keeps audio, or as an event reader for a minute.
    WriteStalled,
    /// It sent too much after its request.
    ExcessInput,
    /// It had closed its sending side, so it had probably left, and another client needed the slot.
    Evicted,
    /// It sent no complete request or did not read its response, and another client needed the connection.
    Idle,
    /// Memory was scarce, and of all clients it had held an incomplete request or an unread response for
    /// longest.
    MemoryLimit,
    /// Its page could not be rendered in time, because too many other pages were requested, or too many files
    /// of `webroot`.
    Overloaded,
    /// The file that it was sent has changed, or could not be read to its end.
    FileChanged,
    /// The server shuts down.
    Shutdown,
    /// It gave no password or a wrong one.
    AuthenticationFailed,
    /// It may not go live, because another source is live or the station does not play its codec.
    NotAllowed,
    /// It requested a stream that would form a relay loop, or with an invalid relay path.
    RelayLoop,
    /// The source ended its stream.
    SourceEnded,
    /// The source closed its connection before the end that its body has announced.
    SourceIncomplete,
    /// The connection of the source was reset or lost.
    SourceReset,
    /// The source sent no frame within the timeout.
    SourceTimeout,
    /// The source sent something other than audio, or nothing.
    NotAudio,
    /// The source's body does not have the announced framing.
    MalformedBody,
    /// Its address had too many failed logins.
    TooManyFailedLogins,
    /// Another source replaced it.
    Replaced,
    /// An administrator disconnected it.
    Kicked,
    /// Its address, its network or its user agent is banned.
    Banned,
    /// The connection to an upstream is no longer needed, or not needed now.
    NotNeeded,
    /// It relays a stream whose relay path has changed. It must reconnect to get the new path.
    RelayPathChanged,
    /// Its station was silent for too long.
    SilenceTimeout,
    /// Its station was removed.
    StationRemoved,
    /// The account with which it logged in was removed from its station.
    AccountRemoved,
    /// It has listened for as long as its station allows.
    DurationLimit,
    /// The codec of its stream has changed, or the sampling rate or the number of channels of its rendition.
    FormatChanged,
}

impl CloseReason {
    /// Returns whether an administrator ended the session, also with a changed configuration. If so, the
    /// buffered audio of a source is not played.
    pub fn is_by_admin(self) -> bool {
        matches!(self, Self::Kicked | Self::Banned | Self::StationRemoved | Self::AccountRemoved)
    }

    /// Returns whether it is no fault that a source ended for this reason.
    pub fn is_wanted_end(self) -> bool {
        matches!(self, Self::SourceEnded | Self::Replaced | Self::Shutdown) || self.is_by_admin()
    }

    /// All reasons, each once.
    pub const ALL: [Self; 37] = [
        Self::PeerClosed,
        Self::Answered,
        Self::BadRequest,
        Self::RequestTimeout,
        Self::TlsFailed,
        Self::ReplyTimeout,
        Self::ListenerLimit,
        Self::AddressLimit,
        Self::TooSlow,
        Self::WriteStalled,
        Self::ExcessInput,
        Self::Evicted,
        Self::Idle,
        Self::MemoryLimit,
        Self::Overloaded,
        Self::FileChanged,
        Self::Shutdown,
        Self::AuthenticationFailed,
        Self::NotAllowed,
        Self::RelayLoop,
        Self::SourceEnded,
        Self::SourceIncomplete,
        Self::SourceReset,
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
        Self::AccountRemoved,
        Self::DurationLimit,
        Self::FormatChanged,
    ];

    /// Returns the name used in the metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PeerClosed => "peer_closed",
            Self::Answered => "answered",
            Self::BadRequest => "bad_request",
            Self::RequestTimeout => "request_timeout",
            Self::TlsFailed => "tls_failed",
            Self::ReplyTimeout => "response_timeout",
            Self::ListenerLimit => "listener_limit",
            Self::AddressLimit => "address_limit",
            Self::TooSlow => "too_slow",
            Self::WriteStalled => "write_stalled",
            Self::ExcessInput => "excess_input",
            Self::Evicted => "evicted",
            Self::Idle => "idle",
            Self::MemoryLimit => "memory_limit",
            Self::Overloaded => "overloaded",
            Self::FileChanged => "file_changed",
            Self::Shutdown => "shutdown",
            Self::AuthenticationFailed => "authentication_failed",
            Self::NotAllowed => "source_refused",
            Self::RelayLoop => "relay_loop",
            Self::SourceEnded => "source_ended",
            Self::SourceIncomplete => "source_incomplete",
            Self::SourceReset => "source_reset",
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
            Self::AccountRemoved => "account_removed",
            Self::DurationLimit => "duration_limit",
            Self::FormatChanged => "format_changed",
        }
    }
}

impl fmt::Display for CloseReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::PeerClosed => "closed the connection",
            Self::Answered => "got its response",
            Self::BadRequest => "sent an invalid request",
            Self::TlsFailed => "failed in TLS",
            Self::RequestTimeout => "did not complete its request in time",
            Self::ReplyTimeout => "did not read its response in time",
            Self::ListenerLimit => "exceeded the listener limit",
            Self::AddressLimit => "exceeded the connection limit of its address",
            Self::TooSlow => "was too slow for the stream",
            Self::WriteStalled => "stopped reading",
            Self::ExcessInput => "sent too much unsolicited data",
            Self::Evicted => "was half-closed and evicted for another client",
            Self::Idle => "was idle and evicted for another client",
            Self::MemoryLimit => "held memory that other clients needed",
            Self::Overloaded => "was refused because the server is overloaded",
            Self::FileChanged => "was sent a file that changed or could not be read to its end",
            Self::Shutdown => "was disconnected at server shutdown",
            Self::AuthenticationFailed => "failed authentication",
            Self::NotAllowed => "was not allowed to go live",
            Self::RelayLoop => "was refused because of a relay loop",
            Self::SourceEnded => "ended its stream",
            Self::SourceIncomplete => "closed the connection before the end of its body",
            Self::SourceReset => "reset the connection",
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
            Self::AccountRemoved => "was disconnected since its account was removed",
            Self::DurationLimit => "listened for as long as is allowed",
            Self::FormatChanged => "was disconnected since the format of its stream changed",
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn all_reasons_are_listed_and_have_distinct_names() {
        let source = include_str!("close_reason.rs");
        let (_, variants) = source.split_once("pub enum CloseReason {").expect("the enum");
        let (variants, _) = variants.split_once("\n}").expect("its end");
        let count = variants.lines().filter(|line| line.ends_with(',') && !line.contains("///")).count();
        assert_eq!(count, CloseReason::ALL.len());
        let names: HashSet<_> = CloseReason::ALL.map(CloseReason::as_str).into();
        assert_eq!(names.len(), count);
        assert!(names.iter().all(|name| name.bytes().all(|byte| byte == b'_' || byte.is_ascii_lowercase())));
    }

    #[test]
    fn protocol_notes_explain_every_reason() {
        let note = include_str!("../../protocol-notes/metrics.md");
        let (_, list) = note.split_once("in `coldwave_sessions_ended_total`:").expect("the list");
        let lines = list.lines().filter_map(|line| line.strip_prefix("- "));
        let explained: String =
            lines.filter_map(|line| line.split_once(':')).map(|(names, _)| names).collect();
        for reason in CloseReason::ALL {
            assert!(explained.contains(&format!("`{}`", reason.as_str())), "{}", reason.as_str());
        }
    }
}
