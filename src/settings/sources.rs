//! What a station does with live sources.

use std::time::Duration;

use super::secret::{Account, Secret};

/// What a station does with live sources.
#[derive(Debug, Clone)]
pub struct SourceSettings {
    /// The name and password of whoever has no name of his own. Without a password, and without DJs, there are no sources.
    pub account: Account,
    /// People with names and passwords of their own.
    pub djs: Vec<Dj>,
    /// How long a source may send no audio before it is given up.
    pub timeout: Duration,
    /// When a source that begins is heard.
    pub live_start: LiveStart,
    /// Who may begin while another is on.
    pub takeover: Takeover,
    /// In what titles are encoded that are no UTF-8 and do not say; a label of the Encoding Standard.
    pub charset: Option<String>,
    /// How much later than it was announced a title becomes true.
    pub title_delay: Duration,
    /// Whether a source may send another codec than the station plays, at which players stop.
    pub allow_codec_change: bool,
    /// How long there is silence where there is nothing to play, before listeners are told goodbye; zero for as long as it
    /// takes.
    pub max_silence: Duration,
}

impl SourceSettings {
    /// Whether anybody can go on the air live.
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

/// Somebody with a name and a password of his own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dj {
    /// As it is shown, and as he logs in.
    pub name: String,
    /// His password.
    pub password: Secret,
    /// Where [`Takeover::Priority`] decides: who has more may take over from who has less. Whoever is no DJ has 0.
    pub priority: i32,
}

/// When a source that begins is heard.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LiveStart {
    /// At its first frame.
    #[default]
    Immediate,
    /// When the AutoDJ's track ends.
    EndOfTrack,
}

/// Who may begin while another source is on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Takeover {
    /// Who is on himself: his encoder has lost its connection, which we have not noticed yet.
    #[default]
    SameUser,
    /// Nobody.
    Never,
    /// Whoever may at all.
    AnyUser,
    /// Who is on himself, and who has a higher priority.
    Priority,
}
