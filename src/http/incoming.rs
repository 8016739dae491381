//! The first bytes of a connection, in any supported protocol: a request, or the login of a source that does
//! not use HTTP.

use super::request::dialect::{Dialect, SIGNATURE_MAX, first_line_end};
use super::request::{HEAD_MAX, Request, RequestRefusal, head_length, may_have_ended};
use super::source::login::{AudiocastLogin, PasswordLine};

/// The result of parsing the bytes received so far.
#[derive(Debug, PartialEq, Eq)]
pub enum Incoming {
    /// A request with its complete head.
    Request {
        /// The request.
        request: Request,
        /// The length of its head in bytes; its body or the next request follows.
        consumed: usize,
    },
    /// The first line of a SHOUTcast v1 source.
    Password {
        /// The line.
        line: PasswordLine,
        /// Its length in bytes, line end included. Header lines follow, and possibly audio after them.
        consumed: usize,
    },
    /// A source that uses the xaudiocast login.
    Audiocast {
        /// The login; boxed, since few sources use it.
        login: Box<AudiocastLogin>,
        /// The length of its head in bytes; audio follows.
        consumed: usize,
    },
    /// `!POKE`: libshout checks whether this port accepts SHOUTcast v1 sources. Any reply without `OK` means
    /// yes.
    Poke {
        /// The length of its first line in bytes. libshout sends a second line and then waits for the reply.
        consumed: usize,
    },
    /// Valid so far, but not complete: call again with all bytes when there are more.
    Incomplete,
    /// The bytes are none of the above, and more bytes cannot change that.
    Refused(RequestRefusal),
}

/// Parses the request, or the login of a source, at the front of `bytes`. `bytes` must begin at the beginning
/// of the connection, or at the end of the previous request.
///
/// Every call reads every byte again. When bytes arrive in many pieces, use [`parse_more`].
pub fn parse(bytes: &[u8]) -> Incoming {
    let bytes = &bytes[..bytes.len().min(HEAD_MAX)];
    match Dialect::detect(bytes) {
        Some(Dialect::Http) => parse_complete_head(bytes, parse_head),
        Some(Dialect::Audiocast) => parse_complete_head(bytes, parse_audiocast),
        Some(Dialect::Line) => parse_line(bytes),
        Some(Dialect::Poke) => Incoming::Poke { consumed: first_line_end(bytes).unwrap_or_default() },
        Some(Dialect::Tls) => Incoming::Refused(RequestRefusal::Tls),
        Some(Dialect::Ultravox) => Incoming::Refused(RequestRefusal::Ultravox),
        Some(Dialect::FlashPolicy) => Incoming::Refused(RequestRefusal::NotHttp),
        None => incomplete_or_too_large(bytes),
    }
}

fn parse_complete_head(bytes: &[u8], parse: fn(&[u8]) -> Incoming) -> Incoming {
    head_length(bytes).map_or_else(|| incomplete_or_too_large(bytes), |length| parse(&bytes[..length]))
}

fn parse_audiocast(head: &[u8]) -> Incoming {
    match AudiocastLogin::parse_head(head) {
        Some(login) => Incoming::Audiocast { login: Box::new(login), consumed: head.len() },
        None => Incoming::Refused(RequestRefusal::NotHttp),
    }
}

fn parse_line(bytes: &[u8]) -> Incoming {
    match PasswordLine::parse(bytes) {
        Some((line, consumed)) => Incoming::Password { line, consumed },
        None => Incoming::Refused(RequestRefusal::NotHttp),
    }
}

/// Like [`parse`], for bytes whose first `seen` were [`Incoming::Incomplete`] in the previous call. However
/// many calls a head needs, together they read each byte only a few times.
pub fn parse_more(bytes: &[u8], seen: usize) -> Incoming {
    let within = &bytes[..bytes.len().min(HEAD_MAX)];
    if seen >= SIGNATURE_MAX && !may_have_ended(within, seen.min(within.len())) {
        incomplete_or_too_large(within)
    } else {
        parse(within)
    }
}

fn parse_head(head: &[u8]) -> Incoming {
    match Request::parse_head(head) {
        Ok(request) => Incoming::Request { request, consumed: head.len() },
        Err(refusal) => Incoming::Refused(refusal),
    }
}

fn incomplete_or_too_large(bytes: &[u8]) -> Incoming {
    if bytes.len() < HEAD_MAX {
        Incoming::Incomplete
    } else {
        Incoming::Refused(RequestRefusal::HeadTooLarge)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::request::{HEADERS_MAX, HttpVersion, Method};
    use proptest::prelude::*;

    const BROWSER: &[u8] = b"GET /a%20b;c%3Bd?x=%41 HTTP/1.1\r\nHost: h:8000\r\nX-Name: Caf\xE9\r\n\r\nrest";

    fn request_in(bytes: &[u8]) -> (Request, usize) {
        match parse(bytes) {
            Incoming::Request { request, consumed } => (request, consumed),
            other => panic!("{} is {other:?}", bytes.escape_ascii()),
        }
    }

    #[test]
    fn request_is_split_into_its_parts() {
        let (request, consumed) = request_in(BROWSER);
        assert_eq!(consumed, BROWSER.len() - "rest".len());
        assert_eq!((request.method, request.version), (Method::Get, HttpVersion::Http11));
        assert_eq!((request.path.as_str(), request.query.as_deref()), ("/a b;c;d", Some("x=%41")));
    }

    #[test]
    fn head_is_incomplete_at_every_cut() {
        for head in [BROWSER, b"\r\nGET /\r\r\nA : b\r\r\n\r\r\n", b"GET / ICE/1.0\n\n"] {
            let (_, whole) = request_in(head);
            for cut in 0..whole {
                assert_eq!(parse(&head[..cut]), Incoming::Incomplete, "{}", head[..cut].escape_ascii());
                assert_eq!(parse_more(head, cut), parse(head));
            }
            assert_eq!(request_in(&head[..whole]), request_in(head));
        }
    }

    /// Checks that the first `length` bytes of `bytes` are one message, and that every shorter prefix is
    /// incomplete.
    #[track_caller]
    fn check_front(bytes: &[u8], length: usize, is: impl Fn(Incoming) -> Option<usize>) {
        for cut in 0..length {
            assert_eq!(parse(&bytes[..cut]), Incoming::Incomplete, "{}", bytes[..cut].escape_ascii());
        }
        assert_eq!(parse_more(&bytes[..length], length - 1), parse(bytes));
        assert_eq!(is(parse(bytes)), Some(length), "{}", bytes.escape_ascii());
    }

    #[test]
    fn source_logins_without_http_are_recognized() {
        let password = |parsed| match parsed {
            Incoming::Password { consumed, .. } => Some(consumed),
            _ => None,
        };
        check_front(b"hackme\r\nicy-name:x\r\n\r\n", 8, password);
        check_front(b"\ndj:hackme:#2\n\xFF\xFB", 14, password);
        check_front(b"!POKE\nicy-name:libshout server poke request\n\n", 6, |parsed| match parsed {
            Incoming::Poke { consumed } => Some(consumed),
            _ => None,
        });
        check_front(b"SOURCE hackme /live\nx-audiocast-name: A\n\n\xFF", 41, |parsed| match parsed {
            Incoming::Audiocast { login, consumed } => {
                let parts = (login.mount.as_str(), login.password.as_str(), login.info.name.as_deref());
                (parts == ("/live", "hackme", Some("A"))).then_some(consumed)
            }
            _ => None,
        });
    }

    #[test]
    fn header_values_are_utf8_or_windows_1252() {
        let latin1 = request_in(BROWSER).0;
        assert_eq!(latin1.header("x-name"), Some("Café"));
        assert_eq!(Request::from_lines("GET /\nX-Name: Café").header("x-name"), Some("Café"));
    }

    #[test]
    fn invalid_bytes_are_refused_with_the_reason() {
        let many = format!("GET / HTTP/1.1\n{}\n", "a: b\n".repeat(HEADERS_MAX + 1));
        for (bytes, refusal) in [
            (&b"\x16\x03\x01"[..], RequestRefusal::Tls),
            (b"\x5A\x00\x10\x09", RequestRefusal::Ultravox),
            (b"hack\0me\r\n", RequestRefusal::NotHttp),
            (b"<policy-file-request/>\0", RequestRefusal::NotHttp),
            (b"GET / HTTP/2.0\n\n", RequestRefusal::UnsupportedVersion),
            (b"GET HTTP/1.1\n\n", RequestRefusal::Malformed),
            (b"GET /\x00 HTTP/1.1\n\n", RequestRefusal::Malformed),
            (b"GET / HTTP/1.1\nno colon\n\n", RequestRefusal::Malformed),
            (b"GET / HTTP/1.1\n \nVia: hidden\n\n", RequestRefusal::Malformed),
            (b"GET / HTTP/1.1\nA: b\rC: d\n\n", RequestRefusal::Malformed),
            (many.as_bytes(), RequestRefusal::TooManyHeaders),
            (&[b'x'; HEAD_MAX], RequestRefusal::HeadTooLarge),
        ] {
            assert_eq!(parse(bytes), Incoming::Refused(refusal), "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn heads_up_to_the_limits_are_accepted() {
        let headers = "a: b\n".repeat(HEADERS_MAX);
        assert!(matches!(parse(format!("GET / HTTP/1.1\n{headers}\n").as_bytes()), Incoming::Request { .. }));
        let fixed = "GET / HTTP/1.1\nCookie: \n\n".len();
        let head = |spare| format!("GET / HTTP/1.1\nCookie: {}\n\n", "x".repeat(HEAD_MAX - fixed + spare));
        assert_eq!(request_in(head(0).as_bytes()).1, HEAD_MAX);
        assert_eq!(parse(head(1).as_bytes()), Incoming::Refused(RequestRefusal::HeadTooLarge));
    }

    /// Bytes that get far into the parser: pieces of heads in any order, with noise between them.
    fn heads() -> impl Strategy<Value = Vec<u8>> {
        let pieces = [
            "GET ",
            "/",
            "HTTP/1.1",
            " ",
            "\r",
            "\n",
            "\r\n",
            ":",
            "Host",
            "%",
            "%3",
            "é",
            "http://",
            "?",
            "a-password-longer-than-any-signature",
        ];
        let piece = prop_oneof![
            6 => prop::sample::select(pieces.to_vec()).prop_map(|piece| piece.as_bytes().to_vec()),
            1 => prop::collection::vec(any::<u8>(), 0..4),
        ];
        let begin = prop::sample::select(vec!["", "\r\n", "GET / HTTP/1.1\r\n", "GET /a b\n"]);
        (begin, prop::collection::vec(piece, 0..40))
            .prop_map(|(begin, pieces)| [begin.as_bytes(), &pieces.concat()].concat())
    }

    proptest! {
        #[test]
        fn any_bytes_are_parsed_within_bounds(bytes in prop_oneof![heads(), prop::collection::vec(any::<u8>(), 0..300)]) {
            if let Incoming::Request { request, consumed } = parse(&bytes) {
                prop_assert!(consumed <= bytes.len().min(HEAD_MAX));
                prop_assert!(request.headers().count() <= HEADERS_MAX);
                for (_, value) in request.headers() {
                    prop_assert!(!value.contains(['\r', '\n', '\0']));
                }
                prop_assert_eq!(request_in(&bytes[..consumed]).0, request);
            }
        }

        #[test]
        fn cuts_do_not_change_the_result(bytes in heads(), cuts in prop::collection::vec(0..300usize, 0..9)) {
            let mut cuts = [cuts, vec![0, bytes.len()]].concat();
            cuts.retain(|cut| *cut <= bytes.len());
            cuts.sort_unstable();
            for pair in cuts.windows(2) {
                let parsed = parse_more(&bytes[..pair[1]], pair[0]);
                prop_assert_eq!(&parsed, &parse(&bytes[..pair[1]]));
                if parsed != Incoming::Incomplete { break }
            }
        }

        #[test]
        fn more_bytes_do_not_change_the_result(bytes in heads()) {
            let results = (0..=bytes.len()).map(|cut| parse(&bytes[..cut]));
            let mut results = results.skip_while(|result| *result == Incoming::Incomplete);
            if let Some(first) = results.next() {
                prop_assert!(results.all(|result| result == first));
            }
        }
    }
}
