//! Which protocol a peer speaks, judged by its first bytes: one port serves players, browsers and encoders.

use Dialect::{Audiocast, FlashPolicy, Http, Line, Poke, Tls, Ultravox};

/// What the first bytes of a connection are (protocol-notes/listener.md, "Deciding by the first bytes").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// A request line of HTTP, or of its relative ICE/1.0.
    Http,
    /// A TLS ClientHello. libshout tries TLS on a plain port and wants to be hung up on at once.
    Tls,
    /// The first frame of a SHOUTcast v2 source, Ultravox 2.0 or 2.1.
    Ultravox,
    /// Flash Player asking for a socket policy.
    FlashPolicy,
    /// libshout finding out whether this port takes SHOUTcast v1 sources; any answer without `OK` will do.
    Poke,
    /// The login of xaudiocast, a request line of its own kind: `SOURCE <password> /mount`.
    Audiocast,
    /// Any other line of text: what a SHOUTcast v1 source sends first is its password.
    Line,
}

impl Dialect {
    /// Decides as early as the bytes allow; `None` until then. More bytes never change a decision.
    pub fn detect(bytes: &[u8]) -> Option<Self> {
        let signed = SIGNATURES.iter().find(|(signature, _)| begins_with(bytes, signature));
        match signed {
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

/// Beginnings that no line of text has. `None` stands for any byte but a line end: with it, a line that has
/// ended can never become one of these later.
const SIGNATURES: [(&[Option<u8>], Dialect); 4] = [
    (&[Some(0x16), Some(0x03)], Tls),
    (&[Some(0x5A), None, Some(0x10), Some(0x09)], Ultravox),
    (&[Some(0x5A), None, Some(0x10), Some(0x01)], Ultravox),
    (FLASH_POLICY, FlashPolicy),
];

/// By this many bytes every signature has been told.
pub(in crate::http) const SIGNATURE_MAX: usize = FLASH_POLICY.len();

const FLASH_POLICY: &[Option<u8>] = &some(*b"<policy-file-request/>");

const fn some<const N: usize>(bytes: [u8; N]) -> [Option<u8>; N] {
    let mut all = [None; N];
    let mut at = 0;
    while at < N {
        all[at] = Some(bytes[at]);
        at += 1;
    }
    all
}

fn begins_with(bytes: &[u8], signature: &[Option<u8>]) -> bool {
    let fits = |(byte, wanted): (&u8, &Option<u8>)| wanted.map_or(*byte != b'\n', |wanted| *byte == wanted);
    bytes.len() >= signature.len() && bytes.iter().zip(signature).all(fits)
}

/// How many bytes of line ends may come before the first line: some clients leave a few behind what they sent
/// before, and only a peer that means harm sends many.
const LEADING_BLANK_MAX: usize = 8;

/// How many bytes of empty lines come before the first line.
pub(in crate::http) fn leading_blank(bytes: &[u8]) -> usize {
    bytes.iter().take(LEADING_BLANK_MAX).take_while(|byte| matches!(byte, b'\r' | b'\n')).count()
}

/// How many bytes the first line that is not empty ends behind, its end included, once it is whole.
pub(in crate::http) fn first_line_end(bytes: &[u8]) -> Option<usize> {
    let begin = leading_blank(bytes);
    let end = bytes[begin..].iter().position(|byte| *byte == b'\n')?;
    Some(begin + end + 1)
}

/// The first line that is not empty, without its end, once it is whole.
pub(in crate::http) fn first_line(bytes: &[u8]) -> Option<&[u8]> {
    let end = first_line_end(bytes)?;
    Some(trim_line_end(&bytes[leading_blank(bytes)..end - 1]))
}

/// A line without what is left of its end: `\r\n` and `\r\r\n` are both seen.
pub(in crate::http) fn trim_line_end(line: &[u8]) -> &[u8] {
    let end = line.iter().rposition(|byte| *byte != b'\r').map_or(0, |last| last + 1);
    &line[..end]
}

/// The methods that are known here, and so believed also without a version behind the target.
const METHODS: [&[u8]; 7] = [b"GET", b"HEAD", b"OPTIONS", b"POST", b"PUT", b"SOURCE", b"STATS"];

/// The parts of a request line as they came; the target may hold anything, spaces too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::http) struct RequestLine<'a> {
    pub method: &'a [u8],
    pub target: &'a [u8],
    /// `HTTP/x.y` or `ICE/1.0`; `None` where the line ends with the target.
    pub version: Option<&'a [u8]>,
}

impl<'a> RequestLine<'a> {
    /// `None` when the line is no request: a password may hold spaces, and the old xaudiocast login is
    /// `SOURCE <password> /mount` without a version.
    pub fn parse(line: &'a [u8]) -> Option<Self> {
        let (method, rest) = split_method(line.trim_ascii_end())?;
        let (target, version) = split_version(rest.trim_ascii());
        let trusted = METHODS.contains(&method) && is_target(target);
        (version.is_some() || trusted).then_some(Self { method, target, version })
    }
}

/// The parts of `SOURCE <password> /mount`. The password may hold spaces, the mount none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::http) struct AudiocastLine<'a> {
    pub password: &'a [u8],
    pub mount: &'a [u8],
}

impl<'a> AudiocastLine<'a> {
    /// `None` when the line is no such login; also when it is a request, see [`RequestLine::of`].
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

    const FACTS: [(&[u8], Dialect); 28] = [
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
    fn tells_every_dialect_of_the_facts() {
        for (bytes, dialect) in FACTS {
            assert_eq!(Dialect::detect(bytes), Some(dialect), "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn no_signature_is_longer_than_the_longest() {
        assert!(SIGNATURES.iter().all(|(signature, _)| signature.len() <= SIGNATURE_MAX));
    }

    #[test]
    fn never_changes_its_mind() {
        for (bytes, dialect) in FACTS {
            let decisions = (0..=bytes.len()).filter_map(|cut| Dialect::detect(&bytes[..cut]));
            for decision in decisions {
                assert_eq!(decision, dialect, "{}", bytes.escape_ascii());
            }
        }
    }

    #[test]
    fn waits_for_the_line_to_end() {
        for bytes in [&b""[..], b"\r\n", b"G", b"GET / HTTP/1.1\r", b"hackme", b"\x16", b"Z\0\x10", b"<pol"] {
            assert_eq!(Dialect::detect(bytes), None, "{}", bytes.escape_ascii());
        }
    }
}
