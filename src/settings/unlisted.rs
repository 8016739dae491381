//! The settings of unlisted stations, which exist only while they have a source.

use std::time::Duration;

use super::mount_pattern;
use super::secret::Account;
use super::sources::{BitRateLimits, SourceSettings, Takeover};
use super::station::{DirectoryListing, IcyStatusLine, StationSettings};

/// The settings of unlisted stations: a login with this account at a mount that no station has creates a
/// station, which ends with its source. Everything that is not set here has the default of a station.
#[derive(Debug, Clone)]
pub struct UnlistedSettings {
    /// The account that may create stations. It always has a password.
    pub account: Account,
    /// The most unlisted stations at a time.
    pub max: usize,
    /// Stations with settings of their own: the first one with a pattern that the mount matches.
    pub mounts: Vec<UnlistedMount>,
    /// See [`StationSettings::public`].
    pub public: DirectoryListing,
    /// See [`StationSettings::hidden`].
    pub hidden: bool,
    /// See [`StationSettings::burst`].
    pub burst: Duration,
    /// See [`StationSettings::burst_bytes`].
    pub burst_bytes: Option<u32>,
    /// See [`StationSettings::buffer`].
    pub buffer: Duration,
    /// See [`StationSettings::buffer_bytes`].
    pub buffer_bytes: Option<u32>,
    /// See [`StationSettings::icy_status_line`].
    pub icy_status_line: IcyStatusLine,
    /// The most listeners of each of them; `None` for no limit besides the server's.
    pub max_listeners: Option<usize>,
    /// See [`StationSettings::max_listener_duration`].
    pub max_listener_duration: Option<Duration>,
    /// See [`SourceSettings::timeout`].
    pub timeout: Duration,
    /// See [`SourceSettings::bitrates`].
    pub bitrates: BitRateLimits,
    /// See [`SourceSettings::takeover`].
    pub takeover: Takeover,
    /// See [`SourceSettings::charset`].
    pub charset: Option<String>,
    /// See [`SourceSettings::title_delay`].
    pub title_delay: Duration,
    /// How long a station without audio keeps its listeners, and waits for a source; never zero.
    pub max_silence: Duration,
}

/// The settings of the unlisted stations whose mounts match a pattern.
#[derive(Debug, Clone, PartialEq)]
pub struct UnlistedMount {
    /// The pattern: `*` is any text, `?` any one character, and `[a-c]` one of these.
    pub pattern: String,
    /// The settings, with another mount and id.
    pub station: StationSettings,
}

impl UnlistedMount {
    /// Returns whether a mount matches the pattern. A name such as `/radio[1]` is also that of one mount,
    /// which it would not match as a pattern.
    pub fn matches(&self, mount: &str) -> bool {
        self.pattern == mount || mount_pattern::matches(&self.pattern, mount)
    }
}

impl UnlistedSettings {
    /// The default of [`max`](Self::max). A station costs about 1 MB at 128 kbit/s.
    pub const DEFAULT_MAX: usize = 10;

    /// The default of [`max_silence`](Self::max_silence): encoders reconnect within a few seconds.
    pub const DEFAULT_MAX_SILENCE: Duration = Duration::from_secs(10);

    /// Returns the settings of an unlisted station with this mount. Its source names it; until then, and if
    /// it does not, the name is the mount.
    pub fn station(&self, id: u32, mount: &str) -> StationSettings {
        if let Some(UnlistedMount { station, .. }) = self.mounts.iter().find(|it| it.matches(mount)) {
            let is_named = !station.is_name_default;
            let name = if is_named { station.name.clone() } else { mount.trim_matches('/').to_owned() };
            return StationSettings { id, mount: mount.to_owned(), name, ..station.clone() };
        }
        let defaults = StationSettings::default();
        let station = StationSettings {
            id,
            mount: mount.to_owned(),
            name: mount.trim_matches('/').to_owned(),
            public: self.public,
            hidden: self.hidden,
            burst: self.burst,
            burst_bytes: self.burst_bytes,
            buffer: self.buffer,
            buffer_bytes: self.buffer_bytes,
            icy_status_line: self.icy_status_line,
            max_listeners: self.max_listeners,
            max_listener_duration: self.max_listener_duration,
            sources: self.sources(),
            ..defaults
        };
        let delivery_interval = station.delivery_interval.min(station.max_delivery_interval());
        StationSettings { delivery_interval, ..station }
    }

    fn sources(&self) -> SourceSettings {
        SourceSettings {
            account: self.account.clone(),
            timeout: self.timeout,
            bitrates: self.bitrates,
            takeover: self.takeover,
            charset: self.charset.clone(),
            title_delay: self.title_delay,
            max_silence: self.max_silence,
            ..SourceSettings::default()
        }
    }
}

impl Default for UnlistedSettings {
    /// Returns the defaults, without the password that is required.
    fn default() -> Self {
        let (station, sources) = (StationSettings::default(), SourceSettings::default());
        Self {
            account: sources.account,
            max: Self::DEFAULT_MAX,
            mounts: Vec::new(),
            public: station.public,
            hidden: station.hidden,
            burst: station.burst,
            burst_bytes: None,
            buffer: station.buffer,
            buffer_bytes: None,
            icy_status_line: station.icy_status_line,
            max_listeners: None,
            max_listener_duration: None,
            timeout: sources.timeout,
            bitrates: sources.bitrates,
            takeover: sources.takeover,
            charset: None,
            title_delay: sources.title_delay,
            max_silence: Self::DEFAULT_MAX_SILENCE,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn star_is_any_text_and_question_mark_one_character() {
        for (pattern, mounts, others) in [
            ("*", &["/a", "/a/b", "/"][..], &[][..]),
            ("/live/*", &["/live/", "/live/a", "/live/a/b"], &["/live", "/other/live/a"]),
            ("/*.mp3", &["/a.mp3", "/.mp3", "/a.mp3.mp3"], &["/a.aac", "/a.mp3x"]),
            ("/a?c", &["/abc", "/aéc"], &["/ac", "/abbc"]),
            ("/**b*?", &["/bx", "/abab", "/bb"], &["/b", "/ab", "/a"]),
            ("/exact", &["/exact"], &["/exact2", "/exac", ""]),
            ("/radio[1].mp3", &["/radio[1].mp3", "/radio1.mp3"], &["/radio2.mp3"]),
        ] {
            let mount = UnlistedMount { pattern: pattern.to_owned(), station: StationSettings::default() };
            mounts.iter().for_each(|it| assert!(mount.matches(it), "{pattern} {it}"));
            others.iter().for_each(|it| assert!(!mount.matches(it), "{pattern} {it}"));
        }
    }
}
