//! SHOUTcast's pages of pictures: `/streamart`, a station's own, and `/playingart`, that of the track on the air.
//!
//! See protocol-notes/pictures.md.

use super::StationSnapshot;
use crate::http::request::form::FormData;
use crate::http::request::station_ref::StationRef;
use crate::http::request::{Method, Request};
use crate::http::response::reply::{self, Status};
use crate::image::{IMAGE_MAX, Image, digest};
use crate::station::TrackInfo;

/// A request for a picture.
#[derive(Debug, Clone)]
pub struct ArtworkRequest {
    /// Which of the two.
    pub kind: ArtworkKind,
    /// Whose.
    pub station: StationRef,
    /// How it is to be shown.
    pub options: ArtworkOptions,
}

/// Which picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArtworkKind {
    /// The station's.
    Station,
    /// That of what is on the air.
    Cover,
}

/// How a picture is to be shown.
#[derive(Debug, Clone, Default)]
pub struct ArtworkOptions {
    head_only: bool,
    /// The version in the URL, for which the picture never changes.
    version: Option<String>,
    /// The pictures that whoever asks has already, as `If-None-Match` has them.
    if_none_match: Option<String>,
}

impl ArtworkRequest {
    /// What `request` asks for, if that is a picture.
    pub fn from_request(request: &Request) -> Option<Self> {
        let art = match request.path.as_str() {
            "/streamart" => ArtworkKind::Station,
            "/playingart" => ArtworkKind::Cover,
            _ => return None,
        };
        let form = FormData::from_request(request, &[]);
        let manner = ArtworkOptions {
            head_only: request.method == Method::Head,
            version: form.non_empty_text("v"),
            if_none_match: request.header("if-none-match").map(str::to_owned),
        };
        Some(Self { kind: art, station: form.station(), options: manner })
    }
}

impl ArtworkOptions {
    /// The reply to show `image` with, but for the picture itself, and whether that belongs behind it. `version` is that of
    /// the URLs under which it is now.
    pub fn response_head(&self, image: &Image, version: u64) -> (Vec<u8>, bool) {
        let tag = format!("\"{}\"", version_text(image.digest()));
        let is_fixed = self.version.as_deref() == Some(&version_text(version));
        let caching = if is_fixed { CACHE_FOR_A_DAY } else { REVALIDATE };
        let headers = [("Cache-Control", caching), ("ETag", &tag), ("X-Content-Type-Options", "nosniff")];
        if self.if_none_match.as_deref().is_some_and(|has| has_etag(has, &tag)) {
            return (reply::not_modified(&headers), false);
        }
        let head = reply::image_head(image.content_type(), image.bytes().len(), &headers);
        (head, !self.head_only)
    }

    /// There is no picture.
    pub fn not_found(&self) -> Vec<u8> {
        reply::not_found(self.head_only)
    }

    /// There may be one, but it cannot be had now.
    pub fn unavailable(&self) -> Vec<u8> {
        reply::text(Status::ServiceUnavailable, "the artwork cannot be read now")
    }
}

/// What a picture may be kept for whose URL has its version.
const CACHE_FOR_A_DAY: &str = "public, max-age=86400";

/// For all others: keep it, but ask whether it is still that.
const REVALIDATE: &str = "no-cache";

/// Whether a list as in `If-None-Match` has this tag in it.
fn has_etag(list: &str, tag: &str) -> bool {
    let mut tags = list.split(',').map(str::trim);
    tags.any(|other| other == "*" || other.trim_start_matches("W/") == tag)
}

fn version_text(version: u64) -> String {
    format!("{version:016x}")
}

/// The version in the URL of a track's picture; `None` where it has none. Another file, or another place in it, is another
/// version.
pub fn cover_version(track: &TrackInfo) -> Option<u64> {
    let picture = track.artwork.as_ref().filter(|picture| picture.len <= 2 * IMAGE_MAX as u64)?;
    Some(digest(&(&track.file, picture.offset, picture.len, &track.title)))
}

impl StationSnapshot {
    /// The address of the best picture that there is now: the track's, else the station's. It changes when the picture
    /// does.
    pub fn artwork_url(&self, base: &str) -> Option<String> {
        let playing = self.cover_version.map(|version| ("playingart", version));
        let (page, version) = playing.or(self.artwork_version.map(|version| ("streamart", version)))?;
        Some(format!("{base}/{page}?sid={}&v={}", self.id, version_text(version)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::golden;
    use crate::station::EmbeddedArtwork;

    fn image() -> Image {
        Image::parse(b"\x89PNG\r\n\x1a\n.".to_vec()).unwrap()
    }

    fn manner(line: &str) -> ArtworkOptions {
        ArtworkRequest::from_request(&Request::from_lines(line)).expect("it is for a picture").options
    }

    #[test]
    fn requests_say_which_picture() {
        let of = |line: &str| {
            ArtworkRequest::from_request(&Request::from_lines(line)).map(|it| (it.kind, it.station))
        };
        assert_eq!(of("GET /streamart HTTP/1.1"), Some((ArtworkKind::Station, StationRef::Default)));
        assert_eq!(of("GET /playingart?sid=2 HTTP/1.1"), Some((ArtworkKind::Cover, StationRef::Id(2))));
        assert_eq!(of("GET /playingart/ HTTP/1.1"), None);
    }

    #[test]
    fn a_picture_is_told_of_as_recorded() {
        let plain = manner("GET /streamart HTTP/1.1");
        golden::check("art", &without_tag(plain.response_head(&image(), 7).0));
        let known = format!(
            "GET /streamart?v=0000000000000007 HTTP/1.1\nIf-None-Match: \"{}\"",
            version_text(image().digest())
        );
        golden::check("art-not-modified", &without_tag(manner(&known).response_head(&image(), 7).0));
    }

    /// A reply with `TAG` for the picture's tag, which is another with another compiler.
    fn without_tag(reply: Vec<u8>) -> Vec<u8> {
        String::from_utf8(reply).unwrap().replace(&version_text(image().digest()), "TAG").into_bytes()
    }

    #[test]
    fn whoever_has_it_is_not_sent_it_again() {
        let tag = format!("\"{}\"", version_text(image().digest()));
        for (line, begins, has_body) in [
            (String::new(), "HTTP/1.0 200 OK", true),
            (format!("If-None-Match: {tag}"), "HTTP/1.0 304 Not Modified", false),
            (format!("If-None-Match: \"a\", W/{tag}"), "HTTP/1.0 304 Not Modified", false),
            ("If-None-Match: *".into(), "HTTP/1.0 304 Not Modified", false),
            ("If-None-Match: \"a\"".into(), "HTTP/1.0 200 OK", true),
        ] {
            let (head, with_body) =
                manner(&format!("GET /playingart HTTP/1.1\n{line}")).response_head(&image(), 7);
            let head = String::from_utf8(head).unwrap();
            assert!(head.starts_with(begins) && with_body == has_body, "{line}: {head}");
        }
        let (_, with_body) = manner("HEAD /playingart HTTP/1.1").response_head(&image(), 7);
        assert!(!with_body);
    }

    #[test]
    fn only_under_its_own_version_a_picture_may_be_kept() {
        for (query, caching) in [
            ("", "no-cache"),
            ("?v=0000000000000007", "public, max-age=86400"),
            ("?v=0000000000000008", "no-cache"),
        ] {
            let (head, _) = manner(&format!("GET /playingart{query} HTTP/1.1")).response_head(&image(), 7);
            let head = String::from_utf8(head).unwrap();
            assert!(head.contains(&format!("\r\nCache-Control: {caching}\r\n")), "{query}: {head}");
        }
    }

    #[test]
    fn the_address_is_that_of_the_best_picture() {
        let url = |station: &StationSnapshot| station.artwork_url("http://h:8000");
        let mut station = StationSnapshot::example();
        assert_eq!(url(&station), None);
        station.artwork_version = Some(255);
        assert_eq!(url(&station).as_deref(), Some("http://h:8000/streamart?sid=1&v=00000000000000ff"));
        let cover = |at, len| {
            let picture =
                EmbeddedArtwork { mime: "image/png".into(), offset: at, len, is_unsynchronised: false };
            cover_version(&TrackInfo { artwork: Some(picture), ..TrackInfo::default() })
        };
        station.cover_version = cover(1, 10);
        let first = url(&station).expect("there is one");
        assert!(first.starts_with("http://h:8000/playingart?sid=1&v="), "{first}");
        station.cover_version = cover(2, 10);
        assert_ne!(url(&station), Some(first));
        station.cover_version = cover(1, u64::MAX);
        assert!(url(&station).is_some_and(|url| url.contains("streamart")));
    }
}
