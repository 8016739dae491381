//! What a source says first that is not HTTP: a SHOUTcast v1 password line, or the login of xaudiocast. See
//! protocol-notes/sources.md.

use std::fmt;

use super::head::SourceInfo;
use crate::http::request::dialect::{AudiocastLine, first_line, first_line_end, trim_line_end};
use crate::http::request::station_ref::StationRef;
use crate::http::text::decode_text;

/// The longest line, in bytes without its end, that is taken for a password.
pub const PASSWORD_LINE_MAX: usize = 1024;

/// A line that holds a password, and may hold more. `{:?}` keeps it to itself.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordLine(String);

/// One thing that a password line can mean. `{:?}` keeps it to itself, the name too: in a wrong reading that is a part
/// of the password.
#[derive(Clone, PartialEq, Eq)]
pub struct LoginCandidate<'a> {
    /// For which station.
    pub station: StationRef,
    /// The name of whoever logs in, if there is one.
    pub user: Option<&'a str>,
    /// His password; compare it in constant time.
    pub password: &'a str,
}

impl PasswordLine {
    /// The password line at the front of `bytes`, which must have come whole, and how many bytes it takes. `None` when
    /// it is too long, empty, or has control characters: then it is no text.
    pub(in crate::http) fn parse(bytes: &[u8]) -> Option<(Self, usize)> {
        let (line, consumed) = (first_line(bytes)?, first_line_end(bytes)?);
        let is_text = !line.iter().any(u8::is_ascii_control);
        let fits = (1..=PASSWORD_LINE_MAX).contains(&line.len());
        (is_text && fits).then(|| (Self(decode_text(line)), consumed))
    }

    /// All that the line can mean, the likeliest first: all of it is the password, then `pass:#sid`, `dj:pass:#sid`,
    /// `dj:pass`, `/mount:pass` and `/mount:dj:pass`. Which of them is right shows only when a password fits: a
    /// password may itself have a colon.
    pub fn candidates(&self) -> impl Iterator<Item = LoginCandidate<'_>> {
        login_candidates(&self.0)
    }
}

/// [`PasswordLine::readings`] of a line that has no end.
pub fn login_candidates(line: &str) -> impl Iterator<Item = LoginCandidate<'_>> {
    let whole = LoginCandidate { station: StationRef::Default, user: None, password: line };
    let by_sid = split_sid(line).into_iter().flat_map(|(station, rest)| with_and_without_user(station, rest));
    let by_user = with_user(StationRef::Default, line);
    let by_mount =
        split_mount(line).into_iter().flat_map(|(station, rest)| with_and_without_user(station, rest));
    std::iter::once(whole).chain(by_sid).chain(by_user).chain(by_mount)
}

fn with_and_without_user(station: StationRef, rest: &str) -> impl Iterator<Item = LoginCandidate<'_>> {
    let without = LoginCandidate { station: station.clone(), user: None, password: rest };
    std::iter::once(without).chain(with_user(station, rest))
}

/// `dj:pass`. An empty name is none.
fn with_user(station: StationRef, rest: &str) -> Option<LoginCandidate<'_>> {
    let (user, password) = rest.split_once(':')?;
    Some(LoginCandidate { station, user: Some(user).filter(|user| !user.is_empty()), password })
}

/// What `:#<digits>` at the end says, and what stands before it.
fn split_sid(line: &str) -> Option<(StationRef, &str)> {
    let (rest, sid) = line.rsplit_once(":#")?;
    Some((StationRef::parse_id(sid)?, rest))
}

/// What `/mount:` at the front says, and what stands behind it.
fn split_mount(line: &str) -> Option<(StationRef, &str)> {
    let (mount, rest) = line.split_once(':')?;
    mount.starts_with('/').then(|| (StationRef::Mount(mount.to_owned()), rest))
}

impl fmt::Debug for PasswordLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordLine(***)")
    }
}

impl fmt::Debug for LoginCandidate<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Login(***)")
    }
}

/// The login of xaudiocast: `SOURCE <password> /mount`, `x-audiocast-*:` lines, an empty line. `{:?}` leaves out the
/// password.
#[derive(Clone, PartialEq, Eq)]
pub struct AudiocastLogin {
    /// The mount, as it came.
    pub mount: String,
    /// The password; compare it in constant time.
    pub password: String,
    /// What the lines say.
    pub info: SourceInfo,
}

impl AudiocastLogin {
    /// Of a whole head that begins so.
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

/// The most bytes that the header lines of a SHOUTcast v1 source may have.
pub const ICY_HEAD_MAX: usize = 16 * 1024;

/// What has been made of the bytes that came behind a password line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IcyHead {
    /// The header lines end behind this many bytes, the empty line included; audio follows. Read them with
    /// [`SourceInfo::of_lines`].
    Complete(usize),
    /// The empty line has not come.
    Incomplete,
    /// There is none within [`ICY_HEAD_MAX`].
    TooLong,
}

/// Looks for the end of the header lines at the front of `bytes`: `\n\n`, `\r\n\r\n`, `\r\r\n\r\r\n` or any mixture, or
/// an empty line at once. The first `seen` bytes were [`IcyHead::NotYet`] in the call before.
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

    /// A reading as a test writes it: which station, who, password.
    fn shown(login: LoginCandidate<'_>) -> (String, &str, &str) {
        let station = match login.station {
            StationRef::Default => String::new(),
            StationRef::Id(sid) => format!("#{sid}"),
            StationRef::Mount(mount) => mount,
        };
        (station, login.user.unwrap_or_default(), login.password)
    }

    #[track_caller]
    fn check(line: &str, expected: &[(&str, &str, &str)]) {
        let found: Vec<_> = login_candidates(line).map(shown).collect();
        let expected: Vec<_> =
            expected.iter().map(|(at, user, password)| (at.to_string(), *user, *password)).collect();
        assert_eq!(found, expected, "{line}");
    }

    #[test]
    fn a_password_line_can_mean_many_things() {
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
    fn shows_nobody_the_password() {
        let (line, _) = PasswordLine::parse(b"/hackme:hackme:#2\n").unwrap();
        let audiocast = AudiocastLogin::parse_head(b"SOURCE hackme /live\n\n").unwrap();
        let shown = format!("{line:?} {:?} {audiocast:?}", line.candidates().collect::<Vec<_>>());
        assert!(!shown.contains("hackme") && shown.contains("/live"), "{shown}");
    }

    #[test]
    fn password_lines_are_text_with_an_end() {
        let of = |bytes: &[u8]| PasswordLine::parse(bytes).map(|(line, consumed)| (line.0, consumed));
        for (bytes, consumed) in
            [(&b"hackme\n\xFF\xFB"[..], 7), (b"hackme\r\n", 8), (b"\r\nhackme\r\r\nicy-name:x\n", 11)]
        {
            assert_eq!(of(bytes), Some(("hackme".to_owned(), consumed)), "{}", bytes.escape_ascii());
        }
        assert_eq!(of(b"caf\xE9 noir \n"), Some(("café noir ".to_owned(), 11)));
        for bytes in [&b"hackme"[..], b"", b"hack\0me\n", b"\x1b[A\n", b"\n\n\n\n\n\n\n\n\n"] {
            assert_eq!(of(bytes), None, "{}", bytes.escape_ascii());
        }
        let line = |length| format!("{}\n", "x".repeat(length)).into_bytes();
        assert!(of(&line(PASSWORD_LINE_MAX)).is_some() && of(&line(PASSWORD_LINE_MAX + 1)).is_none());
    }

    #[test]
    fn the_head_of_a_v1_source_ends_with_an_empty_line() {
        for (bytes, verdict) in [
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
            assert_eq!(find_icy_head(bytes, 0), verdict, "{}", bytes.escape_ascii());
        }
        let long = |spare| [vec![b'x'; ICY_HEAD_MAX - 2 + spare], b"\n\n".to_vec()].concat();
        assert_eq!(find_icy_head(&long(0), 0), IcyHead::Complete(ICY_HEAD_MAX));
        assert_eq!(find_icy_head(&long(1), 0), IcyHead::TooLong);
    }

    proptest! {
        #[test]
        fn any_cut_finds_the_same_end(bytes in "[a\r\n]{0,40}", cut in 0..40usize) {
            let cut = cut.min(bytes.len());
            if find_icy_head(&bytes.as_bytes()[..cut], 0) == IcyHead::Incomplete {
                prop_assert_eq!(find_icy_head(bytes.as_bytes(), cut), find_icy_head(bytes.as_bytes(), 0));
            }
        }

        #[test]
        fn a_password_line_means_few_things(line in "[a/:#0-9]{0,30}") {
            let all: Vec<_> = login_candidates(&line).collect();
            prop_assert!(all.len() <= 6);
            prop_assert!(all.iter().all(|login| line.contains(login.password)));
        }
    }
}
