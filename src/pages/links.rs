//! Builds and checks the URLs that pages link to.

use crate::settings::encoded_path;

/// Returns the URL of the stream at `mount` for a client that reached the server at `base`, such as
/// `http://radio.example:8000`.
pub fn stream_url(base: &str, mount: &str) -> String {
    format!("{base}{}", encoded_path(mount))
}

/// Returns whether `url` is an HTTP URL. A home page that a source sends could also be a `javascript:` URL,
/// which must not become a link.
pub fn is_http_url(url: &str) -> bool {
    ["http://", "https://"].iter().any(|scheme| {
        url.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme))
            && url.len() > scheme.len()
    })
}

/// Returns the host of a base URL without port and path: `radio.example` for
/// `http://radio.example:8000/radio`.
pub fn host_of(base: &str) -> &str {
    let authority = base.split_once("://").map_or(base, |(_, rest)| rest);
    let host = authority.split('/').next().unwrap_or_default();
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::request::Request;
    use crate::router::testing::{RouteKind, route_kind_with};

    #[test]
    fn stream_url_routes_to_the_stream() {
        for mount in ["/live", "/café am see", "/a%20b?c#d", "/;x", "/\"\\&'<>^`{|}"] {
            let url = stream_url("http://h", mount);
            assert!(!url.contains(['"', '\'', '&', '<', '>', ' ']), "{url}");
            let request = Request::from_lines(&format!("GET {url} HTTP/1.1"));
            assert_eq!(route_kind_with(&request, &[(1, mount)]), RouteKind::Stream(0), "{url}");
        }
    }

    #[test]
    fn only_http_urls_may_be_linked() {
        assert!(is_http_url("http://a") && is_http_url("HTTPS://a/b?c"));
        for url in ["", "http://", "javascript:alert(1)", "//a", "a", "é", "ftp://a"] {
            assert!(!is_http_url(url), "{url:?}");
        }
    }
}
