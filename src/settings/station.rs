//! One station, and what it says of itself.

use std::path::PathBuf;
use std::time::Duration;

use super::sources::SourceSettings;
use crate::image::Image;
use crate::stream_url::StreamUrl;

/// One station.
#[derive(Debug, Clone)]
pub struct StationSettings {
    /// The SHOUTcast stream id: the stream is also at `/stream/<id>`.
    pub id: u32,
    /// The path of the stream, beginning with `/`.
    pub mount: String,
    /// What players show as the station's name. Never empty: VLC asks for titles only when it is told a name.
    pub name: String,
    /// A sentence on the station; may be empty.
    pub description: String,
    /// May be empty.
    pub genre: String,
    /// The station's home page; may be empty.
    pub url: String,
    /// Whether directories may list the station.
    pub public: bool,
    /// What else those are told that collect streams by looking at their heads.
    pub meta: StreamMeta,
    /// Files, folders and playlists that the AutoDJ plays.
    pub music: Vec<PathBuf>,
    /// Whether the AutoDJ plays in random order.
    pub shuffle: bool,
    /// Bytes of audio between two metadata blocks.
    pub metaint: u32,
    /// How far behind the live edge a newcomer joins, which is how much he is sent at once.
    pub burst: Duration,
    /// How far behind the live edge a listener may fall before he is moved forward.
    pub buffer: Duration,
    /// How often a listener is written to. From 20 ms to [`longest_interval`](Self::longest_interval); what is beyond is
    /// taken for the nearer of the two.
    pub delivery_interval: Duration,
    /// Who is answered `ICY 200 OK`.
    pub icy_status_line: IcyStatusLine,
    /// How many listeners there may be at once, if not as many as the server may have.
    pub max_listeners: Option<usize>,
    /// Whether `name` is only what is shown where a source does not say what the station is called.
    pub is_name_default: bool,
    /// Who may go on the air live, and how.
    pub sources: SourceSettings,
    /// Where live sessions are written to, if anywhere.
    pub record: Option<RecordSettings>,
    /// The station elsewhere that is passed on, if there is one.
    pub relay: Option<RelaySettings>,
    /// What stands for the station as a picture, if anything does.
    pub artwork: Option<Image>,
}

/// What a station says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StationInfo<'a> {
    /// See [`StationSettings::name`].
    pub name: &'a str,
    /// See [`StationSettings::description`].
    pub description: &'a str,
    /// See [`StationSettings::genre`].
    pub genre: &'a str,
    /// See [`StationSettings::url`].
    pub url: &'a str,
    /// See [`StationSettings::public`].
    pub public: bool,
}

impl StationSettings {
    /// What the station says of itself while nobody else does.
    pub fn info(&self) -> StationInfo<'_> {
        let Self { name, description, genre, url, public, .. } = self;
        StationInfo { name, description, genre, url, public: *public }
    }

    /// The longest delivery interval that goes with the burst: a quarter of it, as the burst is what a listener plays
    /// from until his next delivery; without a burst 250 ms.
    pub fn max_delivery_interval(&self) -> Duration {
        match self.burst / 4 {
            Duration::ZERO => Duration::from_millis(250),
            quarter => quarter.max(Duration::from_millis(20)),
        }
    }
}

impl Default for StationSettings {
    fn default() -> Self {
        Self {
            id: 1,
            mount: "/live".into(),
            name: "coldwave".into(),
            description: String::new(),
            genre: String::new(),
            url: String::new(),
            public: false,
            meta: StreamMeta::default(),
            music: Vec::new(),
            shuffle: false,
            metaint: 16_000,
            burst: Duration::from_secs(5),
            buffer: Duration::from_secs(30),
            delivery_interval: Duration::from_secs(1),
            icy_status_line: IcyStatusLine::Auto,
            max_listeners: None,
            is_name_default: true,
            sources: SourceSettings::default(),
            record: None,
            relay: None,
            artwork: None,
        }
    }
}

/// What a station says of itself in version 2 of stream-meta.info. Of each, nothing where it is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StreamMeta {
    /// The address of its logo.
    pub logo: String,
    /// The country it is from, as ISO 3166-1 has it in two letters: `DE`.
    pub country_code: String,
    /// The part of that country, as ISO 3166-2 has it: `DE-HH`.
    pub country_subdivision_code: String,
    /// The languages spoken, as ISO 639 has them: `de`, `en`.
    pub language_codes: Vec<String>,
    /// Where it is, as latitude and longitude in degrees: `53.5436,9.9807`.
    pub geo_lat_long: String,
    /// Whether it asks not to be listed anywhere.
    pub do_not_index: bool,
}

impl StreamMeta {
    /// Whether it says nothing at all.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Where live sessions are written to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordSettings {
    /// From where the pattern leads, taken as it stands: what looks like a pattern in it is none.
    pub folder: PathBuf,
    /// A path without its extension, with `%Y` and the like for the local time at which the session begins, `{dj}` for
    /// who it is, `{mount}` and `{station}`. See [`check_pattern`](crate::record::check_pattern).
    pub pattern: String,
}

/// A station elsewhere that is passed on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelaySettings {
    /// Where it is heard.
    pub url: StreamUrl,
    /// Whether it is only fetched while there is someone to hear it.
    pub on_demand: bool,
}

/// Who is answered with the status line `ICY 200 OK` instead of `HTTP/1.0 200 OK`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum IcyStatusLine {
    /// Players known to speak it, see `protocol-notes/listener.md`.
    #[default]
    Auto,
    /// Everyone.
    Always,
    /// Nobody: right behind an HTTP proxy.
    Never,
}
