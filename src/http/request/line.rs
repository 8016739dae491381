//! The first line of a request as the logs show it.

use std::fmt;

use percent_encoding::percent_decode_str;

use super::head::{HttpVersion, Method, Request};

impl Request {
    /// Returns method, target and version as in the request, without passwords: in the query, the value of
    /// every name that contains `pass` becomes `***`.
    pub fn masked_line(&self) -> String {
        let query = self.query.as_deref().map(|query| format!("?{}", masked(query)));
        let version = match self.version {
            HttpVersion::Http10 => "HTTP/1.0",
            HttpVersion::Http11 => "HTTP/1.1",
        };
        format!("{} {}{} {version}", self.method.as_str(), self.path, query.unwrap_or_default())
    }
}

impl Method {
    /// Returns the method as it appears in a request.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Options => "OPTIONS",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Source => "SOURCE",
            Self::Stats => "STATS",
            Self::Other(name) => name,
        }
    }
}

/// Returns a URL with the passwords in its query masked.
pub fn masked_url(url: &str) -> String {
    match url.split_once('?') {
        Some((path, query)) => format!("{path}?{}", masked(query)),
        None => url.to_owned(),
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |(name, value)| (name, if is_secret_header(name) { "***" } else { value });
        f.debug_map().entry(&"line", &self.masked_line()).entries(self.headers().map(shown)).finish()
    }
}

/// Returns whether a header of that name may contain a password.
fn is_secret_header(name: &str) -> bool {
    const SECRETS: [&str; 5] = ["authorization", "proxy-authorization", "cookie", "ice-password", "referer"];
    SECRETS.iter().any(|secret| name.eq_ignore_ascii_case(secret))
}

fn masked(query: &str) -> String {
    let pairs = query.split('&').map(|pair| match pair.split_once('=') {
        Some((name, _)) if is_secret(name) => format!("{name}=***"),
        _ => pair.to_owned(),
    });
    pairs.collect::<Vec<_>>().join("&")
}

fn is_secret(name: &str) -> bool {
    percent_decode_str(name).decode_utf8_lossy().to_ascii_lowercase().contains("pass")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_masked(head: &str, line: &str) {
        assert_eq!(Request::from_lines(head).masked_line(), line);
    }

    #[test]
    fn passwords_in_the_query_are_masked() {
        check_masked("GET /live HTTP/1.0", "GET /live HTTP/1.0");
        check_masked("GET http://h:8000/a%20b?x=1&y HTTP/1.1", "GET /a b?x=1&y HTTP/1.1");
        check_masked(
            "GET /admin.cgi?mode=updinfo&pass=hackme&song=x HTTP/1.0",
            "GET /admin.cgi?mode=updinfo&pass=***&song=x HTTP/1.0",
        );
        check_masked("GET /?p%61ss=hackme HTTP/1.0", "GET /?p%61ss=*** HTTP/1.0");
        assert_eq!(masked_url("http://h/admin.cgi?pass=hackme&x=1"), "http://h/admin.cgi?pass=***&x=1");
        check_masked(
            "PURGE /?Password=a&sourcePASS=b HTTP/1.1",
            "PURGE /?Password=***&sourcePASS=*** HTTP/1.1",
        );
    }
}
