//! Under which address somebody reached us, for the links that he is given.

use super::request::Request;

/// `http://` and the host that `request` names, without a slash at its end. Some players leave out the port; where we are
/// not expected on port 80, the first of `ports` is what they mean. What is no host's name is not repeated: `localhost`
/// stands for it.
pub fn base(request: &Request, ports: &[u16]) -> String {
    let host = request.header("host").map(str::trim).filter(|host| is_host(host)).unwrap_or("localhost");
    match ports.first() {
        Some(port) if !has_port(host) && !ports.contains(&80) => format!("http://{host}:{port}"),
        _ => format!("http://{host}"),
    }
}

/// Whether it is a name or an address, with or without a port, and nothing else.
fn is_host(host: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || "-._:[]".contains(c);
    !host.is_empty() && host.len() <= 255 && host.chars().all(fits)
}

fn has_port(host: &str) -> bool {
    host.rsplit_once(':')
        .is_some_and(|(_, port)| !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()))
        && !(host.ends_with(']'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_back_to_where_they_were_asked() {
        for (host, ports, expected) in [
            ("radio.example:8000", &[8000][..], "http://radio.example:8000"),
            ("radio.example", &[8000], "http://radio.example:8000"),
            ("radio.example", &[8000, 80], "http://radio.example"),
            ("[::1]:81", &[8000], "http://[::1]:81"),
            ("[::1]", &[8000], "http://[::1]:8000"),
            ("", &[8000], "http://localhost:8000"),
            ("a\"><b", &[8000], "http://localhost:8000"),
            ("a/b", &[], "http://localhost"),
        ] {
            let request = Request::of(&format!("GET / HTTP/1.1\nHost: {host}"));
            assert_eq!(base(&request, ports), expected, "{host:?}");
        }
    }
}
