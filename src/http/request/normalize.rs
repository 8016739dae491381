//! Normalizes a request head, so that a strict parser accepts the heads of real clients. Parts that it cannot
//! repair stay unchanged.

use super::dialect::{RequestLine, leading_blank, trim_line_end};
use percent_encoding::{AsciiSet, percent_encode};

/// Returns the length in bytes of the head at the front of `bytes`, empty lines around it included. `None`
/// until it is complete.
///
/// A head ends with an empty line. Lines may end in `\n`, `\r\n` or `\r\r\n`, in any mixture.
pub fn head_length(bytes: &[u8]) -> Option<usize> {
    let mut at = leading_blank(bytes);
    for line in bytes[at..].split_inclusive(|byte| *byte == b'\n') {
        at += line.len();
        let text = line.strip_suffix(b"\n")?;
        if trim_line_end(text).is_empty() {
            return Some(at);
        }
    }
    None
}

/// Returns whether the bytes after the first `seen` may have completed the first line or the head. Reads only
/// little more than these bytes: when a peer sends byte by byte, each byte must not cause a new scan of all
/// previous ones.
pub fn may_have_ended(bytes: &[u8], seen: usize) -> bool {
    let ends_empty_line = |end: usize| trim_line_end(&bytes[..end]).last() == Some(&b'\n');
    let mut ends = (seen..bytes.len()).filter(|at| bytes[*at] == b'\n').peekable();
    ends.peek().is_some() && (!has_line(&bytes[..seen]) || ends.any(ends_empty_line))
}

fn has_line(bytes: &[u8]) -> bool {
    bytes[leading_blank(bytes)..].contains(&b'\n')
}

/// Rewrites the complete `head`:
/// - every line ends in `\r\n`; empty lines before the first are removed;
/// - the version `ICE/1.0`, or a missing version, becomes `HTTP/1.0`;
/// - spaces, `"` and non-ASCII bytes in the target are percent-encoded: butt sends titles unescaped;
/// - a target in absolute form, which proxies send, loses its scheme and authority;
/// - white space between a header's name and its colon is removed.
pub fn normalize(head: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(head.len() + 64);
    let mut lines = head[leading_blank(head)..].split(|byte| *byte == b'\n').map(trim_line_end);
    push_request_line(lines.next().unwrap_or_default(), &mut out);
    for line in lines.take_while(|line| !line.is_empty()) {
        push_header_line(line, &mut out);
    }
    out.extend_from_slice(b"\r\n");
    out
}

fn push_request_line(line: &[u8], out: &mut Vec<u8>) {
    match RequestLine::parse(line) {
        Some(RequestLine { method, target, version }) => {
            out.extend_from_slice(method);
            out.push(b' ');
            push_target(&origin_form(target), out);
            out.push(b' ');
            out.extend_from_slice(http_version(version));
        }
        None => out.extend_from_slice(line),
    }
    out.extend_from_slice(b"\r\n");
}

fn http_version(version: Option<&[u8]>) -> &[u8] {
    version.filter(|version| version.starts_with(b"HTTP/")).unwrap_or(b"HTTP/1.0")
}

/// Characters of a target that are percent-encoded. Control characters are not: no client has a good reason
/// to send them, and the parser rejects them.
const UNSAFE: &AsciiSet = &AsciiSet::EMPTY.add(b' ').add(b'"');

fn push_target(target: &[u8], out: &mut Vec<u8>) {
    for piece in percent_encode(target, UNSAFE) {
        out.extend_from_slice(piece.as_bytes());
    }
}

/// Turns `http://host:8000/live?x` into `/live?x`.
fn origin_form(target: &[u8]) -> Vec<u8> {
    let Some(rest) = strip_scheme(target) else { return target.to_vec() };
    let authority = rest.iter().position(|byte| matches!(byte, b'/' | b'?')).unwrap_or(rest.len());
    let path = &rest[authority..];
    if path.starts_with(b"/") { path.to_vec() } else { [b"/", path].concat() }
}

fn strip_scheme(target: &[u8]) -> Option<&[u8]> {
    let strip = |scheme: &[u8]| {
        let (front, rest) = target.split_at_checked(scheme.len())?;
        front.eq_ignore_ascii_case(scheme).then_some(rest)
    };
    strip(b"http://").or_else(|| strip(b"https://"))
}

/// Appends one line of a head, without its line end, and removes white space between a header's name and its
/// colon.
pub fn push_header_line(line: &[u8], out: &mut Vec<u8>) {
    match line.iter().position(|byte| *byte == b':') {
        Some(colon) => {
            out.extend_from_slice(line[..colon].trim_ascii_end());
            out.extend_from_slice(&line[colon..]);
        }
        // Unchanged, with its white space: a line of spaces must not become the empty line that ends a head.
        None => out.extend_from_slice(line),
    }
    out.extend_from_slice(b"\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(head: &[u8], cleaned: &str) {
        assert_eq!(normalize(head).escape_ascii().to_string(), cleaned.as_bytes().escape_ascii().to_string());
    }

    #[test]
    fn valid_head_is_unchanged() {
        let head = "GET /live?x=1 HTTP/1.1\r\nHost: radio.example:8000\r\nIcy-MetaData:1\r\n\r\n";
        check(head.as_bytes(), head);
    }

    #[test]
    fn every_line_end_becomes_crlf() {
        let cleaned = "GET / HTTP/1.1\r\nHost: a\r\nRange: b\r\n\r\n";
        check(b"GET / HTTP/1.1\nHost: a\nRange: b\n\n", cleaned);
        check(b"GET / HTTP/1.1\r\r\nHost: a\r\r\nRange: b\r\r\n\r\r\n", cleaned);
        check(b"\r\n\nGET / HTTP/1.1\r\nHost: a\nRange: b\r\r\n\n", cleaned);
    }

    #[test]
    fn missing_or_ice_version_becomes_http_1_0() {
        check(b"SOURCE /live ICE/1.0\r\n\r\n", "SOURCE /live HTTP/1.0\r\n\r\n");
        check(b"GET /\r\n\r\n", "GET / HTTP/1.0\r\n\r\n");
        check(b"GET / \r\n\r\n", "GET / HTTP/1.0\r\n\r\n");
        check(b"GET / HTTP/3.7\r\n\r\n", "GET / HTTP/3.7\r\n\r\n");
    }

    #[test]
    fn invalid_target_characters_are_percent_encoded() {
        check(b"GET /a  b HTTP/1.0\n\n", "GET /a%20%20b HTTP/1.0\r\n\r\n");
        check("GET /x?song=\"Café\" HTTP/1.0\n\n".as_bytes(), "GET /x?song=%22Caf%C3%A9%22 HTTP/1.0\r\n\r\n");
        check(b"GET /Caf\xE9 HTTP/1.0\n\n", "GET /Caf%E9 HTTP/1.0\r\n\r\n");
        check(b"GET /;a%3Bb%20 HTTP/1.0\n\n", "GET /;a%3Bb%20 HTTP/1.0\r\n\r\n");
    }

    #[test]
    fn absolute_target_loses_scheme_and_authority() {
        check(b"GET http://h:8000/live HTTP/1.0\n\n", "GET /live HTTP/1.0\r\n\r\n");
        check(b"GET HTTPS://u:p@h/live?a HTTP/1.0\n\n", "GET /live?a HTTP/1.0\r\n\r\n");
        check(b"GET http://h HTTP/1.0\n\n", "GET / HTTP/1.0\r\n\r\n");
        check(b"GET http://h?sid=2 HTTP/1.0\n\n", "GET /?sid=2 HTTP/1.0\r\n\r\n");
    }

    #[test]
    fn white_space_before_a_colon_is_removed() {
        check(
            b"GET / HTTP/1.0\nHost : a\nX \t:b : c\nfolded\n y: z\n\n",
            "GET / HTTP/1.0\r\nHost: a\r\nX:b : c\r\nfolded\r\n y: z\r\n\r\n",
        );
    }

    #[test]
    fn only_a_line_end_can_complete_a_line_or_head() {
        for (seen, new_bytes, expected) in [
            ("GET / HTTP/1.1", "\n", true),
            ("\nhackme", "\n", true),
            ("GET / HTTP/1.1", "\r", false),
            ("GET / HTTP/1.1\nHost: h", "\r\nA: b", false),
            ("GET / HTTP/1.1\nHost: h", "\r\nA: b\n\r\r\nrest", true),
            ("GET / HTTP/1.1\nHost: h\r\n\r", "\n", true),
            ("GET / HTTP/1.1\n", "", false),
        ] {
            assert_eq!(
                may_have_ended(format!("{seen}{new_bytes}").as_bytes(), seen.len()),
                expected,
                "{seen:?} {new_bytes:?}"
            );
        }
    }

    #[test]
    fn head_length_ends_behind_the_empty_line() {
        for (bytes, length) in [
            (&b"GET /\r\n\r\nrest"[..], Some(9)),
            (b"GET /\n\nrest", Some(7)),
            (b"GET /\r\r\n\r\r\nrest", Some(11)),
            (b"\r\n\nGET /\r\na:b\n\r\nrest", Some(16)),
            (b"GET /\r\n\r", None),
            (b"GET /\n", None),
            (b"\n\n\n", None),
            (b"", None),
        ] {
            assert_eq!(head_length(bytes), length, "{}", bytes.escape_ascii());
        }
    }
}
