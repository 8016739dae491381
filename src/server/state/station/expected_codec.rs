//! Which codec a station expects and announces, what has decided it, which sources it accepts, and the bit
//! rate that it announces.

use std::fmt;
use std::time::Duration;

use super::channel::Channel;
use crate::audio::{Codec, Format};
use crate::http::source::head::SourceInfo;
use crate::station::configured_codec;
use crate::time::Time;

/// SHOUTcast's media type of HE-AAC. The frames are the same as for other AAC, but old players depend on the
/// name.
const HE_AAC: &str = "audio/aacp";

/// How long a codec stays after listeners were disconnected for it: sources that alternate between two codecs
/// must not disconnect all listeners at each login.
const CHANGE_INTERVAL: Duration = Duration::from_secs(60);

/// The codec that a station plays, or that it expects to play.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExpectedCodec {
    /// The codec.
    pub codec: Codec,
    /// What has decided it.
    pub decided_by: CodecDecision,
}

/// What has decided the codec of a station. The log says it in the words of its [`Display`](fmt::Display).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodecDecision {
    /// The key `codec` or a complete `format`; for a rendition, its only possible codec.
    Key,
    /// The files that the AutoDJ plays.
    Music,
    /// The live source, which is connected and has been on air.
    LiveSource,
    /// The upstream: it is connected and has been on air, or what it has sent is on air.
    Upstream,
    /// A change for which listeners were disconnected less than [`CHANGE_INTERVAL`] ago.
    RecentChange,
    /// A source or an upstream that has ended, before the start of the process or after it.
    Remembered,
    /// Nothing: MP3 is assumed.
    Default,
}

impl CodecDecision {
    /// Returns whether a source of another codec may replace this decision. The decision of the configuration
    /// stays, and a source that is connected is not interrupted.
    fn may_change(self) -> bool {
        matches!(self, Self::Remembered | Self::Default)
    }

    /// Returns the decision after the source or the upstream that has made it has ended.
    pub fn after_its_end(self) -> Self {
        if matches!(self, Self::Key | Self::Music | Self::Default) { self } else { Self::Remembered }
    }

    /// Completes “MP3 was expected because of …”.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Key => "its configuration",
            Self::Music => "its music",
            Self::LiveSource => "its live source",
            Self::Upstream => "the stream that it relays",
            Self::RecentChange => "a change less than a minute ago",
            Self::Remembered => "its last source",
            Self::Default => "the default",
        }
    }
}

impl fmt::Display for CodecDecision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Channel {
    /// Returns the codec that is expected of a source or an upstream now, and what has decided it.
    pub fn expected_codec(&self) -> ExpectedCodec {
        let (played, remembered) = (self.station.codec(), self.last_source.codec());
        let (codec, decided_by) = if let Some(configured) = configured_codec(self.settings()) {
            let has_music = !self.settings().music.is_empty() && !self.settings().is_codec_given;
            (Some(configured), if has_music { CodecDecision::Music } else { CodecDecision::Key })
        } else if let Some((codec, decision)) = self.connected_codec() {
            (Some(codec), decision)
        } else if self.is_music_on_air() {
            (played, CodecDecision::Music)
        } else if self.codec_held_until.is_some() {
            (played, CodecDecision::RecentChange)
        } else if let Some(last) = played.or(remembered) {
            (Some(last), CodecDecision::Remembered)
        } else {
            (None, CodecDecision::Default)
        };
        ExpectedCodec { codec: codec.unwrap_or(Codec::Mp3), decided_by }
    }

    /// Returns whether an input is on air that is neither a source nor an upstream. If it plays the `music`
    /// of the settings, these have decided the codec already.
    fn is_music_on_air(&self) -> bool {
        let is_silent = self.station.silent_since().is_some() || self.station.is_empty_since_restart();
        let mut feeds = self.feeds().into_iter().chain([self.fallback_input.feed]);
        !is_silent && !feeds.any(|feed| self.station.is_on_air(feed))
    }

    /// Returns the codec that the live source or the upstream has played. It decides also while it stalls and
    /// silence is on air: if another codec could go on air then, the next frame would change the codec back,
    /// and each change disconnects listeners.
    fn connected_codec(&self) -> Option<(Codec, CodecDecision)> {
        let Self { station, live, upstream, upstream_feed, .. } = self;
        // An upstream that reconnects still decides while its audio is played.
        let is_upstream_connected = upstream.as_ref().is_some_and(|upstream| upstream.producer().is_some())
            || upstream.is_some() && station.is_on_air(*upstream_feed);
        let source = live.source.is_some().then_some((live.feed, CodecDecision::LiveSource));
        let upstream = is_upstream_connected.then_some((*upstream_feed, CodecDecision::Upstream));
        let all = [source, upstream].into_iter().flatten();
        let on_air = all.clone().find(|(feed, _)| station.is_on_air(*feed));
        let on_air = on_air.and_then(|(_, decision)| Some((station.codec()?, decision)));
        let played = |(feed, decision)| Some((station.played_codec(feed)?, decision));
        on_air.or_else(|| all.into_iter().find_map(played))
    }

    /// Returns whether a source of this codec may go on air now: one of the expected codec, and one of
    /// another if neither the configuration nor a connected source has decided it and there was no other
    /// change just before, or if the settings allow a change. At its first frame, listeners whose head named
    /// another codec are disconnected.
    pub fn accepts_codec(&self, codec: Codec) -> bool {
        let expected = self.expected_codec();
        codec == expected.codec
            || expected.decided_by.may_change()
            || self.settings().sources.allow_codec_change
    }

    /// Returns whether the upstream may go on air with this codec, like a [source](Self::accepts_codec). It
    /// may also have another codec than before it reconnected.
    pub fn accepts_upstream_codec(&self, codec: Codec) -> bool {
        let is_own = self.expected_codec().decided_by == CodecDecision::Upstream;
        self.accepts_codec(codec) || is_own && self.codec_held_until.is_none()
    }

    /// Returns whether audio of this codec, which the upstream has sent, may not go on air any more: before
    /// it was played, a source of another codec went on air.
    pub fn overrules_upstream(&self, codec: Codec) -> bool {
        let decided_by = self.expected_codec().decided_by;
        let is_newer = matches!(decided_by, CodecDecision::LiveSource | CodecDecision::RecentChange);
        is_newer && !self.accepts_upstream_codec(codec)
    }

    /// Keeps the codec on air for a while, because listeners were disconnected for it.
    pub fn hold_codec(&mut self, now: Time) {
        self.codec_held_until = Some(now + CHANGE_INTERVAL);
    }

    /// Lets the codec change again if it was [held](Self::hold_codec) for long enough.
    pub fn release_codec(&mut self, now: Time) {
        self.codec_held_until = self.codec_held_until.filter(|until| *until > now);
    }

    /// Returns the codec that the head for a new listener names: that of the frame which it gets first, and
    /// before the first frame the expected one.
    pub fn announced_codec(&self) -> Codec {
        self.station.frame_codec().unwrap_or_else(|| self.expected_codec().codec)
    }

    /// Returns the media type of the stream. If the codec has several, the one that the input on air
    /// announced.
    pub fn content_type(&self) -> &'static str {
        let codec = self.announced_codec();
        self.announced_type().filter(|_| codec == Codec::Aac).unwrap_or_else(|| codec.content_type())
    }

    fn announced_type(&self) -> Option<&'static str> {
        let content_type = self.info_on_air()?.content_type.as_deref();
        (content_type == Some(HE_AAC)).then_some(HE_AAC)
    }

    /// Returns the bit rate of the stream in kbit/s. For AAC, it is the one that the source or the upstream
    /// on air states: the frames do not state it, and their mean changes with the music. Otherwise it is the
    /// mean of the last frames, which is exact for MP3 of constant bit rate.
    pub fn announced_kbps(&self) -> Option<u32> {
        self.stated_kbps().or_else(|| self.station.stream_format().map(|(kbps, _)| kbps))
    }

    fn stated_kbps(&self) -> Option<u32> {
        let is_aac = self.station.frame_codec() == Some(Codec::Aac);
        self.info_on_air().filter(|_| is_aac && self.conversion_on_air().is_none())?.stated_kbps()
    }

    /// Returns what the source or the upstream on air has said about itself.
    fn info_on_air(&self) -> Option<&SourceInfo> {
        let live = self.live.source.as_ref().map(|source| (self.live.feed, &source.info));
        let upstream = self.upstream.as_ref();
        let upstream = upstream.and_then(|upstream| Some((upstream.feed, upstream.info.as_ref()?)));
        let mut infos = [live, upstream].into_iter().flatten();
        let (_, info) = infos.find(|(feed, _)| self.station.is_on_air(*feed))?;
        Some(info)
    }

    /// Sets the format of the last source before the start of the process. Unless the configuration decides
    /// otherwise, it is that of the silence until the first source.
    pub fn recall_source_format(&mut self, format: Format) {
        self.last_source.recall(format);
        if self.expected_codec().codec == format.codec {
            self.station.expect_format(format);
        }
    }

    /// Returns the format of the last source or upstream, if it is known.
    pub fn last_own_format(&self) -> Option<Format> {
        self.last_source.format()
    }

    /// Returns the format of the last source or upstream if it is to be stored for the next start. The music
    /// of a station would decide its format, so none is stored.
    pub fn source_format_to_store(&mut self, now: Time) -> Option<Format> {
        if self.settings().music.is_empty() && self.feeds().iter().any(|feed| self.station.is_on_air(*feed)) {
            self.last_source.note(self.station.last_header().format());
        }
        self.last_source.take_unstored(now)
    }
}
