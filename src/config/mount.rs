//! Paths that a stream may be at, and those that something else has or may have.

use super::ranges::MOUNT_MAX;
use crate::router;

/// Pages of SHOUTcast and Icecast, and of the web, that players, scrapers and browsers ask every server for and that are
/// not answered here. What is answered is not listed: the [router] is asked.
pub const RESERVED_PATHS: &[&str] = &[
    // SHOUTcast's.
    "/index.css",
    "/shoutcast.swf",
    // Icecast's, besides all that ends in `.xsl`.
    "/streaminfo.json",
    // Ours, besides all that is below it.
    "/api",
];

/// A path that begins so is no mount: administration, our API, and what people type to get at the stream.
pub const RESERVED_PREFIXES: &[&str] = &["/admin", "/api/", "/;", "/assets/", "/.well-known/"];

/// A path that ends so is a page of Icecast, or a playlist that leads to a stream: players go by the ending.
pub const RESERVED_SUFFIXES: &[&str] =
    &[".xsl", ".m3u", ".m3u8", ".pls", ".asx", ".xspf", ".qtl", ".vclt", ".ram"];

/// Whether `path` is, or may become, something else than a station's mount. Upper and lower case are the
/// same: no listener should have to tell them apart.
pub fn is_reserved(path: &str) -> bool {
    let path = path.to_ascii_lowercase();
    router::is_reserved_path(&path)
        || RESERVED_PATHS.contains(&path.as_str())
        || RESERVED_PREFIXES.iter().any(|beginning| path.starts_with(beginning))
        || RESERVED_SUFFIXES.iter().any(|ending| path.ends_with(ending))
}

/// Why no stream can be at `path`, if that is so; the end of a sentence that begins with the path.
pub fn path_error(path: &str) -> Option<String> {
    let path_lower = path.to_ascii_lowercase();
    if !path.starts_with('/') {
        Some("does not begin with /, expected a path such as \"/live\"".to_owned())
    } else if let Some(unfit) = path.chars().find(|c| c.is_control() || "?#%\\".contains(*c)) {
        Some(format!("contains {unfit:?}, which is not allowed in a URL path"))
    } else if path.split('/').skip(1).any(|part| part == "." || part == "..") || path.starts_with("//") {
        Some("contains \"//\", \".\" or \"..\", which players resolve".to_owned())
    } else if path != path.trim() {
        Some("ends with a space".to_owned())
    } else if path.len() > MOUNT_MAX {
        Some(format!("is longer than {MOUNT_MAX} bytes"))
    } else if is_stream_id(&path_lower) {
        Some("is reserved for stations by id, expected another path such as \"/live\"".to_owned())
    } else if is_reserved(path) {
        Some("is reserved for a page or a playlist, expected another path such as \"/live\"".to_owned())
    } else {
        None
    }
}

/// `/stream/7`, and whatever is below it.
fn is_stream_id(path: &str) -> bool {
    let id = path.strip_prefix("/stream/").and_then(|rest| rest.split('/').next());
    id.is_some_and(|id| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_may_be_at_paths_that_are_nothing_else() {
        for path in [
            "/live",
            "/live/",
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
    fn other_paths_are_refused_with_the_reason() {
        for (path, says) in [
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
            let why = path_error(path).unwrap_or_else(|| panic!("{path} was taken"));
            assert!(why.contains(says), "{path}: {why}");
        }
        assert!(path_error(&format!("/{}", "x".repeat(MOUNT_MAX))).is_some());
    }

    #[test]
    fn no_page_is_a_mount() {
        let listed = "/ /stream /stream/ /; /;stream.mp3 /admin /admin/ /admin/stats /admin.cgi /Admin.CGI /7.html \
            /stats /statistics /currentsong /nextsong /nextsongs /played /played.html /listen /listen.pls \
            /listen.m3u /home /home.html /index.html /status.xsl /status-json.xsl /status2.xsl \
            /server_version.xsl /7.xsl /auth.xsl /style.css /favicon.ico /robots.txt /crossdomain.xml /live.m3u \
            /live.xspf /streamart /playingart /index.css /shoutcast.swf /assets/page.css /api /api/v1/stations";
        for path in listed.split_whitespace() {
            assert!(path_error(path).is_some_and(|why| why.contains("for a page")), "{path}");
        }
    }

    #[test]
    fn reserved_names_are_those_that_the_router_does_not_answer() {
        let answered: Vec<_> = RESERVED_PATHS.iter().filter(|path| router::is_reserved_path(path)).collect();
        assert!(answered.is_empty(), "the router answers for these: {answered:?}");
    }
}
