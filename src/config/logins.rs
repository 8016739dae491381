//! Names and passwords: which of them can be had. A password is never part of what is said of it.

use super::ranges::LOGIN_MAX;
use super::section::{Located, Section};
use crate::settings::{Account, Secret};

/// Passwords that come with other servers and their guides, or that people type first. Whoever looks for open stations
/// tries these.
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

/// By what somebody logs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoginMethod {
    /// Basic authentication alone.
    Http,
    /// That, or the one line `name:password:#id` of a SHOUTcast v1 encoder, see protocol-notes.
    Encoder,
}

/// The account in a table whose name and password are these keys, and where the password stands.
pub fn account(
    section: &mut Section<'_, '_, '_>,
    [user_key, password_key]: [&str; 2],
    by: LoginMethod,
    default: Account,
) -> Account {
    let user = user(section, user_key, by).map_or(default.user, |user| user.value.to_owned());
    let password = password(section, password_key, &user, by);
    if section.span(user_key).is_some() && section.span(password_key).is_none() {
        section.warn(user_key, &format!("has no effect without {password_key}"));
    }
    Account { password, user }
}

/// A name to log in with.
pub fn user<'d>(section: &mut Section<'_, 'd, '_>, key: &str, by: LoginMethod) -> Option<Located<&'d str>> {
    let text = section.string(key, r#""nina""#)?;
    match user_error(text.value, by) {
        Some(why) => section.report_rejected(key, text.span.clone(), &why),
        None if !text.value.is_ascii() => section.warn(key, NON_ASCII_WARNING),
        None => {}
    }
    Some(text)
}

/// The password that goes with a name.
pub fn password(section: &mut Section<'_, '_, '_>, key: &str, user: &str, by: LoginMethod) -> Option<Secret> {
    let text = section.secret(key)?;
    match password_error(text.value, user, by) {
        Some(why) => section.report_error(key, text.start(), &why),
        None if !text.value.is_ascii() => section.warn(key, NON_ASCII_WARNING),
        None => {}
    }
    Some(Secret::new(text.value))
}

const NON_ASCII_WARNING: &str = "has non-ASCII characters, which encoders send in different encodings";

/// Why nobody can be called so, if that is so.
fn user_error(user: &str, by: LoginMethod) -> Option<String> {
    if user.is_empty() {
        Some("is empty, expected a name".to_owned())
    } else if user.contains(':') {
        Some("contains \":\", which separates the name from the password".to_owned())
    } else if user.starts_with('/') && by == LoginMethod::Encoder {
        Some("begins with /, which only a mount may".to_owned())
    } else {
        text_error(user)
    }
}

/// Why this can be nobody's password, if that is so: the end of a sentence about the password.
fn password_error(password: &str, user: &str, by: LoginMethod) -> Option<String> {
    let known = WELL_KNOWN_PASSWORDS.contains(&password.to_lowercase().as_str());
    Some(match by {
        _ if password.is_empty() => "is empty: expected a password, or no such line".to_owned(),
        _ if known => "is a well-known default password: choose another".to_owned(),
        _ if password == user => "is the same as the name: choose another".to_owned(),
        LoginMethod::Encoder if password.contains(':') => COLON_ERROR.to_owned(),
        LoginMethod::Encoder if is_stream_id(password) => {
            "looks like a stream id at the end of a SHOUTcast login".to_owned()
        }
        _ => return text_error(password),
    })
}

const COLON_ERROR: &str = "contains \":\", which separates name, password and stream id in a SHOUTcast login";

/// `#7`.
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
    fn passwords_that_can_be_had() {
        for by in [LoginMethod::Http, LoginMethod::Encoder] {
            for password in ["rosebud", "correct horse battery staple", "a#1", "/live", "hackme2", "§§", "0"]
            {
                assert_eq!(password_error(password, "source", by), None, "{password}");
            }
        }
        assert_eq!(password_error("a:b", "admin", LoginMethod::Http), None);
        assert_eq!(password_error("#1", "admin", LoginMethod::Http), None);
    }

    #[test]
    fn passwords_that_are_refused_with_the_reason() {
        for (password, says) in [
            ("", "is empty"),
            ("hackme", "well-known"),
            ("ChangeMe", "well-known"),
            ("nina", "the same as the name"),
            ("a:b", "contains \":\""),
            (":#1", "contains \":\""),
            ("#1", "stream id"),
            ("#", "stream id"),
            ("rose\nbud", "line breaks"),
            (" rosebud", "space"),
        ] {
            let why = password_error(password, "nina", LoginMethod::Encoder).expect(password);
            assert!(why.contains(says), "{password}: {why}");
        }
        assert!(password_error(&"x".repeat(LOGIN_MAX), "nina", LoginMethod::Http).is_none());
        assert!(password_error(&"x".repeat(LOGIN_MAX + 1), "nina", LoginMethod::Http).is_some());
    }

    #[test]
    fn names_end_where_the_password_begins() {
        for (user, by, fits) in [
            ("nina", LoginMethod::Encoder, true),
            ("DJ Zoë", LoginMethod::Encoder, true),
            ("", LoginMethod::Http, false),
            ("a:b", LoginMethod::Http, false),
            ("/nina", LoginMethod::Encoder, false),
            ("/nina", LoginMethod::Http, true),
            ("nina ", LoginMethod::Http, false),
        ] {
            assert_eq!(user_error(user, by).is_none(), fits, "{user}");
        }
    }

    #[test]
    fn known_passwords_are_in_lower_case() {
        assert!(WELL_KNOWN_PASSWORDS.iter().all(|known| known.to_lowercase() == *known));
    }
}
