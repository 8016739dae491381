//! Detects the protocol of a peer by its first bytes: one port serves players, browsers and encoders.

use Dialect::{Audiocast, FlashPolicy, Http, Line, Poke, Tls, Ultravox};

/// The protocol of a connection (protocol-notes/listener.md, "Deciding by the first bytes").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// An HTTP request line, or one of its relative ICE/1.0.
    Http,
    /// A TLS ClientHello. libshout tries TLS on a plain port and expects the server to close the connection
    /// at once.
    Tls,
    /// The first frame of a SHOUTcast v2 source, Ultravox 2.0 or 2.1.
    Ultravox,
    /// A Flash Player request for a socket policy.
    FlashPolicy,
    /// libshout checks whether this port accepts SHOUTcast v1 sources; any reply without `OK` means yes.
    Poke,
    /// The login of xaudiocast: `SOURCE <password> /mount`, without a version.
    Audiocast,
    /// Any other line of text: a SHOUTcast v1 source sends its password first.
    Line,
}

impl Dialect {
    /// Detects the protocol as early as the bytes allow; `None` until then. More bytes never change the
    /// result.
    pub fn detect(bytes: &[u8]) -> Option<Self> {
        let by_signature = SIGNATURES.iter().find(|(signature, _)| begins_with(bytes, signature));
        match by_signature {
            Some((_, dialect)) => Some(*dialect),
            None => first_line(bytes).map(Self::from_line),
        }
    }

    fn from_line(line: &[u8]) -> Self {
        if RequestLine::parse(line).is_some() {
            Http
        } else if line.starts_with(b"!POKE") {
            Poke
        } else if AudiocastLine::parse(line).is_some() {
            Audiocast
        } else {
            Line
        }
    }
}

/// The first byte of a TLS connection: the type of a record with a handshake message (RFC 8446, 5.1).
pub const TLS_FIRST_BYTE: u8 = 0x16;

/// First bytes with which no line of text begins. `None` matches any byte except a line end, so that a
/// complete line never matches a signature later.
const SIGNATURES: [(&[Option<u8>], Dialect); 4] = [
    (&[Some(TLS_FIRST_BYTE), Some(0x03)], Tls),
    (&[Some(0x5A), None, Some(0x10), Some(0x09)], Ultravox),
    (&[Some(0x5A), None, Some(0x10), Some(0x01)], Ultravox),
    (FLASH_POLICY, FlashPolicy),
];

/// The length of the longest signature. After this many bytes, no other signature can match.
pub(in crate::http) const SIGNATURE_MAX: usize = FLASH_POLICY.len();

const FLASH_POLICY: &[Option<u8>] = &fixed(*b"<policy-file-request/>");

const fn fixed<const N: usize>(bytes: [u8; N]) -> [Option<u8>; N] {
    let mut all = [None; N];
    let mut at = 0;
    while at < N {
        all[at] = Some(bytes[at]);
        at += 1;
    }
    all
}

fn begins_with(bytes: &[u8], signature: &[Option<u8>]) -> bool {
    let matches =
        |(byte, expected): (&u8, &Option<u8>)| expected.map_or(*byte != b'\n', |expected| *byte == expected);
    bytes.len() >= signature.len() && bytes.iter().zip(signature).all(matches)
}

/// The most bytes of line ends before the first line. Some clients send a few after their previous request;
/// only a malicious peer sends many.
const LEADING_BLANK_MAX: usize = 8;

/// Returns the length in bytes of the empty lines before the first line.
pub(in crate::http) fn leading_blank(bytes: &[u8]) -> usize {
    bytes.iter().take(LEADING_BLANK_MAX).take_while(|byte| matches!(byte, b'\r' | b'\n')).count()
}

/// Returns the offset after the first line that is not empty and its line end. `None` until the line is
/// complete.
pub(in crate::http) fn first_line_end(bytes: &[u8]) -> Option<usize> {
    let begin = leading_blank(bytes);
    let end = bytes[begin..].iter().position(|byte| *byte == b'\n')?;
    Some(begin + end + 1)
}

/// Returns the first line that is not empty, without its line end. `None` until it is complete.
pub(in crate::http) fn first_line(bytes: &[u8]) -> Option<&[u8]> {
    let end = first_line_end(bytes)?;
    Some(trim_line_end(&bytes[leading_blank(bytes)..end - 1]))
}

/// Strips the rest of the line end from a line: clients send both `\r\n` and `\r\r\n`.
pub(in crate::http) fn trim_line_end(line: &[u8]) -> &[u8] {
    let end = line.iter().rposition(|byte| *byte != b'\r').map_or(0, |last| last + 1);
    &line[..end]
}

/// The known methods. With one of these, a request line needs no version after the target.
const METHODS: [&[u8]; 7] = [b"GET", b"HEAD", b"OPTIONS", b"POST", b"PUT", b"SOURCE", b"STATS"];

/// The parts of a request line as received; the target may contain anything, including spaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::http) struct RequestLine<'a> {
    pub method: &'a [u8],
    pub target: &'a [u8],
    /// `HTTP/x.y` or `ICE/1.0`; `None` if the line ends with the target.
    pub version: Option<&'a [u8]>,
}

impl<'a> RequestLine<'a> {
    /// Splits a line. `None` if it is not a request: a password may contain spaces, and the old xaudiocast
    /// login `SOURCE <password> /mount` has no version.
    pub fn parse(line: &'a [u8]) -> Option<Self> {
        let (method, rest) = split_method(line.trim_ascii_end())?;
        let (target, version) = split_version(rest.trim_ascii());
        let is_known_request = METHODS.contains(&method) && is_target(target);
        (version.is_some() || is_known_request).then_some(Self { method, target, version })
    }
}

/// The parts of `SOURCE <password> /mount`. The password may contain spaces, the mount may not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::http) struct AudiocastLine<'a> {
    pub password: &'a [u8],
    pub mount: &'a [u8],
}

impl<'a> AudiocastLine<'a> {
    /// Splits a line. `None` if it is not such a login, or if it is a request; see [`RequestLine::parse`].
    pub fn parse(line: &'a [u8]) -> Option<Self> {
        let rest = line.strip_prefix(b"SOURCE ")?.trim_ascii();
        let (password, mount) = rest.split_at(rest.iter().rposition(|byte| *byte == b' ')? + 1);
        let password = password.trim_ascii_end();
        let is_login = mount.starts_with(b"/") && !password.is_empty() && RequestLine::parse(line).is_none();
        is_login.then_some(Self { password, mount })
    }
}

fn split_method(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = line.iter().position(|byte| *byte == b' ')?;
    Some((&line[..at], &line[at + 1..]))
}

fn split_version(rest: &[u8]) -> (&[u8], Option<&[u8]>) {
    let at = rest.iter().rposition(|byte| *byte == b' ').map_or(0, |space| space + 1);
    let (target, last) = rest.split_at(at);
    if last.starts_with(b"HTTP/") || last.starts_with(b"ICE/") {
        (target.trim_ascii_end(), Some(last))
    } else {
        (rest, None)
    }
}

fn is_target(target: &[u8]) -> bool {
    target.starts_with(b"/") || target == b"*" || target.starts_with(b"http://")
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST_BYTES: [(&[u8], Dialect); 28] = [
        (b"GET / HTTP/1.0\r\n", Http),
        (b"GET / HTTP/1.1\n", Http),
        (b"GET /\r\r\n", Http),
        (b"GET http://radio.example/ HTTP/1.0\r\n", Http),
        (b"\r\n\r\nGET / HTTP/1.1\r\n", Http),
        (b"GET /a song \"x\" \xE9 HTTP/1.1\r\n", Http),
        (b"OPTIONS * HTTP/1.1\r\n", Http),
        (b"SOURCE /live ICE/1.0\r\n", Http),
        (b"SOURCE /live HTTP/1.0\n", Http),
        (b"PUT /live HTTP/1.1\r\n", Http),
        (b"PROPFIND / HTTP/1.1\r\n", Http),
        (b"GET HTTP/1.1\r\n", Http),
        (b"SOURCE hackme /live\r\n", Audiocast),
        (b"SOURCE hack me  /live \n", Audiocast),
        (b"SOURCE hackme\n", Line),
        (b"SOURCE hackme live\n", Line),
        (b"hackme\r\n", Line),
        (b"Zebra\x10\x09\n", Line),
        (b"Z\n\x10\x09", Line),
        (b"dj:pass:#2\n", Line),
        (b"my pass word\r\n", Line),
        (b"\n\n\n\n\n\n\n\n\nGET / HTTP/1.1\r\n", Line),
        (b"!POKE\nicy-name:libshout server poke request\n\n", Poke),
        (b"<policy-file-request/>\0", FlashPolicy),
        (b"<policy\n", Line),
        (b"\x16\x03\x01\x02\x00", Tls),
        (b"\x5A\x00\x10\x09\x00\x03", Ultravox),
        (b"\x5A\x00\x10\x01\x00\x03", Ultravox),
    ];

    #[test]
    fn every_protocol_is_detected() {
        for (bytes, dialect) in FIRST_BYTES {
            assert_eq!(Dialect::detect(bytes), Some(dialect), "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn no_signature_is_longer_than_the_maximum() {
        assert!(SIGNATURES.iter().all(|(signature, _)| signature.len() <= SIGNATURE_MAX));
    }

    #[test]
    fn more_bytes_do_not_change_the_protocol() {
        for (bytes, dialect) in FIRST_BYTES {
            let decisions = (0..=bytes.len()).filter_map(|cut| Dialect::detect(&bytes[..cut]));
            for decision in decisions {
                assert_eq!(decision, dialect, "{}", bytes.escape_ascii());
            }
        }
    }

    #[test]
    fn incomplete_line_has_no_protocol_yet() {
        for bytes in [&b""[..], b"\r\n", b"G", b"GET / HTTP/1.1\r", b"hackme", b"\x16", b"Z\0\x10", b"<pol"] {
            assert_eq!(Dialect::detect(bytes), None, "{}", bytes.escape_ascii());
        }
    }
}
