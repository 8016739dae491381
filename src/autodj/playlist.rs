//! Parses playlist files: `.m3u`, `.m3u8`, `.pls` and `.xspf`. Converts bytes into entries, without access to
//! the disk.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::mem::take;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use percent_encoding::percent_decode_str;
use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::Event;
use quick_xml::reader::Reader;

/// Maximum number of bytes of a playlist that are parsed. In the longest playlist (see [`MAX_ENTRIES`]), this
/// is about 80 bytes for each entry. A longer file is probably not a playlist, but a video with the wrong
/// extension.
pub const MAX_BYTES: usize = 16 << 20;

/// Maximum number of entries of one playlist: more than a year of music, and about 30 MB of memory during the
/// scan.
pub const MAX_ENTRIES: usize = 200_000;

/// A playlist format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlaylistFormat {
    /// `.m3u` and `.m3u8`: one location per line.
    M3u,
    /// `.pls`: `File1=…`, `Title1=…`.
    Pls,
    /// `.xspf`: XML.
    Xspf,
}

impl PlaylistFormat {
    /// Returns the format for the extension of `path`, in upper or lower case; `None` if `path` is not a
    /// playlist.
    pub fn from_path(path: &Path) -> Option<Self> {
        let extension = path.extension()?.to_str()?.to_ascii_lowercase();
        match extension.as_str() {
            "m3u" | "m3u8" => Some(Self::M3u),
            "pls" => Some(Self::Pls),
            "xspf" => Some(Self::Xspf),
            _ => None,
        }
    }
}

/// An entry of a playlist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaylistEntry {
    /// The location of the track.
    pub location: Location,
    /// The title in the playlist, unchanged.
    pub title: Option<String>,
}

/// The location of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// A file. A relative path starts at the playlist's directory.
    Path(PathBuf),
    /// A URL of another server.
    Url(String),
}

impl Location {
    /// Parses a location as players write it: a literal path, or a URL.
    fn from_text(text: &str) -> Self {
        if file_url(text).is_some() {
            Self::from_uri(text)
        } else {
            Self::url_or_path(text, || PathBuf::from(text))
        }
    }

    /// Parses a location according to RFC 3986, in which a relative path is percent-encoded too.
    fn from_uri(text: &str) -> Self {
        Self::url_or_path(text, || unescaped(file_url(text).unwrap_or(text)))
    }

    fn url_or_path(text: &str, path: impl FnOnce() -> PathBuf) -> Self {
        match scheme(text) {
            Some(scheme) if !scheme.eq_ignore_ascii_case("file") => Self::Url(text.into()),
            _ => Self::Path(path()),
        }
    }
}

/// Returns the entries of a playlist in its order. Skips what cannot be parsed, and everything after
/// `MAX_BYTES` or `MAX_ENTRIES`.
pub fn parse(bytes: &[u8], kind: PlaylistFormat) -> Vec<PlaylistEntry> {
    let text = decode(&bytes[..bytes.len().min(MAX_BYTES)]);
    match kind {
        PlaylistFormat::M3u => m3u(&text),
        PlaylistFormat::Pls => pls(&text),
        PlaylistFormat::Xspf => xspf(&text),
    }
}

/// Decodes UTF-8, or the encoding of a byte order mark; else Windows-1252, which old players wrote.
fn decode(bytes: &[u8]) -> Cow<'_, str> {
    if let Some((encoding, mark)) = encoding_rs::Encoding::for_bom(bytes) {
        return encoding.decode_without_bom_handling(&bytes[mark..]).0;
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => text.into(),
        Err(_) => encoding_rs::WINDOWS_1252.decode_without_bom_handling(bytes).0,
    }
}

/// Returns the lines that are not empty, with any kind of line ending.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.split(['\n', '\r']).map(str::trim).filter(|line| !line.is_empty())
}

fn m3u(text: &str) -> Vec<PlaylistEntry> {
    let mut entries = Vec::new();
    let mut title = None;
    for line in lines(text) {
        if let Some(text) = extinf_title(line) {
            title = non_empty(text);
        } else if !line.starts_with('#') {
            entries.push(PlaylistEntry { location: Location::from_text(line), title: title.take() });
        }
        if entries.len() == MAX_ENTRIES {
            break;
        }
    }
    entries
}

/// Returns the part after the comma in `#EXTINF:123 key="a, b",Artist - Title`.
fn extinf_title(line: &str) -> Option<&str> {
    const KEY: &str = "#EXTINF:";
    let rest =
        line.get(..KEY.len()).filter(|key| key.eq_ignore_ascii_case(KEY)).map(|_| &line[KEY.len()..])?;
    let mut quoted = false;
    let comma = rest.find(|c| {
        quoted ^= c == '"';
        c == ',' && !quoted
    });
    Some(comma.map_or("", |at| &rest[at + 1..]))
}

fn pls(text: &str) -> Vec<PlaylistEntry> {
    // The numbers define the order, not the positions in the file.
    let mut entries: BTreeMap<u32, (Option<&str>, Option<&str>)> = BTreeMap::new();
    for line in lines(text) {
        let Some((key, value)) = line.split_once('=') else { continue };
        let key = key.trim_end();
        if let Some(number) = key_number(key, "File") {
            entries.entry(number).or_default().0 = Some(value.trim_start());
        } else if let Some(number) = key_number(key, "Title") {
            entries.entry(number).or_default().1 = Some(value.trim_start());
        }
        if entries.len() == MAX_ENTRIES {
            break;
        }
    }
    let named = entries
        .into_values()
        .filter_map(|(file, title)| Some((file.filter(|file| !file.is_empty())?, title)));
    named
        .map(|(file, title)| PlaylistEntry {
            location: Location::from_text(file),
            title: title.and_then(non_empty),
        })
        .collect()
}

/// Returns the number at the end of a key, such as 12 for `File12`.
fn key_number(key: &str, prefix: &str) -> Option<u32> {
    let found = key.get(..prefix.len())?;
    found.eq_ignore_ascii_case(prefix).then(|| key[prefix.len()..].parse().ok())?
}

/// The state of the `.xspf` parser.
#[derive(Default)]
struct XspfParser {
    /// The number of open elements within the `<track>`, including itself; 0 outside of one.
    depth: usize,
    text: String,
    location: Option<String>,
    title: Option<String>,
    creator: Option<String>,
}

fn xspf(text: &str) -> Vec<PlaylistEntry> {
    let mut reader = Reader::from_str(text);
    reader.config_mut().check_end_names = false;
    reader.config_mut().allow_dangling_amp = true;
    let mut entries = Vec::new();
    let mut state = XspfParser::default();
    // An error ends the parsing; the entries before it are kept. The document type is skipped, so only the
    // predefined entities of XML exist, and entity expansion is not possible.
    while let Ok(event) = reader.read_event() {
        match event {
            Event::Start(element) => state.start(element.local_name().as_ref()),
            Event::Text(text) => state.add_text(&text),
            Event::CData(text) => state.add_text(&text),
            Event::GeneralRef(entity) => match entity.resolve_char_ref() {
                Ok(Some(character)) => state.add_text(character.encode_utf8(&mut [0; 4])),
                _ => state.add_text(resolve_xml_entity(&entity).unwrap_or("")),
            },
            Event::End(element) => entries.extend(state.end(element.local_name().as_ref())),
            Event::Eof => break,
            _ => {}
        }
        if entries.len() == MAX_ENTRIES {
            break;
        }
    }
    entries
}

impl XspfParser {
    fn start(&mut self, name: &str) {
        if self.depth > 0 || name == "track" {
            self.depth += 1;
        }
        self.text.clear();
    }

    fn add_text(&mut self, text: &str) {
        if self.depth == 2 {
            self.text.push_str(text);
        }
    }

    /// Returns the entry that ends with this element, if one does.
    fn end(&mut self, name: &str) -> Option<PlaylistEntry> {
        self.depth = self.depth.saturating_sub(1);
        let text = non_empty(&take(&mut self.text));
        match (self.depth, name) {
            // A track may have several locations for the same audio: the first is the preferred one.
            (1, "location") => self.location = self.location.take().or(text),
            (1, "title") => self.title = text,
            (1, "creator") => self.creator = text,
            (0, "track") => return self.finish(),
            _ => {}
        }
        None
    }

    fn finish(&mut self) -> Option<PlaylistEntry> {
        let Self { location, title, creator, .. } = take(self);
        let title = match (creator, title) {
            (Some(creator), Some(title)) => Some(format!("{creator} - {title}")),
            (_, title) => title,
        };
        Some(PlaylistEntry { location: Location::from_uri(&location?), title })
    }
}

fn non_empty(text: &str) -> Option<String> {
    Some(text.trim()).filter(|text| !text.is_empty()).map(String::from)
}

/// Returns the scheme, such as the `http` of `http://…`. A single letter is a Windows drive, not a scheme.
fn scheme(text: &str) -> Option<&str> {
    let (scheme, _) = text.split_once("://")?;
    let letters = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
    (scheme.len() > 1 && scheme.chars().all(letters)).then_some(scheme)
}

/// Returns the path, still percent-encoded, of `file:///path`, `file://host/path` and `file:/path`.
fn file_url(text: &str) -> Option<&str> {
    let rest = text.get(..5).filter(|scheme| scheme.eq_ignore_ascii_case("file:")).map(|_| &text[5..])?;
    match rest.strip_prefix("//") {
        Some(rest) => rest.find('/').map(|at| &rest[at..]),
        None => rest.starts_with('/').then_some(rest),
    }
}

fn unescaped(path: &str) -> PathBuf {
    // As bytes: names in a file system need not be UTF-8.
    OsString::from_vec(percent_decode_str(path).collect()).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Checks the entries in `bytes`, each as `location` or `location = title`; `@` marks a URL.
    fn check(kind: PlaylistFormat, bytes: impl AsRef<[u8]>, expected: &[&str]) {
        let shown = |entry: PlaylistEntry| {
            let location = match entry.location {
                Location::Path(path) => path.to_str().unwrap().to_string(),
                Location::Url(url) => format!("@{url}"),
            };
            entry.title.map_or(location.clone(), |title| format!("{location} = {title}"))
        };
        let found: Vec<_> = parse(bytes.as_ref(), kind).into_iter().map(shown).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn format_follows_the_extension() {
        let kind = |name: &str| PlaylistFormat::from_path(Path::new(name));
        assert_eq!(kind("a.m3u"), Some(PlaylistFormat::M3u));
        assert_eq!(kind("a.M3U8"), Some(PlaylistFormat::M3u));
        assert_eq!(kind("a.b.Pls"), Some(PlaylistFormat::Pls));
        assert_eq!(kind("a.xspf"), Some(PlaylistFormat::Xspf));
        assert_eq!((kind("a.mp3"), kind("m3u"), kind(".pls")), (None, None, None));
    }

    #[test]
    fn m3u_may_have_any_line_ending() {
        for end in ["\n", "\r\n", "\r"] {
            let text =
                ["#EXTM3U", "#EXTINF:12, A - B ", "a.mp3", "", "# remark", "b c.mp3", "100%41.mp3"].join(end);
            check(PlaylistFormat::M3u, text, &["a.mp3 = A - B", "b c.mp3", "100%41.mp3"]);
        }
    }

    #[test]
    fn m3u_locations_are_paths_or_urls() {
        let text = "HTTP://h:80/x\nfile:///a%20b.mp3\nFile://host/c\nC:\\Music\\d.mp3\nfile:/e\nC://f";
        check(
            PlaylistFormat::M3u,
            text,
            &["@HTTP://h:80/x", "/a b.mp3", "/c", "C:\\Music\\d.mp3", "/e", "C://f"],
        );
    }

    #[test]
    fn m3u_titles_follow_the_unquoted_comma() {
        let text = "#extinf:-1 logo=\"a,b\" x=\"c\",T, U\n1\n2\n#EXTINF:3\n3\n#EXTINF:3,\n4\n#EXTINF:1,lost\n#EXTINF:1,kept\n5";
        check(PlaylistFormat::M3u, text, &["1 = T, U", "2", "3", "4", "5 = kept"]);
    }

    #[test]
    fn text_encoding_is_detected() {
        check(PlaylistFormat::M3u, b"\xef\xbb\xbf\xc3\xa9.mp3", &["é.mp3"]);
        check(PlaylistFormat::M3u, b"\xc3\xa9.mp3", &["é.mp3"]);
        check(PlaylistFormat::M3u, b"it\x92s \xe9.mp3", &["it’s é.mp3"]);
        check(PlaylistFormat::M3u, b"\xff\xfea\0\n\0b\0", &["a", "b"]);
        check(PlaylistFormat::Pls, b"File1=\xe9", &["é"]);
    }

    #[test]
    fn pls_entries_are_ordered_by_number() {
        let text = "[playlist]\nTitle2=Two\nFILE10=ten\nfile2 = two\nTitle3=nothing\nFile1=http://x/\nFile4=\n\
                    NumberOfEntries=9\nFilex=1\nFile99999999999=far\nVersion=2";
        check(PlaylistFormat::Pls, text, &["@http://x/", "two = Two", "ten"]);
    }

    #[test]
    fn xspf_edge_cases_are_parsed() {
        let text = r#"<?xml version="1.0" encoding="UTF-8"?>
            <playlist version="1" xmlns="http://xspf.org/ns/0/"><title>no</title><location>no</location><trackList>
            <track><location>file:///m/a%20b.mp3</location><title>T &amp; U&#33;</title><creator> C </creator></track>
            <track><title><![CDATA[<x>]]></title><location> b/c%2fd.mp3 </location><location>other</location></track>
            <track><extension application="x"><title>no</title></extension><location>e&amp;f</location></track>
            <track><title>without a location</title></track><track/>
            <x:track xmlns:x="y"><x:location>https://h/?a&amp;b</x:location><creator>alone</creator></x:track>
            </trackList></playlist>"#;
        let expected = ["/m/a b.mp3 = C - T & U!", "b/c/d.mp3 = <x>", "e&f", "@https://h/?a&b"];
        check(PlaylistFormat::Xspf, text, &expected);
    }

    #[test]
    fn xspf_entities_do_not_expand() {
        let text = r#"<!DOCTYPE a [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;&a;"><!ENTITY f SYSTEM "file:///etc/passwd">]>
            <playlist><track><location>x&b;&f;y&#0;&#x110000;</location></track></playlist>"#;
        check(PlaylistFormat::Xspf, text, &["xy"]);
    }

    #[test]
    fn entries_before_an_error_are_kept() {
        check(PlaylistFormat::Xspf, "<track><location>a</location></track><track><location>b</", &["a"]);
    }

    #[test]
    fn paths_need_not_be_utf8() {
        let entries = parse(b"file:///%ff.mp3", PlaylistFormat::M3u);
        assert_eq!(entries[0].location, Location::Path(OsString::from_vec(b"/\xff.mp3".to_vec()).into()));
    }

    #[test]
    fn entries_are_limited() {
        assert_eq!(parse("a\n".repeat(MAX_ENTRIES + 1).as_bytes(), PlaylistFormat::M3u).len(), MAX_ENTRIES);
        let xspf = "<track><location>a</location></track>".repeat(MAX_ENTRIES + 1);
        assert_eq!(parse(xspf.as_bytes(), PlaylistFormat::Xspf).len(), MAX_ENTRIES);
    }

    proptest! {
        #[test]
        fn any_bytes_are_parsed_without_panic(bytes: Vec<u8>) {
            for kind in [PlaylistFormat::M3u, PlaylistFormat::Pls, PlaylistFormat::Xspf] {
                parse(&bytes, kind);
            }
        }

        #[test]
        fn anything_like_xml_is_parsed_without_panic(
            parts in prop::collection::vec(prop::sample::select(vec![
                "<track>", "</track>", "<location>", "</location>", "<title>", "a", "&amp;", "&", ";", "<", ">", "é",
                "<![CDATA[", "]]>", "<!DOCTYPE", "<!--", "%", "%4", "file:", "//", "#EXTINF:", ",", "\"", "\n", "File1=",
            ]), 0..40)
        ) {
            for kind in [PlaylistFormat::M3u, PlaylistFormat::Pls, PlaylistFormat::Xspf] {
                parse(parts.concat().as_bytes(), kind);
            }
        }
    }
}
