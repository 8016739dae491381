//! Headers that the operator adds to streams and public replies.

use super::header::printable;

/// The most bytes of all headers together: with the others, a head still fits into the buffers of players.
pub const EXTRA_HEADERS_MAX: usize = 1000;

/// Headers without which a client would not understand the reply, or that belong to it alone.
const RESERVED: [&str; 13] = [
    "accept-ranges",
    "connection",
    "content-encoding",
    "content-length",
    "content-range",
    "content-type",
    "icy-metaint",
    "keep-alive",
    "location",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "www-authenticate",
];

/// Headers of public replies have this one. Replies without it are not for everyone: other sites must not
/// read them.
const PUBLIC: &str = "Access-Control-Allow-Origin";

/// Returns why a header cannot be added; `None` if it can.
pub fn header_fault(name: &str, value: &str) -> Option<&'static str> {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if name.is_empty() || !name.bytes().all(is_token) {
        Some("has no valid name before the colon")
    } else if RESERVED.iter().any(|reserved| reserved.eq_ignore_ascii_case(name)) {
        Some("would break the reply")
    } else if value.is_empty() {
        Some("has no value after the colon")
    } else if printable(value) != value {
        Some("has control characters or white space around its value")
    } else {
        None
    }
}

/// Adds headers, each as `name: value`, to a reply that begins with a head. A header of the reply with the
/// name of one of them is replaced. A reply that pages of other sites may not read stays as it is.
pub fn add_headers(reply: &mut Vec<u8>, headers: &[String]) {
    let end = reply.windows(4).position(|bytes| bytes == b"\r\n\r\n");
    let Some(end) = end.filter(|_| !headers.is_empty()) else { return };
    let Ok(head) = std::str::from_utf8(&reply[..end]) else { return };
    if !head.lines().any(|line| has_name(line, PUBLIC)) {
        return;
    }
    let is_replaced = |line: &&str| !headers.iter().any(|header| has_name(line, name_of(header)));
    let kept = head.lines().filter(is_replaced).chain(headers.iter().map(String::as_str));
    let kept = kept.collect::<Vec<_>>().join("\r\n");
    reply.splice(..end, kept.into_bytes());
}

/// Returns these headers, with those of `others` added whose names they do not have.
pub fn with_others(headers: &[String], others: &[String]) -> Vec<String> {
    let is_new = |other: &&String| !headers.iter().any(|header| has_name(header, name_of(other)));
    headers.iter().chain(others.iter().filter(is_new)).cloned().collect()
}

fn name_of(header: &str) -> &str {
    header.split(':').next().unwrap_or_default()
}

fn has_name(line: &str, name: &str) -> bool {
    line.contains(':') && name_of(line).eq_ignore_ascii_case(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(reply: &str, headers: &[&str]) -> String {
        let mut reply = reply.as_bytes().to_vec();
        let headers: Vec<String> = headers.iter().map(ToString::to_string).collect();
        add_headers(&mut reply, &headers);
        String::from_utf8(reply).expect("UTF-8")
    }

    #[test]
    fn headers_are_added_or_replace_those_of_their_name() {
        let reply = "HTTP/1.0 200 OK\r\nAccess-Control-Allow-Origin: *\r\nServer: x\r\n\r\nbody\r\n\r\n";
        assert_eq!(
            with(reply, &["X-Robots-Tag: noindex", "access-control-allow-origin: https://a.example"]),
            "HTTP/1.0 200 OK\r\nServer: x\r\nX-Robots-Tag: noindex\r\n\
             access-control-allow-origin: https://a.example\r\n\r\nbody\r\n\r\n"
        );
        assert_eq!(with(reply, &[]), reply);
        let two = with(reply, &["Link: <a>", "Link: <b>"]);
        assert!(two.contains("\r\nLink: <a>\r\nLink: <b>\r\n\r\nbody"), "{two}");
    }

    #[test]
    fn private_replies_and_bytes_without_a_head_stay_as_they_are() {
        for reply in
            ["HTTP/1.0 401 Unauthorized\r\nServer: x\r\n\r\n", "OK2\r\n", "", "\r\n\r\n", "\u{e9}\r\n\r\n"]
        {
            assert_eq!(with(reply, &["X-A: 1"]), reply);
        }
    }

    #[test]
    fn headers_that_would_break_a_reply_are_found() {
        for (name, value, is_valid) in [
            ("Access-Control-Allow-Origin", "*", true),
            ("X-A", "a: b", true),
            ("Content-Length", "0", false),
            ("TRANSFER-ENCODING", "chunked", false),
            ("icy-metaint", "1", false),
            ("", "a", false),
            ("X A", "a", false),
            ("X\r\nY", "a", false),
            ("X-A", "a\r\nSet-Cookie: b", false),
            ("X-A", "", false),
            ("X-A", " a", false),
        ] {
            assert_eq!(header_fault(name, value).is_none(), is_valid, "{name}: {value}");
        }
    }

    #[test]
    fn headers_of_a_station_replace_those_of_the_server() {
        let list = |items: &[&str]| items.iter().map(ToString::to_string).collect::<Vec<_>>();
        let (own, others) = (list(&["X-A: 1"]), list(&["x-a: 2", "X-B: 3"]));
        assert_eq!(with_others(&own, &others), list(&["X-A: 1", "X-B: 3"]));
    }
}
