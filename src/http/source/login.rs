//! Logins of sources that do not use HTTP: a SHOUTcast v1 password line, or the xaudiocast login. See
//! protocol-notes/sources.md.

use std::fmt;

use super::head::SourceInfo;
use crate::http::request::dialect::{AudiocastLine, first_line, first_line_end, trim_line_end};
use crate::http::request::station_ref::StationRef;
use crate::http::text::decode_text;

/// The longest password line, in bytes without its line end.
pub const PASSWORD_LINE_MAX: usize = 1024;

/// A line that contains a password, and possibly more. `{:?}` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordLine {
    text: String,
    /// The station of a line that names none.
    default: StationRef,
}

/// One possible interpretation of a password line. `{:?}` hides all of it: in a wrong interpretation, even
/// the name is a part of the password.
#[derive(Clone, PartialEq, Eq)]
pub struct LineInterpretation<'a> {
    /// The station to log in to.
    pub station: StationRef,
    /// The user name, if there is one.
    pub user: Option<&'a str>,
    /// The password; compare it in constant time.
    pub password: &'a str,
}

impl PasswordLine {
    /// Parses the password line at the front of `bytes`, which must be complete; also returns its length in
    /// bytes, line end included. `None` if it is too long, empty, or has control characters and so is not
    /// text.
    pub(in crate::http) fn parse(bytes: &[u8]) -> Option<(Self, usize)> {
        let (line, consumed) = (first_line(bytes)?, first_line_end(bytes)?);
        let is_text = !line.iter().any(u8::is_ascii_control);
        let fits = (1..=PASSWORD_LINE_MAX).contains(&line.len());
        let parsed = || Self { text: decode_text(line), default: StationRef::Default };
        (is_text && fits).then(|| (parsed(), consumed))
    }

    /// Sets the station of a line that names none.
    #[must_use]
    pub fn with_default(self, default: StationRef) -> Self {
        Self { default, ..self }
    }

    /// Returns every possible interpretation of the line, the most likely first: the entire line is the
    /// password, then `pass:#sid`, `dj:pass:#sid`, `dj:pass`, `/mount:pass` and `/mount:dj:pass`. Only a
    /// matching password shows which one is correct, because a password may itself contain a colon.
    pub fn interpretations(&self) -> impl Iterator<Item = LineInterpretation<'_>> {
        interpret_line(&self.text).map(|reading| match reading.station {
            StationRef::Default => LineInterpretation { station: self.default.clone(), ..reading },
            StationRef::Id(_) | StationRef::Mount(_) => reading,
        })
    }
}

/// Like [`PasswordLine::interpretations`], for a line without its line end.
pub fn interpret_line(line: &str) -> impl Iterator<Item = LineInterpretation<'_>> {
    let entire_line = LineInterpretation { station: StationRef::Default, user: None, password: line };
    let by_sid = split_sid(line).into_iter().flat_map(|(station, rest)| with_and_without_user(station, rest));
    let by_user = with_user(StationRef::Default, line);
    let by_mount =
        split_mount(line).into_iter().flat_map(|(station, rest)| with_and_without_user(station, rest));
    std::iter::once(entire_line).chain(by_sid).chain(by_user).chain(by_mount)
}

fn with_and_without_user(station: StationRef, rest: &str) -> impl Iterator<Item = LineInterpretation<'_>> {
    let without = LineInterpretation { station: station.clone(), user: None, password: rest };
    std::iter::once(without).chain(with_user(station, rest))
}

/// Splits `dj:pass`. An empty name counts as none.
fn with_user(station: StationRef, rest: &str) -> Option<LineInterpretation<'_>> {
    let (user, password) = rest.split_once(':')?;
    Some(LineInterpretation { station, user: Some(user).filter(|user| !user.is_empty()), password })
}

/// Splits off `:#<digits>` at the end.
fn split_sid(line: &str) -> Option<(StationRef, &str)> {
    let (rest, sid) = line.rsplit_once(":#")?;
    Some((StationRef::parse_id(sid)?, rest))
}

/// Splits off `/mount:` at the front.
fn split_mount(line: &str) -> Option<(StationRef, &str)> {
    let (mount, rest) = line.split_once(':')?;
    mount.starts_with('/').then(|| (StationRef::Mount(mount.to_owned()), rest))
}

impl fmt::Debug for PasswordLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordLine(***)")
    }
}

impl fmt::Debug for LineInterpretation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Login(***)")
    }
}

/// The xaudiocast login: `SOURCE <password> /mount`, `x-audiocast-*:` lines, an empty line. `{:?}` leaves out
/// the password.
#[derive(Clone, PartialEq, Eq)]
pub struct AudiocastLogin {
    /// The mount as received.
    pub mount: String,
    /// The password; compare it in constant time.
    pub password: String,
    /// The description of the source, from the header lines.
    pub info: SourceInfo,
}

impl AudiocastLogin {
    /// Parses a complete head that begins with such a line.
    pub(in crate::http) fn parse_head(head: &[u8]) -> Option<Self> {
        let first = AudiocastLine::parse(first_line(head)?)?;
        let info = SourceInfo::from_lines(&head[first_line_end(head)?..]);
        Some(Self { mount: decode_text(first.mount), password: decode_text(first.password), info })
    }
}

impl fmt::Debug for AudiocastLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Audiocast");
        shown.field("mount", &self.mount).field("info", &self.info).finish_non_exhaustive()
    }
}

/// The most bytes of the header lines of a SHOUTcast v1 source.
pub const ICY_HEAD_MAX: usize = 16 * 1024;

/// The state of the header lines after a password line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IcyHead {
    /// The header lines end after this many bytes, empty line included; audio follows. Parse them with
    /// [`SourceInfo::from_lines`].
    Complete(usize),
    /// The empty line has not arrived.
    Incomplete,
    /// There is no empty line within [`ICY_HEAD_MAX`].
    TooLong,
}

/// Finds the end of the header lines at the front of `bytes`: `\n\n`, `\r\n\r\n`, `\r\r\n\r\r\n` or any
/// mixture, or an empty line at the very beginning. The first `seen` bytes were [`IcyHead::Incomplete`] in
/// the previous call.
pub fn find_icy_head(bytes: &[u8], seen: usize) -> IcyHead {
    let within = &bytes[..bytes.len().min(ICY_HEAD_MAX)];
    let ends_empty_line = |at: &usize| {
        within[*at] == b'\n' && matches!(trim_line_end(&within[..*at]).last(), None | Some(b'\n'))
    };
    match (seen.min(within.len())..within.len()).find(ends_empty_line) {
        Some(at) => IcyHead::Complete(at + 1),
        None if bytes.len() < ICY_HEAD_MAX => IcyHead::Incomplete,
        None => IcyHead::TooLong,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A candidate as tests write it: station, user, password.
    fn shown(login: LineInterpretation<'_>) -> (String, &str, &str) {
        let station = match login.station {
            StationRef::Default => String::new(),
            StationRef::Id(sid) => format!("#{sid}"),
            StationRef::Mount(mount) => mount,
        };
        (station, login.user.unwrap_or_default(), login.password)
    }

    #[track_caller]
    fn check(line: &str, expected: &[(&str, &str, &str)]) {
        let found: Vec<_> = interpret_line(line).map(shown).collect();
        let expected: Vec<_> =
            expected.iter().map(|(at, user, password)| (at.to_string(), *user, *password)).collect();
        assert_eq!(found, expected, "{line}");
    }

    #[test]
    fn password_line_has_several_interpretations() {
        check("hackme", &[("", "", "hackme")]);
        check("", &[("", "", "")]);
        check("hackme:#2", &[("", "", "hackme:#2"), ("#2", "", "hackme"), ("", "hackme", "#2")]);
        check("dj:hackme", &[("", "", "dj:hackme"), ("", "dj", "hackme")]);
        check(
            "dj:hack:me:#12",
            &[
                ("", "", "dj:hack:me:#12"),
                ("#12", "", "dj:hack:me"),
                ("#12", "dj", "hack:me"),
                ("", "dj", "hack:me:#12"),
            ],
        );
        check(":hackme", &[("", "", ":hackme"), ("", "", "hackme")]);
        check("hackme:#", &[("", "", "hackme:#"), ("", "hackme", "#")]);
        check("hackme:#4294967296", &[("", "", "hackme:#4294967296"), ("", "hackme", "#4294967296")]);
        check("/live:hackme", &[("", "", "/live:hackme"), ("", "/live", "hackme"), ("/live", "", "hackme")]);
        check(
            "/live:dj:a",
            &[("", "", "/live:dj:a"), ("", "/live", "dj:a"), ("/live", "", "dj:a"), ("/live", "dj", "a")],
        );
    }

    #[test]
    fn debug_output_hides_the_password() {
        let (line, _) = PasswordLine::parse(b"/hackme:hackme:#2\n").unwrap();
        let audiocast = AudiocastLogin::parse_head(b"SOURCE hackme /live\n\n").unwrap();
        let shown = format!("{line:?} {:?} {audiocast:?}", line.interpretations().collect::<Vec<_>>());
        assert!(!shown.contains("hackme") && shown.contains("/live"), "{shown}");
    }

    #[test]
    fn password_line_is_one_short_line_of_text() {
        let parsed = |bytes: &[u8]| PasswordLine::parse(bytes).map(|(line, consumed)| (line.text, consumed));
        for (bytes, consumed) in
            [(&b"hackme\n\xFF\xFB"[..], 7), (b"hackme\r\n", 8), (b"\r\nhackme\r\r\nicy-name:x\n", 11)]
        {
            assert_eq!(parsed(bytes), Some(("hackme".to_owned(), consumed)), "{}", bytes.escape_ascii());
        }
        assert_eq!(parsed(b"caf\xE9 noir \n"), Some(("café noir ".to_owned(), 11)));
        for bytes in [&b"hackme"[..], b"", b"hack\0me\n", b"\x1b[A\n", b"\n\n\n\n\n\n\n\n\n"] {
            assert_eq!(parsed(bytes), None, "{}", bytes.escape_ascii());
        }
        let line = |length| format!("{}\n", "x".repeat(length)).into_bytes();
        assert!(parsed(&line(PASSWORD_LINE_MAX)).is_some() && parsed(&line(PASSWORD_LINE_MAX + 1)).is_none());
    }

    #[test]
    fn v1_head_ends_with_an_empty_line() {
        for (bytes, expected) in [
            (&b"icy-name:x\n\n\xFF\xFB\n\n"[..], IcyHead::Complete(12)),
            (b"icy-name:x\r\nicy-br:128\r\n\r\n\xFF", IcyHead::Complete(26)),
            (b"icy-name:x\r\r\n\r\r\n", IcyHead::Complete(16)),
            (b"icy-name:x\r\n\nicy-br:1\n\n", IcyHead::Complete(13)),
            (b"\r\n\xFF\xFB", IcyHead::Complete(2)),
            (b"\n", IcyHead::Complete(1)),
            (b"", IcyHead::Incomplete),
            (b"\r\r", IcyHead::Incomplete),
            (b"icy-name:x\n \nicy-br:1\n", IcyHead::Incomplete),
            (&[b'x'; ICY_HEAD_MAX], IcyHead::TooLong),
        ] {
            assert_eq!(find_icy_head(bytes, 0), expected, "{}", bytes.escape_ascii());
        }
        let long = |spare| [vec![b'x'; ICY_HEAD_MAX - 2 + spare], b"\n\n".to_vec()].concat();
        assert_eq!(find_icy_head(&long(0), 0), IcyHead::Complete(ICY_HEAD_MAX));
        assert_eq!(find_icy_head(&long(1), 0), IcyHead::TooLong);
    }

    proptest! {
        #[test]
        fn cuts_do_not_change_the_end_of_the_head(bytes in "[a\r\n]{0,40}", cut in 0..40usize) {
            let cut = cut.min(bytes.len());
            if find_icy_head(&bytes.as_bytes()[..cut], 0) == IcyHead::Incomplete {
                prop_assert_eq!(find_icy_head(bytes.as_bytes(), cut), find_icy_head(bytes.as_bytes(), 0));
            }
        }

        #[test]
        fn password_line_has_at_most_six_interpretations(line in "[a/:#0-9]{0,30}") {
            let all: Vec<_> = interpret_line(&line).collect();
            prop_assert!(all.len() <= 6);
            prop_assert!(all.iter().all(|login| line.contains(login.password)));
        }
    }
}
