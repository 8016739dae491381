//! The locations of tracks in playlists: paths and URLs.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;
use std::sync::Arc;

use encoding_rs::Encoding;
use percent_encoding::percent_decode;

/// Maximum number of names at the end of a path of Windows that are looked for.
const TAIL_NAMES_MAX: usize = 8;

/// The location of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// A file. A relative path starts at the playlist's directory.
    Path(NamedPath),
    /// A URL of another server, or a reference relative to one.
    Url(String),
}

/// The path of a file as a playlist names it. What the name means can depend on which files exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedPath {
    /// The text in the playlist.
    text: String,
    /// The bytes in the playlist, if they are not those of the text.
    raw: Option<Box<[u8]>>,
    /// Whether the text is a reference according to RFC 3986, in which paths are percent-encoded.
    is_uri: bool,
    /// What a relative reference is relative to, if not to the playlist.
    base: Option<Arc<str>>,
}

impl Location {
    /// Parses a location as players write it: a literal path, or a URL. `line` contains the same, in the
    /// encoding of the playlist and perhaps with spaces around it.
    pub(super) fn from_text(text: &str, line: &[u8]) -> Self {
        if file_url(text).is_some() {
            return Self::from_uri(text, None);
        }
        if scheme(text).is_some() {
            return Self::Url(text.into());
        }
        let raw = (line != text.as_bytes()).then(|| line.into());
        Self::Path(NamedPath { text: text.into(), raw, is_uri: false, base: None })
    }

    /// Returns whether it names nothing, such as a reference without a path.
    pub(super) fn is_empty(&self) -> bool {
        match self {
            Self::Path(name) => name.path().as_os_str().is_empty(),
            Self::Url(url) => url.is_empty(),
        }
    }

    /// Parses a location according to RFC 3986, in which a relative path is percent-encoded too.
    pub(super) fn from_uri(text: &str, base: Option<Arc<str>>) -> Self {
        let resolved = base.as_deref().map(|base| resolve(base, text));
        let target = resolved.as_deref().unwrap_or(text);
        if scheme(target).is_some_and(|scheme| !scheme.eq_ignore_ascii_case("file")) {
            // Not the target: a long base would be kept once for each entry.
            return Self::Url(text.into());
        }
        Self::Path(NamedPath { text: text.into(), raw: None, is_uri: true, base })
    }
}

impl NamedPath {
    /// Returns the text in the playlist.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns the other computer that a `file://host/path` names.
    pub fn other_host(&self) -> Option<&str> {
        let rest = self.text.get(..7).filter(|start| start.eq_ignore_ascii_case("file://"));
        let host = rest.and_then(|start| self.text[start.len()..].split('/').next())?;
        // Some programs forget a slash in front of a drive.
        let is_other = !host.is_empty() && !host.eq_ignore_ascii_case("localhost") && !host.contains(':');
        (self.is_uri && is_other).then_some(host)
    }

    /// Returns the path that the playlist most probably means.
    pub fn path(&self) -> PathBuf {
        if !self.is_uri {
            return self.text.clone().into();
        }
        let uri = self.base.as_deref().map_or_else(|| self.text.clone(), |base| resolve(base, &self.text));
        to_path(unescaped(uri_path(&uri).as_bytes()))
    }

    /// Returns all paths that the playlist can mean, the most literal first: with the bytes of the playlist;
    /// with backslashes, as Windows writes them; percent-encoded; and with names in the charset on the disk.
    pub fn readings(&self, charset: &'static Encoding) -> Vec<PathBuf> {
        let mut readings = Readings::default();
        if self.is_uri {
            let uris = self.uris();
            uris.iter().for_each(|uri| readings.add(unescaped(uri_path(uri).as_bytes())));
            uris.iter().for_each(|uri| readings.add(uri_path(uri).as_bytes().to_vec()));
        } else {
            readings.0.extend(self.raw.as_deref().map(<[u8]>::to_vec));
            readings.add(self.text.clone().into_bytes());
        }
        readings.add_all(|name| name.contains(&b'\\').then(|| slashed(name)));
        if !self.is_uri {
            readings.add_all(|name| name.contains(&b'%').then(|| unescaped(name)));
        }
        readings.add_all(|name| recoded(name, charset));
        readings.0.into_iter().filter(|name| !name.contains(&0)).map(to_path).collect()
    }

    /// Returns the ends of an absolute path of Windows that begin with the name of a directory, the longest
    /// first; none for other paths.
    pub fn tails_of_windows_path(&self) -> Vec<PathBuf> {
        let decoded =
            if self.is_uri { unescaped(uri_path(&self.text).as_bytes()) } else { self.text.clone().into() };
        let path = String::from_utf8_lossy(&decoded);
        let local = path.strip_prefix('/').filter(|path| has_drive(path)).unwrap_or(&path);
        if !has_drive(local) && !local.starts_with('\\') {
            return Vec::new();
        }
        let names: Vec<&str> = local.split(['\\', '/']).filter(|name| !name.is_empty()).collect();
        let tails =
            names.len().saturating_sub(TAIL_NAMES_MAX).max(usize::from(has_drive(local)))..names.len();
        tails.filter(|at| names.len() - at > 1).map(|at| names[at..].join("/").into()).collect()
    }

    /// Returns the reference relative to its base, and relative to a base whose last slash was forgotten.
    fn uris(&self) -> Vec<String> {
        match self.base.as_deref() {
            None => vec![self.text.clone()],
            Some(base) if base.ends_with('/') => vec![resolve(base, &self.text)],
            Some(base) => vec![resolve(base, &self.text), resolve(&format!("{base}/"), &self.text)],
        }
    }
}

/// Different names, the best first.
#[derive(Default)]
struct Readings(Vec<Vec<u8>>);

impl Readings {
    fn add(&mut self, name: Vec<u8>) {
        if !self.0.contains(&name) {
            self.0.push(name);
        }
    }

    /// Adds what becomes of each name.
    fn add_all(&mut self, change: impl Fn(&[u8]) -> Option<Vec<u8>>) {
        let changed: Vec<_> = self.0.iter().filter_map(|name| change(name)).collect();
        changed.into_iter().for_each(|name| self.add(name));
    }
}

/// Returns the reference relative to `base`, according to RFC 3986, 5.2. The system resolves `..`.
pub(super) fn resolve(base: &str, reference: &str) -> String {
    let is_absolute = scheme(reference).is_some() || file_url(reference).is_some() || has_drive(reference);
    if is_absolute {
        return reference.to_owned();
    }
    let root = root_len(base);
    if reference.starts_with('/') {
        return format!("{}{reference}", &base[..root]);
    }
    match base[root..].rfind('/') {
        Some(at) => format!("{}{reference}", &base[..=root + at]),
        None if root > 0 => format!("{}/{reference}", &base[..root]),
        None => reference.to_owned(),
    }
}

/// Returns the length of the scheme and the authority of a URL; 0 for a path.
fn root_len(base: &str) -> usize {
    match (scheme(base), file_url(base)) {
        (Some(scheme), _) => {
            let authority = scheme.len() + "://".len();
            base[authority..].find('/').map_or(base.len(), |at| authority + at)
        }
        (None, Some(path)) => base.len() - path.len(),
        (None, None) => 0,
    }
}

fn has_drive(text: &str) -> bool {
    matches!(text.as_bytes(), [letter, b':', b'\\' | b'/', ..] if letter.is_ascii_alphabetic())
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

fn uri_path(uri: &str) -> &str {
    file_url(uri).unwrap_or(uri)
}

/// Decodes percent-encoding. The result is bytes, because names in a file system need not be UTF-8.
fn unescaped(name: &[u8]) -> Vec<u8> {
    percent_decode(name).collect()
}

fn slashed(name: &[u8]) -> Vec<u8> {
    name.iter().map(|byte| if *byte == b'\\' { b'/' } else { *byte }).collect()
}

/// Returns a name of UTF-8 in the charset, and a name in the charset in UTF-8.
fn recoded(name: &[u8], charset: &'static Encoding) -> Option<Vec<u8>> {
    if name.is_ascii() {
        return None;
    }
    let Ok(text) = std::str::from_utf8(name) else {
        return Some(charset.decode_without_bom_handling(name).0.into_owned().into_bytes());
    };
    let (bytes, _, has_others) = charset.encode(text);
    (!has_others).then(|| bytes.into_owned())
}

fn to_path(bytes: Vec<u8>) -> PathBuf {
    OsString::from_vec(bytes).into()
}
