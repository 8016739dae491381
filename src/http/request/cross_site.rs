//! Determines what caused a request: a program, the user of a browser, a page of this server or another page.

use super::head::{Method, Request};

/// What caused a request, as far as its headers prove it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Initiator {
    /// A program other than a browser, such as an encoder: it sends none of the headers that browsers send.
    Program,
    /// A page of this server.
    OwnPage,
    /// The user of a browser, who entered the URL or opened a bookmark.
    User,
    /// A browser, but no header proves which page made it send the request.
    UnknownPage,
    /// A page of another site.
    OtherSite,
}

impl Initiator {
    /// Returns what caused `request`.
    ///
    /// If `Sec-Fetch-Site` is present, it decides: `same-origin` means a page of this server, `none` the
    /// user, and any other value another site. This includes `same-site`, because another host of the same
    /// domain need not be trustworthy. Otherwise `Origin` decides, then the presence of `X-Requested-With`
    /// (only a page of this server can set it: for other pages a browser asks the server first, which does
    /// not allow it), then `Referer`. `Origin` and `Referer` must name the `Host` of the request, or the host
    /// of the [external URL](Request::external_url): behind a proxy the two differ. To a client that uses
    /// TLS, a page that came without it is another site: anyone on the way may have changed it.
    ///
    /// Over plain HTTP, browsers leave out `Sec-Fetch-Site`, and a page can make them leave out `Referer`.
    /// A browser's request without any of these headers may therefore come from any page.
    pub fn from_request(request: &Request) -> Self {
        if let Some(site) = request.header("sec-fetch-site") {
            return match site.to_ascii_lowercase().as_str() {
                "same-origin" => Self::OwnPage,
                "none" => Self::User,
                _ => Self::OtherSite,
            };
        }
        match (request.header("origin"), request.header("referer")) {
            (Some(origin), _) => Self::from_page(request, origin),
            _ if request.header("x-requested-with").is_some() => Self::OwnPage,
            (None, Some(referer)) => Self::from_page(request, referer),
            (None, None) if is_browser(request) => Self::UnknownPage,
            (None, None) => Self::Program,
        }
    }

    fn from_page(request: &Request, page: &str) -> Self {
        let is_own = !is_downgraded(request, page) && own_hosts(request).any(|host| is_on_host(page, host));
        if is_own { Self::OwnPage } else { Self::OtherSite }
    }
}

/// Why a browser's request must not change anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnprovenAction {
    /// A page of another site may have sent it.
    CrossSite,
    /// It is a GET, which any link can cause, also a link on a page of this server.
    Link,
}

/// Checks whether `request` may change something, as far as its initiator is concerned. A program may use
/// any method. A browser, which may add a stored password, must use POST, and must prove that a page of
/// this server or the user caused the request.
///
/// # Errors
/// If the request must not change anything, whatever its password.
pub fn check_action(request: &Request) -> Result<(), UnprovenAction> {
    match Initiator::from_request(request) {
        Initiator::Program => Ok(()),
        Initiator::OtherSite => Err(UnprovenAction::CrossSite),
        _ if request.method != Method::Post => Err(UnprovenAction::Link),
        Initiator::UnknownPage => Err(UnprovenAction::CrossSite),
        Initiator::OwnPage | Initiator::User => Ok(()),
    }
}

/// Returns whether a page of another site may have caused `request` in order to read or to guess: as an
/// image, a script or a form, or by navigating to it. The request must then be refused before its password
/// is looked at, so that the page learns nothing and no failed login is counted.
///
/// A navigation that may come from any page is not included: it is how users open a page over plain HTTP.
/// Another site cannot read the response. See [`Request::candidate_logins`] for the passwords that count.
///
/// [`Request::candidate_logins`]: crate::http::request::Request::candidate_logins
pub fn is_cross_site_read(request: &Request) -> bool {
    match Initiator::from_request(request) {
        Initiator::OtherSite => true,
        Initiator::UnknownPage => !is_navigation(request),
        Initiator::Program | Initiator::OwnPage | Initiator::User => false,
    }
}

/// Returns whether a browser requests a document to show, not an image or a script.
fn is_navigation(request: &Request) -> bool {
    let accepts_html = || request.header("accept").is_some_and(|accept| accept.contains("text/html"));
    matches!(request.method, Method::Get | Method::Head)
        && (request.header("upgrade-insecure-requests").is_some() || accepts_html())
}

/// Returns the hosts of this server.
fn own_hosts(request: &Request) -> impl Iterator<Item = &str> {
    let external_host = request.external_url().and_then(authority);
    [request.header("host"), external_host].into_iter().flatten()
}

/// Returns the host and port of a URL.
fn authority(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    rest.split(['/', '?', '#']).next()
}

/// Headers that only browsers send. `Sec-Fetch-Mode` is not among them: the `fetch` of Node.js sends it
/// alone, together with `Accept-Language`. Of the other two, some encoders send `Mozilla`, and VLC sends
/// `Accept-Language`.
const BROWSER_HEADERS: [&str; 2] = ["sec-fetch-dest", "upgrade-insecure-requests"];

/// Returns whether a browser sent the request.
fn is_browser(request: &Request) -> bool {
    let has = |name: &&str| request.header(name).is_some();
    BROWSER_HEADERS.iter().any(has) || (request.user_agent().contains("Mozilla") && has(&"accept-language"))
}

/// Returns whether the client is known to use TLS, and `page` came without it.
fn is_downgraded(request: &Request, page: &str) -> bool {
    let is_plain = page.split_once("://").is_some_and(|(scheme, _)| scheme.eq_ignore_ascii_case("http"));
    is_plain && request.client_uses_tls() == Some(true)
}

/// Returns whether the URL `from` is on `host`. An origin of `null` is not.
fn is_on_host(from: &str, host: &str) -> bool {
    let (Some((scheme, _)), Some(authority)) = (from.split_once("://"), authority(from)) else {
        return false;
    };
    let default_port = if scheme.eq_ignore_ascii_case("https") { ":443" } else { ":80" };
    let without_default_port = |authority: &str| {
        let authority = authority.to_ascii_lowercase();
        authority.strip_suffix(default_port).map(str::to_owned).unwrap_or(authority)
    };
    !host.is_empty() && without_default_port(authority) == without_default_port(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(lines: &str, expected: Initiator) {
        let request = Request::from_lines(&format!("GET /admin/killsource?mount=/live HTTP/1.1\n{lines}"));
        assert_eq!(Initiator::from_request(&request), expected, "{lines}");
    }

    #[test]
    fn fetch_of_a_program_is_no_browser() {
        let node = "Accept: */*\nAccept-Language: *\nSec-Fetch-Mode: cors\nUser-Agent: node";
        check(node, Initiator::Program);
    }

    #[test]
    fn origin_or_referer_must_name_this_server() {
        use Initiator::{OtherSite, OwnPage, Program};
        for (lines, initiator) in [
            ("Host: radio.example:8000", Program),
            ("Host: radio.example:8000\nOrigin: http://radio.example:8000", OwnPage),
            ("Host: Radio.example\nOrigin: HTTPS://radio.EXAMPLE", OwnPage),
            ("Host: radio.example:443\nOrigin: https://radio.example", OwnPage),
            ("Host: radio.example\nOrigin: http://radio.example:80", OwnPage),
            ("Host: [::1]:8000\nReferer: http://[::1]:8000/admin/?x=http://evil.example", OwnPage),
            ("Host: radio.example\nOrigin: http://radio.example:8000", OtherSite),
            ("Host: radio.example\nOrigin: http://evil.example", OtherSite),
            ("Host: radio.example\nOrigin: http://radio.example.evil.example", OtherSite),
            ("Host: radio.example\nOrigin: http://radio.example@evil.example", OtherSite),
            ("Host: radio.example\nOrigin: null", OtherSite),
            ("Host: radio.example\nOrigin:", OtherSite),
            ("Host: radio.example\nOrigin: http://evil.example\nReferer: http://radio.example/", OtherSite),
            ("Host: radio.example\nOrigin: http://evil.example\nX-Requested-With: x", OtherSite),
            ("Host: radio.example\nReferer: http://evil.example/http://radio.example/", OtherSite),
            ("Host: radio.example\nReferer: http://radio.example?x", OwnPage),
            ("Host:\nOrigin: http://", OtherSite),
            ("Origin: http://radio.example", OtherSite),
        ] {
            check(lines, initiator);
        }
    }

    #[test]
    fn origin_of_the_external_url_is_an_own_page() {
        for (origin, initiator) in [
            ("https://radio.example", Initiator::OwnPage),
            ("http://127.0.0.1:8000", Initiator::OwnPage),
            ("https://evil.example", Initiator::OtherSite),
            ("https://radio.example.evil.example", Initiator::OtherSite),
        ] {
            let lines = format!("Host: 127.0.0.1:8000\nOrigin: {origin}");
            let mut request = Request::from_lines(&format!("POST /admin/killsource HTTP/1.1\n{lines}"));
            request.set_external_url("https://radio.example/path".into());
            assert_eq!(Initiator::from_request(&request), initiator, "{origin}");
        }
    }

    #[test]
    fn plain_page_is_another_site_to_a_client_that_uses_tls() {
        use Initiator::{OtherSite, OwnPage};
        for (uses_tls, lines, initiator) in [
            (Some(true), "Host: radio.example\nOrigin: https://radio.example", OwnPage),
            (Some(true), "Host: radio.example:8443\nOrigin: https://radio.example:8443", OwnPage),
            (Some(true), "Host: radio.example:8443\nReferer: https://radio.example:8443/admin/", OwnPage),
            (Some(true), "Host: radio.example:8443\nOrigin: http://radio.example:8443", OtherSite),
            (Some(true), "Host: radio.example:8443\nReferer: HTTP://radio.example:8443/", OtherSite),
            (Some(true), "Host: radio.example\nOrigin: https://radio.example:80", OtherSite),
            (Some(false), "Host: radio.example:8443\nOrigin: http://radio.example:8443", OwnPage),
            (None, "Host: radio.example\nOrigin: https://radio.example", OwnPage),
            (None, "Host: radio.example\nOrigin: http://radio.example", OwnPage),
        ] {
            let mut request = Request::from_lines(&format!("POST /admin/ HTTP/1.1\n{lines}"));
            request.set_client_uses_tls(uses_tls);
            assert_eq!(Initiator::from_request(&request), initiator, "{uses_tls:?} {lines}");
        }
    }

    #[test]
    fn browser_without_origin_may_come_from_any_page() {
        use Initiator::{OwnPage, Program, UnknownPage};
        let browser = "User-Agent: Mozilla/5.0\nAccept-Language: en\nHost: h";
        check(browser, UnknownPage);
        check(&format!("{browser}\nAuthorization: Basic YTpi"), UnknownPage);
        check(&format!("{browser}\nX-Requested-With: coldwave"), OwnPage);
        check("Host: h\nUpgrade-Insecure-Requests: 1", UnknownPage);
        check("Host: h\nSec-Fetch-Dest: image", UnknownPage);
        check("User-Agent: BASS (Mozilla Compatible)\nHost: h\nAuthorization: Basic YTpi", Program);
        check("User-Agent: VLC/3.0\nAccept-Language: en_US\nHost: h", Program);
    }

    #[test]
    fn sec_fetch_site_decides_alone() {
        use Initiator::{OtherSite, OwnPage, User};
        for (site, initiator) in [
            ("same-origin", OwnPage),
            ("none", User),
            ("None", User),
            ("same-site", OtherSite),
            ("cross-site", OtherSite),
            ("", OtherSite),
        ] {
            check(&format!("Host: h\nSec-Fetch-Site: {site}"), initiator);
            check(&format!("Host: h\nSec-Fetch-Site: {site}\nX-Requested-With: x"), initiator);
            // Behind a proxy, the `Host` may differ from the host in the browser's URL.
            check(&format!("Host: h\nSec-Fetch-Site: {site}\nOrigin: http://radio.example"), initiator);
        }
    }

    #[test]
    fn browser_acts_only_by_post_with_proof() {
        let browser = "User-Agent: Mozilla/5.0\nAccept-Language: en\nHost: h";
        let (cross_site, link) = (Err(UnprovenAction::CrossSite), Err(UnprovenAction::Link));
        for (lines, by_get, by_post) in [
            ("Host: h\nUser-Agent: curl/8", Ok(()), Ok(())),
            (browser, link, cross_site),
            ("Host: h\nSec-Fetch-Site: same-origin", link, Ok(())),
            ("Host: h\nSec-Fetch-Site: none", link, Ok(())),
            ("Host: h\nReferer: http://h/", link, Ok(())),
            ("Host: h\nOrigin: http://h", link, Ok(())),
            ("Host: h\nX-Requested-With: coldwave", link, Ok(())),
            ("Host: h\nSec-Fetch-Site: cross-site", cross_site, cross_site),
            ("Host: h\nOrigin: http://evil.example", cross_site, cross_site),
        ] {
            let check = |method: &str| {
                check_action(&Request::from_lines(&format!("{method} /admin/killsource HTTP/1.1\n{lines}")))
            };
            assert_eq!((check("GET"), check("POST")), (by_get, by_post), "{lines}");
        }
    }

    #[test]
    fn only_navigation_may_read_without_proof() {
        let browser = "User-Agent: Mozilla/5.0\nAccept-Language: en\nHost: h";
        for (lines, is_refused) in [
            ("Accept: text/html,application/xhtml+xml,*/*;q=0.8", false),
            ("Upgrade-Insecure-Requests: 1", false),
            ("Accept: image/avif,image/webp,*/*;q=0.8", true),
            ("Accept: */*", true),
            ("X-A: b", true),
            ("Accept: */*\nX-Requested-With: coldwave", false),
            ("Accept: text/html\nReferer: http://evil.example/", true),
        ] {
            let request = Request::from_lines(&format!("GET /admin/stats HTTP/1.1\n{browser}\n{lines}"));
            assert_eq!(is_cross_site_read(&request), is_refused, "{lines}");
        }
        let post = format!("POST /admin/stats HTTP/1.1\n{browser}\nAccept: text/html");
        assert!(is_cross_site_read(&Request::from_lines(&post)));
        assert!(!is_cross_site_read(&Request::from_lines("GET /admin/stats HTTP/1.0")));
    }
}
