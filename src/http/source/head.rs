//! The description of a source, from the headers before its audio, in any of the three families of header
//! names.

use std::ops::RangeInclusive;

use percent_encoding::percent_decode_str;

use crate::audio::Codec;
use crate::http::request::{HEADERS_MAX, Request};
use crate::http::text::{decode_text, to_single_line};
use crate::http::untrusted_url::UntrustedUrl;

/// The most bytes that are kept of a name, genre, description, type or user agent.
const TEXT_MAX: usize = 256;

/// The most bytes of a home page URL. A longer one is dropped: a truncated URL would be another URL.
const URL_MAX: usize = 512;

/// The description that a source sends. Any field may be missing or wrong. Texts are on one line, without
/// control characters, and never empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SourceInfo {
    /// The media type in lower case, without parameters.
    pub content_type: Option<String>,
    /// The name of the station.
    pub name: Option<String>,
    /// The genre.
    pub genre: Option<String>,
    /// A description of the station, in one sentence.
    pub description: Option<String>,
    /// The station's home page, an [`UntrustedUrl`].
    pub url: Option<String>,
    /// Whether directories may list the station.
    pub public: Option<bool>,
    /// The announced bit rate in kbit/s.
    pub bitrate: Option<u32>,
    /// Bytes of audio between two metadata blocks; never 0.
    pub metaint: Option<u32>,
    /// The User-Agent of the source.
    pub user_agent: Option<String>,
    /// The contents of `ice-audio-info`.
    pub audio_info: AudioInfo,
}

/// The contents of `ice-audio-info`, or of SHOUTcast's `icy-sr`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AudioInfo {
    /// The bit rate in kbit/s.
    pub bitrate: Option<u32>,
    /// The sample rate in Hz.
    pub samplerate: Option<u32>,
    /// The number of channels.
    pub channels: Option<u32>,
    /// The encoder's own quality setting, such as `0.4`.
    pub quality: Option<String>,
}

/// A media type that is neither MP3 nor AAC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnsupportedCodec;

/// The bit rates in kbit/s that a source can state. HE-AAC begins at 8, and eight channels of AAC at 96 kHz
/// have no more than this.
const STATED_KBPS: RangeInclusive<u32> = 8..=1024;

/// Media types that sources send for MP3. `audio/mpeg` is correct (RFC 3003).
const MP3: [&str; 7] =
    ["audio/mpeg", "audio/mp3", "audio/x-mpeg", "audio/x-mp3", "audio/mpeg3", "audio/x-mpeg-3", "audio/mpg"];

/// Media types that sources send for AAC in ADTS frames. `aacp` means HE-AAC, which uses the same framing.
const AAC: [&str; 6] =
    ["audio/aac", "audio/aacp", "audio/x-aac", "audio/x-aacp", "audio/x-hx-aac-adts", "audio/vnd.dlna.adts"];

impl SourceInfo {
    /// Reads the headers of a SOURCE or PUT.
    pub fn from_request(request: &Request) -> Self {
        Self::from_headers(request.headers())
    }

    /// Reads these names and values.
    pub(in crate::http) fn from_headers<'h>(headers: impl Iterator<Item = (&'h str, &'h str)>) -> Self {
        let mut info = Self::default();
        headers.for_each(|(name, value)| info.read(&name.to_ascii_lowercase(), value));
        info
    }

    /// Reads the header lines that follow a password line or the xaudiocast login: with or without a space
    /// behind the colon, and with `\n`, `\r\n` or `\r\r\n` as the line end.
    pub fn from_lines(lines: &[u8]) -> Self {
        let mut info = Self::default();
        for line in lines.split(|byte| *byte == b'\n').take(HEADERS_MAX) {
            if let Some((name, value)) = decode_text(line).split_once(':') {
                info.read(&name.trim().to_ascii_lowercase(), value);
            }
        }
        info
    }

    /// Returns the codec of the audio. MP3 if the source sent no type: SHOUTcast v1 supports nothing else,
    /// and libshout in its ICY mode never sends one.
    ///
    /// # Errors
    /// If the type means another codec.
    pub fn codec(&self) -> Result<Codec, UnsupportedCodec> {
        match self.content_type.as_deref() {
            None => Ok(Codec::Mp3),
            Some(mime) if MP3.contains(&mime) => Ok(Codec::Mp3),
            Some(mime) if AAC.contains(&mime) => Ok(Codec::Aac),
            Some(_) => Err(UnsupportedCodec),
        }
    }

    /// Returns the bit rate in kbit/s that the source states, if it can be one. Values such as 0 mean that
    /// the source does not know it, and 64000 was meant in bit/s.
    pub fn stated_kbps(&self) -> Option<u32> {
        [self.audio_info.bitrate, self.bitrate].into_iter().flatten().find(|kbps| STATED_KBPS.contains(kbps))
    }

    /// Reads one header, its name in lower case. If a header is repeated, the first valid value is used.
    fn read(&mut self, name: &str, value: &str) {
        match name {
            "content-type" => set_once(&mut self.content_type, || media_type(value)),
            "user-agent" => set_once(&mut self.user_agent, || to_single_line(value, TEXT_MAX)),
            "ice-audio-info" => self.audio_info.read(value),
            _ => {
                let family =
                    ["ice-", "icy-", "x-audiocast-"].iter().find_map(|family| name.strip_prefix(family));
                self.read_prefixed(family.unwrap_or_default(), value);
            }
        }
    }

    /// Reads a header whose name had the prefix `ice-`, `icy-` or `x-audiocast-`, by the rest of its name.
    fn read_prefixed(&mut self, name: &str, value: &str) {
        match name {
            "name" => set_once(&mut self.name, || to_single_line(value, TEXT_MAX)),
            "genre" => set_once(&mut self.genre, || to_single_line(value, TEXT_MAX)),
            "description" => set_once(&mut self.description, || to_single_line(value, TEXT_MAX)),
            "url" => set_once(&mut self.url, || home_page(value)),
            "public" | "pub" => set_once(&mut self.public, || Some(value.trim().parse::<i64>().ok()? != 0)),
            "bitrate" | "br" => set_once(&mut self.bitrate, || plain_integer(value)),
            "metaint" => set_once(&mut self.metaint, || integer(value).filter(|metaint| *metaint > 0)),
            "sr" => set_once(&mut self.audio_info.samplerate, || integer(value)),
            _ => {}
        }
    }
}

impl AudioInfo {
    /// Reads `bitrate=128;samplerate=44100;channels=2`, the format of libshout, or the same with `ice-`
    /// before each key, as butt sends it.
    fn read(&mut self, value: &str) {
        for (key, value) in value.split(';').filter_map(|pair| pair.split_once('=')) {
            let key = key.trim().to_ascii_lowercase();
            let value = percent_decode_str(value).decode_utf8_lossy();
            match key.strip_prefix("ice-").unwrap_or(&key) {
                "bitrate" => set_once(&mut self.bitrate, || plain_integer(&value)),
                "samplerate" => set_once(&mut self.samplerate, || integer(&value)),
                "channels" => set_once(&mut self.channels, || integer(&value)),
                "quality" => set_once(&mut self.quality, || to_single_line(&value, TEXT_MAX)),
                _ => {}
            }
        }
    }
}

fn set_once<T>(field: &mut Option<T>, value: impl FnOnce() -> Option<T>) {
    if field.is_none() {
        *field = value();
    }
}

/// Turns `Audio/MPEG; rate=1` into `audio/mpeg`.
fn media_type(value: &str) -> Option<String> {
    let media_type = value.split(';').next().unwrap_or_default();
    to_single_line(&media_type.to_ascii_lowercase(), TEXT_MAX)
}

/// Returns a home page. A text that may not become a link is dropped.
fn home_page(value: &str) -> Option<String> {
    let url = to_single_line(value, URL_MAX + 1).filter(|url| url.len() <= URL_MAX);
    url.filter(|url| UntrustedUrl::parse(url).is_some())
}

/// Parses a number without anything behind it. Of a text about quality, a part would be a guess. Servers that
/// repeat a header send `128,128`, so a list counts if all of its values are the same.
fn plain_integer(value: &str) -> Option<u32> {
    let mut values = value.split(',').map(str::trim);
    let first = values.next().filter(|first| first.bytes().all(|byte| byte.is_ascii_digit()))?;
    values.all(|other| other == first).then(|| first.parse().ok())?
}

/// Parses the digits at the front: `44100.0` is 44100.
fn integer(value: &str) -> Option<u32> {
    let value = value.trim();
    let end = value.find(|c: char| !c.is_ascii_digit()).unwrap_or(value.len());
    value[..end].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info_from(lines: &str) -> SourceInfo {
        SourceInfo::from_lines(lines.as_bytes())
    }

    fn harbour() -> SourceInfo {
        SourceInfo {
            content_type: Some("audio/mpeg".into()),
            name: Some("Harbour FM".into()),
            genre: Some("Ambient".into()),
            url: Some("http://example.org".into()),
            public: Some(true),
            bitrate: Some(128),
            ..SourceInfo::default()
        }
    }

    #[test]
    fn three_header_families_are_equivalent() {
        let shoutcast = "icy-name:Harbour FM\r\nicy-genre:Ambient\r\nicy-url:http://example.org\r\nicy-irc:\r\n\
            icy-icq:\r\nicy-aim:\r\nicy-pub:1\r\nicy-br:128\r\ncontent-type:audio/mpeg\r\n\r\n";
        let audiocast = "x-audiocast-name: Harbour FM\nx-audiocast-genre: Ambient\nx-audiocast-url: \
            http://example.org\nx-audiocast-public: 1\nx-audiocast-bitrate: 128\nContent-Type: audio/mpeg\n\n";
        assert_eq!(info_from(shoutcast), harbour());
        assert_eq!(info_from(audiocast), harbour());
        let icecast = "SOURCE /live ICE/1.0\nIce-Name: Harbour FM\nICE-GENRE:Ambient\nice-url: http://example.org\n\
            Ice-Public: 1\nice-bitrate: 128\nContent-Type: Audio/MPEG;rate=1\nAuthorization: Basic eDp5";
        assert_eq!(SourceInfo::from_request(&Request::from_lines(icecast)), harbour());
    }

    #[test]
    fn audio_info_is_read_with_and_without_prefix() {
        let info = AudioInfo {
            bitrate: Some(128),
            samplerate: Some(44_100),
            channels: Some(2),
            quality: Some("0,4".into()),
        };
        let libshout = "bitrate=128;samplerate=44100;channels=2;quality=0%2c4";
        let butt = "ice-bitrate=128;ice-channels=2;ice-samplerate=44100;ice-quality=0,4";
        for value in [libshout, butt] {
            assert_eq!(info_from(&format!("ice-audio-info: {value}\n")).audio_info, info, "{value}");
        }
        assert_eq!(info_from("icy-sr:48000\n").audio_info.samplerate, Some(48_000));
        assert_eq!(info_from("ice-audio-info: ;;=;bitrate;channels=x\n").audio_info, AudioInfo::default());
    }

    #[test]
    fn invalid_values_are_ignored() {
        let lines = "icy-name:\nicy-br:x\nicy-pub:yes\nicy-metaint:0\nno colon\n:\nicy-:x\nname:x\nHost:h\n";
        assert_eq!(info_from(lines), SourceInfo::default());
        assert_eq!(info_from(&format!("icy-url: http://h/{}\n", "x".repeat(URL_MAX))).url, None);
        for url in
            ["javascript:alert(1)", "example.org", "http://any.example/admin/stats", "http://localhost/"]
        {
            assert_eq!(info_from(&format!("icy-url: {url}\n")).url, None, "{url}");
        }
        let long = info_from(&format!("icy-name: {}\n", "é".repeat(TEXT_MAX))).name;
        assert_eq!(long.map(|name| name.len()), Some(TEXT_MAX));
    }

    #[test]
    fn stated_bit_rate_is_a_plain_number_that_can_be_one() {
        for (lines, expected) in [
            ("ice-audio-info: bitrate=64;samplerate=44100;channels=2\n", Some(64)),
            ("ice-audio-info: ice-samplerate=44100;ice-bitrate=64\n", Some(64)),
            ("ice-bitrate: 64\n", Some(64)),
            ("icy-br:64\n", Some(64)),
            ("x-audiocast-bitrate: 64\n", Some(64)),
            // The properties of the audio are more exact than a number for directories.
            ("icy-br:128\nice-audio-info: bitrate=64\n", Some(64)),
            ("icy-br:64\nice-audio-info: bitrate=0;quality=4\n", Some(64)),
            ("icy-br:8\n", Some(8)),
            ("icy-br:1024\n", Some(1024)),
            ("icy-br:0\n", None),
            ("icy-br:-64\n", None),
            ("icy-br:64000\n", None),
            ("icy-br:1000000000\n", None),
            ("icy-br:99999999999999999999\n", None),
            ("icy-br:Quality 4\n", None),
            ("icy-br:4 Quality\n", None),
            ("icy-br:128 kbps\n", None),
            ("icy-br:128, 128\n", Some(128)),
            ("icy-br:128,64\n", None),
            ("icy-br:128,\n", None),
            ("icy-br:128.5\n", None),
            ("icy-br:\n", None),
            ("ice-audio-info: bitrate=Quality 4\n", None),
            ("ice-audio-info: quality=64\n", None),
        ] {
            assert_eq!(info_from(lines).stated_kbps(), expected, "{lines:?}");
        }
    }

    #[test]
    fn values_are_trimmed_and_the_first_is_used() {
        assert_eq!(info_from("icy-name:a\nicy-name:b\n").name.as_deref(), Some("a"));
        assert_eq!(info_from("icy-name:\nice-name:b\n").name.as_deref(), Some("b"));
        assert_eq!(info_from("icy-name: a\tb\x07c \r\r\n").name.as_deref(), Some("a b c"));
        assert_eq!(SourceInfo::from_lines(b"icy-name:Caf\xE9\n").name.as_deref(), Some("Café"));
        assert_eq!(info_from("icy-br: 128 \nicy-metaint:8192\nicy-pub: 0\n").bitrate, Some(128));
        assert_eq!(info_from("icy-metaint:8192\n").metaint, Some(8192));
        assert_eq!(info_from("icy-pub: 0\n").public, Some(false));
        assert_eq!(info_from("User-Agent: libshout/2.4.6\n").user_agent.as_deref(), Some("libshout/2.4.6"));
    }

    #[test]
    fn media_types_of_mp3_and_aac_are_recognized() {
        let codec = |mime: &str| info_from(&format!("content-type:{mime}\n")).codec();
        for mime in ["", "audio/mpeg", "AUDIO/MPEG ; x=y", "audio/mp3", "audio/x-mpeg"] {
            assert_eq!(codec(mime), Ok(Codec::Mp3), "{mime}");
        }
        for mime in ["audio/aac", "audio/aacp", "audio/x-aac", "Audio/AACP;codecs=mp4a.40.5"] {
            assert_eq!(codec(mime), Ok(Codec::Aac), "{mime}");
        }
        for mime in ["audio/ogg", "application/ogg", "audio/mp4", "text/plain", "audio/mpegurl", "mp3"] {
            assert_eq!(codec(mime), Err(UnsupportedCodec), "{mime}");
        }
    }
}
