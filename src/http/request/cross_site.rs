//! Whether a request was made by a page of another site, whose visitor's browser knows our password.

use super::head::Request;

/// Whether another site's page may be behind `request`. Programs that are no browsers say nothing of the kind, and are
/// believed.
///
/// `Sec-Fetch-Site` decides where there is one: anything but `same-origin` and `none` (the operator typed it) is another
/// site, `same-site` too, for a neighbouring host need not be trusted. Otherwise `Origin`, and without that `Referer`,
/// must name the `Host` that was asked, or the host at which [others say](Request::reached_at) that we were found: behind a
/// proxy, the two differ.
///
/// Over plain HTTP a page can have a browser ask without any of the three. Then what a browser asks with the password it
/// remembers is taken for another site's; with the password in the request, which such a page does not know, it is not.
pub fn is_cross_site(request: &Request) -> bool {
    if let Some(site) = request.header("sec-fetch-site") {
        return !matches!(site.to_ascii_lowercase().as_str(), "same-origin" | "none");
    }
    match request.header("origin").or_else(|| request.header("referer")) {
        Some(from) => !hosts(request).any(|host| is_ours(from, host)),
        None => is_browser(request) && request.header("authorization").is_some(),
    }
}

/// The hosts that are ours.
fn hosts(request: &Request) -> impl Iterator<Item = &str> {
    let reached_at = request.external_url().and_then(authority);
    [request.header("host"), reached_at].into_iter().flatten()
}

/// The host and port in a URL.
fn authority(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    rest.split(['/', '?', '#']).next()
}

/// Whether a browser is asking. Encoders call themselves `Mozilla` too, but speak no language.
fn is_browser(request: &Request) -> bool {
    request.user_agent().contains("Mozilla") && request.header("accept-language").is_some()
}

/// Whether the URL `from` is on `host`. An origin of `null` is not.
fn is_ours(from: &str, host: &str) -> bool {
    let (Some((scheme, _)), Some(authority)) = (from.split_once("://"), authority(from)) else {
        return false;
    };
    let default_port = if scheme.eq_ignore_ascii_case("https") { ":443" } else { ":80" };
    let bare = |authority: &str| {
        let authority = authority.to_ascii_lowercase();
        authority.strip_suffix(default_port).map(str::to_owned).unwrap_or(authority)
    };
    !host.is_empty() && bare(authority) == bare(host)
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
    fn other_sites_are_told_from_ours() {
        for (lines, foreign) in [
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
            check(lines, foreign);
        }
    }

    #[test]
    fn where_we_are_found_is_ours_too() {
        for (origin, foreign) in [
            ("https://radio.example", false),
            ("http://127.0.0.1:8000", false),
            ("https://evil.example", true),
            ("https://radio.example.evil.example", true),
        ] {
            let lines = format!("Host: 127.0.0.1:8000\nOrigin: {origin}");
            let mut request = Request::from_lines(&format!("POST /admin/killsource HTTP/1.1\n{lines}"));
            request.set_external_url("https://radio.example/path".into());
            assert_eq!(is_cross_site(&request), foreign, "{origin}");
        }
    }

    #[test]
    fn a_browser_that_says_nothing_is_not_trusted_with_a_password_it_remembers() {
        let browser = "User-Agent: Mozilla/5.0\nAccept-Language: en\nHost: h";
        check(&format!("{browser}\nAuthorization: Basic YTpi"), true);
        check(browser, false);
        check("User-Agent: BASS (Mozilla Compatible)\nHost: h\nAuthorization: Basic YTpi", false);
    }

    #[test]
    fn a_browser_that_says_so_is_believed() {
        for (site, foreign) in [
            ("same-origin", false),
            ("none", false),
            ("None", false),
            ("same-site", true),
            ("cross-site", true),
            ("", true),
        ] {
            check(&format!("Host: h\nSec-Fetch-Site: {site}"), foreign);
            // Behind a proxy the host may be another than the browser knows.
            check(&format!("Host: h\nSec-Fetch-Site: {site}\nOrigin: http://radio.example"), foreign);
        }
    }
}
