//! What the pages load besides themselves: files that are part of the program.

use crate::http::request::Request;
use crate::http::request::form::FormData;
use crate::http::response::reply::Status;
use crate::pages::RenderedPage;

/// How to keep what is asked for by its version: for a year, without asking again.
const IMMUTABLE: &str = "public, max-age=31536000, immutable";

/// How to keep anything else: never without asking whether it has changed.
const REVALIDATE: &str = "no-cache";

/// A file, and what whoever asks for it has already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AssetRequest {
    /// Its place among the [files](FILES).
    index: usize,
    /// Whether it was asked for by the version that there is.
    is_versioned: bool,
    /// Whether he has it.
    is_cached: bool,
}

/// A file that is part of the program.
pub struct EmbeddedFile {
    path: &'static str,
    content_type: &'static str,
    bytes: &'static [u8],
    version: u64,
}

const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

/// What all pages look like.
pub const PAGE_CSS: EmbeddedFile = EmbeddedFile::new("/assets/page.css", CSS, include_bytes!("page.css"));
/// What moves on a station's page, and on that of several.
pub const PAGE_JS: EmbeddedFile = EmbeddedFile::new("/assets/page.js", SCRIPT, include_bytes!("page.js"));
/// What the operator's page looks like, besides.
pub const ADMIN_CSS: EmbeddedFile = EmbeddedFile::new("/assets/admin.css", CSS, include_bytes!("admin.css"));
/// All that the operator's page does.
pub const ADMIN_JS: EmbeddedFile = EmbeddedFile::new("/assets/admin.js", SCRIPT, include_bytes!("admin.js"));

/// All of them.
pub const FILES: [EmbeddedFile; 4] = [PAGE_CSS, PAGE_JS, ADMIN_CSS, ADMIN_JS];

impl EmbeddedFile {
    const fn new(path: &'static str, content_type: &'static str, bytes: &'static [u8]) -> Self {
        Self { path, content_type, bytes, version: hash(bytes) }
    }

    /// Where it is, in this version.
    pub fn url(&self) -> String {
        format!("{}?v={:016x}", self.path, self.version)
    }

    fn etag(&self) -> String {
        format!("\"{:016x}\"", self.version)
    }
}

impl AssetRequest {
    /// The file that `request` asks for, if there is one at its path.
    pub fn from_request(request: &Request, form: &FormData) -> Option<Self> {
        let index = FILES.iter().position(|file| file.path == request.path)?;
        let file = &FILES[index];
        let is_versioned = form.text("v").is_some_and(|version| version == format!("{:016x}", file.version));
        let is_cached = request.header("if-none-match").is_some_and(|tags| tags.contains(&file.etag()));
        Some(Self { index, is_versioned, is_cached })
    }

    /// The file, or that it has not changed.
    pub fn render(&self) -> RenderedPage {
        let file = &FILES[self.index];
        let keep = if self.is_versioned { IMMUTABLE } else { REVALIDATE };
        let headers = vec![
            ("Cache-Control", keep.to_owned()),
            ("ETag", file.etag()),
            ("X-Content-Type-Options", "nosniff".to_owned()),
        ];
        let (status, body) = if self.is_cached {
            (Status::NotModified, Vec::new())
        } else {
            (Status::Ok, file.bytes.to_vec())
        };
        RenderedPage { status, headers, ..RenderedPage::ok(file.content_type, body) }
    }
}

/// FNV-1a: the same for the same bytes, in every build.
pub const fn hash(bytes: &[u8]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut at = 0;
    while at < bytes.len() {
        hash = (hash ^ bytes[at] as u64).wrapping_mul(0x0100_0000_01b3);
        at += 1;
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Who listens on a phone pays for what a page weighs.
    const TOTAL_BYTES_MAX: usize = 40_000;

    fn asked(target: &str, lines: &str) -> Option<RenderedPage> {
        let request = Request::from_lines(&format!("GET {target} HTTP/1.1\n{lines}"));
        AssetRequest::from_request(&request, &FormData::from_request(&request, &[]))
            .map(|asset| asset.render())
    }

    fn header<'a>(shown: &'a RenderedPage, name: &str) -> &'a str {
        &shown.headers.iter().find(|(other, _)| *other == name).expect("a header").1
    }

    #[test]
    fn files_are_kept_for_good_by_their_version_alone() {
        for file in &FILES {
            let by_version = asked(&file.url(), "").expect("a file");
            assert_eq!((by_version.status, &by_version.body[..]), (Status::Ok, file.bytes));
            assert_eq!(header(&by_version, "Cache-Control"), IMMUTABLE);
            for target in [file.path.to_owned(), format!("{}?v=0", file.path)] {
                assert_eq!(header(&asked(&target, "").expect("a file"), "Cache-Control"), REVALIDATE);
            }
        }
        assert_eq!(asked("/assets/", ""), None);
        assert_eq!(asked("/assets/nothing.css", ""), None);
    }

    #[test]
    fn what_somebody_has_is_not_sent_again() {
        let tag = PAGE_CSS.etag();
        for tags in [tag.clone(), format!("W/{tag}"), format!("\"x\", {tag}")] {
            let shown = asked(PAGE_CSS.path, &format!("If-None-Match: {tags}")).expect("a file");
            assert_eq!((shown.status, shown.body.len()), (Status::NotModified, 0), "{tags}");
            assert_eq!(header(&shown, "ETag"), tag);
        }
        let other = asked(PAGE_CSS.path, "If-None-Match: \"x\"").expect("a file");
        assert_eq!(other.status, Status::Ok);
    }

    #[test]
    fn the_pages_are_small() {
        let bytes: usize = FILES.iter().map(|file| file.bytes.len()).sum();
        assert!(bytes <= TOTAL_BYTES_MAX, "{bytes}");
    }

    /// Nothing comes from another host, and nothing makes markup of text.
    #[test]
    fn scripts_are_harmless() {
        for file in &FILES {
            let text = std::str::from_utf8(file.bytes).expect("UTF-8");
            let links = text.replace("http://www.w3.org/", "");
            for forbidden in ["http://", "https://", "innerHTML", "outerHTML", "insertAdjacentHTML", "eval("]
            {
                assert!(!links.contains(forbidden), "{}: {forbidden}", file.path);
            }
        }
    }
}
