//! The head that goes before an endless stream: what it is, who plays it, and how players are to take it.

use super::header::{printable, push_header};
use super::hops::{self, Hops};
use super::reply::SERVER;
use crate::settings::About;
use crate::text::cut;

/// A head is shorter than this, in bytes, whatever the settings: some radio sets have no room for more.
pub const STREAM_HEAD_MAX: usize = 1024;

// What of a station's settings goes into a head, in bytes of UTF-8. Together with everything else in the head
// they stay below STREAM_HEAD_MAX, which a test proves.
const NAME_MAX: usize = 80;
const GENRE_MAX: usize = 40;
const DESCRIPTION_MAX: usize = 100;
const URL_MAX: usize = 80;

/// Shown where a station's name has no printable character: without a name VLC never asks for titles.
const NAMELESS: &str = "coldwave";

/// What a listener is told before the first byte of audio (protocol-notes/listener.md, "The head of a stream").
#[derive(Debug, Clone, Copy)]
pub struct StreamHead<'a> {
    /// What the station he asked for says of itself.
    pub station: About<'a>,
    /// The bit rate on air in kbit/s, if it is known.
    pub kbps: Option<u32>,
    /// The sample rate on air in Hz, if it is known.
    pub rate: Option<u32>,
    /// The channels on air, if that is known.
    pub channels: Option<u8>,
    /// What kind of audio it is; `audio/mpeg` for MP3.
    pub content_type: &'static str,
    /// Bytes of audio between two title blocks; `None` for a listener who gets no titles.
    pub metaint: Option<u32>,
    /// The servers that the stream came through, for a server that relays it.
    pub way: Option<&'a Hops>,
    /// Whether the status line is `ICY 200 OK`; see [`super::players::answers_icy`].
    pub icy: bool,
}

impl StreamHead<'_> {
    /// Appends the head, up to and with the empty line that ends it.
    ///
    /// No length and no chunks: the stream lasts until one side closes. It is never partial content, whatever
    /// `Range` asked for: told of ranges, ffmpeg and Chrome take it for a file and seek.
    pub fn render(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(if self.icy { b"ICY 200 OK\r\n" } else { b"HTTP/1.0 200 OK\r\n" });
        push_banner(out);
        self.push_station(out);
        self.push_audio(out);
        for (name, value) in DELIVERY {
            push_header(out, name, value);
        }
        if let Some(way) = self.way {
            push_header(out, hops::HEADER, &way.to_string());
        }
        out.extend_from_slice(b"\r\n");
    }

    fn push_station(&self, out: &mut Vec<u8>) {
        let station = self.station;
        let name = shortened(station.name, NAME_MAX);
        push_header(out, "icy-name", if name.is_empty() { NAMELESS } else { &name });
        push_unless_empty(out, "icy-genre", &shortened(station.genre, GENRE_MAX));
        push_unless_empty(out, "icy-description", &shortened(station.description, DESCRIPTION_MAX));
        push_unless_empty(out, "icy-url", &whole_or_nothing(station.url, URL_MAX));
        push_header(out, "icy-pub", if station.public { "1" } else { "0" });
    }

    fn push_audio(&self, out: &mut Vec<u8>) {
        push_number(out, "icy-br", self.kbps);
        push_number(out, "icy-sr", self.rate);
        push_unless_empty(out, "ice-audio-info", &self.audio_info());
        // In lower case: a relaying sc_serv reads it only like that.
        push_header(out, "content-type", self.content_type);
        push_number(out, "icy-metaint", self.metaint);
    }

    fn audio_info(&self) -> String {
        let known = [
            self.kbps.map(|kbps| format!("bitrate={kbps}")),
            self.rate.map(|rate| format!("samplerate={rate}")),
            self.channels.map(|channels| format!("channels={channels}")),
        ];
        known.into_iter().flatten().collect::<Vec<_>>().join(";")
    }
}

/// How the stream is to be taken: not kept, not seeked in, not pooled, and open to the scripts of any page, which
/// without the last line cannot see where the titles are.
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

/// The lines by which programs that watch stations know a SHOUTcast server.
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
    cut(&printable(value), limit).trim_end().to_owned()
}

/// For an address: half of one leads somewhere else.
fn whole_or_nothing(value: &str, limit: usize) -> String {
    let value = printable(value);
    if value.len() <= limit { value.into_owned() } else { String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::golden;
    use crate::settings::StationSettings;

    fn station() -> StationSettings {
        StationSettings {
            name: "Harbour FM".into(),
            description: "Slow music, día y noche".into(),
            genre: "Ambient".into(),
            url: "http://example.org".into(),
            public: true,
            ..Default::default()
        }
    }

    fn head(station: &StationSettings) -> StreamHead<'_> {
        StreamHead {
            station: station.about(),
            kbps: Some(128),
            rate: Some(44_100),
            channels: Some(2),
            content_type: "audio/mpeg",
            metaint: Some(16_000),
            way: None,
            icy: false,
        }
    }

    fn rendered(head: StreamHead) -> String {
        let mut out = Vec::new();
        head.render(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn heads_are_as_recorded() {
        let station = station();
        golden::check("stream-icy", rendered(StreamHead { icy: true, ..head(&station) }).as_bytes());
        golden::check("stream-with-titles", rendered(head(&station)).as_bytes());
        let plain = StationSettings::default();
        let unknown = StreamHead { kbps: None, rate: None, channels: None, metaint: None, ..head(&plain) };
        golden::check("stream-unknown", rendered(unknown).as_bytes());
    }

    fn of_everything(value: &str) -> StationSettings {
        let value = || value.to_owned();
        StationSettings { name: value(), description: value(), genre: value(), url: value(), ..station() }
    }

    /// The longest head of a station: every number at its largest.
    fn longest(station: &StationSettings) -> usize {
        let most = Some(u32::MAX);
        let (channels, content_type) = (Some(u8::MAX), "application/ogg; codecs=opus");
        rendered(StreamHead {
            kbps: most,
            rate: most,
            metaint: most,
            channels,
            content_type,
            ..head(station)
        })
        .len()
    }

    #[test]
    fn stays_below_its_limit() {
        let full = StationSettings {
            name: "x".repeat(NAME_MAX),
            genre: "x".repeat(GENRE_MAX),
            description: "x".repeat(DESCRIPTION_MAX),
            url: "x".repeat(URL_MAX),
            ..station()
        };
        let most = longest(&full);
        assert!(most < STREAM_HEAD_MAX, "{most}");
        for char in ["x", "é", "€", "𝄞", " x", "\r\n"] {
            for count in [1, 10, 20, 40, 80, 1000] {
                assert!(longest(&of_everything(&char.repeat(count))) <= most, "{count} times {char:?}");
            }
        }
    }

    #[test]
    fn no_setting_can_add_a_line() {
        let evil = "a\r\nX-Evil: 1\n\r\n\0<script>\u{1b}";
        let (good, bad) = (station(), of_everything(evil));
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
    fn always_has_a_name() {
        for name in ["", " \r\n", "\0"] {
            let station = StationSettings { name: name.into(), ..station() };
            assert!(rendered(head(&station)).contains("\r\nicy-name: coldwave\r\n"), "{name:?}");
        }
    }
}
