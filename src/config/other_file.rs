//! Recognises files that are given in the place of others: the configuration of another server, a
//! configuration as music, and music as a configuration.

use std::path::Path;

use crate::config_text::ConfigKind;
use crate::open_file;

/// How much of a file is looked at.
pub const EXAMINED_MAX: usize = 64 * 1024;

/// The extensions of files that are looked at when they are given as music. Others are not read, because a
/// shell may name thousands of tracks.
const EXTENSIONS: [&str; 10] = ["toml", "xml", "conf", "cfg", "ini", "txt", "json", "yaml", "yml", "liq"];

/// What a file is that is neither music nor a configuration of coldwave, where one of them is expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OtherFile {
    /// `icecast.xml`.
    Icecast,
    /// `sc_serv.conf`.
    Shoutcast,
    /// A configuration of coldwave.
    Coldwave,
    /// An audio file or a playlist.
    Music,
}

impl OtherFile {
    /// Returns what it is.
    pub fn name(self) -> &'static str {
        match self {
            Self::Icecast => "a configuration of Icecast",
            Self::Shoutcast => "a configuration of SHOUTcast (sc_serv)",
            Self::Coldwave => "a configuration file of coldwave",
            Self::Music => "music",
        }
    }

    /// Returns what to do if a file is not what it was given as, as a sentence about the file.
    pub fn advice(self, path: &str) -> String {
        let name = self.name();
        match self {
            Self::Icecast | Self::Shoutcast | Self::Coldwave => {
                format!("{path} is {name}, not music: use -c {path}")
            }
            Self::Music => format!("{path} is {name}, not a configuration file: coldwave {path}"),
        }
    }

    /// Returns what the beginning of a file shows, apart from music.
    fn from_text(bytes: &[u8]) -> Option<Self> {
        ConfigKind::from_text(bytes).map(|kind| match kind {
            ConfigKind::Icecast => Self::Icecast,
            ConfigKind::Shoutcast => Self::Shoutcast,
            ConfigKind::Coldwave => Self::Coldwave,
        })
    }

    /// Returns what a file is that is not a configuration of coldwave.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let is_music = MUSIC.iter().any(|magic| bytes.starts_with(magic))
            || bytes.get(4..8) == Some(b"ftyp")
            || is_playlist(bytes)
            || matches!(bytes, [0xff, second, ..] if second & 0xe0 == 0xe0 && *second != 0xfe);
        if is_music {
            return Some(Self::Music);
        }
        let beginning = &bytes[..bytes.len().min(EXAMINED_MAX)];
        Self::from_text(beginning).filter(|found| *found != Self::Coldwave)
    }
}

/// The first bytes of audio files; of MP3 without tags, those of a frame. An MP4 file begins with a box of
/// any length.
const MUSIC: [&[u8]; 5] = [b"ID3", b"fLaC", b"OggS", b"RIFF", b"FORM"];

/// Returns whether a text is a playlist: M3U with a head, PLS or XSPF.
fn is_playlist(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(1024)]).to_ascii_lowercase();
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let is_xspf = text.starts_with('<') && text.contains("<playlist") && text.contains("xspf.org");
    is_xspf || text.starts_with("#extm3u") || text.starts_with("[playlist]")
}

/// Returns what a file is that was given as music, if it is a configuration. Does not read files with the
/// extension of music.
pub fn recognise(path: &Path) -> Option<OtherFile> {
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    if !EXTENSIONS.iter().any(|other| extension.eq_ignore_ascii_case(other)) {
        return None;
    }
    let bytes = open_file::read_regular(path, EXAMINED_MAX).ok()?;
    let is_toml = extension.eq_ignore_ascii_case("toml");
    OtherFile::from_text(&bytes).or_else(|| is_toml.then_some(OtherFile::Coldwave))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_recognised_by_their_content() {
        let folder = tempfile::tempdir().expect("a folder");
        let icecast = "<?xml version=\"1.0\"?>\n<!-- local -->\n<icecast>\n<limits/></icecast>";
        let sc_serv = "; sc_serv\nPortBase = 8000\nstreampassword_1=x\n";
        let coldwave = "# mine\n[[station]]\nmusic = [\"x\"]\n";
        for (name, text, expected) in [
            ("icecast.xml", icecast, Some(OtherFile::Icecast)),
            ("old.conf", icecast, Some(OtherFile::Icecast)),
            ("list.XML", "<playlist/>", None),
            ("sc_serv.conf", sc_serv, Some(OtherFile::Shoutcast)),
            ("radio.conf", coldwave, Some(OtherFile::Coldwave)),
            ("a.toml", "", Some(OtherFile::Coldwave)),
            ("notes.txt", "music = good", None),
            ("icecast.mp3", icecast, None),
        ] {
            let path = folder.path().join(name);
            std::fs::write(&path, text).expect("a file");
            assert_eq!(recognise(&path), expected, "{name}");
        }
        assert_eq!(recognise(&folder.path().join("missing.toml")), None);
    }

    #[test]
    fn configuration_that_is_something_else_is_recognised() {
        for (bytes, expected) in [
            (&b"ID3\x04\0"[..], Some(OtherFile::Music)),
            (b"\xff\xfb\x90\x64", Some(OtherFile::Music)),
            (b"\xff\xfe[\0", None),
            (b"#EXTM3U\na.mp3\n", Some(OtherFile::Music)),
            (b"\xef\xbb\xbf\r\n[Playlist]\nFile1=a.mp3\n", Some(OtherFile::Music)),
            (
                b"<?xml version=\"1.0\"?>\n<playlist version=\"1\" xmlns=\"http://xspf.org/ns/0/\">",
                Some(OtherFile::Music),
            ),
            (b"<playlist/>", None),
            (b"\0\0\0\x1cftypM4A \0\0\0\0", Some(OtherFile::Music)),
            (b"\xef\xbb\xbf<icecast>", Some(OtherFile::Icecast)),
            (b"[[station]]\n", None),
            (b"", None),
        ] {
            assert_eq!(OtherFile::from_bytes(bytes), expected, "{bytes:?}");
        }
    }
}
