//! Style sheets and scripts that the pages load, embedded in the program.

use crate::http::request::Request;
use crate::http::request::form::FormData;
use crate::http::response::reply::Status;
use crate::pages::RenderedPage;

/// Cache-Control of a file whose URL has its version: valid for a year without revalidation.
const IMMUTABLE: &str = "public, max-age=31536000, immutable";

/// Cache-Control of any other file: revalidate before each use.
const REVALIDATE: &str = "no-cache";

/// A request for an embedded file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AssetRequest {
    /// Index in [`FILES`].
    index: usize,
    /// Whether the URL has the current version.
    is_versioned: bool,
    /// Whether the client has the current version in its cache.
    is_cached: bool,
}

/// A file embedded in the program.
pub struct EmbeddedFile {
    path: &'static str,
    content_type: &'static str,
    bytes: &'static [u8],
    version: u64,
}

const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

/// The style sheet of all pages.
pub const PAGE_CSS: EmbeddedFile = EmbeddedFile::new("/assets/page.css", CSS, include_bytes!("page.css"));
/// The script of the public pages.
pub const PAGE_JS: EmbeddedFile = EmbeddedFile::new("/assets/page.js", SCRIPT, include_bytes!("page.js"));
/// The additional style sheet of the admin page.
pub const ADMIN_CSS: EmbeddedFile = EmbeddedFile::new("/assets/admin.css", CSS, include_bytes!("admin.css"));
/// The script of the admin page.
pub const ADMIN_JS: EmbeddedFile = EmbeddedFile::new("/assets/admin.js", SCRIPT, include_bytes!("admin.js"));

/// The parts of the admin page's script that know nothing about stations.
const ADMIN_KIT: EmbeddedFile =
    EmbeddedFile::new("/assets/admin-kit.js", SCRIPT, include_bytes!("admin-kit.js"));
/// The log on the admin page.
const ADMIN_LOG: EmbeddedFile =
    EmbeddedFile::new("/assets/admin-log.js", SCRIPT, include_bytes!("admin-log.js"));
/// The graphs on the admin page.
const ADMIN_HISTORY: EmbeddedFile =
    EmbeddedFile::new("/assets/admin-history.js", SCRIPT, include_bytes!("admin-history.js"));

/// The configuration on the admin page.
const ADMIN_RELOAD: EmbeddedFile =
    EmbeddedFile::new("/assets/admin-reload.js", SCRIPT, include_bytes!("admin-reload.js"));

/// All embedded files.
pub const FILES: [EmbeddedFile; 8] =
    [PAGE_CSS, PAGE_JS, ADMIN_CSS, ADMIN_JS, ADMIN_KIT, ADMIN_LOG, ADMIN_HISTORY, ADMIN_RELOAD];

impl EmbeddedFile {
    const fn new(path: &'static str, content_type: &'static str, bytes: &'static [u8]) -> Self {
        Self { path, content_type, bytes, version: hash(bytes) }
    }

    /// Returns the URL of the file with its version.
    pub fn url(&self) -> String {
        format!("{}?v={:016x}", self.path, self.version)
    }

    fn etag(&self) -> String {
        format!("\"{:016x}\"", self.version)
    }
}

impl AssetRequest {
    /// Parses `request`. Returns `None` if there is no file at its path.
    pub fn from_request(request: &Request, form: &FormData) -> Option<Self> {
        let index = FILES.iter().position(|file| file.path == request.path)?;
        let file = &FILES[index];
        let is_versioned = form.text("v").is_some_and(|version| version == format!("{:016x}", file.version));
        let is_cached = request.header("if-none-match").is_some_and(|tags| tags.contains(&file.etag()));
        Some(Self { index, is_versioned, is_cached })
    }

    /// Renders the file, or a 304 if the client has the current version in its cache.
    pub fn render(&self) -> RenderedPage {
        let file = &FILES[self.index];
        let caching = if self.is_versioned { IMMUTABLE } else { REVALIDATE };
        let headers = vec![
            ("Cache-Control", caching.to_owned()),
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

/// Returns the FNV-1a hash of `bytes`, which is the same in every build.
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

    /// The maximum size of the assets of public pages: listeners on phones pay for their data.
    /// The script of a page that recovers behind a proxy and keeps one player across all stations is 26 kB of
    /// it, loaded once a year.
    const PUBLIC_BYTES_MAX: usize = 36_000;

    /// The maximum size of all assets, with those that only administrators load. Half of it is the admin
    /// page, which has tabs, filters and keyboard control instead of one long list, and shows certificates
    /// and what is wrong with them.
    const TOTAL_BYTES_MAX: usize = 90_500;

    fn get(target: &str, lines: &str) -> Option<RenderedPage> {
        let request = Request::from_lines(&format!("GET {target} HTTP/1.1\n{lines}"));
        AssetRequest::from_request(&request, &FormData::from_request(&request, &[]))
            .map(|asset| asset.render())
    }

    fn header<'a>(rendered: &'a RenderedPage, name: &str) -> &'a str {
        &rendered.headers.iter().find(|(other, _)| *other == name).expect("a header").1
    }

    #[test]
    fn only_url_with_current_version_is_immutable() {
        for file in &FILES {
            let by_version = get(&file.url(), "").expect("a file");
            assert_eq!((by_version.status, &by_version.body[..]), (Status::Ok, file.bytes));
            assert_eq!(header(&by_version, "Cache-Control"), IMMUTABLE);
            for target in [file.path.to_owned(), format!("{}?v=0", file.path)] {
                assert_eq!(header(&get(&target, "").expect("a file"), "Cache-Control"), REVALIDATE);
            }
        }
        assert_eq!(get("/assets/", ""), None);
        assert_eq!(get("/assets/nothing.css", ""), None);
    }

    #[test]
    fn matching_if_none_match_gets_304_without_body() {
        let tag = PAGE_CSS.etag();
        for tags in [tag.clone(), format!("W/{tag}"), format!("\"x\", {tag}")] {
            let rendered = get(PAGE_CSS.path, &format!("If-None-Match: {tags}")).expect("a file");
            assert_eq!((rendered.status, rendered.body.len()), (Status::NotModified, 0), "{tags}");
            assert_eq!(header(&rendered, "ETag"), tag);
        }
        let other = get(PAGE_CSS.path, "If-None-Match: \"x\"").expect("a file");
        assert_eq!(other.status, Status::Ok);
    }

    #[test]
    fn files_together_are_below_the_size_limit() {
        let size = |files: &[EmbeddedFile]| files.iter().map(|file| file.bytes.len()).sum::<usize>();
        let (public, all) = (size(&[PAGE_CSS, PAGE_JS]), size(&FILES));
        assert!(public <= PUBLIC_BYTES_MAX && all <= TOTAL_BYTES_MAX, "{public} {all}");
    }

    /// No file loads from another host, and no script turns text into markup.
    #[test]
    fn files_have_no_external_urls_and_no_html_injection() {
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
