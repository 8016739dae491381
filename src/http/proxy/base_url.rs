//! The base URL of links in replies: the URL under which the client reached the server.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use super::forwarded::Forwarded;
use crate::http::request::Request;

/// The longest host of a request that is passed on in links, in bytes.
const HOST_MAX: usize = 255;

/// The scheme of a URL, by which the client reaches the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scheme {
    Http,
    Https,
}

/// A host name or an address, and the port if there is one: what links may contain of a request.
#[derive(Debug, PartialEq, Eq)]
struct Authority {
    /// An IPv6 address is in brackets.
    host: String,
    port: Option<u16>,
}

/// Returns the [external URL](Request::external_url) if there is one, else `http://` or, if the request came
/// through TLS, `https://` and the host that `request` names, without a trailing slash. A host without a port
/// is completed by the port that the client connected to, or by the first of `ports`, the listening ports,
/// unless the default port of the scheme is among them: some players omit the port. If `request` names no
/// valid host, the client is known to reach the server at the [address that it connected
/// to](Request::local_address).
pub fn base_url(request: &Request, ports: &[u16]) -> String {
    if let Some(base) = request.external_url() {
        return base.to_owned();
    }
    let scheme = Scheme::new(request.is_encrypted());
    let local = request.local_address();
    let authority = match requested_host(request) {
        Some(requested) if requested.port.is_none() && !ports.contains(&scheme.default_port()) => {
            Authority { port: local.map(|local| local.port()).or(ports.first().copied()), ..requested }
        }
        Some(requested) => requested,
        None => local.map_or_else(|| Authority::localhost(ports, scheme), Authority::from_socket),
    };
    authority.to_url(scheme)
}

/// Returns the URL under which a client behind a proxy reached the proxy, from the proxy's headers and the
/// client's `Host`; `None` if neither names a host. A proxy that does not say whether its client uses TLS is
/// taken to use what it uses itself. Never adds a listening port.
pub fn proxied_base_url(request: &Request, forwarded: &Forwarded) -> Option<String> {
    let host = forwarded.host.as_deref().and_then(Authority::parse).or_else(|| requested_host(request));
    let scheme = Scheme::new(forwarded.is_https.unwrap_or(request.is_encrypted()));
    host.map(|host| host.to_url(scheme))
}

/// Returns the `https://` URL of the server for a client that uses plain HTTP, if it names a host, in lower
/// case and without brackets, that `is_certified`. The port is the one that it names: every port that speaks
/// HTTP speaks TLS too. A client that names none uses port 80, which is replaced by the default port of
/// `https`, if that is among `ports`, the listening ports.
pub fn https_base_url(
    request: &Request,
    ports: &[u16],
    is_certified: impl Fn(&str) -> bool,
) -> Option<String> {
    let requested = requested_host(request)?;
    let host = requested.host.trim_matches(['[', ']']).trim_end_matches('.').to_ascii_lowercase();
    if !is_certified(&host) {
        return None;
    }
    let named = requested.port.unwrap_or(Scheme::Http.default_port());
    let is_default = named == Scheme::Http.default_port() && ports.contains(&Scheme::Https.default_port());
    let port = if is_default { Scheme::Https.default_port() } else { named };
    Some(Authority { port: Some(port), ..requested }.to_url(Scheme::Https))
}

/// Returns the host that `request` names, if it is valid.
fn requested_host(request: &Request) -> Option<Authority> {
    request.header("host").and_then(Authority::parse)
}

impl Scheme {
    fn new(is_encrypted: bool) -> Self {
        if is_encrypted { Self::Https } else { Self::Http }
    }

    /// Returns the port that URLs leave out.
    fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }
}

impl Authority {
    /// Parses a host name or an address with or without a port. An empty port is none (RFC 3986, 3.2.3).
    /// Anything else, such as markup, a path or a login, is invalid.
    fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.len() > HOST_MAX {
            return None;
        }
        let (host, port) = match text.strip_prefix('[') {
            Some(rest) => {
                let (address, port) = rest.split_once(']')?;
                (bracketed(address)?, port)
            }
            None => {
                let (name, port) = text.split_at(text.find(':').unwrap_or(text.len()));
                (host_name(name)?.to_owned(), port)
            }
        };
        Some(Self { host, port: parse_port(port)? })
    }

    /// Returns the address that a client connected to. Without the zone of a link-local address: that is the
    /// number of an interface of this machine, which means nothing on the client's.
    fn from_socket(address: SocketAddr) -> Self {
        let host = match address.ip().to_canonical() {
            IpAddr::V4(ip) => ip.to_string(),
            IpAddr::V6(ip) => format!("[{ip}]"),
        };
        Self { host, port: Some(address.port()) }
    }

    fn localhost(ports: &[u16], scheme: Scheme) -> Self {
        let port = ports.first().copied().filter(|_| !ports.contains(&scheme.default_port()));
        Self { host: "localhost".to_owned(), port }
    }

    /// Returns the URL without a path. It leaves out the default port.
    fn to_url(&self, scheme: Scheme) -> String {
        let (Self { host, port }, name) = (self, scheme.as_str());
        match port.filter(|port| *port != scheme.default_port()) {
            Some(port) => format!("{name}://{host}:{port}"),
            None => format!("{name}://{host}"),
        }
    }
}

/// Returns an IPv6 address in brackets. The zone of a link-local address is that of the client, so only the
/// client can use the link, and only with the zone (RFC 6874).
fn bracketed(address: &str) -> Option<String> {
    let (address, zone) = address.split_once('%').map_or((address, None), |(ip, zone)| (ip, Some(zone)));
    let address: Ipv6Addr = address.parse().ok()?;
    let is_zone = |zone: &str| {
        !zone.is_empty() && zone.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
    };
    match zone.map(|zone| zone.strip_prefix("25").filter(|zone| !zone.is_empty()).unwrap_or(zone)) {
        Some(zone) => is_zone(zone).then(|| format!("[{address}%25{zone}]")),
        None => Some(format!("[{address}]")),
    }
}

/// Returns `name` if it can be a host name or an IPv4 address. Names in practice contain underscores.
fn host_name(name: &str) -> Option<&str> {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    let is_name = name.bytes().all(is_allowed) && name.bytes().any(|byte| byte.is_ascii_alphanumeric());
    is_name.then_some(name)
}

/// Parses nothing, a colon, or a colon and a port. `None` if it is something else.
fn parse_port(text: &str) -> Option<Option<u16>> {
    match text {
        "" | ":" => Some(None),
        _ => {
            let digits = text.strip_prefix(':')?;
            let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
            digits.parse().ok().filter(|port| is_number && *port != 0).map(Some)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trusted_proxies::TrustedProxies;

    /// Returns the base URL for these header lines and this local address; an empty text is none.
    fn base(lines: &str, local: &str, ports: &[u16]) -> String {
        let mut request = Request::from_lines(&format!("GET / HTTP/1.1\n{lines}"));
        if !local.is_empty() {
            request.set_local_address(local.parse().expect("an address"));
        }
        base_url(&request, ports)
    }

    #[test]
    fn base_url_is_taken_from_the_host_header() {
        for (host, ports, expected) in [
            ("radio.example:8000", &[8000][..], "http://radio.example:8000"),
            ("radio.example:80", &[8000], "http://radio.example"),
            ("radio.example:443", &[8000], "http://radio.example:443"),
            ("radio.example", &[8000], "http://radio.example:8000"),
            ("radio.example.", &[8000], "http://radio.example.:8000"),
            ("radio.example", &[8000, 80], "http://radio.example"),
            ("radio.example:", &[8000], "http://radio.example:8000"),
            ("radio.example:", &[8000, 80], "http://radio.example"),
            ("my_radio:08000", &[9000], "http://my_radio:8000"),
            ("192.0.2.1", &[8000], "http://192.0.2.1:8000"),
            ("[::1]:81", &[8000], "http://[::1]:81"),
            ("[::1]", &[8000], "http://[::1]:8000"),
            ("[::1]:", &[8000], "http://[::1]:8000"),
            ("[2001:DB8:0::1]:81", &[8000], "http://[2001:db8::1]:81"),
            ("[fe80::1%25eth0]:81", &[8000], "http://[fe80::1%25eth0]:81"),
            ("[fe80::1%eth0]", &[8000], "http://[fe80::1%25eth0]:8000"),
            ("radio.example", &[], "http://radio.example"),
        ] {
            assert_eq!(base(&format!("Host: {host}"), "", ports), expected, "{host:?}");
        }
    }

    #[test]
    fn url_of_a_request_through_tls_begins_with_https() {
        for (lines, local, ports, expected) in [
            ("Host: radio.example:8000", "192.0.2.1:8000", &[8000][..], "https://radio.example:8000"),
            ("Host: radio.example:443", "192.0.2.1:443", &[8000, 443], "https://radio.example"),
            ("Host: radio.example", "192.0.2.1:443", &[8000, 443], "https://radio.example"),
            ("Host: radio.example", "192.0.2.1:8443", &[8000, 8443], "https://radio.example:8443"),
            ("Host: radio.example", "192.0.2.1:8000", &[80, 8000], "https://radio.example:8000"),
            ("Host: radio.example:80", "192.0.2.1:80", &[80], "https://radio.example:80"),
            ("Host: [::1]:8000", "[::1]:8000", &[8000], "https://[::1]:8000"),
            ("Host: a/b", "192.0.2.1:443", &[443], "https://192.0.2.1"),
            ("Host: a/b", "192.0.2.1:80", &[80], "https://192.0.2.1:80"),
        ] {
            let mut request = Request::from_lines(&format!("GET / HTTP/1.1\n{lines}"));
            request.set_local_address(local.parse().expect("an address"));
            request.set_encrypted(true);
            assert_eq!(base_url(&request, ports), expected, "{lines} at {local}");
        }
    }

    #[test]
    fn https_url_has_the_port_that_the_client_named() {
        for (host, ports, expected) in [
            ("radio.example:8000", &[8000][..], Some("https://radio.example:8000")),
            ("radio.example:8000", &[8000, 443], Some("https://radio.example:8000")),
            ("radio.example", &[80, 443], Some("https://radio.example")),
            ("radio.example:80", &[80, 443], Some("https://radio.example")),
            ("radio.example", &[80], Some("https://radio.example:80")),
            ("radio.example", &[8000], Some("https://radio.example:80")),
            ("Radio.Example.:8000", &[8000], Some("https://Radio.Example.:8000")),
            ("[::1]:8000", &[8000], Some("https://[::1]:8000")),
            ("127.0.0.1:8000", &[8000], None),
            ("radio.example\"><b", &[8000], None),
        ] {
            let request = Request::from_lines(&format!("GET / HTTP/1.1\nHost: {host}"));
            let certified = ["radio.example", "::1"];
            let url = https_base_url(&request, ports, |host| certified.contains(&host));
            assert_eq!(url.as_deref(), expected, "{host} {ports:?}");
        }
    }

    #[test]
    fn proxy_that_speaks_tls_has_the_last_word_about_its_client() {
        for (lines, expected) in [
            ("X-Forwarded-For: 1.1.1.1", "https://radio.example"),
            ("X-Forwarded-For: 1.1.1.1\nX-Forwarded-Proto: https", "https://radio.example"),
            ("X-Forwarded-For: 1.1.1.1\nX-Forwarded-Proto: http", "http://radio.example"),
            ("Forwarded: for=1.1.1.1;proto=http", "http://radio.example"),
        ] {
            let proxies = TrustedProxies::new(vec!["10.0.0.0/8".parse().unwrap()]);
            let mut request = Request::from_lines(&format!("GET / HTTP/1.1\nHost: radio.example\n{lines}"));
            request.set_encrypted(true);
            let forwarded = Forwarded::from_request(&request, &proxies);
            assert_eq!(proxied_base_url(&request, &forwarded).as_deref(), Some(expected), "{lines}");
        }
    }

    #[test]
    fn port_that_the_client_connected_to_completes_a_host() {
        assert_eq!(base("Host: h", "192.0.2.1:8100", &[8000, 8100]), "http://h:8100");
        assert_eq!(base("Host: h:", "192.0.2.1:8100", &[8000, 8100]), "http://h:8100");
        assert_eq!(base("Host: h", "192.0.2.1:8100", &[8100, 80]), "http://h");
        assert_eq!(base("Host: h:9", "192.0.2.1:8100", &[8100]), "http://h:9");
    }

    /// A host that is missing, empty or hostile never reaches a link.
    #[test]
    fn without_a_valid_host_the_address_that_the_client_connected_to_is_used() {
        let long = "a".repeat(HOST_MAX + 1);
        let hosts = [
            "",
            "a\"><b",
            "a/b",
            "a b",
            "a@b",
            "a?b",
            "a#b",
            "a\\b",
            "a%b",
            "a,b",
            "é",
            ":",
            ":80",
            ".",
            "-",
            "a:b",
            "a:0",
            "a:65536",
            "a:+1",
            "a:1:2",
            "::1",
            "fe80::1%eth0",
            "[",
            "[]",
            "[a]",
            "[::1",
            "[::1]x",
            "[::1]:x",
            "[::1%]",
            "[::1%25]x",
            "[::1%a\"b]",
            "[127.0.0.1]",
            &long,
        ];
        for host in hosts {
            for (local, expected) in [
                ("192.0.2.1:8000", "http://192.0.2.1:8000"),
                ("192.0.2.1:80", "http://192.0.2.1"),
                ("[2001:db8::1]:8000", "http://[2001:db8::1]:8000"),
                ("[::ffff:192.0.2.1]:8000", "http://192.0.2.1:8000"),
                ("[fe80::1%3]:8000", "http://[fe80::1]:8000"),
                ("", "http://localhost:9000"),
            ] {
                assert_eq!(base(&format!("Host: {host}"), local, &[9000]), expected, "{host:?}");
            }
        }
        assert_eq!(base("Accept: */*", "192.0.2.1:8000", &[9000]), "http://192.0.2.1:8000");
        assert_eq!(base("Accept: */*", "", &[9000, 80]), "http://localhost");
    }

    #[test]
    fn base_url_behind_a_proxy_is_taken_from_its_headers() {
        let proxies = TrustedProxies::new(vec!["10.0.0.0/8".parse().unwrap()]);
        for (lines, expected) in [
            ("Host: radio.example", Some("http://radio.example")),
            ("Host: radio.example:", Some("http://radio.example")),
            ("Host: radio.example\nX-Forwarded-For: 1.1.1.1", Some("http://radio.example")),
            (
                "Host: inner:8000\nX-Forwarded-Proto: https\nX-Forwarded-Host: radio.example",
                Some("https://radio.example"),
            ),
            ("Host: radio.example\nForwarded: for=1.1.1.1;proto=https", Some("https://radio.example")),
            ("Host: h\nX-Forwarded-Host: a\"><b", Some("http://h")),
            ("Host: h\nX-Forwarded-Host: [::1]:", Some("http://[::1]")),
            (
                "Host: h\nX-Forwarded-Host: radio.example:8443\nX-Forwarded-Proto: https",
                Some("https://radio.example:8443"),
            ),
            ("X-Forwarded-Proto: https", None),
            ("Host: a/b\nX-Forwarded-Proto: https", None),
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
