//! Who a request says it is from: Basic authentication (RFC 7617), the only kind that encoders know.

use std::fmt;

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64::prelude::BASE64_STANDARD;

use super::head::Request;
use crate::http::text::decode_text;

/// A name and a password, of which `{:?}` shows only the name.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// Empty where there was none.
    pub user: String,
    /// As it came; compare it in constant time.
    pub password: String,
}

impl Credentials {
    /// What base64 hides: `user:password`, with or without the padding at its end. The password may hold colons, the
    /// user none. Without a colon all of it is the password: there are programs that know of no user.
    pub fn from_base64(text: &str) -> Option<Self> {
        let hidden = FORGIVING.decode(text).ok()?;
        let text = decode_text(&hidden);
        let (user, password) = text.split_once(':').unwrap_or(("", &text));
        Some(Self { user: user.to_owned(), password: password.to_owned() })
    }
}

/// Nothing is lost by taking what is written carelessly: it has to be the right password all the same.
const FORGIVING: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// What says in a header that `login`, `user:password`, is who asks.
pub fn authorization_header(login: &[u8]) -> String {
    format!("Basic {}", BASE64_STANDARD.encode(login))
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("user", &self.user).finish_non_exhaustive()
    }
}

impl Request {
    /// What `Authorization: Basic` says, the scheme in any case. `None` without that header, with another scheme, and
    /// where it makes no sense; the answer to all three is 401.
    pub fn credentials(&self) -> Option<Credentials> {
        let (scheme, hidden) = self.header("authorization")?.split_once(' ')?;
        scheme.eq_ignore_ascii_case("basic").then(|| Credentials::from_base64(hidden.trim()))?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(value: &str, expected: Option<(&str, &str)>) {
        let request = Request::from_lines(&format!("SOURCE /live ICE/1.0\nAuthorization: {value}"));
        let found = request.credentials();
        let found = found.as_ref().map(|found| (found.user.as_str(), found.password.as_str()));
        assert_eq!(found, expected, "{value}");
    }

    #[test]
    fn reads_basic_authentication() {
        check("Basic c291cmNlOmhhY2ttZQ==", Some(("source", "hackme")));
        check("bAsIc   c291cmNlOmhhY2ttZQ", Some(("source", "hackme")));
        check("Basic ZGo6YTpiOiMy", Some(("dj", "a:b:#2")));
        check("Basic OmhhY2ttZQ==", Some(("", "hackme")));
        check("Basic aGFja21l", Some(("", "hackme")));
        check("Basic ZGo6", Some(("dj", "")));
        check("Basic ZGo6Y2Fmw6k=", Some(("dj", "café")));
        check("Basic ZGo6Y2Fm6Q==", Some(("dj", "café")));
        check("Basic", None);
        check("Basic *", None);
        check("Digest c291cmNlOmhhY2ttZQ==", None);
        assert_eq!(Request::from_lines("GET / HTTP/1.0").credentials(), None);
    }

    #[test]
    fn writes_what_it_reads() {
        assert_eq!(authorization_header(b"source:hackme"), "Basic c291cmNlOmhhY2ttZQ==");
        check(&authorization_header("dj:a:b é".as_bytes()), Some(("dj", "a:b é")));
    }

    #[test]
    fn shows_nobody_the_password() {
        let request = Request::from_lines(
            "GET /?pass=hackme HTTP/1.1\nAuthorization: Basic c291cmNlOmhhY2ttZQ==\nice-password: hackme\nHost: h",
        );
        let shown = format!("{request:?} {:?}", request.credentials());
        assert!(!shown.contains("hackme") && !shown.contains("c291cm"), "{shown}");
        assert!(shown.contains("\"Host\": \"h\"") && shown.contains("\"source\""), "{shown}");
    }
}
