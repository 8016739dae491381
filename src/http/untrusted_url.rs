//! Decides which URLs from sources, upstreams and titles are passed on: links to web pages on other hosts.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use percent_encoding::percent_decode_str;

use super::admin_paths::is_admin_path;

/// A URL from a party that is not trusted, which may become a link.
///
/// It begins with `http://` or `https://` in any case and names a host in one way only: without user name,
/// percent-encoding or backslash, an IPv4 address in the usual form, a name in ASCII (others in their `xn--`
/// form). Browsers accept more, but every other form could hide the host. It leads neither to the machine of
/// the user who opens it, nor, on any host, to a path of the [administration](is_admin_path): the names
/// under which this server can be reached are not all known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UntrustedUrl<'a> {
    text: &'a str,
    host: Host,
}

impl<'a> UntrustedUrl<'a> {
    /// Parses a URL. Returns `None` if it may not become a link.
    pub fn parse(text: &'a str) -> Option<Self> {
        let rest = strip_scheme(text)?;
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, target) = rest.split_at(end);
        let host = Host::from_authority(authority)?;
        let is_allowed = !text.contains(|c: char| c.is_control() || c == '\\')
            && !host.is_local()
            && !leads_to_admin(target);
        is_allowed.then_some(Self { text, host })
    }

    /// Returns the URL as it was sent.
    pub fn as_str(&self) -> &'a str {
        self.text
    }
}

/// Returns whether a `StreamUrl` may be passed on to players: it is an [`UntrustedUrl`], or fields such as
/// `&artist=…&title=…`, which automation programs send in its place and which never become a link.
pub fn is_stream_url(value: &str) -> bool {
    UntrustedUrl::parse(value).is_some() || is_fields(value)
}

/// Returns whether a value begins with `&name=` or `?name=` and contains no URL. The name is checked because
/// `&#106;avascript:` is a script to a program that inserts the value into HTML.
fn is_fields(value: &str) -> bool {
    let field = value.strip_prefix(['&', '?']).and_then(|fields| fields.split_once('='));
    let is_name_char = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    field.is_some_and(|(name, _)| !name.is_empty() && name.chars().all(is_name_char))
        && !value.contains("://")
}

/// Returns whether a value that is not expected to be a URL could be run as a script, if a program took it
/// for one, or lead to a place that an [`UntrustedUrl`] may not lead to.
pub fn is_harmful(value: &str) -> bool {
    // Browsers ignore spaces in front of a scheme, and line ends anywhere.
    let compact: String = value.chars().filter(|c| !c.is_control() && !c.is_whitespace()).collect();
    let has_scheme =
        |scheme: &&str| compact.get(..scheme.len()).is_some_and(|it| it.eq_ignore_ascii_case(scheme));
    SCRIPT_SCHEMES.iter().any(&has_scheme)
        || (["http:", "https:"].iter().any(has_scheme) && UntrustedUrl::parse(value.trim()).is_none())
}

/// Schemes with which browsers run the rest of a URL or read it as a document.
const SCRIPT_SCHEMES: [&str; 6] = ["javascript:", "data:", "vbscript:", "blob:", "file:", "view-source:"];

/// The hosts under which this server can be reached, as far as they are known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OwnHosts(Vec<Host>);

impl OwnHosts {
    /// Collects the hosts of these URLs of this server. Invalid ones are left out.
    pub fn from_urls<'u>(urls: impl IntoIterator<Item = &'u str>) -> Self {
        let hosts = urls.into_iter().filter_map(|url| {
            let rest = strip_scheme(url)?;
            Host::from_authority(rest.split(['/', '?', '#']).next()?)
        });
        Self(hosts.collect())
    }

    /// Adds addresses at which this server listens.
    pub fn with_addresses(mut self, addresses: impl IntoIterator<Item = IpAddr>) -> Self {
        self.0.extend(addresses.into_iter().map(|address| Host::Address(address.to_canonical())));
        self
    }

    /// Returns whether a URL may be shown as a link: it is an [`UntrustedUrl`], and leads to another host, on
    /// any port.
    pub fn admit(&self, url: &str) -> bool {
        UntrustedUrl::parse(url).is_some_and(|url| !self.0.contains(&url.host))
    }

    /// Returns whether a value is an [`UntrustedUrl`] that leads to one of these hosts.
    pub fn contains_host_of(&self, value: &str) -> bool {
        UntrustedUrl::parse(value).is_some_and(|url| self.0.contains(&url.host))
    }

    /// Returns the URL if [`admit`](Self::admit) admits it, or else an empty text.
    pub fn admitted<'u>(&self, url: &'u str) -> &'u str {
        if self.admit(url) { url } else { "" }
    }
}

/// The host of a URL.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Host {
    Address(IpAddr),
    /// A name in lower case, without the dot at its end.
    Name(String),
}

impl Host {
    /// Parses `host` or `host:port`. Returns `None` if the host is written in an unusual way.
    fn from_authority(authority: &str) -> Option<Self> {
        let (host, port) = match authority.rfind(':').filter(|&at| !authority[at..].contains(']')) {
            Some(at) => (&authority[..at], &authority[at + 1..]),
            None => (authority, ""),
        };
        let is_port =
            port.is_empty() || port.bytes().all(|b| b.is_ascii_digit()) && port.parse::<u16>().is_ok();
        if !is_port {
            return None;
        }
        if let Some(address) = host.strip_prefix('[') {
            let address: Ipv6Addr = address.strip_suffix(']')?.parse().ok()?;
            return Some(Self::Address(IpAddr::V6(address).to_canonical()));
        }
        Self::from_name(host.strip_suffix('.').unwrap_or(host))
    }

    fn from_name(name: &str) -> Option<Self> {
        let is_label = |label: &str| {
            !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
        };
        if !name.split('.').all(is_label) {
            return None;
        }
        // Browsers read a host whose last label is a number as an IPv4 address, also in the forms
        // `2130706433`, `0x7f.1` and `0177.0.0.1`.
        let last = name.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
        if last.bytes().all(|b| b.is_ascii_digit()) || last.starts_with("0x") {
            return name.parse().ok().map(|address: Ipv4Addr| Self::Address(address.into()));
        }
        Some(Self::Name(name.to_ascii_lowercase()))
    }

    /// Returns whether the host is the machine of the user who opens the URL.
    fn is_local(&self) -> bool {
        match self {
            Self::Address(address) => address.is_loopback() || address.is_unspecified(),
            Self::Name(name) => name == "localhost" || name.ends_with(".localhost"),
        }
    }
}

fn strip_scheme(url: &str) -> Option<&str> {
    let (scheme, rest) = url.split_once("://")?;
    ["http", "https"].iter().any(|allowed| scheme.eq_ignore_ascii_case(allowed)).then_some(rest)
}

/// Returns whether the target of a URL, with `..` resolved as browsers do, is a path of the administration.
fn leads_to_admin(target: &str) -> bool {
    let path = target.split(['?', '#']).next().unwrap_or_default();
    let path = percent_decode_str(path).decode_utf8_lossy();
    let mut segments: Vec<&str> = Vec::new();
    for segment in path.split('/').skip(1) {
        match segment {
            "." => {}
            ".." => drop(segments.pop()),
            segment => segments.push(segment),
        }
    }
    is_admin_path(&format!("/{}", segments.join("/")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_web_pages_of_other_hosts_become_links() {
        for url in [
            "http://example.org",
            "HTTPS://Example.org/a b?x=%20&y=é#z",
            "http://example.org:8080/?q=/admin/stats",
            "http://example.org./#/admin/",
            "http://192.0.2.1/",
            "http://[2001:db8::1]:81/é",
            "http://xn--caf-dma.example/administration",
            "http://h/\u{202e}gpj",
        ] {
            assert_eq!(UntrustedUrl::parse(url).map(|url| url.as_str()), Some(url));
            assert!(OwnHosts::from_urls(["http://radio.example:8000"]).admit(url), "{url}");
        }
        for url in [
            "",
            "http://",
            "http:///example.org",
            "http:example.org",
            "//example.org",
            "example.org",
            "javascript:alert(1)",
            "javascript://example.org/%0aalert(1)",
            " javascript:alert(1)",
            "JavaScript:alert(1)",
            "data:text/html,<script>alert(1)</script>",
            "ftp://example.org",
            "http://admin:pass@example.org/",
            "http://radio.example\\@example.org/",
            "http://example.org\\@radio.example/",
            "http://radio%2eexample/",
            "http://example.org:99999/",
            "http://example.org:8000x/",
            "http://a..b/",
            "http://café.example/",
            "http://ｒadio.example/",
            "http://radio。example/",
            "http://exam ple.org/",
            "http://example.org/\r\nX: y",
            "http://localhost:8000/",
            "http://LOCALHOST./",
            "http://x.localhost/",
            "http://127.0.0.1/",
            "http://127.9.9.9./",
            "http://127.1/",
            "http://2130706433/",
            "http://0x7f.0.0.1/",
            "http://0177.0.0.1/",
            "http://0.0.0.0:8000/",
            "http://[::1]/",
            "http://[::]/",
            "http://[::ffff:127.0.0.1]/",
            "http://[fe80::1%25eth0]/",
            "http://any.example/admin",
            "http://any.example/admin/moveclients?mount=/a&destination=/b",
            "https://any.example:8000/admin.cgi?mode=kicksrc",
            "http://any.example/%61dmin/stats",
            "http://any.example/x/../admin/stats",
            "http://any.example/x/%2e%2E/admin/stats",
            "http://any.example/./admin/stats",
            "http://any.example/api/v1/admin/stations/1/skip",
        ] {
            assert_eq!(UntrustedUrl::parse(url), None, "{url}");
        }
    }

    #[test]
    fn own_hosts_are_recognised_in_every_spelling() {
        let own =
            OwnHosts::from_urls(["https://Radio.example:8443/fm", "http://[2001:db8::1]:8000", "nonsense"])
                .with_addresses(["192.0.2.1".parse().unwrap(), "::ffff:192.0.2.2".parse().unwrap()]);
        for url in [
            "http://radio.example/",
            "HTTP://RADIO.EXAMPLE:8000/live",
            "http://radio.example.:80",
            "http://192.0.2.1:9/",
            "http://192.0.2.2",
            "http://[::ffff:192.0.2.1]/",
            "http://[2001:0db8:0:0::1]/",
            "http://[2001:db8::1]:99/x",
        ] {
            assert!(!own.admit(url) && own.admitted(url).is_empty(), "{url}");
            assert!(OwnHosts::default().admit(url), "{url}");
        }
        let other = "http://radio.example.org/";
        assert_eq!((own.admit("http://www.radio.example/"), own.admitted(other)), (true, other));
    }

    #[test]
    fn stream_url_is_a_link_or_fields_without_a_link() {
        for value in ["http://example.org/", "&artist=O'Brien&title=A%20B", "?song_id=7", "&a=", "&a=12:30"] {
            assert!(is_stream_url(value), "{value}");
            assert_eq!(OwnHosts::default().admit(value), value.starts_with("http"), "{value}");
        }
        for value in [
            "",
            "&",
            "?",
            "&=a",
            "artist=A",
            " &artist=A",
            "&a b=c",
            "&#106;avascript:x=1",
            "&Tab;javascript:x=1",
            "javascript:x",
            "&picture=http://any.example/admin/",
            "?javascript://x=",
        ] {
            assert!(!is_stream_url(value), "{value}");
        }
    }

    #[test]
    fn harmful_values_are_recognised() {
        for value in
            ["javascript:x", " java\tscript:x", "DATA:text/html,x", "http://any.example/admin/", "http:\\\\x"]
        {
            assert!(is_harmful(value), "{value}");
        }
        for value in
            ["", "true", "Data - Javascript", "B - C", "javascript", "http://example.org/a.jpg", "12:30"]
        {
            assert!(!is_harmful(value), "{value}");
        }
    }
}
