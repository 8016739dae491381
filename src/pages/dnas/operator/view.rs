//! `viewxml` and `viewjson`: which of a station's pages are wanted, one or all at once.

use serde::Serialize;

use super::fields::{Fields, document};
use super::listeners::Listeners;
use super::station::{Configs, metadata};
use crate::http::request::form::FormData;
use crate::pages::dnas::played::{self, Songs};
use crate::pages::dnas::shape::Shape;
use crate::pages::dnas::stats;
use crate::pages::{AdminSnapshot, AdminStation, Shown, StationSnapshot};

/// What is to be seen of a station.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// Page 1: the numbers.
    Summary,
    /// Page 3: whoever listens.
    Listeners,
    /// Page 4: what was on the air.
    History,
    /// Page 5: what is on the air.
    Metadata,
    /// Page 6: all stations, as they are set up.
    Configs,
    /// Page 0, or none: the first three.
    Most,
    /// Any other: everything. `AzuraCast` asks for page 7.
    All,
}

impl View {
    /// What `page` says.
    pub fn of(form: &FormData) -> Self {
        match form.non_empty_text("page").as_deref() {
            None | Some("0") => Self::Most,
            Some("1") => Self::Summary,
            Some("3") => Self::Listeners,
            Some("4") => Self::History,
            Some("5") => Self::Metadata,
            Some("6") => Self::Configs,
            Some(_) => Self::All,
        }
    }

    /// Whether listeners are in it.
    pub fn has_listeners(self) -> bool {
        matches!(self, Self::Listeners | Self::Most | Self::All)
    }

    /// The page.
    pub fn show(self, snapshot: &AdminSnapshot, station: &AdminStation, shape: &Shape) -> Shown {
        match self {
            Self::Summary => stats::one(&snapshot.public, &station.public, false, shape),
            Self::History => played::list(&snapshot.public, &station.public, shape),
            Self::Listeners => {
                let listeners = Listeners::of(snapshot);
                shape.show(|| document(&listeners.xml()), &listeners)
            }
            Self::Metadata => {
                let metadata = metadata(station);
                shape.show(|| document(&in_metadata(&metadata)), &metadata)
            }
            Self::Configs => {
                let configs = Configs::of(snapshot);
                shape.show(|| document(&configs.xml()), &configs)
            }
            Self::Most | Self::All => {
                let several = Several::of(snapshot, station, self == Self::All);
                shape.show(|| document(&several.xml()), &several)
            }
        }
    }
}

fn in_metadata(metadata: &Fields) -> String {
    format!("<SONGMETADATA>{}</SONGMETADATA>", metadata.xml())
}

/// Several pages in one.
#[derive(Serialize)]
struct Several {
    #[serde(flatten)]
    summary: Fields,
    listeners: Listeners,
    songhistory: Songs,
    #[serde(skip_serializing_if = "Option::is_none")]
    songmetadata: Option<Fields>,
    #[serde(skip_serializing_if = "Option::is_none")]
    streamconfigs: Option<Configs>,
}

impl Several {
    fn of(snapshot: &AdminSnapshot, station: &AdminStation, all: bool) -> Self {
        let (server, public) = (&snapshot.public, &station.public);
        Self {
            summary: stats::summary(server, public).quoting("BITRATE").and(of_the_first(public)),
            listeners: Listeners::in_full(snapshot),
            songhistory: Songs::of(server, public),
            songmetadata: all.then(|| metadata(station)),
            streamconfigs: all.then(|| Configs::of(snapshot)),
        }
    }

    fn xml(&self) -> String {
        let Self { summary, listeners, songhistory, songmetadata, streamconfigs } = self;
        let metadata = songmetadata.as_ref().map(in_metadata).unwrap_or_default();
        let configs = streamconfigs.as_ref().map(Configs::xml).unwrap_or_default();
        [summary.xml(), listeners.xml(), songhistory.xml(), metadata, configs].concat()
    }
}

/// What SHOUTcast 1 told besides. Nobody can be asked for his ICQ here.
fn of_the_first(station: &StationSnapshot) -> Fields {
    Fields::default()
        .number("REPORTEDLISTENERS", station.unique as u64)
        .text("IRC", "")
        .text("ICQ", "")
        .text("AIM", "")
}
