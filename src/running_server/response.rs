//! The request for the settings of a running server, and the response.

use super::address::ServerAddress;
use crate::http::request::basic_auth::authorization_header;

/// Returns the request for a page. HTTP/1.0, so that the response is not chunked and ends with the
/// connection.
pub fn build_request(address: &ServerAddress, page: &str, login: Option<&[u8]>) -> Vec<u8> {
    let mut lines = vec![
        format!("GET {} HTTP/1.0", address.target(page)),
        format!("Host: {}", address.authority()),
        concat!("User-Agent: coldwave/", env!("CARGO_PKG_VERSION")).to_owned(),
        "Accept: application/json, text/plain".to_owned(),
        "Connection: close".to_owned(),
    ];
    lines.extend(login.map(|login| format!("Authorization: {}", authorization_header(login))));
    format!("{}\r\n\r\n", lines.join("\r\n")).into_bytes()
}

/// Returns the status and the body of a response; `None` if it is no HTTP or a part is missing.
pub fn parse_response(response: &[u8]) -> Option<(u64, &[u8])> {
    let end = response.windows(4).position(|window| window == b"\r\n\r\n")?;
    let (head, body) = (str::from_utf8(&response[..end]).ok()?, &response[end + 4..]);
    let mut lines = head.split("\r\n");
    let mut status_line = lines.next()?.splitn(3, ' ');
    status_line.next().filter(|protocol| protocol.starts_with("HTTP/"))?;
    let status = status_line.next()?.parse().ok()?;
    let lengths = lines.filter_map(|line| line.split_once(':'));
    let length = lengths.into_iter().find(|(name, _)| name.eq_ignore_ascii_case("Content-Length"));
    let length = length.map_or(Some(body.len()), |(_, length)| length.trim().parse().ok())?;
    Some((status, body.get(..length)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn request_names_the_host_and_the_page() {
        let address = ServerAddress::parse("http://[::1]:9000/radio").expect("an address");
        let request =
            String::from_utf8(build_request(&address, "/x", Some(b"admin:lighthouse"))).expect("ASCII");
        assert!(request.starts_with("GET /radio/x HTTP/1.0\r\nHost: [::1]:9000\r\n"), "{request}");
        assert!(request.contains("\r\nAuthorization: Basic ") && request.ends_with("\r\n\r\n"), "{request}");
    }

    #[test]
    fn whole_response_has_a_status_and_a_body() {
        for (response, expected) in [
            ("HTTP/1.0 200 OK\r\n\r\n{}", Some((200, "{}"))),
            ("HTTP/1.1 401 Unauthorized\r\ncontent-length: 2\r\n\r\nnono", Some((401, "no"))),
            ("HTTP/1.0 204\r\n\r\n", Some((204, ""))),
            ("HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\n{}", None),
            ("HTTP/1.0 200 OK\r\nContent-Length: x\r\n\r\n{}", None),
            ("ICY 200 OK\r\n\r\n", None),
            ("HTTP/1.0 OK\r\n\r\n", None),
            ("HTTP/1.0 200 OK\r\n", None),
            ("", None),
        ] {
            let expected = expected.map(|(status, body): (u64, &str)| (status, body.as_bytes()));
            assert_eq!(parse_response(response.as_bytes()), expected, "{response}");
        }
    }
}
