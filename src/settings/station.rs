//! The settings of one station as plain data.

use std::path::PathBuf;
use std::time::Duration;

use super::conversion::{FormatSettings, Process, StationCodec};
use super::intro::Intro;
use super::relay::RelaySettings;
use super::rendition::RenditionSettings;
use super::sources::SourceSettings;
use crate::image::Image;

/// The bit rate of a station whose settings do not say it, in kbit/s.
const COMMON_KBPS: u16 = 128;

/// The longest burst of a number of bytes, for the schedule: `burst_s` can be as long.
const BURST_LENGTH_MAX: Duration = Duration::from_secs(60);

/// The settings of one station.
#[derive(Debug, Clone, PartialEq)]
pub struct StationSettings {
    /// The SHOUTcast stream id: the stream is also at `/stream/<id>`.
    pub id: u32,
    /// Whether the id was given, and not counted.
    pub has_explicit_id: bool,
    /// The path of the stream, beginning with `/`.
    pub mount: String,
    /// The station's name, shown by players. Never empty: VLC requests titles only from a station with a
    /// name.
    pub name: String,
    /// A description of the station; may be empty.
    pub description: String,
    /// The genre; may be empty.
    pub genre: String,
    /// The station's home page; may be empty.
    pub url: String,
    /// Whether directories may list the station.
    pub public: DirectoryListing,
    /// Whether public pages and lists leave the station out. Its stream is played to everyone who knows the
    /// mount.
    pub hidden: bool,
    /// Further data for stream catalogues, sent in response headers.
    pub meta: StreamMeta,
    /// Files, directories and playlists that the AutoDJ plays.
    pub music: Vec<PathBuf>,
    /// Whether the AutoDJ plays in random order.
    pub shuffle: bool,
    /// The codec of what the AutoDJ plays, and of silence before the first source.
    pub codec: StationCodec,
    /// Whether `codec` was given. Otherwise a station without music takes the codec of its sources.
    pub is_codec_given: bool,
    /// The format that has priority over that of the music.
    pub format: FormatSettings,
    /// Which audio is decoded and encoded.
    pub process: Process,
    /// The loudness to which encoded tracks are brought, in LUFS; `None` to leave them as they are.
    pub loudness: Option<f32>,
    /// Bytes of audio between two metadata blocks.
    pub metaint: u32,
    /// How far behind the live edge a new listener joins. The listener gets this much audio immediately.
    pub burst: Duration,
    /// How many bytes a new listener gets immediately, instead of [`burst`](Self::burst).
    pub burst_bytes: Option<u32>,
    /// How far behind the live edge a listener may fall before it skips forward.
    pub buffer: Duration,
    /// How many bytes it may fall behind, instead of [`buffer`](Self::buffer).
    pub buffer_bytes: Option<u32>,
    /// The interval between two deliveries to a listener, from 20 ms to
    /// [`max_delivery_interval`](Self::max_delivery_interval). A value outside this range is replaced by the
    /// nearest limit.
    pub delivery_interval: Duration,
    /// Which clients get the status line `ICY 200 OK`.
    pub icy_status_line: IcyStatusLine,
    /// What each new listener hears first.
    pub intro: Option<Intro>,
    /// Headers of the stream, each as `name: value`. They replace those of the server with the same names.
    pub http_headers: Vec<String>,
    /// Maximum number of listeners; `None` for no limit besides the server's.
    pub max_listeners: Option<usize>,
    /// Whether listeners and pages find the station only while it has a programme.
    pub only_while_on_air: bool,
    /// How long a listener may stay; `None` for no limit.
    pub max_listener_duration: Option<Duration>,
    /// The mount of the station to which listeners are moved when this one is removed, or has been silent for
    /// too long.
    pub fallback: Option<String>,
    /// The mount of the station whose programme is an input of this one while it has none of its own.
    pub fallback_input: Option<String>,
    /// The mount of the station that admits new listeners while this one is full.
    pub overflow: Option<String>,
    /// Whether `name` is a default that the name from a source replaces.
    pub is_name_default: bool,
    /// The settings for live sources.
    pub sources: SourceSettings,
    /// Where live sessions are recorded, if at all.
    pub record: Option<RecordSettings>,
    /// The stream that is relayed, if any.
    pub relay: Option<RelaySettings>,
    /// The station whose programme this one has at another bit rate, if it is a rendition. A rendition has no
    /// inputs of its own: no music, no sources, no relay.
    pub rendition: Option<RenditionSettings>,
    /// The station's image, if any.
    pub artwork: Option<Image>,
    /// Whether titles of the AutoDJ have the URL of the track's cover as their `StreamUrl`.
    pub artwork_in_stream_url: bool,
}

/// Whether directories may list a station.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DirectoryListing {
    /// They may not.
    Never,
    /// They may.
    Always,
    /// They may while a source or a relay is connected that asks for it, as in Icecast and SHOUTcast.
    AsSource,
}

impl DirectoryListing {
    /// Returns whether directories may list the station while it has a source or a relay that says this;
    /// `None` if it says nothing, or there is none.
    pub fn applies(self, by_source: Option<bool>) -> bool {
        match self {
            Self::Never => false,
            Self::Always => true,
            Self::AsSource => by_source == Some(true),
        }
    }

    /// Returns whether directories may ever list the station.
    pub fn is_possible(self) -> bool {
        self != Self::Never
    }
}

/// The data with which a station describes itself.
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
    /// Whether directories may list it now.
    pub public: bool,
}

/// What a station is recognised by at the next start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StationIdentity {
    /// The id, if the configuration gives one. An id by position changes with the order of the stations.
    pub id: Option<u32>,
    /// The mount, which identifies a station without an id.
    pub mount: String,
}

impl StationIdentity {
    /// Returns the position of a station among `known`, the ids and the mounts that were stored: the one with
    /// its id, else the one with its mount, unless both have ids.
    pub fn position_in<'a>(
        &self,
        known: impl Iterator<Item = (Option<u32>, &'a str)> + Clone,
    ) -> Option<usize> {
        let by_id = known.clone().position(|(id, _)| id.is_some() && id == self.id);
        let may_be = |id: Option<u32>| id.is_none() || self.id.is_none();
        by_id.or_else(|| known.clone().position(|(id, mount)| mount == self.mount && may_be(id)))
    }
}

impl StationSettings {
    /// The most stations on a chain, each of which has the programme of the next as its last input.
    pub const FALLBACK_INPUTS_MAX: usize = 16;

    /// Returns what the station is recognised by at the next start.
    pub fn identity(&self) -> StationIdentity {
        StationIdentity { id: self.has_explicit_id.then_some(self.id), mount: self.mount.clone() }
    }

    /// Returns whether an AutoDJ with these settings plays the same, in the same way: then the one that runs
    /// stays. Mount and id do not count, unless they are part of the URLs of covers.
    pub fn has_same_music(&self, other: &Self) -> bool {
        let way =
            |it: &Self| (it.shuffle, it.codec, it.format, it.process, it.loudness, it.sources.encoding());
        let cover_id = |it: &Self| it.artwork_in_stream_url.then_some(it.id);
        self.music == other.music
            && (self.music.is_empty() || way(self) == way(other) && cover_id(self) == cover_id(other))
    }

    /// Returns the configured data, which applies while no source provides its own.
    pub fn info(&self) -> StationInfo<'_> {
        let Self { name, description, genre, url, public, .. } = self;
        StationInfo { name, description, genre, url, public: public.applies(None) }
    }

    /// Returns the settings of a rendition of this station as far as they do not differ: those that listeners
    /// notice, without inputs, and without what applies to inputs. Mount and id are those of the station.
    pub fn as_rendition(&self, rendition: RenditionSettings) -> Self {
        Self {
            music: Vec::new(),
            shuffle: false,
            codec: StationCodec::Mp3,
            is_codec_given: false,
            format: FormatSettings::default(),
            process: Process::default(),
            loudness: None,
            sources: SourceSettings { max_silence: self.sources.max_silence, ..SourceSettings::default() },
            record: None,
            relay: None,
            intro: None,
            rendition: Some(rendition),
            only_while_on_air: false,
            fallback: None,
            fallback_input: None,
            overflow: None,
            ..self.clone()
        }
    }

    /// Returns how long the burst is; with [`burst_bytes`](Self::burst_bytes) about, at the bit rate of the
    /// settings, else at a common one.
    pub fn burst_length(&self) -> Duration {
        let kbps = self.format.kbps.unwrap_or(COMMON_KBPS).max(1);
        let length_of = |bytes| Duration::from_millis(u64::from(bytes) * 8 / u64::from(kbps));
        self.burst_bytes.map_or(self.burst, |bytes| length_of(bytes).min(BURST_LENGTH_MAX))
    }

    /// Returns the longest delivery interval: a quarter of the burst, because a player plays audio from the
    /// burst until the next delivery; without a burst, 250 ms.
    pub fn max_delivery_interval(&self) -> Duration {
        match self.burst_length() / 4 {
            Duration::ZERO => Duration::from_millis(250),
            quarter => quarter.max(Duration::from_millis(20)),
        }
    }
}

impl Default for StationSettings {
    fn default() -> Self {
        Self {
            id: 1,
            has_explicit_id: false,
            mount: "/live".into(),
            name: "coldwave".into(),
            description: String::new(),
            genre: String::new(),
            url: String::new(),
            public: DirectoryListing::Never,
            hidden: false,
            meta: StreamMeta::default(),
            music: Vec::new(),
            shuffle: false,
            codec: StationCodec::default(),
            is_codec_given: false,
            format: FormatSettings::default(),
            process: Process::default(),
            loudness: None,
            metaint: 16_000,
            burst: Duration::from_secs(5),
            burst_bytes: None,
            buffer: Duration::from_secs(30),
            buffer_bytes: None,
            delivery_interval: Duration::from_secs(1),
            icy_status_line: IcyStatusLine::Auto,
            intro: None,
            http_headers: Vec::new(),
            max_listeners: None,
            only_while_on_air: false,
            max_listener_duration: None,
            fallback: None,
            fallback_input: None,
            overflow: None,
            is_name_default: true,
            sources: SourceSettings::default(),
            record: None,
            relay: None,
            rendition: None,
            artwork: None,
            artwork_in_stream_url: false,
        }
    }
}

/// A station's data for version 2 of stream-meta.info. Empty values are not sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StreamMeta {
    /// The URL of the logo.
    pub logo: String,
    /// The country, as two letters of ISO 3166-1: `DE`.
    pub country_code: String,
    /// The part of that country, as a code of ISO 3166-2: `DE-HH`.
    pub country_subdivision_code: String,
    /// The languages spoken, as codes of ISO 639: `de`, `en`.
    pub language_codes: Vec<String>,
    /// The location, as latitude and longitude in degrees: `53.5436,9.9807`.
    pub geo_lat_long: String,
    /// Whether catalogues are requested not to list the station.
    pub do_not_index: bool,
}

impl StreamMeta {
    /// Returns whether nothing is set.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Where live sessions are recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordSettings {
    /// The directory at which relative patterns start. Placeholders in it are not replaced.
    pub folder: PathBuf,
    /// A path without extension, with placeholders: `%Y` and others for the local time at which the session
    /// begins, `{dj}` for the user, `{mount}` and `{station}`. See
    /// [`check_pattern`](crate::record::check_pattern).
    pub pattern: String,
}

/// Which clients get the status line `ICY 200 OK` instead of `HTTP/1.0 200 OK`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum IcyStatusLine {
    /// Players known to support it, see `protocol-notes/listener.md`.
    #[default]
    Auto,
    /// All clients.
    Always,
    /// No client. Correct behind an HTTP proxy.
    Never,
}
