//! Recognizes requests that ask the server to change to TLS on the same connection (RFC 2817).

use super::{HttpVersion, Method, Request};

/// Returns whether a request asks for TLS: `Upgrade` names a version of TLS, and `Connection` names
/// `Upgrade`. Requests for other protocols, such as `h2c` and `websocket`, do not, and none of HTTP/1.0 does
/// (RFC 9110, 7.8).
pub fn asks_for_tls(request: &Request) -> bool {
    let has_token = |name: &str, is_wanted: fn(&str) -> bool| {
        let lines = request.headers().filter(|(other, _)| other.eq_ignore_ascii_case(name));
        lines.flat_map(|(_, list)| list.split(',')).any(|token| is_wanted(token.trim()))
    };
    request.version == HttpVersion::Http11
        && has_token("connection", |token| token.eq_ignore_ascii_case("upgrade"))
        && has_token("upgrade", |token| {
            token.split_once('/').is_some_and(|(name, _)| name.eq_ignore_ascii_case("tls"))
        })
}

/// Returns whether a body follows the head of a request, or may follow. That of a source begins at once and
/// has no length: SOURCE of libshout even says `Content-Length: 0`.
pub fn has_body(request: &Request) -> bool {
    matches!(request.method, Method::Source | Method::Put)
        || request.is_chunked()
        || request.content_length().is_some_and(|length| length > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_upgrade_to_tls_is_recognized() {
        let asks = |lines: &str| asks_for_tls(&Request::from_lines(&format!("OPTIONS * HTTP/1.1\n{lines}")));
        for lines in [
            "Connection: Upgrade\nUpgrade: TLS/1.0, HTTP/1.1",
            "connection: keep-alive, upgrade\nupgrade: tls/1.2",
            "Connection: keep-alive\nConnection: Upgrade\nUpgrade: h2c\nUpgrade: TLS/1.3",
        ] {
            assert!(asks(lines), "{lines}");
        }
        for lines in [
            "Upgrade: TLS/1.0",
            "Connection: Upgrade",
            "Connection: Upgrade\nUpgrade: h2c",
            "Connection: Upgrade\nUpgrade: websocket",
            "Connection: Upgrade\nUpgrade: TLS",
            "Connection: keep-alive\nUpgrade-Insecure-Requests: 1",
        ] {
            assert!(!asks(lines), "{lines}");
        }
    }

    #[test]
    fn upgrade_of_http_1_0_is_ignored() {
        let lines = "OPTIONS * HTTP/1.0\nConnection: Upgrade\nUpgrade: TLS/1.0, HTTP/1.1";
        assert!(!asks_for_tls(&Request::from_lines(lines)));
    }

    #[test]
    fn body_is_told_from_the_head() {
        for head in [
            "PUT /live HTTP/1.1",
            "SOURCE /live HTTP/1.1\nContent-Length: 0",
            "POST /admin HTTP/1.1\nContent-Length: 7",
            "GET / HTTP/1.1\nTransfer-Encoding: chunked",
        ] {
            assert!(has_body(&Request::from_lines(head)), "{head}");
        }
        for head in ["OPTIONS * HTTP/1.1", "GET / HTTP/1.1\nContent-Length: 0"] {
            assert!(!has_body(&Request::from_lines(head)), "{head}");
        }
    }
}
