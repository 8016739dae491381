//! The headers of a request that describe its body.

use super::head::Request;

impl Request {
    /// Returns the length of the body in bytes. `None` if the header is missing or contains other characters
    /// than digits.
    ///
    /// For the body of a source, which is endless, ignore this value: libshout sends `Content-Length: 0` with
    /// SOURCE.
    pub fn content_length(&self) -> Option<u64> {
        let value = self.header("content-length")?;
        value.bytes().all(|byte| byte.is_ascii_digit()).then(|| value.parse().ok())?
    }

    /// Returns whether the body is chunked; read it through
    /// [`ChunkedDecoder`](crate::http::source::chunked::ChunkedDecoder).
    pub fn is_chunked(&self) -> bool {
        let last = self.header("transfer-encoding").and_then(|value| value.rsplit(',').next());
        last.is_some_and(|coding| coding.trim().eq_ignore_ascii_case("chunked"))
    }

    /// Returns whether the client waits for a `100 Continue` before it sends its body. Clients send the body
    /// after some time anyway.
    pub fn expects_continue(&self) -> bool {
        self.header("expect").is_some_and(|value| value.eq_ignore_ascii_case("100-continue"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(header: &str) -> Request {
        Request::from_lines(&format!("PUT /live HTTP/1.1\n{header}"))
    }

    #[test]
    fn content_length_accepts_digits_only() {
        for (value, length) in [
            ("0", Some(0)),
            ("00042", Some(42)),
            ("18446744073709551615", Some(u64::MAX)),
            ("18446744073709551616", None),
            ("", None),
            ("+1", None),
            ("-1", None),
            ("1, 1", None),
            ("0x10", None),
        ] {
            assert_eq!(put(&format!("content-length: {value}")).content_length(), length, "{value:?}");
        }
        assert_eq!(put("Host: h").content_length(), None);
    }

    #[test]
    fn chunked_and_expect_headers_are_recognized() {
        for (header, chunked, expects_continue) in [
            ("Transfer-Encoding: chunked", true, false),
            ("transfer-encoding:CHUNKED", true, false),
            ("Transfer-Encoding: gzip, chunked", true, false),
            ("Transfer-Encoding: chunked, gzip", false, false),
            ("Transfer-Encoding: identity", false, false),
            ("Expect: 100-continue", false, true),
            ("expect:100-Continue", false, true),
            ("Expect: something", false, false),
            ("Host: h", false, false),
        ] {
            assert_eq!(
                (put(header).is_chunked(), put(header).expects_continue()),
                (chunked, expects_continue),
                "{header}"
            );
        }
    }
}
