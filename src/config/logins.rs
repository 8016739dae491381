//! User names and passwords: which of them are allowed. No message contains a password.

use super::ranges::LOGIN_MAX;
use super::section::{Located, Section};
use crate::settings::{Account, Secret};

/// Default passwords of other servers and their guides, and passwords that people type first. Scanners for
/// open stations try these.
const WELL_KNOWN_PASSWORDS: [&str; 32] = [
    "1234",
    "12345",
    "123456",
    "12345678",
    "123456789",
    "abc123",
    "admin",
    "admin123",
    "adminpass",
    "centovacast",
    "changeit",
    "changeme",
    "coldwave",
    "default",
    "goaway",
    "hackme",
    "hackmehackme",
    "icecast",
    "icecast2",
    "letmein",
    "live",
    "passw0rd",
    "password",
    "password123",
    "qwerty",
    "radio",
    "secret",
    "shoutcast",
    "source",
    "stream",
    "test",
    "testing",
];

/// How a client logs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoginMethod {
    /// HTTP basic authentication only.
    Http,
    /// HTTP basic authentication, or the line `name:password:#id` of a SHOUTcast v1 encoder. See
    /// protocol-notes.
    Encoder,
}

/// Reads the account in a table whose name and password are in these keys.
pub fn account(
    section: &mut Section<'_, '_, '_>,
    [user_key, password_key]: [&str; 2],
    method: LoginMethod,
    default: Account,
) -> Account {
    let user = user(section, user_key, method).map_or(default.user, |user| user.value.to_owned());
    let password = password(section, password_key, &user, method);
    if section.span(user_key).is_some() && section.span(password_key).is_none() {
        section.warn(user_key, &format!("has no effect without {password_key}"));
    }
    Account { password, user }
}

/// Reads a user name.
pub fn user<'d>(
    section: &mut Section<'_, 'd, '_>,
    key: &str,
    method: LoginMethod,
) -> Option<Located<&'d str>> {
    let text = section.string(key, r#""nina""#)?;
    match user_error(text.value, method) {
        Some(reason) => section.report_rejected(key, text.span.clone(), &reason),
        None if !text.value.is_ascii() => section.warn(key, NON_ASCII_WARNING),
        None => {}
    }
    Some(text)
}

/// Reads the password of the account `user`.
pub fn password(
    section: &mut Section<'_, '_, '_>,
    key: &str,
    user: &str,
    method: LoginMethod,
) -> Option<Secret> {
    let text = section.secret(key)?;
    match password_error(text.value, method) {
        Some(reason) => section.report_error(key, text.start(), &reason),
        None if let Some(reason) = weakness(text.value, user) => {
            section.report_weak_password(key, text.start(), reason);
        }
        None if !text.value.is_ascii() => section.warn(key, NON_ASCII_WARNING),
        None => {}
    }
    Some(Secret::new(text.value))
}

const NON_ASCII_WARNING: &str = "has non-ASCII characters, which encoders send in different encodings";

/// Returns why this user name is not allowed; `None` if it is.
fn user_error(user: &str, method: LoginMethod) -> Option<String> {
    if user.is_empty() {
        Some("is empty, expected a name".to_owned())
    } else if user.contains(':') {
        Some("contains \":\", which separates the name from the password".to_owned())
    } else if user.starts_with('/') && method == LoginMethod::Encoder {
        Some("begins with /, which marks a mount".to_owned())
    } else {
        text_error(user)
    }
}

/// Returns why this password is not allowed, as the end of a sentence about the password; `None` if it is.
fn password_error(password: &str, method: LoginMethod) -> Option<String> {
    Some(match method {
        _ if password.is_empty() => "is empty: set a password or remove the line".to_owned(),
        LoginMethod::Encoder if password.contains(':') => COLON_ERROR.to_owned(),
        LoginMethod::Encoder if is_stream_id(password) => {
            "looks like a stream id at the end of a SHOUTcast login".to_owned()
        }
        _ => return text_error(password),
    })
}

/// Returns why a password is one that scanners for open stations try; `None` if it is not.
fn weakness(password: &str, user: &str) -> Option<&'static str> {
    if WELL_KNOWN_PASSWORDS.contains(&password.to_lowercase().as_str()) {
        return Some("is a well-known default password: choose another");
    }
    (password == user).then_some("is the same as the name: choose another")
}

const COLON_ERROR: &str = "contains \":\", which separates name, password and stream id in a SHOUTcast login";

/// Returns whether `password` looks like a stream id, such as `#7`.
fn is_stream_id(password: &str) -> bool {
    password.strip_prefix('#').is_some_and(|id| id.bytes().all(|byte| byte.is_ascii_digit()))
}

fn text_error(text: &str) -> Option<String> {
    if text.contains(char::is_control) {
        Some("contains line breaks or control characters, which cannot be sent".to_owned())
    } else if text != text.trim() {
        Some("begins or ends with a space, which clients strip".to_owned())
    } else if text.len() > LOGIN_MAX {
        Some(format!("is longer than {LOGIN_MAX} bytes"))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn valid_passwords_are_accepted() {
        for method in [LoginMethod::Http, LoginMethod::Encoder] {
            for password in ["rosebud", "correct horse battery staple", "a#1", "/live", "hackme2", "§§", "0"]
            {
                assert_eq!(password_error(password, method), None, "{password}");
            }
        }
        assert_eq!(password_error("a:b", LoginMethod::Http), None);
        assert_eq!(password_error("#1", LoginMethod::Http), None);
    }

    #[test]
    fn invalid_passwords_are_rejected_with_the_reason() {
        for (password, expected) in [
            ("", "is empty"),
            ("a:b", "contains \":\""),
            (":#1", "contains \":\""),
            ("#1", "stream id"),
            ("#", "stream id"),
            ("rose\nbud", "line breaks"),
            (" rosebud", "space"),
        ] {
            let reason = password_error(password, LoginMethod::Encoder).expect(password);
            assert!(reason.contains(expected), "{password}: {reason}");
        }
        assert!(password_error(&"x".repeat(LOGIN_MAX), LoginMethod::Http).is_none());
        assert!(password_error(&"x".repeat(LOGIN_MAX + 1), LoginMethod::Http).is_some());
    }

    #[test]
    fn well_known_passwords_and_the_name_are_weak() {
        for (password, weak) in [("hackme", true), ("ChangeMe", true), ("nina", true), ("hackme2", false)] {
            assert_eq!(weakness(password, "nina").is_some(), weak, "{password}");
        }
    }

    #[test]
    fn user_names_have_no_separator() {
        for (user, method, is_valid) in [
            ("nina", LoginMethod::Encoder, true),
            ("DJ Zoë", LoginMethod::Encoder, true),
            ("", LoginMethod::Http, false),
            ("a:b", LoginMethod::Http, false),
            ("/nina", LoginMethod::Encoder, false),
            ("/nina", LoginMethod::Http, true),
            ("nina ", LoginMethod::Http, false),
        ] {
            assert_eq!(user_error(user, method).is_none(), is_valid, "{user}");
        }
    }

    #[test]
    fn well_known_passwords_are_in_lower_case() {
        assert!(WELL_KNOWN_PASSWORDS.iter().all(|known| known.to_lowercase() == *known));
    }
}
