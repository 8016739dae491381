//! Recognizes requests that ask the server to change to TLS on the same connection (RFC 2817).

use super::Request;

/// Returns whether a request asks for TLS: `Upgrade` names a version of TLS, and `Connection` names
/// `Upgrade`. Requests for other protocols, such as `h2c` and `websocket`, do not.
pub fn asks_for_tls(request: &Request) -> bool {
    let has_token = |name: &str, is_wanted: fn(&str) -> bool| {
        request.header(name).is_some_and(|list| list.split(',').any(|token| is_wanted(token.trim())))
    };
    has_token("connection", |token| token.eq_ignore_ascii_case("upgrade"))
        && has_token("upgrade", |token| {
            token.split_once('/').is_some_and(|(name, _)| name.eq_ignore_ascii_case("tls"))
        })
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
}
