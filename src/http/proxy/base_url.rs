//! The base URL of links in replies: the URL under which the client reached the server.

use super::forwarded::Forwarded;
use crate::http::request::Request;

/// Returns the [external URL](Request::external_url) if there is one, else `http://` and the host that
/// `request` names, without a trailing slash. Some players omit the port. In this case the first of `ports`,
/// the listening ports, is added, unless 80 is among them. An invalid host name is replaced by `localhost`.
pub fn base_url(request: &Request, ports: &[u16]) -> String {
    if let Some(base) = request.external_url() {
        return base.to_owned();
    }
    let host = host_header(request).unwrap_or("localhost");
    match ports.first() {
        Some(port) if !has_port(host) && !ports.contains(&80) => format!("http://{host}:{port}"),
        _ => format!("http://{host}"),
    }
}

/// Returns the URL under which a client behind a proxy reached the proxy, from the proxy's headers and the
/// client's `Host`; `None` if neither names a host. Never adds a listening port.
pub fn proxied_base_url(request: &Request, forwarded: &Forwarded) -> Option<String> {
    let host = forwarded.host.as_deref().filter(|host| is_host(host)).or_else(|| host_header(request));
    let scheme = if forwarded.is_https == Some(true) { "https" } else { "http" };
    host.map(|host| format!("{scheme}://{host}"))
}

fn host_header(request: &Request) -> Option<&str> {
    request.header("host").map(str::trim).filter(|host| is_host(host))
}

/// Returns whether `host` is a name or an address, with or without a port, and nothing else.
fn is_host(host: &str) -> bool {
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || "-._:[]".contains(c);
    !host.is_empty() && host.len() <= 255 && host.chars().all(is_allowed)
}

fn has_port(host: &str) -> bool {
    host.rsplit_once(':')
        .is_some_and(|(_, port)| !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()))
        && !(host.ends_with(']'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trusted_proxies::TrustedProxies;

    #[test]
    fn base_url_is_taken_from_the_host_header() {
        for (host, ports, expected) in [
            ("radio.example:8000", &[8000][..], "http://radio.example:8000"),
            ("radio.example", &[8000], "http://radio.example:8000"),
            ("radio.example", &[8000, 80], "http://radio.example"),
            ("[::1]:81", &[8000], "http://[::1]:81"),
            ("[::1]", &[8000], "http://[::1]:8000"),
            ("", &[8000], "http://localhost:8000"),
            ("a\"><b", &[8000], "http://localhost:8000"),
            ("a/b", &[], "http://localhost"),
        ] {
            let request = Request::from_lines(&format!("GET / HTTP/1.1\nHost: {host}"));
            assert_eq!(base_url(&request, ports), expected, "{host:?}");
        }
    }

    #[test]
    fn base_url_behind_a_proxy_is_taken_from_its_headers() {
        let proxies = TrustedProxies::new(vec!["10.0.0.0/8".parse().unwrap()]);
        for (lines, expected) in [
            ("Host: radio.example", Some("http://radio.example")),
            ("Host: radio.example\nX-Forwarded-For: 1.1.1.1", Some("http://radio.example")),
            (
                "Host: inner:8000\nX-Forwarded-Proto: https\nX-Forwarded-Host: radio.example",
                Some("https://radio.example"),
            ),
            ("Host: radio.example\nForwarded: for=1.1.1.1;proto=https", Some("https://radio.example")),
            ("Host: h\nX-Forwarded-Host: a\"><b", Some("http://h")),
            (
                "Host: h\nX-Forwarded-Host: radio.example:8443\nX-Forwarded-Proto: https",
                Some("https://radio.example:8443"),
            ),
            ("X-Forwarded-Proto: https", None),
        ] {
            let mut request = Request::from_lines(&format!("GET / HTTP/1.1\n{lines}"));
            let external_url = proxied_base_url(&request, &Forwarded::from_request(&request, &proxies));
            assert_eq!(external_url.as_deref(), expected, "{lines}");
            external_url.clone().into_iter().for_each(|url| request.set_external_url(url));
            assert_eq!(
                base_url(&request, &[9000]) == external_url.unwrap_or_default(),
                expected.is_some(),
                "{lines}"
            );
        }
    }
}
