//! Replies with a file of `webroot`, and the file that a request names.

use std::ops::Range;

use super::reply::{self, Status};
use crate::file_version::FileVersion;

/// The path of a file below the directory: its folders and its name.
pub type FilePath = Vec<String>;

/// What is left to send of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileRest {
    /// The file.
    pub path: FilePath,
    /// The version whose beginning was sent.
    pub version: FileVersion,
    /// The bytes that are left.
    pub rest: Range<u64>,
}

/// Returns the tag of a version of a file, as in `ETag`.
pub fn etag(version: FileVersion) -> String {
    let (seconds, nanoseconds) = version.modified;
    format!("\"{:x}-{seconds:x}.{nanoseconds:x}\"", version.len)
}

/// The media types of files, by the end of their name.
const TYPES: [(&str, &str); 42] = [
    ("aac", "audio/aac"),
    ("avif", "image/avif"),
    ("css", "text/css; charset=utf-8"),
    ("csv", "text/csv; charset=utf-8"),
    ("eot", "application/vnd.ms-fontobject"),
    ("flac", "audio/flac"),
    ("gif", "image/gif"),
    ("htm", "text/html; charset=utf-8"),
    ("html", "text/html; charset=utf-8"),
    ("ico", "image/vnd.microsoft.icon"),
    ("jpeg", "image/jpeg"),
    ("jpg", "image/jpeg"),
    ("js", "text/javascript; charset=utf-8"),
    ("json", "application/json"),
    ("m3u", "audio/x-mpegurl"),
    ("m3u8", "application/vnd.apple.mpegurl"),
    ("m4a", "audio/mp4"),
    ("mjs", "text/javascript; charset=utf-8"),
    ("mp2", "audio/mpeg"),
    ("mp3", "audio/mpeg"),
    ("mp4", "video/mp4"),
    ("oga", "audio/ogg"),
    ("ogg", "audio/ogg"),
    ("ogv", "video/ogg"),
    ("opus", "audio/ogg"),
    ("otf", "font/otf"),
    ("pdf", "application/pdf"),
    ("pls", "audio/x-scpls"),
    ("png", "image/png"),
    ("rss", "application/rss+xml"),
    ("svg", "image/svg+xml"),
    ("ttf", "font/ttf"),
    ("txt", "text/plain; charset=utf-8"),
    ("vtt", "text/vtt; charset=utf-8"),
    ("wasm", "application/wasm"),
    ("wav", "audio/wav"),
    ("weba", "audio/webm"),
    ("webm", "video/webm"),
    ("webmanifest", "application/manifest+json"),
    ("webp", "image/webp"),
    ("woff2", "font/woff2"),
    ("xml", "application/xml"),
];

/// Returns the media type of a file. An unknown one is offered as a download.
pub fn media_type(name: &str) -> &'static str {
    let end = name.rsplit_once('.').map_or("", |(_, end)| end).to_ascii_lowercase();
    TYPES.iter().find(|(known, _)| *known == end).map_or("application/octet-stream", |(_, media)| media)
}

/// Returns the folders and the name of the file that a decoded path of a request names; `None` for a path
/// that names none. Files whose names begin with a dot are not served, nor those of XSLT: Icecast sends what
/// it has made of them.
pub fn file_path(path: &str) -> Option<FilePath> {
    const PARTS_MAX: usize = 32;
    let parts: Vec<&str> = path.strip_prefix('/')?.split('/').collect();
    let is_name = |part: &&str| !part.is_empty() && !part.starts_with('.') && !part.contains(['\0', '\\']);
    let is_style = parts.last().is_some_and(|name| name.to_ascii_lowercase().ends_with(".xsl"));
    let is_file = parts.len() <= PARTS_MAX && parts.iter().all(is_name) && !is_style;
    is_file.then(|| parts.into_iter().map(str::to_owned).collect())
}

/// Returns the head of a reply with `range` of a file of `len` bytes.
pub fn head(name: &str, tag: &str, range: &Range<u64>, len: u64, is_partial: bool) -> Vec<u8> {
    let content_range = format!("bytes {}-{}/{len}", range.start, range.end.saturating_sub(1));
    let mut extra = vec![
        ("Cache-Control", "no-cache"),
        ("ETag", tag),
        ("Accept-Ranges", "bytes"),
        ("X-Content-Type-Options", "nosniff"),
    ];
    if is_partial {
        extra.push(("Content-Range", &content_range));
    }
    let status = if is_partial { Status::PartialContent } else { Status::Ok };
    let length = usize::try_from(range.end - range.start).unwrap_or(usize::MAX);
    reply::page_head(status, media_type(name), length, &extra, false)
}

/// Returns the reply to a range that a file of `len` bytes does not have.
pub fn no_such_range(len: u64, head_only: bool) -> Vec<u8> {
    let content_range = format!("bytes */{len}");
    let extra = [("Content-Range", content_range.as_str())];
    reply::reply(
        Status::RangeNotSatisfiable,
        "text/plain; charset=utf-8",
        b"the file is shorter\r\n",
        &extra,
        head_only,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn path_names_a_file_below_the_directory() {
        let names = |path: &str| file_path(path).map(|parts| parts.join("|"));
        assert_eq!(names("/a.html").as_deref(), Some("a.html"));
        assert_eq!(names("/folder/a b.mp3").as_deref(), Some("folder|a b.mp3"));
        for path in [
            "/",
            "",
            "a.html",
            "//a",
            "/a/",
            "/../a",
            "/a/../b",
            "/./a",
            "/.htpasswd",
            "/a/.git/config",
            "/a\0",
            "/..\\a",
            "/style.XSL",
            &"/a".repeat(33),
        ] {
            assert_eq!(names(path), None, "{path:?}");
        }
    }

    #[test]
    fn media_type_follows_from_the_end_of_the_name() {
        for (name, expected) in [
            ("INDEX.HTML", "text/html; charset=utf-8"),
            ("a.b.mp3", "audio/mpeg"),
            ("mp3", "application/octet-stream"),
            ("a.exe", "application/octet-stream"),
            ("", "application/octet-stream"),
        ] {
            assert_eq!(media_type(name), expected, "{name}");
        }
        assert!(TYPES.is_sorted());
    }

    #[test]
    fn head_says_which_part_of_the_file_follows() {
        let text = |head: Vec<u8>| String::from_utf8(head).expect("text");
        let part = text(head("a.mp3", "\"t\"", &(2..5), 10, true));
        assert!(part.starts_with("HTTP/1.0 206 Partial Content\r\n"), "{part}");
        assert!(part.contains("Content-Range: bytes 2-4/10\r\n") && part.contains("Content-Length: 3\r\n"));
        let whole = text(head("a.mp3", "\"t\"", &(0..10), 10, false));
        assert!(whole.starts_with("HTTP/1.0 200 OK\r\n") && whole.contains("Content-Length: 10\r\n"));
        assert!(!whole.contains("Content-Range") && whole.contains("ETag: \"t\"\r\n"), "{whole}");
        let none = text(no_such_range(10, false));
        assert!(
            none.starts_with("HTTP/1.0 416 ") && none.contains("Content-Range: bytes */10\r\n"),
            "{none}"
        );
    }
}
