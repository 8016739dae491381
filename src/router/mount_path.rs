//! Which paths a mount may have, and which are reserved.

use super::is_reserved_path;
use crate::http::request::station_ref::MOUNT_MAX;

/// Paths that players, scrapers and browsers request from every server and that coldwave does not answer:
/// pages of SHOUTcast, Icecast and the web. Paths that coldwave answers are not listed here: the
/// [router](super) reserves them.
const RESERVED_PATHS: &[&str] = &[
    // SHOUTcast.
    "/index.css",
    "/shoutcast.swf",
    // Icecast, besides all paths that end in `.xsl`.
    "/streaminfo.json",
];

/// Prefixes that a mount must not have: administration, the API of coldwave, and paths that users type to
/// reach the stream.
const RESERVED_PREFIXES: &[&str] = &["/admin", "/api/", "/;", "/assets/", "/.well-known/"];

/// Suffixes that a mount must not have: pages of Icecast, and playlists that lead to a stream. Players treat
/// every URL with such a suffix as a playlist.
const RESERVED_SUFFIXES: &[&str] =
    &[".xsl", ".m3u", ".m3u8", ".pls", ".asx", ".xspf", ".qtl", ".vclt", ".ram"];

/// SHOUTcast's path of the stream, which can be the mount of a station: Icecast's stations have it. Without
/// such a station it means the one with the lowest id.
const STREAM: &str = "/stream";

/// Returns whether `path` is reserved for something other than a mount. Ignores case, so that no mount
/// differs from a reserved path only in its case.
fn is_reserved(path: &str) -> bool {
    let path = path.to_ascii_lowercase();
    is_reserved_path(&path)
        || RESERVED_PATHS.contains(&path.as_str())
        || RESERVED_PREFIXES.iter().any(|prefix| path.starts_with(prefix))
        || RESERVED_SUFFIXES.iter().any(|suffix| path.ends_with(suffix))
}

/// Returns why `path` cannot be a mount, as the end of a sentence that begins with the path; `None` if it
/// can.
pub fn path_error(path: &str) -> Option<String> {
    let path_lower = path.to_ascii_lowercase();
    if !path.starts_with('/') {
        Some("does not begin with /, expected a path such as \"/live\"".to_owned())
    } else if let Some(invalid) = path.chars().find(|c| c.is_control() || "?#%\\".contains(*c)) {
        Some(format!("contains {invalid:?}, which is not allowed in a URL path"))
    } else if path.split('/').skip(1).any(|part| part == "." || part == "..") || path.starts_with("//") {
        Some("contains \"//\", \".\" or \"..\", which players resolve".to_owned())
    } else if path != path.trim() {
        Some("ends with a space".to_owned())
    } else if path.len() > MOUNT_MAX {
        Some(format!("is longer than {MOUNT_MAX} bytes"))
    } else if is_stream_id(&path_lower) {
        Some("is reserved for stations by id, expected another path such as \"/live\"".to_owned())
    } else if is_reserved(path) && path != STREAM {
        Some("is reserved for a page or a playlist, expected another path such as \"/live\"".to_owned())
    } else {
        None
    }
}

/// Returns whether `path` is `/stream/7` or below it, for any number.
fn is_stream_id(path: &str) -> bool {
    let id = path.strip_prefix("/stream/").and_then(|rest| rest.split('/').next());
    id.is_some_and(|id| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unreserved_paths_are_valid_mounts() {
        for path in [
            "/live",
            "/live/",
            "/stream",
            "/stream/jazz",
            "/streams",
            "/café am see",
            "/7up",
            "/a;b",
            "/live.mp3",
            "/a..b",
        ] {
            assert_eq!(path_error(path), None, "{path}");
        }
    }

    #[test]
    fn invalid_paths_are_rejected_with_the_reason() {
        for (path, expected) in [
            ("", "begin with /"),
            ("live", "begin with /"),
            ("/a?b", "'?'"),
            ("/a#b", "'#'"),
            ("/a%20b", "'%'"),
            ("/a\nb", "'\\n'"),
            ("/a\u{85}b", "'\\u{85}'"),
            ("//live", "\"//\""),
            ("/a/../b", "\"..\""),
            ("/./b", "\".\""),
            ("/live ", "space"),
            ("/stream/1", "by id"),
            ("/STREAM/22/x", "by id"),
        ] {
            let error = path_error(path).unwrap_or_else(|| panic!("{path} was accepted"));
            assert!(error.contains(expected), "{path}: {error}");
        }
        assert!(path_error(&format!("/{}", "x".repeat(MOUNT_MAX))).is_some());
    }

    #[test]
    fn pages_are_rejected_as_mounts() {
        let listed = "/ /stream/ /; /;stream.mp3 /admin /admin/ /admin/stats /admin.cgi /Admin.CGI /7.html \
            /stats /statistics /currentsong /nextsong /nextsongs /played /played.html /listen /listen.pls \
            /listen.m3u /home /home.html /index.html /status.xsl /status-json.xsl /status2.xsl \
            /server_version.xsl /7.xsl /auth.xsl /style.css /favicon.ico /robots.txt /crossdomain.xml /live.m3u \
            /live.xspf /streamart /playingart /index.css /shoutcast.swf /assets/page.css /api /api/v1/stations";
        for path in listed.split_whitespace() {
            assert!(path_error(path).is_some_and(|error| error.contains("for a page")), "{path}");
        }
    }

    #[test]
    fn reserved_paths_are_not_answered_by_the_router() {
        let answered: Vec<_> = RESERVED_PATHS.iter().filter(|path| is_reserved_path(path)).collect();
        assert!(answered.is_empty(), "the router answers for these: {answered:?}");
    }
}
