//! A station's settings for live sources.

use std::time::Duration;

use super::secret::{Account, Secret};

/// A station's settings for live sources.
#[derive(Debug, Clone)]
pub struct SourceSettings {
    /// The shared account, for sources without an account of their own. Without a password here and without
    /// DJs, the station accepts no sources.
    pub account: Account,
    /// Users with an account of their own.
    pub djs: Vec<Dj>,
    /// A source that sends no audio for this long is disconnected.
    pub timeout: Duration,
    /// When a new source goes on air.
    pub live_start: LiveStart,
    /// Which source may replace another that is on air.
    pub takeover: Takeover,
    /// The encoding of titles that are not valid UTF-8 and do not declare one; a label of the Encoding
    /// Standard.
    pub charset: Option<String>,
    /// How long a title from a source is held back before it is shown.
    pub title_delay: Duration,
    /// Whether a source may use another codec than the station, although players stop at the change.
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
}

impl Default for SourceSettings {
    fn default() -> Self {
        Self {
            account: Account { user: "source".into(), password: None },
            djs: Vec::new(),
            timeout: Duration::from_secs(10),
            live_start: LiveStart::Immediate,
            takeover: Takeover::SameUser,
            charset: None,
            title_delay: Duration::ZERO,
            allow_codec_change: false,
            max_silence: Duration::ZERO,
        }
    }
}

/// A user with an account of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dj {
    /// The user name, also shown to others.
    pub name: String,
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
