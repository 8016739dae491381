//! Headers of proxies about a forwarded request: `X-Forwarded-For` and its relatives, and `Forwarded` (RFC
//! 7239).
//!
//! Every proxy appends the address from which it got the request to the right end of a list. The list is read
//! from the right, but only the entries that come from trusted proxies: a client may have forged the rest.
//! See protocol-notes/proxies.md.

use std::net::{IpAddr, SocketAddr};

use crate::http::request::Request;
use crate::trusted_proxies::TrustedProxies;

/// What trusted proxies report about a request.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Forwarded {
    /// The client, as far as known: the first untrusted address from the right, or else the last trusted one.
    /// The port is 0 if unknown.
    pub client: Option<SocketAddr>,
    /// Whether the client uses TLS, if reported.
    pub is_https: Option<bool>,
    /// The host that the client requested, if reported. May contain anything.
    pub host: Option<String>,
    /// Whether an entry was malformed.
    pub is_malformed: bool,
}

/// An address in a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Node {
    At(SocketAddr),
    /// An address that is unknown to the proxy, or that the proxy hides.
    Hidden,
    Malformed,
}

impl Forwarded {
    /// Reads the headers of `request`, which came from one of `proxies`.
    ///
    /// If both kinds of header are present, `X-Forwarded-For` takes precedence: few proxies support
    /// `Forwarded`, and the others pass on a `Forwarded` header that the client may have forged.
    pub fn from_request(request: &Request, proxies: &TrustedProxies) -> Self {
        let [addresses, protocols, hosts] =
            ["x-forwarded-for", "x-forwarded-proto", "x-forwarded-host"].map(|name| list(request, name));
        let elements = if addresses.is_empty() { elements(request) } else { Vec::new() };
        let mut forwarded = Self::default();
        let nodes = addresses.iter().map(|text| node(text));
        let hops = match elements.as_slice() {
            [] => forwarded.walk(nodes, proxies),
            elements => forwarded.walk_elements(elements, proxies),
        };
        let nearest =
            |list: &[&str]| list.iter().rev().take(hops.max(1)).next_back().map(|&text| text.to_owned());
        let protocol = nearest(&protocols);
        forwarded.is_https = protocol.as_deref().and_then(is_https).or(forwarded.is_https);
        forwarded.host = nearest(&hosts).or(forwarded.host.take());
        forwarded
    }

    /// Walks from the right to the first untrusted or hidden address; returns the number of entries read.
    fn walk(&mut self, nodes: impl DoubleEndedIterator<Item = Node>, proxies: &TrustedProxies) -> usize {
        let mut count = 0;
        for node in nodes.rev() {
            count += 1;
            match node {
                Node::At(address) => self.client = Some(address),
                Node::Hidden => break,
                Node::Malformed => self.is_malformed = true,
            }
            let is_trusted = |client: SocketAddr| proxies.contains(client.ip());
            if self.is_malformed || !self.client.is_some_and(is_trusted) {
                break;
            }
        }
        count
    }

    /// Like [`walk`](Self::walk), for `Forwarded`, where each entry also has the protocol and host that its
    /// client used.
    fn walk_elements(&mut self, elements: &[ForwardedElement], proxies: &TrustedProxies) -> usize {
        let count = self.walk(elements.iter().map(|element| element.node), proxies);
        for element in elements.iter().rev().take(count) {
            self.is_https = element.protocol.as_deref().and_then(is_https).or(self.is_https);
            self.host = element.host.clone().or(self.host.take());
            self.is_malformed |= element.is_malformed;
        }
        count
    }
}

/// Returns the forwarded addresses in `request` as received; `None` if it has none.
pub fn raw_forwarded_for(request: &Request) -> Option<String> {
    let list = list(request, "x-forwarded-for");
    if list.is_empty() { request.header("forwarded").map(str::to_owned) } else { Some(list.join(", ")) }
}

/// The headers that an HTTP proxy adds to a request.
const ADDED_BY_PROXIES: [&str; 6] =
    ["x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "x-real-ip", "forwarded", "via"];

/// Returns whether the headers show that an HTTP proxy has forwarded the request, trusted or not. No encoder
/// sends them itself.
pub fn has_passed_http_proxy(request: &Request) -> bool {
    request.headers().any(|(name, _)| ADDED_BY_PROXIES.iter().any(|added| name.eq_ignore_ascii_case(added)))
}

fn is_https(protocol: &str) -> Option<bool> {
    match protocol.to_ascii_lowercase().as_str() {
        "https" => Some(true),
        "http" => Some(false),
        _ => None,
    }
}

/// Returns the entries of all headers of that name as one list.
fn list<'r>(request: &'r Request, name: &str) -> Vec<&'r str> {
    let values = request.headers().filter(|(other, _)| other.eq_ignore_ascii_case(name));
    values.flat_map(|(_, value)| value.split(',')).map(str::trim).filter(|text| !text.is_empty()).collect()
}

/// Parses an address with or without a port and quotes. IPv6 may be in brackets or, as many proxies send it,
/// without.
fn node(text: &str) -> Node {
    let text = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => rest.split_once(']').unwrap_or((text, "")),
        None if text.matches(':').count() == 1 => text.split_at(text.find(':').unwrap_or(text.len())),
        None => (text, ""),
    };
    if host.eq_ignore_ascii_case("unknown") || host.starts_with('_') {
        return Node::Hidden;
    }
    // A port may be obfuscated too.
    let is_port = port.strip_prefix(':').is_some_and(|port| !port.is_empty());
    match host.parse::<IpAddr>() {
        Ok(ip) if port.is_empty() || is_port => {
            let port = port.trim_start_matches(':').parse().unwrap_or(0);
            Node::At(SocketAddr::new(ip.to_canonical(), port))
        }
        _ => Node::Malformed,
    }
}

/// One entry of `Forwarded`.
#[derive(Debug)]
struct ForwardedElement {
    node: Node,
    protocol: Option<String>,
    host: Option<String>,
    is_malformed: bool,
}

fn elements(request: &Request) -> Vec<ForwardedElement> {
    let values = request.headers().filter(|(name, _)| name.eq_ignore_ascii_case("forwarded"));
    let texts = values.flat_map(|(_, value)| split(value, ','));
    texts.map(str::trim).filter(|text| !text.is_empty()).map(element).collect()
}

fn element(text: &str) -> ForwardedElement {
    let mut element =
        ForwardedElement { node: Node::Hidden, protocol: None, host: None, is_malformed: false };
    for pair in split(text, ';').map(str::trim).filter(|pair| !pair.is_empty()) {
        let Some((name, value)) = pair.split_once('=') else {
            element.is_malformed = true;
            continue;
        };
        let value = unquoted(value);
        match name.to_ascii_lowercase().as_str() {
            "for" => element.node = node(&value),
            "proto" => element.protocol = Some(value),
            "host" => element.host = Some(value),
            _ => {}
        }
    }
    element
}

/// Splits `text` at `at`, except inside quotes. If a quote is not closed, all quotes are ignored, so that a
/// client cannot hide the entries that a proxy appends.
fn split(text: &str, at: char) -> impl Iterator<Item = &str> {
    let (mut all, mut quotes) = (Quotes::default(), Quotes::default());
    let are_closed = !text.chars().fold(false, |_, c| all.advance(c));
    text.split(move |c| !(quotes.advance(c) && are_closed) && c == at)
}

/// Tracks whether the current position in a text is inside quotes.
#[derive(Default)]
struct Quotes {
    is_open: bool,
    is_escaped: bool,
}

impl Quotes {
    /// Advances past the next character and returns whether it is inside quotes. The closing quote counts as
    /// outside.
    fn advance(&mut self, c: char) -> bool {
        let was_escaped = self.is_escaped;
        self.is_escaped = self.is_open && c == '\\' && !was_escaped;
        self.is_open ^= c == '"' && !was_escaped;
        self.is_open
    }
}

/// Returns the contents of a quoted string, without escapes.
fn unquoted(value: &str) -> String {
    let value = value.trim();
    let Some(quoted) = value.strip_prefix('"').and_then(|value| value.strip_suffix('"')) else {
        return value.to_owned();
    };
    let (mut out, mut chars) = (String::new(), quoted.chars());
    while let Some(c) = chars.next() {
        out.extend(if c == '\\' { chars.next() } else { Some(c) });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn proxies() -> TrustedProxies {
        TrustedProxies::new(vec!["10.0.0.0/8".parse().unwrap(), "2001:db8:1::/48".parse().unwrap()])
    }

    fn forwarded(lines: &str) -> Forwarded {
        Forwarded::from_request(
            &Request::from_lines(&format!("GET / HTTP/1.1\nHost: h\n{lines}")),
            &proxies(),
        )
    }

    #[track_caller]
    fn check(lines: &str, client: &str, is_malformed: bool) {
        let forwarded = forwarded(lines);
        let found = forwarded.client.map(|client| client.to_string()).unwrap_or_default();
        assert_eq!((found.as_str(), forwarded.is_malformed), (client, is_malformed), "{lines}");
    }

    #[test]
    fn client_is_the_first_untrusted_address_from_the_right() {
        for (list, client) in [
            ("203.0.113.7", "203.0.113.7:0"),
            ("1.1.1.1, 203.0.113.7", "203.0.113.7:0"),
            ("1.1.1.1, 203.0.113.7, 10.0.0.2,10.0.0.3", "203.0.113.7:0"),
            ("10.0.0.9, 203.0.113.7, 10.0.0.2", "203.0.113.7:0"),
            ("10.0.0.2, 10.0.0.3", "10.0.0.2:0"),
            ("203.0.113.7:4711", "203.0.113.7:4711"),
            ("\"203.0.113.7:4711\"", "203.0.113.7:4711"),
            ("2001:db8::7", "[2001:db8::7]:0"),
            ("[2001:db8::7]", "[2001:db8::7]:0"),
            ("[2001:db8::7]:4711, 2001:db8:1::1", "[2001:db8::7]:4711"),
            ("::ffff:203.0.113.7", "203.0.113.7:0"),
            (" , 203.0.113.7 ,", "203.0.113.7:0"),
            ("unknown", ""),
            ("203.0.113.7, unknown, 10.0.0.2", "10.0.0.2:0"),
            ("", ""),
        ] {
            check(&format!("X-Forwarded-For: {list}"), client, false);
        }
        check("X-Forwarded-For: 1.1.1.1\nx-forwarded-for: 203.0.113.7, 10.0.0.2", "203.0.113.7:0", false);
    }

    #[test]
    fn entries_right_of_a_malformed_one_are_used() {
        for (list, client) in [
            ("203.0.113.7, x, 10.0.0.2", "10.0.0.2:0"),
            ("x", ""),
            ("203.0.113.256", ""),
            ("[2001:db8::7", ""),
            ("[2001:db8::7]x", ""),
            ("203.0.113.7:", ""),
            ("\"203.0.113.7", ""),
        ] {
            check(&format!("X-Forwarded-For: {list}"), client, true);
        }
        check("Forwarded: for=203.0.113.7;proto", "203.0.113.7:0", true);
        check("Forwarded: for=\"203.0.113.7", "", true);
    }

    /// Otherwise a client could hide its address by opening a quote.
    #[test]
    fn unclosed_quote_hides_no_entry() {
        for list in [
            "for=\"x, for=203.0.113.7",
            "\", for=203.0.113.7, for=10.0.0.2",
            "for=\"1.1.1.1\\, for=203.0.113.7",
            "for=\"x\\\", for=203.0.113.7",
            "for=\"x, for=\"203.0.113.7\";proto=https",
        ] {
            let client =
                forwarded(&format!("Forwarded: {list}")).client.map(|client| client.ip().to_string());
            assert_eq!(client.as_deref(), Some("203.0.113.7"), "{list}");
        }
    }

    #[test]
    fn forwarded_header_is_parsed_by_its_rfc() {
        for (list, client) in [
            ("for=203.0.113.7", "203.0.113.7:0"),
            ("FOR=\"203.0.113.7:4711\";by=10.0.0.1", "203.0.113.7:4711"),
            ("for=\"[2001:db8::7]:4711\"", "[2001:db8::7]:4711"),
            ("for=\"[2001:db8::7]\"", "[2001:db8::7]:0"),
            ("for=\"203.0.\\113.7\"", "203.0.113.7:0"),
            ("for=1.1.1.1, for=203.0.113.7;proto=http , for=10.0.0.2", "203.0.113.7:0"),
            ("for=203.0.113.7;x=\"a,b;for=1.1.1.1\"", "203.0.113.7:0"),
            ("for=\"203.0.113.7:_hidden\"", "203.0.113.7:0"),
            ("for=_hidden, for=10.0.0.2", "10.0.0.2:0"),
            ("for=unknown", ""),
            ("for=\"_x:80\"", ""),
            ("proto=https", ""),
        ] {
            check(&format!("Forwarded: {list}"), client, false);
        }
        check("Forwarded: for=203.0.113.7\nForwarded: for=10.0.0.2", "203.0.113.7:0", false);
        check("Forwarded: for=1.1.1.1\nX-Forwarded-For: 203.0.113.7", "203.0.113.7:0", false);
    }

    #[test]
    fn protocol_and_host_come_from_the_entry_of_the_client() {
        for (lines, is_https, host) in [
            ("X-Forwarded-Proto: https\nX-Forwarded-Host: radio.example", Some(true), Some("radio.example")),
            ("X-Forwarded-For: 1.1.1.1\nX-Forwarded-Proto: HTTP", Some(false), None),
            ("X-Forwarded-For: 1.1.1.1, 10.0.0.2\nX-Forwarded-Proto: http, https, http", Some(true), None),
            ("X-Forwarded-For: 1.1.1.1, 10.0.0.2\nX-Forwarded-Proto: https", Some(true), None),
            ("X-Forwarded-For: 1.1.1.1\nX-Forwarded-Host: evil, radio.example", None, Some("radio.example")),
            ("X-Forwarded-Proto: gopher", None, None),
            (
                "Forwarded: for=1.1.1.1;proto=https;host=\"radio.example:8443\"",
                Some(true),
                Some("radio.example:8443"),
            ),
            (
                "Forwarded: proto=http;host=evil, for=1.1.1.1;proto=https, for=10.0.0.2;host=inner",
                Some(true),
                Some("inner"),
            ),
            ("Forwarded: for=1.1.1.1;host=a, for=_x;host=b, for=10.0.0.2;host=c", None, Some("b")),
            ("Forwarded: for=1.1.1.1;proto=http\nX-Forwarded-Proto: https", Some(true), None),
            ("", None, None),
        ] {
            let forwarded = forwarded(lines);
            assert_eq!((forwarded.is_https, forwarded.host.as_deref()), (is_https, host), "{lines}");
        }
    }

    proptest! {
        #[test]
        fn any_list_is_parsed_without_a_panic(list in "([fF]or=|proto=|[0-9a-f:.]{1,9}|10\\.0\\.0\\.1|[\",;=\\[\\]\\\\_ ]|é){0,30}") {
            for name in ["X-Forwarded-For", "Forwarded", "X-Forwarded-Proto"] {
                forwarded(&format!("{name}: {list}"));
            }
        }

        #[test]
        fn quoted_name_unquotes_to_itself(name in "[ -~é]{0,20}") {
            let quoted = format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""));
            prop_assert_eq!(unquoted(&quoted), name);
            let list = format!("{quoted},{quoted}");
            prop_assert_eq!(split(&list, ',').collect::<Vec<_>>(), vec![quoted.as_str(); 2]);
        }
    }
}
