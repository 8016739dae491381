//! What a request says of the body that follows it.

use super::head::Request;

impl Request {
    /// The length of the body in bytes, if the request tells one. What is not digits alone tells none.
    ///
    /// A source's is endless whatever it says: libshout sends `FrameContent-Length: 0` with SOURCE.
    pub fn content_length(&self) -> Option<u64> {
        let value = self.header("content-length")?;
        value.bytes().all(|byte| byte.is_ascii_digit()).then(|| value.parse().ok())?
    }

    /// Whether the body comes in chunks; read it through [`ChunkedDecoder`](crate::http::source::chunked::Decoder).
    pub fn is_chunked(&self) -> bool {
        let last = self.header("transfer-encoding").and_then(|value| value.rsplit(',').next());
        last.is_some_and(|coding| coding.trim().eq_ignore_ascii_case("chunked"))
    }

    /// Whether the client sends its body only after a `100 Continue`, or after some time without one.
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
    fn lengths_are_digits() {
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
    fn chunks_and_patience_are_announced() {
        for (header, chunked, patient) in [
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
                (chunked, patient),
                "{header}"
            );
        }
    }
}
