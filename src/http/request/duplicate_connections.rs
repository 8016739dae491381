//! Players that open a stream more than once for one pair of ears (protocol-notes/counts.md).

use super::head::Request;

/// Whether only a part of the stream is asked for, from its beginning to some byte: `Range: bytes=0-1` is how Apple's
/// players look whether a server knows ranges. Whoever wants to listen asks for no end.
pub fn is_range_probe(request: &Request) -> bool {
    let range = request.header("range").and_then(|range| range.trim().strip_prefix("bytes="));
    let last = range.and_then(|range| range.split_once('-')).map(|(_, last)| last.trim());
    last.is_some_and(|last| last.starts_with(|first: char| first.is_ascii_digit()))
}

/// Whether this is a player that may open several connections at once and keep them: Apple's, by whatever program it is
/// used. Chrome has Safari's name in its own.
pub fn may_open_parallel(user_agent: &str) -> bool {
    let has = |name: &str| user_agent.contains(name);
    let is_safari = has("AppleWebKit/")
        && has("Safari/")
        && !["Chrome/", "Chromium/", "Android"].map(has).contains(&true);
    has("AppleCoreMedia/") || is_safari
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_has_an_end() {
        for (range, looks) in [
            ("\nRange: bytes=0-1", true),
            ("\nRange: bytes=0-0", true),
            ("\nrange:bytes=0-1023", true),
            ("\nRange: bytes=0-", false),
            ("\nRange: bytes=100-", false),
            ("\nRange: bytes=", false),
            ("\nRange: bytes=0", false),
            ("\nRange: x", false),
            ("", false),
        ] {
            let request = Request::from_lines(&format!("GET /live HTTP/1.1\nHost: h{range}"));
            assert_eq!(is_range_probe(&request), looks, "{range}");
        }
    }

    #[test]
    fn apple_plays_under_some_names() {
        let webkit = "AppleWebKit/605.1.15 (KHTML, like Gecko)";
        for (agent, several) in [
            ("AppleCoreMedia/1.0.0.21A329 (iPhone; U; CPU OS 17_0 like Mac OS X; en_us)", true),
            (
                &format!(
                    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {webkit} Version/17.0 Safari/605.1.15"
                ),
                true,
            ),
            (&format!("Mozilla/5.0 (iPhone) {webkit} CriOS/119.0 Mobile/15E148 Safari/604.1"), true),
            (&format!("Mozilla/5.0 (X11; Linux x86_64) {webkit} Chrome/120.0 Safari/537.36"), false),
            (
                &format!("Mozilla/5.0 (Linux; U; Android 4.0) {webkit} Version/4.0 Mobile Safari/534.30"),
                false,
            ),
            ("VLC/3.0.24 LibVLC/3.0.24", false),
            ("", false),
        ] {
            assert_eq!(may_open_parallel(agent), several, "{agent}");
        }
    }
}
