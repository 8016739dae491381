//! SHOUTcast's artwork pages: `/streamart` is the picture of a station, `/playingart` the cover of the track
//! on the air.
//!
//! See protocol-notes/pictures.md.

use super::StationSnapshot;
use crate::http::request::form::FormData;
use crate::http::request::station_ref::StationRef;
use crate::http::request::{Method, Request};
use crate::http::response::reply::{self, Status};
use crate::image::{IMAGE_MAX, Image, digest};
use crate::station::TrackInfo;

/// A request for artwork.
#[derive(Debug, Clone)]
pub struct ArtworkRequest {
    /// The requested picture.
    pub kind: ArtworkKind,
    /// The station.
    pub station: StationRef,
    /// Options for the reply.
    pub options: ArtworkOptions,
}

/// The requested picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArtworkKind {
    /// The picture of the station.
    Station,
    /// The cover of the track on the air.
    Cover,
}

/// Options for the reply to a request for artwork.
#[derive(Debug, Clone, Default)]
pub struct ArtworkOptions {
    head_only: bool,
    /// The version in the URL. A URL with the current version always has the same picture.
    version: Option<String>,
    /// The value of `If-None-Match`: the ETags of the pictures in the client's cache.
    if_none_match: Option<String>,
}

impl ArtworkRequest {
    /// Parses `request`. Returns `None` if its path is not an artwork page.
    pub fn from_request(request: &Request) -> Option<Self> {
        let kind = match request.path.as_str() {
            "/streamart" => ArtworkKind::Station,
            "/playingart" => ArtworkKind::Cover,
            _ => return None,
        };
        let form = FormData::from_request(request, &[]);
        let options = ArtworkOptions {
            head_only: request.method == Method::Head,
            version: form.non_empty_text("v"),
            if_none_match: request.header("if-none-match").map(str::to_owned),
        };
        Some(Self { kind, station: form.station(), options })
    }
}

impl ArtworkOptions {
    /// Returns the response head for `image`, and whether the image follows as the body. `version` is the
    /// current version in URLs of the picture.
    pub fn response_head(&self, image: &Image, version: u64) -> (Vec<u8>, bool) {
        let tag = format!("\"{}\"", version_text(image.digest()));
        let is_fixed = self.version.as_deref() == Some(&version_text(version));
        let caching = if is_fixed { CACHE_FOR_A_DAY } else { REVALIDATE };
        let headers = [("Cache-Control", caching), ("ETag", &tag), ("X-Content-Type-Options", "nosniff")];
        if self.if_none_match.as_deref().is_some_and(|tags| has_etag(tags, &tag)) {
            return (reply::not_modified(&headers), false);
        }
        let head = reply::image_head(image.content_type(), image.bytes().len(), &headers);
        (head, !self.head_only)
    }

    /// Returns the reply if there is no picture.
    pub fn not_found(&self) -> Vec<u8> {
        reply::not_found(self.head_only)
    }

    /// Returns the reply if the picture cannot be read at the moment.
    pub fn unavailable(&self) -> Vec<u8> {
        reply::text(Status::ServiceUnavailable, "the artwork cannot be read now")
    }
}

/// Cache-Control of a picture whose URL has its version.
const CACHE_FOR_A_DAY: &str = "public, max-age=86400";

/// Cache-Control of any other picture: store it, and revalidate it before each use.
const REVALIDATE: &str = "no-cache";

/// Returns whether `list`, the value of `If-None-Match`, contains `tag`.
fn has_etag(list: &str, tag: &str) -> bool {
    let mut tags = list.split(',').map(str::trim);
    tags.any(|other| other == "*" || other.trim_start_matches("W/") == tag)
}

/// Returns `version` as it is written in URLs and ETags.
fn version_text(version: u64) -> String {
    format!("{version:016x}")
}

/// Returns the version of a track's cover for its URL; `None` if the track has no cover. A different file, or
/// a different position in the file, gives a different version.
pub fn cover_version(track: &TrackInfo) -> Option<u64> {
    let picture = track.artwork.as_ref().filter(|picture| picture.len <= 2 * IMAGE_MAX as u64)?;
    Some(digest(&(&track.file, picture.location, picture.len, &track.title)))
}

impl StationSnapshot {
    /// Returns the URL of the cover of the track on the air, or else of the picture of the station. The URL
    /// changes with the picture.
    pub fn artwork_url(&self, base: &str) -> Option<String> {
        let cover = self.cover_version.map(|version| ("playingart", version));
        let (page, version) = cover.or(self.artwork_version.map(|version| ("streamart", version)))?;
        Some(format!("{base}/{page}?sid={}&v={}", self.id, version_text(version)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::golden;
    use crate::station::{ArtworkLocation, EmbeddedArtwork};

    fn image() -> Image {
        Image::parse(b"\x89PNG\r\n\x1a\n.".to_vec()).unwrap()
    }

    fn options(line: &str) -> ArtworkOptions {
        ArtworkRequest::from_request(&Request::from_lines(line)).expect("a request for a picture").options
    }

    #[test]
    fn request_path_selects_the_picture() {
        let parse = |line: &str| {
            ArtworkRequest::from_request(&Request::from_lines(line)).map(|it| (it.kind, it.station))
        };
        assert_eq!(parse("GET /streamart HTTP/1.1"), Some((ArtworkKind::Station, StationRef::Default)));
        assert_eq!(parse("GET /playingart?sid=2 HTTP/1.1"), Some((ArtworkKind::Cover, StationRef::Id(2))));
        assert_eq!(parse("GET /playingart/ HTTP/1.1"), None);
    }

    #[test]
    fn response_heads_match_the_golden_files() {
        let plain = options("GET /streamart HTTP/1.1");
        golden::check("art", &without_tag(plain.response_head(&image(), 7).0));
        let known = format!(
            "GET /streamart?v=0000000000000007 HTTP/1.1\nIf-None-Match: \"{}\"",
            version_text(image().digest())
        );
        golden::check("art-not-modified", &without_tag(options(&known).response_head(&image(), 7).0));
    }

    /// Replaces the ETag in a reply by `TAG`, because the ETag depends on the compiler.
    fn without_tag(reply: Vec<u8>) -> Vec<u8> {
        String::from_utf8(reply).unwrap().replace(&version_text(image().digest()), "TAG").into_bytes()
    }

    #[test]
    fn matching_if_none_match_gets_304_without_body() {
        let tag = format!("\"{}\"", version_text(image().digest()));
        for (line, begins, has_body) in [
            (String::new(), "HTTP/1.0 200 OK", true),
            (format!("If-None-Match: {tag}"), "HTTP/1.0 304 Not Modified", false),
            (format!("If-None-Match: \"a\", W/{tag}"), "HTTP/1.0 304 Not Modified", false),
            ("If-None-Match: *".into(), "HTTP/1.0 304 Not Modified", false),
            ("If-None-Match: \"a\"".into(), "HTTP/1.0 200 OK", true),
        ] {
            let (head, with_body) =
                options(&format!("GET /playingart HTTP/1.1\n{line}")).response_head(&image(), 7);
            let head = String::from_utf8(head).unwrap();
            assert!(head.starts_with(begins) && with_body == has_body, "{line}: {head}");
        }
        let (_, with_body) = options("HEAD /playingart HTTP/1.1").response_head(&image(), 7);
        assert!(!with_body);
    }

    #[test]
    fn only_url_with_current_version_is_cacheable_for_a_day() {
        for (query, caching) in [
            ("", "no-cache"),
            ("?v=0000000000000007", "public, max-age=86400"),
            ("?v=0000000000000008", "no-cache"),
        ] {
            let (head, _) = options(&format!("GET /playingart{query} HTTP/1.1")).response_head(&image(), 7);
            let head = String::from_utf8(head).unwrap();
            assert!(head.contains(&format!("\r\nCache-Control: {caching}\r\n")), "{query}: {head}");
        }
    }

    #[test]
    fn artwork_url_prefers_the_cover_to_the_station_picture() {
        let url = |station: &StationSnapshot| station.artwork_url("http://h:8000");
        let mut station = StationSnapshot::example();
        assert_eq!(url(&station), None);
        station.artwork_version = Some(255);
        assert_eq!(url(&station).as_deref(), Some("http://h:8000/streamart?sid=1&v=00000000000000ff"));
        let cover = |at, len| {
            let location = ArtworkLocation::Bytes { offset: at, is_unsynchronised: false };
            let picture = EmbeddedArtwork { mime: "image/png".into(), len, location };
            cover_version(&TrackInfo { artwork: Some(picture), ..TrackInfo::default() })
        };
        station.cover_version = cover(1, 10);
        let first = url(&station).expect("a URL");
        assert!(first.starts_with("http://h:8000/playingart?sid=1&v="), "{first}");
        station.cover_version = cover(2, 10);
        assert_ne!(url(&station), Some(first));
        station.cover_version = cover(1, u64::MAX);
        assert!(url(&station).is_some_and(|url| url.contains("streamart")));
    }
}
