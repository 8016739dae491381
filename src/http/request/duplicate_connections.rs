//! Players that open several connections for one listener (protocol-notes/counts.md).

use super::head::Request;

/// Returns whether the request is for a range with an end. Apple's players send `Range: bytes=0-1` to check
/// whether a server supports ranges. To play the stream, they request a range without an end.
pub fn is_range_probe(request: &Request) -> bool {
    let range = request.header("range").and_then(|range| range.trim().strip_prefix("bytes="));
    let last = range.and_then(|range| range.split_once('-')).map(|(_, last)| last.trim());
    last.is_some_and(|last| last.starts_with(|first: char| first.is_ascii_digit()))
}

/// Returns whether this player may open several connections at the same time and keep them. This is Apple's
/// player, which many programs use. Chrome also has `Safari` in its User-Agent, but another player.
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
    fn range_with_an_end_is_a_probe() {
        for (range, is_probe) in [
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
            assert_eq!(is_range_probe(&request), is_probe, "{range}");
        }
    }

    #[test]
    fn apple_players_are_recognized_by_user_agent() {
        let webkit = "AppleWebKit/605.1.15 (KHTML, like Gecko)";
        for (agent, may_be_parallel) in [
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
            assert_eq!(may_open_parallel(agent), may_be_parallel, "{agent}");
        }
    }
}
