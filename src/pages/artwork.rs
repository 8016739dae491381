//! SHOUTcast's artwork pages: `/streamart` is the picture of a station, `/playingart` the cover of the track
//! on the air, or of a title of the history whose version is in the URL.
//!
//! See protocol-notes/pictures.md.

use super::StationSnapshot;
use super::client_kind::ClientKind;
use crate::http::request::form::FormData;
use crate::http::request::station_ref::StationRef;
use crate::http::request::{Method, Request};
use crate::http::response::reply::{self, Status};
use crate::image::{Image, version_text};
use crate::station::cover_url;

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
    /// The cover of the track on the air, or of one before.
    Cover,
}

/// Options for the reply to a request for artwork.
#[derive(Debug, Clone, Default)]
pub struct ArtworkOptions {
    head_only: bool,
    /// Whether the client is a browser that shows the response as a page, and not as a picture in one.
    is_browser: bool,
    /// The version in the URL. A URL with the current version always has the same picture.
    version: Option<String>,
    /// Whether the URL is that of a [file](crate::station::TrackInfo::cover_file_url), which has one picture
    /// or none.
    is_file: bool,
    /// The value of `If-None-Match`: the ETags of the pictures in the client's cache.
    if_none_match: Option<String>,
}

impl ArtworkRequest {
    /// Parses `request`. Returns `None` if its path is not an artwork page.
    pub fn from_request(request: &Request) -> Option<Self> {
        let form = || FormData::from_request(request, &[]);
        let with_form = |kind| (kind, form().station(), form().non_empty_text("v"), false);
        let (kind, station, version, is_file) = match request.path.as_str() {
            "/streamart" => with_form(ArtworkKind::Station),
            "/playingart" => with_form(ArtworkKind::Cover),
            path => {
                parse_cover_file(path).map(|(station, v)| (ArtworkKind::Cover, station, Some(v), true))?
            }
        };
        let options = ArtworkOptions {
            head_only: request.method == Method::Head,
            is_browser: ClientKind::from_request(request) == ClientKind::Browser,
            version,
            is_file,
            if_none_match: request.header("if-none-match").map(str::to_owned),
        };
        Some(Self { kind, station, options })
    }
}

/// Parses the path of a [cover as a file](crate::station::TrackInfo::cover_file_url): the station and the
/// version.
fn parse_cover_file(path: &str) -> Option<(StationRef, String)> {
    let (station, file) = path.strip_prefix("/playingart/")?.split_once('/')?;
    let (version, extension) = file.split_once('.')?;
    let is_picture = ["jpg", "png", "gif", "webp"].contains(&extension);
    let station = StationRef::parse_id(station).filter(|_| is_picture)?;
    Some((station, version.to_owned()))
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

    /// Returns the version in the URL, if it is one.
    pub fn version(&self) -> Option<u64> {
        self.version.as_deref().and_then(|version| u64::from_str_radix(version, 16).ok())
    }

    /// Returns whether another picture than that of the version in the URL must not be sent.
    pub fn requires_version(&self) -> bool {
        self.is_file
    }

    /// Returns whether the client is a browser that shows the response as a page.
    pub fn is_browser(&self) -> bool {
        self.is_browser
    }

    /// Returns whether the client requests only the head.
    pub fn is_head_only(&self) -> bool {
        self.head_only
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
pub fn has_etag(list: &str, tag: &str) -> bool {
    let mut tags = list.split(',').map(str::trim);
    tags.any(|other| other == "*" || other.trim_start_matches("W/") == tag)
}

impl StationSnapshot {
    /// Returns the URL of the cover of the track on the air, or else of the picture of the station. The URL
    /// changes with the picture.
    pub fn artwork_url(&self, base: &str) -> Option<String> {
        let station_picture = |version| self.station_picture_url(base, version);
        let cover = self.cover_version.map(|version| cover_url(base, self.id, version));
        cover.or_else(|| self.artwork_version.map(station_picture))
    }

    /// Returns the URL of the picture of the station, if it is PNG or JPEG: the formats that every program
    /// shows.
    pub fn widely_supported_artwork_url(&self, base: &str) -> Option<String> {
        self.artwork_type.filter(|it| ["image/png", "image/jpeg"].contains(it))?;
        Some(self.station_picture_url(base, self.artwork_version?))
    }

    fn station_picture_url(&self, base: &str, version: u64) -> String {
        format!("{base}/streamart?sid={}&v={}", self.id, version_text(version))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::golden;
    use crate::station::{ArtworkLocation, EmbeddedArtwork, TrackInfo};

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
        let file = "GET /playingart/7/2c386ac5bbe45a35.jpg HTTP/1.1";
        assert_eq!(parse(file), Some((ArtworkKind::Cover, StationRef::Id(7))));
        assert_eq!(options(file).version(), Some(0x2c38_6ac5_bbe4_5a35));
        for path in
            ["/playingart/", "/playingart/7", "/playingart/7/a", "/playingart/x/a.jpg", "/playingart/7/a.js"]
        {
            assert_eq!(parse(&format!("GET {path} HTTP/1.1")), None, "{path}");
        }
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
            TrackInfo { artwork: Some(picture), ..TrackInfo::default() }.cover_version()
        };
        station.cover_version = cover(1, 10);
        let first = url(&station).expect("a URL");
        assert!(first.starts_with("http://h:8000/playingart?sid=1&v="), "{first}");
        station.cover_version = cover(2, 10);
        assert_ne!(url(&station), Some(first));
        station.cover_version = cover(1, u64::MAX);
        assert!(url(&station).is_some_and(|url| url.contains("streamart")));
    }

    #[test]
    fn only_png_and_jpeg_are_widely_supported() {
        for (kind, is_supported) in
            [("image/png", true), ("image/jpeg", true), ("image/gif", false), ("image/webp", false)]
        {
            let mut station = StationSnapshot::example();
            (station.artwork_version, station.artwork_type) = (Some(255), Some(kind));
            // The cover of a track is not the picture of the station.
            station.cover_version = Some(1);
            let expected = is_supported.then_some("http://h/streamart?sid=1&v=00000000000000ff");
            assert_eq!(station.widely_supported_artwork_url("http://h").as_deref(), expected, "{kind}");
        }
    }
}
