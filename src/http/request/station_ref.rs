//! References to a station in requests: by stream id or by mount.

use std::fmt;

use percent_encoding::percent_decode_str;

use crate::log_limiter::excerpt;

/// The longest mount in bytes. The configuration has the same limit.
pub const MOUNT_MAX: usize = 255;

/// SHOUTcast's path of the stream, and the name of many mounts of Icecast.
const STREAM: &str = "/stream";

/// A reference to a station in a request.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum StationRef {
    /// The request names no station. This means the one with the lowest id.
    Default,
    /// The station with this stream id, as in SHOUTcast.
    Id(u32),
    /// The station with this mount, percent-decoded, as in Icecast.
    Mount(String),
}

impl StationRef {
    /// Returns a reference to the station with this mount. A text that is longer than any mount becomes the
    /// empty mount, which no station has, so that caches and queues need not keep it.
    pub fn from_mount(mount: String) -> Self {
        Self::Mount(if mount.len() > MOUNT_MAX { String::new() } else { mount })
    }

    /// Returns the reference in the path of a source, or in the `mount` of a title. `sid` is the stream id
    /// beside it, which counts only if the path names no station.
    pub fn from_mount_and_sid(mount: String, sid: Option<String>) -> Self {
        match sid.filter(|_| names_default(&mount)) {
            Some(sid) => Self::from_sid(sid),
            None => Self::from_mount(mount),
        }
    }

    /// Returns a reference to the station with this stream id. An invalid one becomes a mount.
    pub fn from_sid(sid: String) -> Self {
        Self::parse_id(&sid).unwrap_or_else(|| Self::from_mount(sid))
    }

    /// Returns what a source may mean by this reference, the most likely first. A login and a title are
    /// resolved alike, so an encoder that is on air under a name can set titles with that name.
    ///
    /// These name a station, too: its mount with a query, without the leading slash, with a trailing slash,
    /// percent-encoded or as a URL; `/stream/7` and `/stream?sid=7`; and, for the default station, `/stream`,
    /// `/` and paths that begin with `/;`.
    pub fn readings(&self) -> Vec<Self> {
        let Self::Mount(mount) = self else { return vec![self.clone()] };
        let (path, query) =
            without_authority(mount).split_once('?').unwrap_or((without_authority(mount), ""));
        if mount.is_empty() {
            return Vec::new();
        }
        let decoded = with_slash(&percent_decode_str(path).decode_utf8_lossy());
        let trimmed = decoded.trim_end_matches('/').to_owned();
        let mounts = [mount.clone(), with_slash(path), decoded.clone(), trimmed].map(Self::Mount);
        let sid = query.split('&').find_map(|pair| pair.strip_prefix("sid="));
        let named = sid.map_or(Some(Self::Default), Self::parse_id);
        let mut readings: Vec<Self> = mounts.into_iter().chain(shoutcast_path(&decoded, named)).collect();
        readings.dedup();
        readings
    }

    /// Returns the mount of the station that a source creates with this reference: without a query and
    /// slashes at the end, and decoded, so that all spellings of a mount create the same station. `None` if
    /// it names an id or the default station. `/stream` is a mount here, as in Icecast.
    pub fn new_mount(&self) -> Option<String> {
        if self.is_stream_path() {
            return Some(STREAM.to_owned());
        }
        match self.readings().pop() {
            Some(Self::Mount(mount)) => Some(mount),
            Some(Self::Default | Self::Id(_)) | None => None,
        }
    }

    /// Returns whether it is exactly `/stream`, which can be a mount or mean the default station.
    pub fn is_stream_path(&self) -> bool {
        matches!(self, Self::Mount(mount) if mount == STREAM)
    }

    /// Returns what a listener may mean by the path of its request, the most likely first: the mount exactly
    /// as it is; the mount in front of slashes, or of a semicolon and anything; SHOUTcast's paths. `named` is
    /// the station in the query, which counts only if the path names none.
    pub fn stream_readings(path: &str, named: Self) -> impl Iterator<Item = Self> {
        // A mount may contain semicolons itself, so what follows the last one is removed first.
        let ends = [Some(path.len()), path.rfind(';'), path.find(';')].into_iter().flatten();
        let mounts = ends.map(|end| path[..end].trim_end_matches('/'));
        let exact_first = std::iter::once(path).chain(mounts).map(|mount| Self::from_mount(mount.to_owned()));
        exact_first.chain(shoutcast_path(path, Some(named)))
    }

    /// Parses the segment of an API's path that names a station, by its id or its mount; `None` if it is
    /// empty. A mount may be percent-encoded with its slash, so that the path has two of them.
    pub fn from_path_segment(name: &str) -> Option<Self> {
        let mount = name.strip_prefix('/').unwrap_or(name);
        let by_mount = || (!mount.is_empty()).then(|| Self::from_mount(format!("/{mount}")));
        Self::parse_id(name).or_else(by_mount)
    }

    /// Parses a stream id. Digits only: `str::parse` would accept a sign too.
    pub fn parse_id(text: &str) -> Option<Self> {
        parse_decimal(text).map(Self::Id)
    }
}

/// Completes “no station has the …”. A mount in a request may contain anything.
impl fmt::Display for StationRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default mount"),
            Self::Id(id) => write!(f, "id {id}"),
            Self::Mount(mount) => write!(f, "mount {:?}", excerpt(mount)),
        }
    }
}

/// Returns whether a path means the default stream. Whatever follows a semicolon has no meaning: for decades
/// users have typed `/;` to get the stream instead of the page, and `;stream.mp3` behind a path so that a
/// player recognises the type.
fn names_default(path: &str) -> bool {
    let path = path.strip_prefix('/').unwrap_or(path);
    let path = path.split_once(';').map_or(path, |(path, _)| path);
    matches!(path, "" | "stream" | "stream/")
}

/// Parses SHOUTcast's paths: `/stream/7`, `/stream/7/anything`, `/;stream/7`, `/stream/;stream/7`, and those
/// that name no station themselves, such as `/stream?sid=7`. `named` is the station in the query, `None` if
/// that is invalid.
fn shoutcast_path(path: &str, named: Option<StationRef>) -> impl Iterator<Item = StationRef> {
    let parse = |rest: &str| StationRef::parse_id(rest.split(['/', ';']).next()?);
    let id = |prefix: &str| path.strip_prefix(prefix).and_then(parse);
    let behind_semicolon = path.split_once(';').and_then(|(_, rest)| rest.strip_prefix("stream/"));
    let (first, second) = match named {
        _ if !names_default(path) => (id("/stream/"), None),
        Some(StationRef::Default) => match behind_semicolon.and_then(parse) {
            // In public lists `/;stream/1` means the only stream of an old server, whatever its id.
            Some(StationRef::Id(1)) => (Some(StationRef::Id(1)), named),
            id => (id.or(named), None),
        },
        named => (named, None),
    };
    first.into_iter().chain(second)
}

fn with_slash(path: &str) -> String {
    if path.starts_with('/') { path.to_owned() } else { format!("/{path}") }
}

/// Turns `http://host:8000/live` into `/live`.
fn without_authority(mount: &str) -> &str {
    let rest = ["http://", "https://"].iter().find_map(|scheme| mount.strip_prefix(scheme));
    rest.map_or(mount, |rest| rest.find(['/', '?']).map_or("/", |at| &rest[at..]))
}

/// Parses a decimal number without a sign or white space.
pub(in crate::http) fn parse_decimal(text: &str) -> Option<u32> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mount(mount: &str) -> StationRef {
        StationRef::Mount(mount.into())
    }

    #[test]
    fn every_spelling_of_a_mount_means_the_mount() {
        for spelling in
            ["/live", "live", "/live/", "live/", "/live?a=b", "%2Flive", "/l%69ve", "http://h:8000/live"]
        {
            assert!(mount(spelling).readings().contains(&mount("/live")), "{spelling}");
        }
        assert!(
            !mount("/Live").readings().contains(&mount("/live")),
            "the case is that of the configuration"
        );
        assert!(!mount("/live/2").readings().contains(&mount("/live")));
        assert_eq!(mount("/live").readings(), [mount("/live")]);
    }

    #[test]
    fn new_mount_is_the_same_for_every_spelling() {
        for spelling in
            ["/tour", "tour", "/tour/", "tour//", "/tour?sid=7", "%2Ftour", "/t%6Fur", "http://h:8000/tour"]
        {
            assert_eq!(mount(spelling).new_mount().as_deref(), Some("/tour"), "{spelling}");
        }
        for names_none in ["/", "/;", "/stream/", "/stream/7", "stream?sid=7", ""] {
            assert_eq!(mount(names_none).new_mount(), None, "{names_none}");
        }
        assert_eq!([StationRef::Default, StationRef::Id(7)].map(|it| it.new_mount()), [None, None]);
    }

    #[test]
    fn shoutcast_paths_mean_a_stream_id_or_the_default() {
        for (path, expected) in [
            ("/", StationRef::Default),
            ("/;", StationRef::Default),
            (";stream", StationRef::Default),
            ("/;stream.nsv", StationRef::Default),
            ("/stream", StationRef::Default),
            ("/stream/", StationRef::Default),
            ("http://h", StationRef::Default),
            ("/stream/7", StationRef::Id(7)),
            ("stream/7/x", StationRef::Id(7)),
            ("/stream?sid=7", StationRef::Id(7)),
            ("/stream/?a=b&sid=7", StationRef::Id(7)),
            ("/;stream/7", StationRef::Id(7)),
            ("/;stream/1", StationRef::Default),
            ("/stream/;stream/7", StationRef::Id(7)),
            ("/stream;stream/7", StationRef::Id(7)),
            ("/;x;stream/7", StationRef::Default),
            ("/;sid=7", StationRef::Default),
            ("/;stream.mp3&sid=7", StationRef::Default),
            ("/;stream/7?sid=8", StationRef::Id(8)),
            ("/stream;x?sid=7", StationRef::Id(7)),
            ("/stream/;x", StationRef::Default),
            ("/stream/7;x", StationRef::Id(7)),
        ] {
            assert_eq!(mount(path).readings().last(), Some(&expected), "{path}");
        }
        for path in ["/stream/x", "/stream?sid=x", "/streams", ""] {
            let is_mount = |reading: &StationRef| matches!(reading, StationRef::Mount(_));
            assert!(mount(path).readings().iter().all(is_mount), "{path}");
        }
    }

    #[test]
    fn path_of_a_listener_means_a_mount_before_a_stream_id() {
        let mounts = |path: &str| -> Vec<String> {
            let readings = StationRef::stream_readings(path, StationRef::Default);
            readings
                .map(|it| if let StationRef::Mount(mount) = it { mount } else { it.to_string() })
                .collect()
        };
        assert_eq!(mounts("/live"), ["/live", "/live"]);
        assert_eq!(mounts("/live//"), ["/live//", "/live"]);
        assert_eq!(mounts("/a;b/;c"), ["/a;b/;c", "/a;b/;c", "/a;b", "/a"]);
        assert_eq!(mounts("/;stream/1"), ["/;stream/1", "/;stream/1", "", "", "id 1", "default mount"]);
        assert_eq!(mounts("/stream/2;x"), ["/stream/2;x", "/stream/2;x", "/stream/2", "/stream/2", "id 2"]);
        let long = format!("/live/;{}", "x".repeat(MOUNT_MAX));
        assert!(mounts(&long).contains(&"/live".to_owned()), "only the mount is limited");
    }

    #[test]
    fn sid_beside_a_mount_counts_only_if_the_mount_names_no_station() {
        let with_sid = |mount: &str| StationRef::from_mount_and_sid(mount.into(), Some("7".into()));
        assert_eq!(["/stream", "/", "/;"].map(with_sid), [const { StationRef::Id(7) }; 3]);
        assert_eq!(with_sid("/live"), mount("/live"));
        assert_eq!(StationRef::from_mount_and_sid("/stream".into(), Some("x".into())), mount("x"));
    }

    #[test]
    fn station_id_accepts_digits_only() {
        assert_eq!(StationRef::parse_id("007"), Some(StationRef::Id(7)));
        for text in ["", "+7", "-1", "7x", "4294967296"] {
            assert_eq!(StationRef::parse_id(text), None, "{text:?}");
        }
    }
}
