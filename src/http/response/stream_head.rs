//! The head of a stream: a description of the station and the audio, and how players should handle the
//! stream.

use super::header::{SERVER, printable, push_header};
use crate::http::proxy::relay_path::{self, RelayPath};
use crate::settings::{StationInfo, StreamMeta};
use crate::text::truncated;

/// The limit for a head without [`StreamMeta`] in bytes, with any settings: the buffer of some hardware
/// radios is not larger.
pub const STREAM_HEAD_MAX: usize = 1024;

/// The limit for a head with [`StreamMeta`], in bytes. Operators who set all of these keys accept that old
/// hardware radios may fail.
pub const DESCRIBED_HEAD_MAX: usize = 2048;

/// The supported version of stream-meta.info.
const META_VERSION: &str = "2";

// The most bytes (UTF-8) of each setting in a head. Together with everything else in the head they stay below
// STREAM_HEAD_MAX, which a test proves.
const NAME_MAX: usize = 80;
const GENRE_MAX: usize = 40;
const DESCRIPTION_MAX: usize = 100;
const URL_MAX: usize = 80;
const MAIN_URL_MAX: usize = 300;

/// The specification has the first name, which contains a typo; radio-browser, the catalogue that reads it,
/// uses the second.
const SUBDIVISION_NAMES: [&str; 2] = ["icy-country-subdivison-code", "icy-country-subdivision-code"];

/// Sent if a station's name has no printable character: without a name, VLC never requests titles.
const NAMELESS: &str = "coldwave";

/// The head of a stream (protocol-notes/listener.md, "The head of a stream").
#[derive(Debug, Clone, Copy)]
pub struct StreamHead<'a> {
    /// The station's description.
    pub station: StationInfo<'a>,
    /// The station's stream-meta.info description.
    pub meta: &'a StreamMeta,
    /// The preferred URL of the stream, if it has several; sent with `meta` only.
    pub main_url: Option<&'a str>,
    /// The bit rate on air in kbit/s, if known.
    pub kbps: Option<u32>,
    /// The sample rate on air in Hz, if known.
    pub rate: Option<u32>,
    /// The number of channels on air, if known.
    pub channels: Option<u8>,
    /// The media type of the audio; `audio/mpeg` for MP3.
    pub content_type: &'static str,
    /// Bytes of audio between two title blocks; `None` for a listener that gets no titles.
    pub metaint: Option<u32>,
    /// The servers that the stream came through, if the client is a relay.
    pub relay_path: Option<&'a RelayPath>,
    /// Whether the status line is `ICY 200 OK`; see [`super::players::answers_icy`].
    pub icy: bool,
}

impl StreamHead<'_> {
    /// Appends the head, including the empty line that ends it.
    ///
    /// Sends neither a length nor chunks: the stream lasts until one side closes. It is never partial
    /// content, even if the request contains `Range`: if a head mentions ranges, ffmpeg and Chrome treat the
    /// stream as a file and seek.
    pub fn render(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(if self.icy { b"ICY 200 OK\r\n" } else { b"HTTP/1.0 200 OK\r\n" });
        push_banner(out);
        self.push_station(out);
        self.push_meta(out);
        self.push_audio(out);
        for (name, value) in DELIVERY {
            push_header(out, name, value);
        }
        if let Some(relay_path) = self.relay_path {
            push_header(out, relay_path::HEADER, &relay_path.to_string());
        }
        out.extend_from_slice(b"\r\n");
    }

    fn push_station(&self, out: &mut Vec<u8>) {
        let station = self.station;
        let name = shortened(station.name, NAME_MAX);
        push_header(out, "icy-name", if name.is_empty() { NAMELESS } else { &name });
        push_unless_empty(out, "icy-genre", &shortened(station.genre, GENRE_MAX));
        push_unless_empty(out, "icy-description", &shortened(station.description, DESCRIPTION_MAX));
        push_unless_empty(out, "icy-url", &url_or_empty(station.url, URL_MAX));
        push_header(out, "icy-pub", if station.public { "1" } else { "0" });
    }

    /// See protocol-notes/directories.md, "Self-description".
    fn push_meta(&self, out: &mut Vec<u8>) {
        let StreamMeta {
            logo,
            country_code,
            country_subdivision_code,
            language_codes,
            geo_lat_long,
            do_not_index,
        } = self.meta;
        if self.meta.is_empty() {
            return;
        }
        push_header(out, "icy-version", META_VERSION);
        push_header(out, "icy-index-metadata", "1");
        push_unless_empty(
            out,
            "icy-main-stream-url",
            &url_or_empty(self.main_url.unwrap_or_default(), MAIN_URL_MAX),
        );
        push_unless_empty(out, "icy-logo", logo);
        push_unless_empty(out, "icy-country-code", country_code);
        for name in SUBDIVISION_NAMES {
            push_unless_empty(out, name, country_subdivision_code);
        }
        push_unless_empty(out, "icy-language-codes", &language_codes.join(","));
        push_unless_empty(out, "icy-geo-lat-long", geo_lat_long);
        push_unless_empty(out, "icy-do-not-index", if *do_not_index { "1" } else { "" });
    }

    fn push_audio(&self, out: &mut Vec<u8>) {
        push_number(out, "icy-br", self.kbps);
        push_number(out, "icy-sr", self.rate);
        push_unless_empty(out, "ice-audio-info", &audio_info(self.kbps, self.rate, self.channels));
        // In lower case: a relaying sc_serv only accepts this spelling.
        push_header(out, "content-type", self.content_type);
        push_number(out, "icy-metaint", self.metaint);
    }
}

/// Returns the known properties of the audio (kbit/s, Hz and the number of channels) in the format of
/// `ice-audio-info` and of directories.
pub fn audio_info(kbps: Option<u32>, rate: Option<u32>, channels: Option<u8>) -> String {
    let known = [
        kbps.map(|kbps| format!("bitrate={kbps}")),
        rate.map(|rate| format!("samplerate={rate}")),
        channels.map(|channels| format!("channels={channels}")),
    ];
    known.into_iter().flatten().collect::<Vec<_>>().join(";")
}

/// Headers against caching, seeking and reuse of the connection, and for scripts of any page. Without the
/// last header, scripts cannot read `Icy-MetaInt`, which they need to find the titles.
const DELIVERY: [(&str, &str); 7] = [
    ("Accept-Ranges", "none"),
    ("Cache-Control", "no-cache, no-store"),
    ("Pragma", "no-cache"),
    ("Expires", "Mon, 26 Jul 1997 05:00:00 GMT"),
    ("Connection", "close"),
    ("Access-Control-Allow-Origin", "*"),
    (
        "Access-Control-Expose-Headers",
        "Icy-MetaInt, Icy-Name, Icy-Genre, Icy-Br, Icy-Description, Icy-Pub, Icy-Url, Content-Type",
    ),
];

/// Appends the lines by which monitoring programs recognize a SHOUTcast server.
fn push_banner(out: &mut Vec<u8>) {
    push_header(out, "Server", SERVER);
    push_header(out, "icy-notice1", "<BR>This stream requires a SHOUTcast player<BR>");
    push_header(out, "icy-notice2", &format!("SHOUTcast-compatible server {SERVER}<BR>"));
}

fn push_unless_empty(out: &mut Vec<u8>, name: &str, value: &str) {
    if !value.is_empty() {
        push_header(out, name, value);
    }
}

fn push_number(out: &mut Vec<u8>, name: &str, value: Option<u32>) {
    if let Some(value) = value {
        push_header(out, name, &value.to_string());
    }
}

fn shortened(value: &str, limit: usize) -> String {
    truncated(&printable(value), limit).trim_end().to_owned()
}

/// Returns a URL, or an empty text if it is too long: a truncated URL would be another URL.
fn url_or_empty(value: &str, limit: usize) -> String {
    let value = printable(value);
    if value.len() <= limit { value.into_owned() } else { String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::ranges::{LANGUAGES_MAX, LOGO_MAX};
    use crate::http::golden;
    use crate::settings::{DirectoryListing, StationSettings};

    fn station() -> StationSettings {
        StationSettings {
            name: "Harbour FM".into(),
            description: "Slow music, día y noche".into(),
            genre: "Ambient".into(),
            url: "http://example.org".into(),
            public: DirectoryListing::Always,
            ..Default::default()
        }
    }

    fn head(station: &StationSettings) -> StreamHead<'_> {
        StreamHead {
            station: station.info(),
            meta: &station.meta,
            main_url: Some("https://radio.example/live"),
            kbps: Some(128),
            rate: Some(44_100),
            channels: Some(2),
            content_type: "audio/mpeg",
            metaint: Some(16_000),
            relay_path: None,
            icy: false,
        }
    }

    fn rendered(head: StreamHead) -> String {
        let mut out = Vec::new();
        head.render(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn heads_match_the_recordings() {
        let station = station();
        golden::check("stream-icy", rendered(StreamHead { icy: true, ..head(&station) }).as_bytes());
        golden::check("stream-with-titles", rendered(head(&station)).as_bytes());
        let plain = StationSettings::default();
        let unknown = StreamHead { kbps: None, rate: None, channels: None, metaint: None, ..head(&plain) };
        golden::check("stream-unknown", rendered(unknown).as_bytes());
        let described = StationSettings { meta: meta(), ..station };
        golden::check("stream-described", rendered(head(&described)).as_bytes());
    }

    fn meta() -> StreamMeta {
        StreamMeta {
            logo: "https://example.org/logo.png".into(),
            country_code: "DE".into(),
            country_subdivision_code: "DE-HH".into(),
            language_codes: vec!["de".into(), "en".into()],
            geo_lat_long: "53.5436,9.9807".into(),
            do_not_index: true,
        }
    }

    fn with_all_texts(value: &str) -> StationSettings {
        let value = || value.to_owned();
        StationSettings { name: value(), description: value(), genre: value(), url: value(), ..station() }
    }

    /// Returns the length of a station's longest head: every number is at its maximum.
    fn longest(station: &StationSettings) -> usize {
        let max = Some(u32::MAX);
        let (channels, content_type) = (Some(u8::MAX), "application/ogg; codecs=opus");
        rendered(StreamHead { kbps: max, rate: max, metaint: max, channels, content_type, ..head(station) })
            .len()
    }

    #[test]
    fn longest_head_is_below_the_limit() {
        let full = StationSettings {
            name: "x".repeat(NAME_MAX),
            genre: "x".repeat(GENRE_MAX),
            description: "x".repeat(DESCRIPTION_MAX),
            url: "x".repeat(URL_MAX),
            ..station()
        };
        let max = longest(&full);
        assert!(max < STREAM_HEAD_MAX, "{max}");
        for char in ["x", "é", "€", "𝄞", " x", "\r\n"] {
            for count in [1, 10, 20, 40, 80, 1000] {
                assert!(longest(&with_all_texts(&char.repeat(count))) <= max, "{count} times {char:?}");
            }
        }
    }

    #[test]
    fn longest_head_with_stream_meta_is_below_its_limit() {
        let meta = StreamMeta {
            logo: "x".repeat(LOGO_MAX),
            language_codes: vec!["xxx".into(); LANGUAGES_MAX],
            geo_lat_long: "-53.54360,-179.98070".into(),
            ..meta()
        };
        let described = StationSettings { meta, ..station() };
        let url = "x".repeat(MAIN_URL_MAX);
        let with = rendered(StreamHead { main_url: Some(&url), ..head(&described) }).len();
        let more = with - rendered(head(&station())).len();
        assert!(STREAM_HEAD_MAX + more < DESCRIBED_HEAD_MAX, "{more}");
    }

    #[test]
    fn settings_cannot_add_a_header_line() {
        let evil = "a\r\nX-Evil: 1\n\r\n\0<script>\u{1b}";
        let (good, bad) = (station(), with_all_texts(evil));
        let (good, bad) = (rendered(head(&good)), rendered(head(&bad)));
        assert_eq!(good.lines().count(), bad.lines().count());
        for line in bad.trim_end().lines().skip(1) {
            assert!(
                line.contains(": ") && !line.contains(char::is_control) && !line.starts_with("X-"),
                "{line:?}"
            );
        }
    }

    #[test]
    fn head_without_a_station_name_uses_coldwave() {
        for name in ["", " \r\n", "\0"] {
            let station = StationSettings { name: name.into(), ..station() };
            assert!(rendered(head(&station)).contains("\r\nicy-name: coldwave\r\n"), "{name:?}");
        }
    }
}
