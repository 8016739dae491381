//! Why the answer of another server is no stream that can be relayed.

use std::fmt;

use super::hops::Circle;
use super::redirects::REDIRECTS_MAX;
use crate::stream_url::UrlFault;

/// Why an answer is no stream that can be relayed. Shown as the end of a sentence whose beginning is the address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unfit {
    /// It is in no protocol that a stream's head is in.
    NotHttp,
    /// Its head is longer than [`HEAD_MAX`](super::request::HEAD_MAX).
    TooLarge,
    /// Its head has more than [`HEADERS_MAX`](super::request::HEADERS_MAX) lines.
    TooManyHeaders,
    /// It says no, or something that is no answer to what was asked.
    Status {
        /// The code.
        code: u16,
        /// The words behind it, on one line; may be empty.
        reason: String,
    },
    /// It leads elsewhere, but does not say where.
    RedirectNowhere,
    /// It leads where no relay can go.
    RedirectAstray(UrlFault),
    /// It leads elsewhere, as did the [`REDIRECTS_MAX`](super::redirects::REDIRECTS_MAX) before it.
    RedirectsForEver,
    /// It is text for people.
    Page,
    /// It is a playlist, and the stream's address stands in it.
    Playlist(String),
    /// It is neither MP3 nor AAC but this.
    ContentType(String),
    /// It is packed in a way that no stream is.
    Encoding(String),
    /// The titles are where no number says.
    Metaint(String),
    /// It is not to go any further.
    Circle(Circle),
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotHttp => write!(f, "answers with something that is not HTTP"),
            Self::TooLarge => write!(f, "answers with a head that is too long"),
            Self::TooManyHeaders => write!(f, "answers with too many headers"),
            Self::Status { code, reason } if reason.is_empty() => write!(f, "answers {code}"),
            Self::Status { code, reason } => write!(f, "answers {code} {reason}"),
            Self::RedirectNowhere => write!(f, "redirects without saying where to"),
            Self::RedirectAstray(fault) => write!(f, "redirects where a relay cannot follow: {fault}"),
            Self::RedirectsForEver => write!(f, "redirects more than {REDIRECTS_MAX} times"),
            Self::Page => write!(f, "answers with a page instead of a stream"),
            Self::Playlist(kind) => {
                write!(f, "answers with a playlist ({kind}): relay the address that stands in it")
            }
            Self::ContentType(kind) => write!(f, "plays {kind:?}, and only MP3 and AAC can be relayed"),
            Self::Encoding(coding) => write!(f, "packs the stream as {coding:?}"),
            Self::Metaint(value) => write!(f, "has titles every {value:?} bytes, which is no number in use"),
            Self::Circle(circle) => circle.fmt(f),
        }
    }
}
