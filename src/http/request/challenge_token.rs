//! The path at which an authority of certificates asks for a file, to check that the server answers for its
//! name (ACME, RFC 8555, 8.3).

/// The directory of the files, below the webroot and in the path of a request.
pub const CHALLENGE_FOLDER: [&str; 2] = [".well-known", "acme-challenge"];

/// The same in the path of a request.
const PREFIX: &str = "/.well-known/acme-challenge/";

/// The longest token, in bytes. Those of Let's Encrypt have 43.
const TOKEN_MAX: usize = 256;

/// The name of a challenge, which is that of its file: characters of URL-safe base64 (RFC 8555, 8.3), so that
/// it leads nowhere else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChallengeToken(String);

impl ChallengeToken {
    /// Parses the percent-decoded path of a request. Returns `None` if it is not below the directory of the
    /// challenges, and `Some(None)` if it is, but does not name one.
    pub fn from_path(path: &str) -> Option<Option<Self>> {
        let token = path.strip_prefix(PREFIX)?;
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        let is_token = (1..=TOKEN_MAX).contains(&token.len()) && token.bytes().all(is_allowed);
        Some(is_token.then(|| Self(token.to_owned())))
    }

    /// Returns the token.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn token_is_a_file_name_of_base64_characters() {
        let parse = |rest: &str| {
            let token = ChallengeToken::from_path(&format!("{PREFIX}{rest}")).expect("a challenge");
            token.map(|token| token.as_str().to_owned())
        };
        let longest = "a".repeat(TOKEN_MAX);
        for token in ["a", "evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA", "_-", &longest] {
            assert_eq!(parse(token).as_deref(), Some(token));
        }
        let too_long = "a".repeat(TOKEN_MAX + 1);
        for rest in
            ["", ".", "..", "../a", "a/b", "a.b", "a b", "a=", "a\0", "\u{e9}", "a%41", "/", &too_long]
        {
            assert_eq!(parse(rest), None, "{rest:?}");
        }
    }

    #[test]
    fn other_paths_are_no_challenges() {
        for path in ["/", "/.well-known/acme-challenge", "/.well-known/", "/x/.well-known/acme-challenge/a"] {
            assert_eq!(ChallengeToken::from_path(path), None, "{path}");
        }
    }
}
