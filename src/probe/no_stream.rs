//! Responses that are no stream: web pages, other texts, and encodings that players cannot play.

use super::body::{Joined, receive_beginning};
use super::finding::{FindingKind, Obstacle};
use super::measure::has_audio;
use super::network::StreamConnection;
use super::shown::shown;
use crate::http::text::decode_text;
use crate::time::Time;

/// The bytes of a text in which frames are looked for. Three frames of the longest kinds are shorter.
const LOOKED_AT: usize = 8 * 1024;

/// Checks that a response can be a stream. Of a text, the beginning is received, at the latest until
/// `deadline`, because some servers announce audio as text.
///
/// # Errors
/// Why it is none.
pub(super) fn check<C: StreamConnection>(joined: &mut Joined<C>, deadline: Time) -> Result<(), Obstacle> {
    let kind = joined.head.media_type();
    if matches!(&*kind, "text/html" | "application/xhtml+xml") {
        return Err(Obstacle(FindingKind::WebPage, format!("it is a web page ({kind}), not a stream")));
    }
    joined.head.is_chunked().map_err(|error| {
        Obstacle(FindingKind::Encoding, format!("it {error}, which most players cannot play"))
    })?;
    if !is_text(&kind) {
        return Ok(());
    }
    let beginning = receive_beginning(joined, LOOKED_AT, deadline);
    if has_audio(&beginning) {
        return Ok(());
    }
    let text = if is_xml(&kind) { String::new() } else { shown(&decode_text(&beginning)) };
    let quoted = if text.is_empty() { text } else { format!(": {text:?}") };
    Err(Obstacle(FindingKind::WebPage, format!("it is text ({kind}), not a stream{quoted}")))
}

fn is_text(kind: &str) -> bool {
    kind.starts_with("text/") || kind.ends_with("/json") || kind.ends_with("+json") || is_xml(kind)
}

fn is_xml(kind: &str) -> bool {
    kind.ends_with("/xml") || kind.ends_with("+xml")
}
