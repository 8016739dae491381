//! The PROXY protocol: a header in text or binary that a proxy sends before everything else, with the address
//! of its client.
//!
//! See protocol-notes/proxies.md. The caller decides whether the sender is trusted.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// The longest line of version 1 in bytes, line end included.
const LINE_MAX: usize = 107;

/// The first bytes of version 2. No request and no password begins with them.
const SIGNATURE: &[u8; 12] = b"\r\n\r\n\0\r\nQUIT\n";

/// The length in bytes of the fixed part of a version 2 header; its last two bytes are the length of the
/// rest.
const FIXED_LENGTH: usize = 16;

/// The longest accepted header of version 2, in bytes. Addresses need 36 bytes. Names and certificates may
/// follow, which coldwave ignores.
const HEADER_MAX: usize = 4096;

/// The beginnings of a version 1 line. A password that begins with `PROXY ` continues differently.
const LINE_PREFIXES: [&[u8]; 4] = [b"PROXY TCP4 ", b"PROXY TCP6 ", b"PROXY UNKNOWN ", b"PROXY UNKNOWN\r"];

/// The result of parsing the first bytes of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProxyHeader {
    /// The bytes may still become a header.
    Incomplete,
    /// The bytes are not a PROXY header: another protocol begins at the first byte.
    Absent,
    /// A complete header.
    Complete {
        /// The address of the proxy's client. `None` if the address is unknown to the proxy, or if the proxy
        /// itself is the client, for example for a health check.
        client: Option<SocketAddr>,
        /// The length of the header in bytes; the client's own bytes follow.
        consumed: usize,
    },
    /// The bytes begin like a header but are invalid.
    Malformed,
}

impl ProxyHeader {
    /// Parses all bytes received so far. More bytes never change a result other than
    /// [`Incomplete`](Self::Incomplete).
    pub fn parse(bytes: &[u8]) -> Self {
        if let Some(body) = bytes.strip_prefix(SIGNATURE) {
            return binary(body).unwrap_or(Self::Malformed);
        }
        if LINE_PREFIXES.iter().any(|prefix| bytes.starts_with(prefix)) {
            return line(bytes).unwrap_or(Self::Malformed);
        }
        let begins = |signature: &[u8]| signature.starts_with(bytes);
        if begins(SIGNATURE) || LINE_PREFIXES.into_iter().any(begins) {
            Self::Incomplete
        } else {
            Self::Absent
        }
    }
}

/// Parses a version 1 header; `None` if it is invalid.
fn line(bytes: &[u8]) -> Option<ProxyHeader> {
    let within = &bytes[..bytes.len().min(LINE_MAX)];
    let Some(end) = within.iter().position(|byte| *byte == b'\n') else {
        return (bytes.len() < LINE_MAX).then_some(ProxyHeader::Incomplete);
    };
    let text = str::from_utf8(within[..end].strip_suffix(b"\r")?).ok()?;
    let client = match text.strip_prefix("PROXY ")?.split_once(' ') {
        Some(("TCP4", rest)) => Some(addresses::<Ipv4Addr>(rest)?),
        Some(("TCP6", rest)) => Some(addresses::<Ipv6Addr>(rest)?),
        // More text may follow and is ignored.
        _ => None,
    };
    Some(ProxyHeader::Complete { client, consumed: end + 1 })
}

/// Returns the first of two addresses and two ports.
fn addresses<A: std::str::FromStr + Into<IpAddr>>(rest: &str) -> Option<SocketAddr> {
    let parts: Vec<&str> = rest.split(' ').collect();
    let [source, destination, source_port, destination_port] = parts[..] else { return None };
    destination.parse::<A>().ok()?;
    port(destination_port)?;
    Some(SocketAddr::new(source.parse::<A>().ok()?.into(), port(source_port)?))
}

fn port(text: &str) -> Option<u16> {
    text.parse().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Parses a version 2 header after its signature; `None` if it is invalid.
fn binary(body: &[u8]) -> Option<ProxyHeader> {
    let is_proxied = match body.first() {
        None => return Some(ProxyHeader::Incomplete),
        // The version, and whether the connection is proxied or from the proxy itself.
        Some(0x20) => false,
        Some(0x21) => true,
        Some(_) => return None,
    };
    let &[_, family, high, low, ref payload @ ..] = body else { return Some(ProxyHeader::Incomplete) };
    let length = usize::from(u16::from_be_bytes([high, low]));
    if FIXED_LENGTH + length > HEADER_MAX {
        return None;
    }
    let Some(payload) = payload.get(..length) else { return Some(ProxyHeader::Incomplete) };
    let client = match family {
        0x11 if is_proxied => Some(source::<4, 12>(payload)?),
        0x21 if is_proxied => Some(source::<16, 36>(payload)?),
        // Unix sockets, and transports other than TCP: there is no address to report.
        _ => None,
    };
    Some(ProxyHeader::Complete { client, consumed: FIXED_LENGTH + length })
}

/// Returns the first of two addresses of `ADDRESS` bytes, with its port. Both addresses and ports together
/// have `ALL` bytes.
fn source<const ADDRESS: usize, const ALL: usize>(payload: &[u8]) -> Option<SocketAddr>
where
    IpAddr: From<[u8; ADDRESS]>,
{
    let (payload, _) = payload.split_first_chunk::<ALL>()?;
    let (address, _) = payload.split_first_chunk::<ADDRESS>()?;
    let port = payload[2 * ADDRESS..].first_chunk::<2>()?;
    Some(SocketAddr::new(IpAddr::from(*address), u16::from_be_bytes(*port)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const REQUEST: &[u8] = b"GET / HTTP/1.0\r\n\r\n";

    fn binary_header(command: u8, family: u8, payload: &[u8]) -> Vec<u8> {
        let length = (payload.len() as u16).to_be_bytes();
        [&SIGNATURE[..], &[command, family], &length, payload].concat()
    }

    fn ipv4() -> Vec<u8> {
        vec![203, 0, 113, 7, 127, 0, 0, 1, 0x30, 0x39, 0x1F, 0x40]
    }

    fn ipv6() -> Vec<u8> {
        let addresses = ["2001:db8::7", "::1"].map(|address| address.parse::<Ipv6Addr>().unwrap().octets());
        [addresses.concat(), vec![0x30, 0x39, 0x1F, 0x40]].concat()
    }

    /// Headers, and the client in each.
    fn headers() -> Vec<(Vec<u8>, Option<&'static str>)> {
        let with_names = |addresses: Vec<u8>| [addresses, b"\x02\0\x05radio\x04\0\0".to_vec()].concat();
        vec![
            (b"PROXY TCP4 203.0.113.7 127.0.0.1 12345 8000\r\n".into(), Some("203.0.113.7:12345")),
            (b"PROXY TCP6 2001:db8::7 ::1 12345 8000\r\n".into(), Some("[2001:db8::7]:12345")),
            (b"PROXY UNKNOWN\r\n".into(), None),
            (b"PROXY UNKNOWN ffff:f...f:ffff ffff:f...f:ffff 65535 65535\r\n".into(), None),
            (binary_header(0x21, 0x11, &ipv4()), Some("203.0.113.7:12345")),
            (binary_header(0x21, 0x11, &with_names(ipv4())), Some("203.0.113.7:12345")),
            (binary_header(0x21, 0x21, &ipv6()), Some("[2001:db8::7]:12345")),
            (binary_header(0x21, 0x21, &with_names(ipv6())), Some("[2001:db8::7]:12345")),
            (binary_header(0x20, 0x11, &ipv4()), None),
            (binary_header(0x20, 0x00, &[]), None),
            (binary_header(0x21, 0x00, b"\x04\0\x01\0"), None),
            (binary_header(0x21, 0x31, &[b'/'; 216]), None),
            (binary_header(0x21, 0x12, &ipv4()), None),
            (
                binary_header(0x21, 0x11, &[ipv4(), vec![0; HEADER_MAX - FIXED_LENGTH - 12]].concat()),
                Some("203.0.113.7:12345"),
            ),
        ]
    }

    #[test]
    fn headers_contain_the_client_address() {
        for (header, client) in headers() {
            let expected = ProxyHeader::Complete {
                client: client.map(|client| client.parse().unwrap()),
                consumed: header.len(),
            };
            for behind in [&b""[..], REQUEST, b"\xFF\xFB"] {
                assert_eq!(
                    ProxyHeader::parse(&[&header, behind].concat()),
                    expected,
                    "{}",
                    header.escape_ascii()
                );
            }
        }
    }

    #[test]
    fn header_is_incomplete_at_every_cut() {
        for (header, _) in headers() {
            for cut in 0..header.len() {
                assert_eq!(
                    ProxyHeader::parse(&header[..cut]),
                    ProxyHeader::Incomplete,
                    "{} at {cut}",
                    header.escape_ascii()
                );
            }
        }
    }

    #[test]
    fn other_protocols_have_no_header() {
        for bytes in [
            REQUEST,
            b"\r\n\r\nGET / HTTP/1.0\r\n",
            b"\r\n\r\n\0\r\nQUIX",
            b"PROXY hackme\r\n",
            b"PROXY /x HTTP/1.1\r\n",
            b"PROXY TCP5 a",
            b"PROXY UNKNOWNS\r\n",
            b"proxy TCP4 ",
            b"PUT /live HTTP/1.1\r\n",
            b"\x16\x03\x01",
        ] {
            assert_eq!(ProxyHeader::parse(bytes), ProxyHeader::Absent, "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn invalid_headers_are_malformed() {
        let long = format!("PROXY UNKNOWN {}\r\n", "x".repeat(LINE_MAX - 15));
        let whole = format!("PROXY UNKNOWN {}\r\n", "x".repeat(LINE_MAX - 16));
        assert!(matches!(
            ProxyHeader::parse(whole.as_bytes()),
            ProxyHeader::Complete { consumed: LINE_MAX, .. }
        ));
        let over = binary_header(0x21, 0x11, &vec![0; HEADER_MAX - FIXED_LENGTH + 1]);
        for bytes in [
            long.as_bytes(),
            &long.as_bytes()[..LINE_MAX],
            b"PROXY TCP4 203.0.113.7 127.0.0.1 12345 8000\n",
            b"PROXY TCP4 203.0.113.7 127.0.0.1 12345\r\n",
            b"PROXY TCP4 203.0.113.7  127.0.0.1 12345 8000\r\n",
            b"PROXY TCP4 203.0.113.7 127.0.0.1 12345 8000 1\r\n",
            b"PROXY TCP4 203.0.113.7 127.0.0.1 65536 8000\r\n",
            b"PROXY TCP4 203.0.113.7 127.0.0.1 +1 8000\r\n",
            b"PROXY TCP4 203.0.113.256 127.0.0.1 1 2\r\n",
            b"PROXY TCP4 2001:db8::7 ::1 1 2\r\n",
            b"PROXY TCP6 203.0.113.7 127.0.0.1 1 2\r\n",
            b"PROXY TCP4 \xFF\r\n",
            &over,
            &binary_header(0x31, 0x11, &ipv4()),
            &binary_header(0x11, 0x11, &ipv4()),
            &binary_header(0x22, 0x11, &ipv4()),
            &binary_header(0x21, 0x11, &ipv4()[..11]),
            &binary_header(0x21, 0x21, &ipv4()),
        ] {
            assert_eq!(ProxyHeader::parse(bytes), ProxyHeader::Malformed, "{}", bytes.escape_ascii());
        }
    }

    /// Bytes that get far into the parser.
    fn header_like_bytes() -> impl Strategy<Value = Vec<u8>> {
        let whole = headers().into_iter().map(|(header, _)| header);
        let begun = LINE_PREFIXES.into_iter().map(<[u8]>::to_vec).chain(whole).chain([SIGNATURE.to_vec()]);
        let noise = prop::collection::vec(prop_oneof![any::<u8>(), Just(b'\n'), Just(b' ')], 0..40);
        (prop::sample::select(begun.collect::<Vec<_>>()), 0..60usize, noise)
            .prop_map(|(begun, keep, noise)| [&begun[..keep.min(begun.len())], &noise].concat())
    }

    proptest! {
        #[test]
        fn more_bytes_do_not_change_the_result(bytes in header_like_bytes()) {
            let results = (0..=bytes.len()).map(|cut| ProxyHeader::parse(&bytes[..cut]));
            let mut results = results.skip_while(|result| *result == ProxyHeader::Incomplete);
            if let Some(first) = results.next() {
                prop_assert!(results.all(|result| result == first));
            }
            if let ProxyHeader::Complete { consumed, .. } = ProxyHeader::parse(&bytes) {
                prop_assert!(consumed <= bytes.len().min(HEADER_MAX));
            }
        }
    }
}
