//! Recognises configuration files of coldwave and of other servers by their text, wherever they are found.

/// A kind of configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConfigKind {
    /// `icecast.xml`.
    Icecast,
    /// `sc_serv.conf`.
    Shoutcast,
    /// A configuration of coldwave.
    Coldwave,
}

impl ConfigKind {
    /// Returns whose configuration a text is, if it is one. The text has single bytes for ASCII.
    pub fn from_text(text: &[u8]) -> Option<Self> {
        if begins_as_xml(text) && contains(text, b"<icecast") {
            return Some(Self::Icecast);
        }
        if lines(text).any(is_table_of_coldwave) {
            return Some(Self::Coldwave);
        }
        lines(text).any(has_key_of_sc_serv).then_some(Self::Shoutcast)
    }
}

/// Returns whether a text can be XML.
pub fn begins_as_xml(text: &[u8]) -> bool {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    text.trim_ascii_start().starts_with(b"<")
}

/// Returns whether a line of text gives a password, such as `password = "x"` or `<password>x</password>`.
/// Such a line must not get into the log.
pub fn gives_password(line: &[u8]) -> bool {
    let line = line.to_ascii_lowercase();
    let after = |word: &[u8]| positions(&line, word).map(|at| at + word.len()).collect::<Vec<_>>();
    let is_given = |at: usize| {
        // A number is a part of the name: `streampassword_1=x`.
        let rest = &line[at..];
        let digits = rest.iter().take_while(|byte| **byte == b'_' || byte.is_ascii_digit()).count();
        let rest = &rest[digits..];
        let rest = rest.strip_prefix(b"\"").or(rest.strip_prefix(b"'")).unwrap_or(rest).trim_ascii_start();
        matches!(rest, [b'=' | b':' | b'>', value @ ..] if !value.trim_ascii().is_empty())
    };
    SECRET_WORDS.iter().flat_map(|word| after(word)).any(is_given)
}

/// The ends of the names of keys whose values are secret.
const SECRET_WORDS: [&[u8]; 4] = [b"password", b"passwd", b"secret", b"token"];

/// The tables of coldwave's configuration that no other program has.
const TABLES: [&[u8]; 4] = [b"[[station]", b"[[station.", b"[[rendition]", b"[server]"];

/// Keys of sc_serv that are no keys of coldwave, without the numbers of streams.
const SC_SERV_KEYS: [&[u8]; 12] = [
    b"portbase",
    b"maxuser",
    b"adminpassword",
    b"streamadminpassword",
    b"streampassword",
    b"streamid",
    b"streampath",
    b"autodumptime",
    b"requirestreamconfigs",
    b"publicserver",
    b"streamrelayurl",
    b"w3clog",
];

fn is_table_of_coldwave(line: &[u8]) -> bool {
    TABLES.iter().any(|table| line.trim_ascii_start().starts_with(table))
}

fn has_key_of_sc_serv(line: &[u8]) -> bool {
    let Some(end) = line.iter().position(|byte| *byte == b'=') else { return false };
    let key = line[..end].trim_ascii();
    let digits = key.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let name = &key[..key.len() - digits];
    let key = if digits > 0 { name.strip_suffix(b"_").unwrap_or(key) } else { key };
    SC_SERV_KEYS.iter().any(|other| key.eq_ignore_ascii_case(other))
}

fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|byte| matches!(byte, b'\n' | b'\r'))
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    positions(text, part).next().is_some()
}

fn positions(text: &[u8], part: &[u8]) -> impl Iterator<Item = usize> {
    let windows = text.windows(part.len()).enumerate();
    windows.filter(move |(_, window)| *window == part).map(|(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn configurations_are_recognised_by_their_text() {
        for (text, expected) in [
            ("\u{feff}<?xml version=\"1.0\"?>\n<!-- local -->\n<icecast>", Some(ConfigKind::Icecast)),
            ("<playlist/>", None),
            ("; sc_serv\r\nPortBase = 8000\r\n", Some(ConfigKind::Shoutcast)),
            ("streampassword_1=x", Some(ConfigKind::Shoutcast)),
            ("password=x\nstreamid_12=3", Some(ConfigKind::Shoutcast)),
            ("StreamPath=/live", Some(ConfigKind::Shoutcast)),
            ("streamid12=3", None),
            ("include=streams.conf\npublicserver=always\n", Some(ConfigKind::Shoutcast)),
            ("w3clog=/var/log/w3c.log", Some(ConfigKind::Shoutcast)),
            ("streamrelayurl_2=http://radio.example/", Some(ConfigKind::Shoutcast)),
            ("# mine\n  [[station]]\nmusic = [\"x\"]\n", Some(ConfigKind::Coldwave)),
            ("[[station.dj]]", Some(ConfigKind::Coldwave)),
            ("[server] # all", Some(ConfigKind::Coldwave)),
            ("[[Station]].mp3\nportbase.mp3\n", None),
            ("", None),
        ] {
            assert_eq!(ConfigKind::from_text(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn lines_with_passwords_are_recognised() {
        for line in [
            "admin_password = \"lighthouse\"",
            "Password: rosebud",
            "{\"password\" : \"rosebud\"}",
            "<source-password>hackme</source-password>",
            "output.icecast(%mp3, host=\"a\", password='hackme')",
            "streampassword_1=x",
            "api_token=x",
        ] {
            assert!(gives_password(line.as_bytes()), "{line}");
        }
        for line in ["Password.mp3", "01 - Secret Love.flac", "password =", "a=b.mp3", ""] {
            assert!(!gives_password(line.as_bytes()), "{line}");
        }
    }
}
