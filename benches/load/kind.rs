//! The kinds of trials.

use std::fmt;

/// A server and its listeners, as selected by `--kinds`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrialKind {
    /// coldwave, with listeners that request titles.
    Titles,
    /// coldwave, with listeners that do not request titles.
    Plain,
    /// coldwave with a certificate, with listeners that request titles over TLS.
    Tls,
    /// coldwave with [many stations](crate::options::Options::stations), each with an AutoDJ of its own. The
    /// listeners are distributed over the stations.
    Many,
    /// The same with a live source on each station.
    Live,
    /// coldwave with one station and six renditions, whose encoder shares the server's core. The listeners
    /// request the station.
    Renditions,
    /// [Another coldwave](crate::options::Options::other), with listeners that request titles.
    Other,
    /// The same with many stations.
    OtherMany,
    /// Debian's icecast2, with listeners that request titles.
    Icecast,
    /// The bare writer.
    Bare,
    /// The bare writer with many stations, each of which sends memory of its own.
    BareMany,
}

impl TrialKind {
    pub const ALL: [Self; 11] = [
        Self::Titles,
        Self::Plain,
        Self::Tls,
        Self::Many,
        Self::Live,
        Self::Renditions,
        Self::Other,
        Self::OtherMany,
        Self::Icecast,
        Self::Bare,
        Self::BareMany,
    ];

    /// Returns the name in options and tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Titles => "titles",
            Self::Plain => "plain",
            Self::Tls => "tls",
            Self::Many => "many",
            Self::Live => "live",
            Self::Renditions => "renditions",
            Self::Other => "other",
            Self::OtherMany => "other-many",
            Self::Icecast => "icecast2",
            Self::Bare => "bare",
            Self::BareMany => "bare-many",
        }
    }

    /// Parses a list such as `titles,bare`.
    pub fn list(text: &str) -> Result<Vec<Self>, String> {
        let find = |name: &str| Self::ALL.into_iter().find(|kind| kind.name() == name);
        let all = Self::ALL.map(Self::name).join(", ");
        text.split(',')
            .map(|name| find(name.trim()).ok_or(format!("--kinds {name:?} is not one of {all}")))
            .collect()
    }

    pub fn is_coldwave(self) -> bool {
        !matches!(self, Self::Icecast) && !self.is_bare()
    }

    /// Returns whether the server is the coldwave of `--other`.
    pub fn is_other(self) -> bool {
        matches!(self, Self::Other | Self::OtherMany)
    }

    /// Returns whether the server is the bare writer, which answers no requests.
    pub fn is_bare(self) -> bool {
        matches!(self, Self::Bare | Self::BareMany)
    }

    /// Returns whether the server has many stations.
    pub fn has_many_stations(self) -> bool {
        matches!(self, Self::Many | Self::Live | Self::OtherMany | Self::BareMany)
    }

    /// Returns whether listeners request titles.
    pub fn has_titles(self) -> bool {
        self != Self::Plain && !self.is_bare()
    }
}

impl fmt::Display for TrialKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
