//! Replies to sources: acceptance, or the reason of a refusal. See protocol-notes/sources.md.

use std::fmt;

use crate::audio::Codec;
use crate::http::response::reply::{self, BANNED, Status};
use crate::log_limiter::excerpt;

/// For a SHOUTcast v1 source, sent immediately after a valid password line: liquidsoap waits for it before it
/// sends its header lines.
pub const OK2: &[u8; 20] = b"OK2\r\nicy-caps:11\r\n\r\n";

/// For SOURCE and PUT, also sent immediately: butt waits for it before it sends audio.
pub const SOURCE_ACCEPTED: &[u8] = b"HTTP/1.0 200 OK\r\n\r\n";

/// For a source with the xaudiocast login: libshout looks for these two letters.
pub const AUDIOCAST_OK: &[u8] = b"OK\r\n";

/// Sent before [`SOURCE_ACCEPTED`] to a PUT that [expects
/// it](crate::http::request::Request::expects_continue).
pub const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

/// For a SHOUTcast v1 source with a wrong password.
pub const INVALID_PASSWORD: &[u8] = b"invalid password\r\n";

/// For `!POKE`: any reply without `OK` means yes.
pub const POKE_REPLY: &[u8] = b"invalid password\r\n";

/// The authentication realm.
pub(in crate::http) const REALM: (&str, &str) = ("WWW-Authenticate", "Basic realm=\"coldwave\"");

/// Why a source is refused. Codes and wording as in Icecast 2.4, because encoders use them to decide whether
/// to retry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourceRefusal {
    /// No valid user name and password: 401. Checked first, because libshout always sends its first request
    /// without them, and treats 403 and 404 as final.
    Unauthenticated,
    /// Another source is live and stays: 403.
    InUse,
    /// This media type means neither MP3 nor AAC: 415.
    UnsupportedType(String),
    /// MP3 or AAC, but not what the station plays; the sentence says which, why, and what changes it: 403.
    OtherCodec(String),
    /// The audio is in a container: 415.
    Container(&'static str),
    /// Its bit rate is not allowed; the sentence without its subject says which: 403.
    BitRate(String),
    /// It ended without a frame of this codec, or has sent none in time: 400.
    NoAudio(Codec),
    /// A PUT whose `Content-Length` is 0: 400.
    EmptyBody,
    /// It came through an HTTP proxy with neither a length nor chunks, so the proxy forwards no audio: 411.
    Unframed,
    /// A PUT without a Content-Type: 403.
    NoType,
    /// The station accepts no sources: 403.
    Disabled,
    /// The account with which it logged in does not exist any more: 403.
    AccountRemoved,
    /// It is a rendition of the station with this mount, which is where a source has to connect: 403.
    Rendition(String),
    /// Too many failed logins from this address, or from everywhere: 429.
    TooManyFailures,
    /// The address is banned: 403.
    Banned,
    /// It may create a station, but not with this mount, for this reason: 403.
    InvalidMount(String),
    /// It may create a station, but there are as many as there may be: 403.
    TooManyStations,
    /// As many other stations have a live source as there may be: 403.
    TooManySources,
    /// There is no station at that path: 404. After this reply to a PUT, butt tries SOURCE.
    NoStation,
}

/// The message for the operator's log.
impl fmt::Display for SourceRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rendition(parent) => return write!(f, "it is a rendition of {parent}"),
            Self::Unauthenticated => "authentication failed",
            Self::InUse => "another source is live",
            Self::UnsupportedType(media_type) => {
                return write!(f, "its type is {:?}; {SUPPORTED}", excerpt(media_type));
            }
            Self::OtherCodec(reason) => reason,
            Self::Container(name) => return write!(f, "it sends {name}; {SUPPORTED}"),
            Self::NoAudio(codec) => return write!(f, "it sent no {} frame", codec.name()),
            Self::BitRate(fault) => return write!(f, "its stream {fault}"),
            Self::EmptyBody => "its Content-Length is 0",
            Self::Unframed => {
                "it came through an HTTP proxy without a length and not in chunks, so the proxy forwards no audio"
            }
            Self::NoType => "no Content-Type",
            Self::Disabled => "the station accepts no sources",
            Self::AccountRemoved => "its account was removed",
            Self::TooManyFailures => "too many failed logins",
            Self::Banned => "the address is banned",
            Self::InvalidMount(reason) => return write!(f, "the mount {reason}"),
            Self::TooManyStations => "there are as many unlisted stations as there may be",
            Self::TooManySources => "there are as many live sources as max_sources allows",
            Self::NoStation => "no such station",
        })
    }
}

impl SourceRefusal {
    /// Returns the bytes to send before closing.
    pub fn reply(self) -> Vec<u8> {
        match self {
            Self::Unauthenticated => unauthenticated(REALM),
            Self::InUse => forbidden("Mountpoint in use"),
            Self::UnsupportedType(_) | Self::Container(_) => {
                refused(Status::UnsupportedMediaType, &format!("Content-type not supported: {self}"))
            }
            Self::OtherCodec(_) => forbidden(&format!("Content-type not supported: {self}")),
            Self::NoAudio(_) | Self::EmptyBody => refused(Status::BadRequest, &self.to_string()),
            Self::Unframed => refused(Status::LengthRequired, UNFRAMED),
            Self::BitRate(_) => forbidden(&self.to_string()),
            Self::NoType => forbidden("No Content-type given"),
            Self::Disabled => forbidden("sources are off"),
            Self::AccountRemoved => forbidden("this account was removed"),
            Self::Rendition(parent) => forbidden(&format!("this is a rendition, connect to {parent}")),
            Self::TooManyFailures => too_many_failures(),
            Self::Banned => forbidden(BANNED),
            Self::InvalidMount(_) => forbidden(&self.to_string()),
            Self::TooManyStations | Self::TooManySources => forbidden(TOO_MANY_SOURCES),
            Self::NoStation => {
                reply::error_page(Status::NotFound, "The file you requested could not be found")
            }
        }
    }
}

/// Returns a 401 with Icecast's text.
pub(in crate::http) fn unauthenticated(realm: (&str, &str)) -> Vec<u8> {
    reply::private(Status::Unauthorized, PLAIN, b"You need to authenticate\r\n", &[realm])
}

/// The text of a 429. Encoders show it to the DJ.
pub(in crate::http) const TOO_MANY_FAILURES: &str = "too many failed logins, try again later";

/// The wait that a 429 proposes: the time after which failed logins of an address no longer count, in
/// seconds.
pub(in crate::http) const RETRY_AFTER: (&str, &str) = ("Retry-After", "60");

/// Returns a 429.
pub(in crate::http) fn too_many_failures() -> Vec<u8> {
    reply::private(Status::TooManyRequests, PLAIN, TOO_MANY_FAILURES.as_bytes(), &[RETRY_AFTER])
}

/// Returns a 403 with this text.
pub(in crate::http) fn forbidden(message: &str) -> Vec<u8> {
    refused(Status::Forbidden, message)
}

fn refused(status: Status, message: &str) -> Vec<u8> {
    reply::private(status, PLAIN, message.as_bytes(), &[])
}

/// Icecast's text at its limit of sources. Encoders show it to the DJ.
const TOO_MANY_SOURCES: &str = "too many sources connected";

/// The codecs of sources, for the DJ whose encoder sends another.
const SUPPORTED: &str = "coldwave plays MP3 (audio/mpeg) and AAC (audio/aac)";

/// What a DJ behind an HTTP proxy can do.
const UNFRAMED: &str = "the proxy does not forward audio without a length: send it in chunks \
                        (Transfer-Encoding: chunked), or connect to coldwave directly";

const PLAIN: &str = "text/plain; charset=utf-8";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::golden;

    #[test]
    fn refusals_match_the_recordings() {
        for (name, refusal) in [
            ("source-unauthenticated", SourceRefusal::Unauthenticated),
            ("source-in-use", SourceRefusal::InUse),
            ("source-unsupported-type", SourceRefusal::UnsupportedType("application/ogg".into())),
            ("source-container", SourceRefusal::Container("Ogg")),
            ("source-no-audio", SourceRefusal::NoAudio(Codec::Mp3)),
            ("source-unframed", SourceRefusal::Unframed),
            (
                "source-bit-rate",
                SourceRefusal::BitRate("has 320 kbit/s, more than max_source_bitrate (192)".into()),
            ),
            ("source-no-type", SourceRefusal::NoType),
            ("source-off", SourceRefusal::Disabled),
            ("source-account-removed", SourceRefusal::AccountRemoved),
            ("source-too-many-failures", SourceRefusal::TooManyFailures),
            ("source-banned", SourceRefusal::Banned),
            ("source-too-many-stations", SourceRefusal::TooManyStations),
            ("source-invalid-mount", SourceRefusal::InvalidMount("contains '?'".into())),
            ("source-no-station", SourceRefusal::NoStation),
        ] {
            golden::check(name, &refusal.reply());
        }
    }

    #[test]
    fn only_acceptance_contains_ok() {
        assert!(OK2.starts_with(b"OK"), "butt looks at the first two bytes");
        let has_ok = |bytes: &[u8]| String::from_utf8_lossy(bytes).contains("OK");
        assert!(!has_ok(POKE_REPLY) && !has_ok(INVALID_PASSWORD), "libshout takes OK for SHOUTcast");
    }
}
