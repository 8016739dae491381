//! The address of a running server, as an administrator gives it.

use std::fmt;

use crate::stream_url::{StreamUrl, StreamUrlError};

/// The address of a running server: `http://user:password@host:port/path`, or with `https://`. `Display`
/// leaves out the login.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerAddress {
    url: StreamUrl,
    /// The path below which the server is reached; empty, or with a slash only at its beginning.
    base_path: String,
}

impl ServerAddress {
    /// Parses an address. `http://` may be left out, and a number alone is a port of this machine. A page of
    /// coldwave, such as `/admin/`, is left out of the path.
    ///
    /// # Errors
    /// Returns one sentence with an example.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let is_port = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let with_scheme = match text {
            _ if is_port => format!("http://localhost:{text}"),
            _ if text.contains("://") => text.to_owned(),
            _ => format!("http://{text}"),
        };
        let url = StreamUrl::parse(&with_scheme).map_err(describe_error)?;
        let path = url.target().split('?').next().unwrap_or_default();
        let base_path = without_page(path).trim_end_matches('/').to_owned();
        Ok(Self { url, base_path })
    }

    /// Returns `user:password`, if the address contains a login.
    pub fn login(&self) -> Option<&[u8]> {
        self.url.login()
    }

    /// Returns the host to connect to: a name, or an IP address (IPv6 without brackets).
    pub fn host(&self) -> &str {
        self.url.host()
    }

    /// Returns the port to connect to.
    pub fn port(&self) -> u16 {
        self.url.port()
    }

    /// Returns whether the server is asked over TLS.
    pub fn is_https(&self) -> bool {
        self.url.is_https()
    }

    /// Returns host and port for a `Host` header.
    pub fn authority(&self) -> String {
        self.url.authority()
    }

    /// Returns the path of a page of the server.
    pub fn target(&self, page: &str) -> String {
        format!("{}{page}", self.base_path)
    }

    /// Returns the address with this login.
    pub fn with_login(&self, login: &str) -> String {
        format!("{}://{login}@{}{}", self.url.scheme(), self.url.authority(), self.base_path)
    }
}

impl fmt::Display for ServerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}{}", self.url.scheme(), self.url.authority(), self.base_path)
    }
}

/// Removes a page of coldwave and what follows it from a path that was copied from a browser.
fn without_page(path: &str) -> &str {
    const PAGES: [&str; 5] = ["admin", "admin.cgi", "api", "healthz", "index.html"];
    let mut begin = 0;
    for segment in path.split('/') {
        if PAGES.contains(&segment.split('#').next().unwrap_or_default()) {
            return &path[..begin];
        }
        begin += segment.len() + 1;
    }
    path
}

fn describe_error(error: StreamUrlError) -> String {
    const EXAMPLE: &str = "such as http://localhost:8000";
    match error {
        StreamUrlError::Scheme => {
            format!("expected an address that begins with http:// or https://, {EXAMPLE}")
        }
        StreamUrlError::Playlist => format!("expected the address of the server, {EXAMPLE}"),
        StreamUrlError::Host | StreamUrlError::Port | StreamUrlError::Text => {
            format!("{error}, {EXAMPLE}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn address_has_an_optional_scheme_login_and_path() {
        for (text, url, login) in [
            ("http://localhost:8000", "http://localhost:8000/x", None),
            ("localhost:8000", "http://localhost:8000/x", None),
            ("8000", "http://localhost:8000/x", None),
            ("http://localhost:8000/admin", "http://localhost:8000/x", None),
            ("http://localhost:8000/radio/healthz/live", "http://localhost:8000/radio/x", None),
            ("http://localhost:8000/admin/#stations", "http://localhost:8000/x", None),
            ("localhost:8000/api/v1/admin/settings?a=b", "http://localhost:8000/x", None),
            ("http://localhost:8000/admin.cgi?mode=reload", "http://localhost:8000/x", None),
            ("http://radio.example/base/index.html", "http://radio.example/base/x", None),
            ("http://radio.example/administration", "http://radio.example/administration/x", None),
            ("https://radio.example/admin/", "https://radio.example/x", None),
            ("https://a:b@localhost:8000/admin/", "https://localhost:8000/x", Some("a:b")),
            (" http://localhost:8000/ ", "http://localhost:8000/x", None),
            ("http://radio.example/base/", "http://radio.example/base/x", None),
            ("http://[::1]:9000", "http://[::1]:9000/x", None),
            ("http://admin:p%40ss@127.0.0.1:8000", "http://127.0.0.1:8000/x", Some("admin:p@ss")),
            ("admin:a:b@127.0.0.1:8000/radio", "http://127.0.0.1:8000/radio/x", Some("admin:a:b")),
        ] {
            let address = ServerAddress::parse(text).expect(text);
            let scheme = if address.is_https() { "https" } else { "http" };
            assert_eq!(format!("{scheme}://{}{}", address.authority(), address.target("/x")), url);
            assert!(
                address.to_string().starts_with(&format!("{scheme}://{}", address.authority())),
                "{address}"
            );
            assert_eq!(address.login(), login.map(str::as_bytes), "{text}");
            assert!(!address.to_string().contains("p@ss"));
        }
    }

    #[test]
    fn wrong_address_is_explained_with_an_example() {
        for (text, expected) in [
            ("ftp://radio.example", "expected an address that begins with http://"),
            ("http://", "expected a host after http://"),
            ("localhost:99999", "expected a port from 1 to 65535"),
            ("http://radio.example/live.m3u", "expected the address of the server"),
        ] {
            let error = ServerAddress::parse(text).expect_err(text);
            assert!(error.starts_with(expected), "{text}: {error}");
            assert!(error.contains("such as http://localhost:8000"), "{error}");
        }
    }
}
