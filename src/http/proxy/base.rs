//! Under which address somebody reached us, for the links that he is given.

use super::forwarded::Forwarded;
use crate::http::request::Request;

/// Where we were found: what [others](Request::reached_at) say, or `http://` and the host that `request` names, without a slash at its end. Some players leave out the port; where we are
/// not expected on port 80, the first of `ports` is what they mean. What is no host's name is not repeated: `localhost`
/// stands for it.
pub fn base_url(request: &Request, ports: &[u16]) -> String {
    if let Some(base) = request.external_url() {
        return base.to_owned();
    }
    let host = own_host(request).unwrap_or("localhost");
    match ports.first() {
        Some(port) if !has_port(host) && !ports.contains(&80) => format!("http://{host}:{port}"),
        _ => format!("http://{host}"),
    }
}

/// Where whoever is behind a proxy found it, by what that said of him and by what he asked; `None` if neither names a host.
/// Its port is none of ours.
pub fn proxied_base_url(request: &Request, said: &Forwarded) -> Option<String> {
    let host = said.host.as_deref().filter(|host| is_host(host)).or_else(|| own_host(request));
    let scheme = if said.is_https == Some(true) { "https" } else { "http" };
    host.map(|host| format!("{scheme}://{host}"))
}

fn own_host(request: &Request) -> Option<&str> {
    request.header("host").map(str::trim).filter(|host| is_host(host))
}

/// Whether it is a name or an address, with or without a port, and nothing else.
fn is_host(host: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || "-._:[]".contains(c);
    !host.is_empty() && host.len() <= 255 && host.chars().all(fits)
}

fn has_port(host: &str) -> bool {
    host.rsplit_once(':')
        .is_some_and(|(_, port)| !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()))
        && !(host.ends_with(']'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proxies::TrustedProxies;

    #[test]
    fn links_lead_back_to_where_they_were_asked() {
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
    fn behind_a_proxy_links_lead_to_the_proxy() {
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
            let found = proxied_base_url(&request, &Forwarded::from_request(&request, &proxies));
            assert_eq!(found.as_deref(), expected, "{lines}");
            found.clone().into_iter().for_each(|base| request.set_external_url(base));
            assert_eq!(
                base_url(&request, &[9000]) == found.unwrap_or_default(),
                expected.is_some(),
                "{lines}"
            );
        }
    }
}
