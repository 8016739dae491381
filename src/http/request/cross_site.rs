//! Detects requests that a page of another site makes through a browser that has the password stored.

use super::head::Request;

/// Returns whether a page of another site may have caused `request`. Programs other than browsers send none
/// of these headers, and are trusted.
///
/// If `Sec-Fetch-Site` is present, it decides: any value except `same-origin` and `none` (the operator typed
/// the URL) means another site. This includes `same-site`, because another host of the same domain need not
/// be trustworthy. Otherwise `Origin`, or without it `Referer`, must name the `Host` of the request, or the
/// host of the [external URL](Request::external_url): behind a proxy the two differ.
///
/// Over plain HTTP, a page can cause a request without any of these three headers. So a browser's request
/// with an `Authorization` header counts as cross-site, because the browser may have added a stored password.
/// A request with the password in a parameter does not, because a page of another site cannot contain the
/// password.
pub fn is_cross_site(request: &Request) -> bool {
    if let Some(site) = request.header("sec-fetch-site") {
        return !matches!(site.to_ascii_lowercase().as_str(), "same-origin" | "none");
    }
    match request.header("origin").or_else(|| request.header("referer")) {
        Some(from) => !own_hosts(request).any(|host| is_on_host(from, host)),
        None => is_browser(request) && request.header("authorization").is_some(),
    }
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

/// Returns whether a browser sent the request. Some encoders also send `Mozilla`, but no `Accept-Language`.
fn is_browser(request: &Request) -> bool {
    request.user_agent().contains("Mozilla") && request.header("accept-language").is_some()
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
    fn check(lines: &str, expected: bool) {
        let request = Request::from_lines(&format!("GET /admin/killsource?mount=/live HTTP/1.1\n{lines}"));
        assert_eq!(is_cross_site(&request), expected, "{lines}");
    }

    #[test]
    fn other_origin_or_referer_is_cross_site() {
        for (lines, is_cross_site_expected) in [
            ("Host: radio.example:8000", false),
            ("Host: radio.example:8000\nOrigin: http://radio.example:8000", false),
            ("Host: Radio.example\nOrigin: HTTPS://radio.EXAMPLE", false),
            ("Host: radio.example:443\nOrigin: https://radio.example", false),
            ("Host: radio.example\nOrigin: http://radio.example:80", false),
            ("Host: [::1]:8000\nReferer: http://[::1]:8000/admin/?x=http://evil.example", false),
            ("Host: radio.example\nOrigin: http://radio.example:8000", true),
            ("Host: radio.example\nOrigin: http://evil.example", true),
            ("Host: radio.example\nOrigin: http://radio.example.evil.example", true),
            ("Host: radio.example\nOrigin: http://radio.example@evil.example", true),
            ("Host: radio.example\nOrigin: null", true),
            ("Host: radio.example\nOrigin:", true),
            ("Host: radio.example\nOrigin: http://evil.example\nReferer: http://radio.example/", true),
            ("Host: radio.example\nReferer: http://evil.example/http://radio.example/", true),
            ("Host: radio.example\nReferer: http://radio.example?x", false),
            ("Host:\nOrigin: http://", true),
            ("Origin: http://radio.example", true),
        ] {
            check(lines, is_cross_site_expected);
        }
    }

    #[test]
    fn origin_of_the_external_url_is_same_site() {
        for (origin, is_cross_site_expected) in [
            ("https://radio.example", false),
            ("http://127.0.0.1:8000", false),
            ("https://evil.example", true),
            ("https://radio.example.evil.example", true),
        ] {
            let lines = format!("Host: 127.0.0.1:8000\nOrigin: {origin}");
            let mut request = Request::from_lines(&format!("POST /admin/killsource HTTP/1.1\n{lines}"));
            request.set_external_url("https://radio.example/path".into());
            assert_eq!(is_cross_site(&request), is_cross_site_expected, "{origin}");
        }
    }

    #[test]
    fn browser_with_authorization_but_no_origin_is_cross_site() {
        let browser = "User-Agent: Mozilla/5.0\nAccept-Language: en\nHost: h";
        check(&format!("{browser}\nAuthorization: Basic YTpi"), true);
        check(browser, false);
        check("User-Agent: BASS (Mozilla Compatible)\nHost: h\nAuthorization: Basic YTpi", false);
    }

    #[test]
    fn sec_fetch_site_decides_alone() {
        for (site, is_cross_site_expected) in [
            ("same-origin", false),
            ("none", false),
            ("None", false),
            ("same-site", true),
            ("cross-site", true),
            ("", true),
        ] {
            check(&format!("Host: h\nSec-Fetch-Site: {site}"), is_cross_site_expected);
            // Behind a proxy, the `Host` may differ from the host in the browser's URL.
            check(
                &format!("Host: h\nSec-Fetch-Site: {site}\nOrigin: http://radio.example"),
                is_cross_site_expected,
            );
        }
    }
}
