//! What can be tried.

use std::fmt;

/// What takes turns in a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// coldwave, with listeners who ask for titles.
    Titles,
    /// coldwave, with listeners who do not.
    Plain,
    /// coldwave with [many stations](crate::options::Options::stations), each with an AutoDJ of its own; the listeners are
    /// shared out.
    Many,
    /// The same with a live source on each.
    Live,
    /// Debian's icecast2, with listeners who ask for titles.
    Icecast,
    /// The bare writer.
    Bare,
    /// The same with as many stations, each of which sends memory of its own.
    BareMany,
}

impl Kind {
    pub const ALL: [Self; 7] =
        [Self::Titles, Self::Plain, Self::Many, Self::Live, Self::Icecast, Self::Bare, Self::BareMany];

    /// What it is called in options and tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Titles => "titles",
            Self::Plain => "plain",
            Self::Many => "many",
            Self::Live => "live",
            Self::Icecast => "icecast2",
            Self::Bare => "bare",
            Self::BareMany => "bare-many",
        }
    }

    /// Reads a list such as `titles,bare`.
    pub fn list(text: &str) -> Result<Vec<Self>, String> {
        let named = |name: &str| Self::ALL.into_iter().find(|kind| kind.name() == name);
        let all = Self::ALL.map(Self::name).join(", ");
        text.split(',')
            .map(|name| named(name.trim()).ok_or(format!("--kinds {name:?} is none of {all}")))
            .collect()
    }

    pub fn is_coldwave(self) -> bool {
        !matches!(self, Self::Icecast) && !self.is_bare()
    }

    /// Whether it is the bare writer, who answers nobody.
    pub fn is_bare(self) -> bool {
        matches!(self, Self::Bare | Self::BareMany)
    }

    /// Whether it has several stations.
    pub fn is_of_many(self) -> bool {
        matches!(self, Self::Many | Self::Live | Self::BareMany)
    }

    /// Whether listeners ask for titles.
    pub fn has_titles(self) -> bool {
        self != Self::Plain && !self.is_bare()
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
