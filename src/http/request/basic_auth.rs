//! Basic authentication (RFC 7617), the only scheme that encoders support.

use std::fmt;

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64::prelude::BASE64_STANDARD;

use super::head::Request;
use crate::http::text::decode_text;

/// A user name and a password. `{:?}` shows only the name.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The user name; empty if none was sent.
    pub user: String,
    /// The password as received; compare it in constant time.
    pub password: String,
}

impl Credentials {
    /// Decodes base64 of `user:password`, with or without padding. The password may contain colons, the user
    /// name may not. Without a colon, the entire text is the password: some programs have no user name.
    pub fn from_base64(text: &str) -> Option<Self> {
        let decoded = LENIENT_BASE64.decode(text).ok()?;
        let text = decode_text(&decoded);
        let (user, password) = text.split_once(':').unwrap_or(("", &text));
        Some(Self { user: user.to_owned(), password: password.to_owned() })
    }
}

/// Accepts base64 with and without padding. This does not affect security, because the password must match
/// anyway.
const LENIENT_BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Returns the value of an `Authorization` header for `login`, which is `user:password`.
pub fn authorization_header(login: &[u8]) -> String {
    format!("Basic {}", BASE64_STANDARD.encode(login))
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("user", &self.user).finish_non_exhaustive()
    }
}

impl Request {
    /// Returns the credentials of `Authorization: Basic`; the scheme may be in any case. `None` if the header
    /// is missing or invalid or has another scheme; the reply to all three is 401.
    pub fn credentials(&self) -> Option<Credentials> {
        let (scheme, encoded) = self.header("authorization")?.split_once(' ')?;
        scheme.eq_ignore_ascii_case("basic").then(|| Credentials::from_base64(encoded.trim()))?
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
    fn basic_authentication_is_decoded() {
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
    fn encoded_login_decodes_to_itself() {
        assert_eq!(authorization_header(b"source:hackme"), "Basic c291cmNlOmhhY2ttZQ==");
        check(&authorization_header("dj:a:b é".as_bytes()), Some(("dj", "a:b é")));
    }

    #[test]
    fn debug_output_hides_the_password() {
        let request = Request::from_lines(
            "GET /?pass=hackme HTTP/1.1\nAuthorization: Basic c291cmNlOmhhY2ttZQ==\nice-password: hackme\nHost: h",
        );
        let shown = format!("{request:?} {:?}", request.credentials());
        assert!(!shown.contains("hackme") && !shown.contains("c291cm"), "{shown}");
        assert!(shown.contains("\"Host\": \"h\"") && shown.contains("\"source\""), "{shown}");
    }
}
