//! What proxies say of a request that they pass on: `X-Forwarded-For` and its relatives, and `Forwarded` (RFC 7239).
//!
//! Every proxy adds what it saw at the right end of a list, so a list is read from there, and only as far as those who
//! said it are believed; what is left of that, anybody may have made up. See protocol-notes/proxies.md.

use std::net::{IpAddr, SocketAddr};

use crate::http::request::Request;
use crate::proxies::TrustedProxies;

/// What proxies that are believed say of a request.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Forwarded {
    /// Who asks, as far as is known: the first, from the right, who is not believed, else the last of those who are. The
    /// port is 0 where none is told.
    pub client: Option<SocketAddr>,
    /// Whether he asks with TLS, if that is told.
    pub is_https: Option<bool>,
    /// The host that he asks, if that is told. It may hold anything.
    pub host: Option<String>,
    /// Whether some of what was said made no sense.
    pub is_malformed: bool,
}

/// Who is named in a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Node {
    At(SocketAddr),
    /// Somebody whom the proxy does not know, or will not tell of.
    Hidden,
    Malformed,
}

impl Forwarded {
    /// What `request` says that came from one of `proxies`.
    ///
    /// Where there are both kinds of header, `X-Forwarded-For` is taken: proxies that know the other one are few, and
    /// most pass on what a client made up in it.
    pub fn from_request(request: &Request, proxies: &TrustedProxies) -> Self {
        let [addresses, protocols, hosts] =
            ["x-forwarded-for", "x-forwarded-proto", "x-forwarded-host"].map(|name| list(request, name));
        let elements = if addresses.is_empty() { elements(request) } else { Vec::new() };
        let mut said = Self::default();
        let nodes = addresses.iter().map(|text| node(text));
        let hops = match elements.as_slice() {
            [] => said.walk(nodes, proxies),
            elements => said.walk_elements(elements, proxies),
        };
        let nearest =
            |list: &[&str]| list.iter().rev().take(hops.max(1)).next_back().map(|&text| text.to_owned());
        let protocol = nearest(&protocols);
        said.is_https = protocol.as_deref().and_then(is_https).or(said.is_https);
        said.host = nearest(&hosts).or(said.host.take());
        said
    }

    /// Goes from the right to whoever is not believed, or known; says how many are looked at.
    fn walk(&mut self, nodes: impl DoubleEndedIterator<Item = Node>, proxies: &TrustedProxies) -> usize {
        let mut looked_at = 0;
        for node in nodes.rev() {
            looked_at += 1;
            match node {
                Node::At(address) => self.client = Some(address),
                Node::Hidden => break,
                Node::Malformed => self.is_malformed = true,
            }
            let is_believed = |client: SocketAddr| proxies.contains(client.ip());
            if self.is_malformed || !self.client.is_some_and(is_believed) {
                break;
            }
        }
        looked_at
    }

    /// [`walk`](Self::walk) in `Forwarded`, where whoever names a client says what that one asked for, too.
    fn walk_elements(&mut self, elements: &[ForwardedElement], proxies: &TrustedProxies) -> usize {
        let looked_at = self.walk(elements.iter().map(|element| element.node), proxies);
        for element in elements.iter().rev().take(looked_at) {
            self.is_https = element.protocol.as_deref().and_then(is_https).or(self.is_https);
            self.host = element.host.clone().or(self.host.take());
            self.is_malformed |= element.is_malformed;
        }
        looked_at
    }
}

/// What `request` says of whom it is passed on for, as it came; `None` if it says nothing.
pub fn raw_forwarded_for(request: &Request) -> Option<String> {
    let list = list(request, "x-forwarded-for");
    if list.is_empty() { request.header("forwarded").map(str::to_owned) } else { Some(list.join(", ")) }
}

fn is_https(protocol: &str) -> Option<bool> {
    match protocol.to_ascii_lowercase().as_str() {
        "https" => Some(true),
        "http" => Some(false),
        _ => None,
    }
}

/// What all headers of that name say, which is one list.
fn list<'r>(request: &'r Request, name: &str) -> Vec<&'r str> {
    let values = request.headers().filter(|(other, _)| other.eq_ignore_ascii_case(name));
    values.flat_map(|(_, value)| value.split(',')).map(str::trim).filter(|text| !text.is_empty()).collect()
}

/// An address with or without a port, in quotes or not; IPv6 in brackets or, as many write it, without.
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
    // A port may be hidden too.
    let is_port = port.strip_prefix(':').is_some_and(|port| !port.is_empty());
    match host.parse::<IpAddr>() {
        Ok(ip) if port.is_empty() || is_port => {
            let port = port.trim_start_matches(':').parse().unwrap_or(0);
            Node::At(SocketAddr::new(ip.to_canonical(), port))
        }
        _ => Node::Malformed,
    }
}

/// What one proxy says in `Forwarded`.
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

/// The parts of `text` between `at`, wherever that does not stand in quotes. Where a quote is never closed there are none:
/// what a client made up is not to hide what a proxy adds behind it.
fn split(text: &str, at: char) -> impl Iterator<Item = &str> {
    let (mut all, mut quotes) = (Quotes::default(), Quotes::default());
    let are_closed = !text.chars().fold(false, |_, c| all.hold(c));
    text.split(move |c| !(quotes.hold(c) && are_closed) && c == at)
}

/// Where in a text there are quotes.
#[derive(Default)]
struct Quotes {
    is_open: bool,
    is_escaped: bool,
}

impl Quotes {
    /// Whether the next character stands in quotes; the one that ends them does not.
    fn hold(&mut self, c: char) -> bool {
        let was_escaped = self.is_escaped;
        self.is_escaped = self.is_open && c == '\\' && !was_escaped;
        self.is_open ^= c == '"' && !was_escaped;
        self.is_open
    }
}

/// What stands in quotes, without what escapes it.
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

    fn said(lines: &str) -> Forwarded {
        Forwarded::from_request(
            &Request::from_lines(&format!("GET / HTTP/1.1\nHost: h\n{lines}")),
            &proxies(),
        )
    }

    #[track_caller]
    fn check(lines: &str, client: &str, is_malformed: bool) {
        let said = said(lines);
        let told = said.client.map(|client| client.to_string()).unwrap_or_default();
        assert_eq!((told.as_str(), said.is_malformed), (client, is_malformed), "{lines}");
    }

    #[test]
    fn the_first_from_the_right_who_is_not_believed_is_the_client() {
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
    fn of_what_makes_no_sense_the_rest_is_kept() {
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

    /// Or whoever opens one would be taken for the proxy.
    #[test]
    fn a_quote_that_is_not_closed_hides_nobody() {
        for list in [
            "for=\"x, for=203.0.113.7",
            "\", for=203.0.113.7, for=10.0.0.2",
            "for=\"1.1.1.1\\, for=203.0.113.7",
            "for=\"x\\\", for=203.0.113.7",
            "for=\"x, for=\"203.0.113.7\";proto=https",
        ] {
            let client = said(&format!("Forwarded: {list}")).client.map(|client| client.ip().to_string());
            assert_eq!(client.as_deref(), Some("203.0.113.7"), "{list}");
        }
    }

    #[test]
    fn forwarded_is_read_as_its_rfc_has_it() {
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
    fn what_was_asked_for_is_told_by_whoever_names_the_client() {
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
            let said = said(lines);
            assert_eq!((said.is_https, said.host.as_deref()), (is_https, host), "{lines}");
        }
    }

    proptest! {
        #[test]
        fn any_lists_are_read(list in "([fF]or=|proto=|[0-9a-f:.]{1,9}|10\\.0\\.0\\.1|[\",;=\\[\\]\\\\_ ]|é){0,30}") {
            for name in ["X-Forwarded-For", "Forwarded", "X-Forwarded-Proto"] {
                said(&format!("{name}: {list}"));
            }
        }

        #[test]
        fn a_name_in_quotes_is_what_it_was(name in "[ -~é]{0,20}") {
            let quoted = format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""));
            prop_assert_eq!(unquoted(&quoted), name);
            let list = format!("{quoted},{quoted}");
            prop_assert_eq!(split(&list, ',').collect::<Vec<_>>(), vec![quoted.as_str(); 2]);
        }
    }
}
