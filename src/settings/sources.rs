//! A station's settings for live sources.

use std::time::Duration;

use encoding_rs::{Encoding, WINDOWS_1252};

use super::secret::{Account, Secret};

/// A station's settings for live sources.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceSettings {
    /// The shared account, for sources without an account of their own. Without a password here and without
    /// DJs, the station accepts no sources.
    pub account: Account,
    /// Users with an account of their own.
    pub djs: Vec<Dj>,
    /// A source that sends no audio for this long is disconnected.
    pub timeout: Duration,
    /// The bit rates that a source may have.
    pub bitrates: BitRateLimits,
    /// When a new source goes on air.
    pub live_start: LiveStart,
    /// Which source may replace another that is on air.
    pub takeover: Takeover,
    /// The encoding of titles, tags and playlists that are not valid UTF-8 and do not declare one; a label of
    /// the Encoding Standard.
    pub charset: Option<String>,
    /// How long a title from a source is held back before it is shown.
    pub title_delay: Duration,
    /// Whether a source may use another codec than the station, whatever has decided the codec; the listeners
    /// are disconnected at the change.
    pub allow_codec_change: bool,
    /// If nothing can be played, the station sends silence for this long and then closes the connections of
    /// its listeners; zero for no limit.
    pub max_silence: Duration,
}

impl SourceSettings {
    /// Returns whether the station accepts live sources.
    pub fn is_enabled(&self) -> bool {
        self.account.password.is_some() || !self.djs.is_empty()
    }

    /// Returns the encoding of texts that are not UTF-8 and do not declare one: titles, tags, playlists.
    pub fn encoding(&self) -> &'static Encoding {
        let label = self.charset.as_deref();
        label.and_then(|label| Encoding::for_label(label.as_bytes())).unwrap_or(WINDOWS_1252)
    }
}

impl Default for SourceSettings {
    fn default() -> Self {
        Self {
            account: Account { user: "source".into(), password: None },
            djs: Vec::new(),
            timeout: Duration::from_secs(10),
            bitrates: BitRateLimits::default(),
            live_start: LiveStart::Immediate,
            takeover: Takeover::SameUser,
            charset: None,
            title_delay: Duration::ZERO,
            allow_codec_change: false,
            max_silence: Duration::ZERO,
        }
    }
}

/// The bit rates that a source may have, in kbit/s.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BitRateLimits {
    /// The highest; `None` for no limit.
    pub max: Option<u32>,
    /// The lowest; `None` for no limit.
    pub min: Option<u32>,
}

impl BitRateLimits {
    /// A measured bit rate may be beyond a limit by this percentage: frames of AAC, and of MP3 with a
    /// variable bit rate, differ in size.
    const TOLERANCE_PERCENT: u32 = 5;

    /// Returns why a source with this bit rate is refused, as a sentence without its subject; `None` if it is
    /// not. A source that says 0 does not know its bit rate.
    pub fn fault_of_announced(self, kbps: u32) -> Option<String> {
        let is_known = kbps > 0;
        self.fault(kbps, |max| is_known && kbps > max, |min| is_known && kbps < min)
    }

    /// Returns the same for a measured bit rate.
    pub fn fault_of_measured(self, kbps: u32) -> Option<String> {
        let percent = |kbps: u32, percent: u32| u64::from(kbps) * u64::from(percent);
        let (low, high) = (100 - Self::TOLERANCE_PERCENT, 100 + Self::TOLERANCE_PERCENT);
        let is_above = |max| percent(kbps, 100) > percent(max, high);
        self.fault(kbps, is_above, |min| percent(kbps, 100) < percent(min, low))
    }

    fn fault(
        self,
        kbps: u32,
        is_above: impl Fn(u32) -> bool,
        is_below: impl Fn(u32) -> bool,
    ) -> Option<String> {
        match self {
            Self { max: Some(max), .. } if is_above(max) => {
                Some(format!("has {kbps} kbit/s, more than max_source_bitrate ({max})"))
            }
            Self { min: Some(min), .. } if is_below(min) => {
                Some(format!("has {kbps} kbit/s, less than min_source_bitrate ({min})"))
            }
            _ => None,
        }
    }
}

/// A user with an account of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dj {
    /// The user name.
    pub name: String,
    /// The name that is shown to the public instead of the user name.
    pub display: Option<String>,
    /// The password.
    pub password: Secret,
    /// For [`Takeover::Priority`]: a DJ may replace a source with a lower priority. The shared account has 0.
    pub priority: i32,
}

/// When a new source goes on air.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LiveStart {
    /// With its first frame.
    #[default]
    Immediate,
    /// At the end of the AutoDJ's current track.
    EndOfTrack,
}

/// Which source may replace another that is on air.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Takeover {
    /// A source of the same user. This covers an encoder that reconnects before the server has detected the
    /// loss of its old connection.
    #[default]
    SameUser,
    /// No source.
    Never,
    /// Any authorized source.
    AnyUser,
    /// A source of the same user or with a higher priority.
    Priority,
}
