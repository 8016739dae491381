//! Texts of servers, as they may be shown.

use crate::http::text::to_single_line;

/// The most bytes of a received text in a message.
const TEXT_MAX: usize = 120;

/// Returns a received text on one line, without control characters and not too long.
pub(super) fn shown(text: &str) -> String {
    to_single_line(text, TEXT_MAX).unwrap_or_default()
}
