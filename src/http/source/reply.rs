//! What a source is told: that it may begin, or why not. See protocol-notes/sources.md.

use std::fmt;

use crate::http::response::reply::{self, BANNED, Status};

/// To a SHOUTcast v1 source, at once after a good password line: liquidsoap sends its header lines only then.
pub const OK2: &[u8; 20] = b"OK2\r\nicy-caps:11\r\n\r\n";

/// To SOURCE and PUT. At once too: butt sends its audio only then.
pub const SOURCE_ACCEPTED: &[u8] = b"HTTP/1.0 200 OK\r\n\r\n";

/// To a source that logs in as xaudiocast did: libshout looks for these two letters.
pub const AUDIOCAST_OK: &[u8] = b"OK\r\n";

/// Before [`WELCOME`], where a PUT [expects it](crate::http::request::Request::expects_continue).
pub const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

/// To a SHOUTcast v1 source whose password is wrong.
pub const INVALID_PASSWORD: &[u8] = b"invalid password\r\n";

/// To `!POKE`: anything without `OK` is a yes.
pub const POKE_REPLY: &[u8] = b"invalid password\r\n";

/// The name of what a password is asked for.
pub(in crate::http) const REALM: (&str, &str) = ("WWW-Authenticate", "Basic realm=\"coldwave\"");

/// Why a source is not taken. Codes and words are those of Icecast 2.4, by which encoders decide whether to try again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SourceRefusal {
    /// Without a name and a password that fit: 401. Comes before anything else, since libshout always tries first
    /// without, and takes 403 and 404 for final.
    Unauthenticated,
    /// Another source is on, and stays: 403.
    InUse,
    /// Neither MP3 nor AAC, or not what the station plays: 403.
    UnsupportedType,
    /// A PUT that does not say what it is: 403.
    NoType,
    /// The station takes no sources: 403.
    Disabled,
    /// The address has had too many wrong passwords: 403.
    TooManyFailures,
    /// The address is banned: 403.
    Banned,
    /// There is no station at that path: 404. butt tries SOURCE when PUT is told this.
    NoStation,
}

/// For the operator's log.
impl fmt::Display for SourceRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unauthenticated => "authentication failed",
            Self::InUse => "another source is live",
            Self::UnsupportedType => "its codec is not that of the station",
            Self::NoType => "no Content-Type",
            Self::Disabled => "the station accepts no sources",
            Self::TooManyFailures => "too many failed logins",
            Self::Banned => "the address is banned",
            Self::NoStation => "no such station",
        })
    }
}

impl SourceRefusal {
    /// The bytes to send before closing.
    pub fn reply(self) -> Vec<u8> {
        match self {
            Self::Unauthenticated => unauthenticated(REALM),
            Self::InUse => forbidden("Mountpoint in use"),
            Self::UnsupportedType => forbidden("Content-type not supported"),
            Self::NoType => forbidden("No Content-type given"),
            Self::Disabled => forbidden("sources are off"),
            Self::TooManyFailures => forbidden("too many failed logins, try again later"),
            Self::Banned => forbidden(BANNED),
            Self::NoStation => {
                reply::error_page(Status::NotFound, "The file you requested could not be found")
            }
        }
    }
}

/// 401 with Icecast's words.
pub(in crate::http) fn unauthenticated(realm: (&str, &str)) -> Vec<u8> {
    reply::private(Status::Unauthorized, PLAIN, b"You need to authenticate\r\n", &[realm])
}

/// 403 with these words.
pub(in crate::http) fn forbidden(words: &str) -> Vec<u8> {
    reply::private(Status::Forbidden, PLAIN, words.as_bytes(), &[])
}

const PLAIN: &str = "text/plain; charset=utf-8";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::golden;

    #[test]
    fn refusals_are_as_recorded() {
        for (name, refusal) in [
            ("source-unauthenticated", SourceRefusal::Unauthenticated),
            ("source-in-use", SourceRefusal::InUse),
            ("source-unsupported-type", SourceRefusal::UnsupportedType),
            ("source-no-type", SourceRefusal::NoType),
            ("source-off", SourceRefusal::Disabled),
            ("source-too-many-failures", SourceRefusal::TooManyFailures),
            ("source-banned", SourceRefusal::Banned),
            ("source-no-station", SourceRefusal::NoStation),
        ] {
            golden::check(name, &refusal.reply());
        }
    }

    #[test]
    fn a_yes_is_told_from_a_no() {
        assert!(OK2.starts_with(b"OK"), "butt looks at the first two bytes");
        let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).contains("OK");
        assert!(!said(POKE_REPLY) && !said(INVALID_PASSWORD), "libshout takes OK for SHOUTcast");
    }
}
