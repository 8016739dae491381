//! `viewxml` and `viewjson`: which of a station's pages are wanted, one or all at once.

use serde::Serialize;

use super::fields::{Fields, document};
use super::listeners::ListenerList;
use super::station::{StreamConfigs, metadata};
use crate::http::request::form::FormData;
use crate::pages::dnas::output_format::OutputFormat;
use crate::pages::dnas::played::{self, SongHistory};
use crate::pages::dnas::stats;
use crate::pages::{AdminSnapshot, AdminStation, RenderedPage, StationSnapshot};

/// What is to be seen of a station.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ViewPage {
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
    Default,
    /// Any other: everything. `AzuraCast` asks for page 7.
    All,
}

impl ViewPage {
    /// What `page` says.
    pub fn from_form(form: &FormData) -> Self {
        match form.non_empty_text("page").as_deref() {
            None | Some("0") => Self::Default,
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
        matches!(self, Self::Listeners | Self::Default | Self::All)
    }

    /// The page.
    pub fn render(
        self,
        snapshot: &AdminSnapshot,
        station: &AdminStation,
        shape: &OutputFormat,
    ) -> RenderedPage {
        match self {
            Self::Summary => stats::render_station(&snapshot.public, &station.public, false, shape),
            Self::History => played::render_list(&snapshot.public, &station.public, shape),
            Self::Listeners => {
                let listeners = ListenerList::new(snapshot);
                shape.render(|| document(&listeners.to_xml()), &listeners)
            }
            Self::Metadata => {
                let metadata = metadata(station);
                shape.render(|| document(&metadata_xml(&metadata)), &metadata)
            }
            Self::Configs => {
                let configs = StreamConfigs::new(snapshot);
                shape.render(|| document(&configs.to_xml()), &configs)
            }
            Self::Default | Self::All => {
                let several = CombinedView::new(snapshot, station, self == Self::All);
                shape.render(|| document(&several.to_xml()), &several)
            }
        }
    }
}

fn metadata_xml(metadata: &Fields) -> String {
    format!("<SONGMETADATA>{}</SONGMETADATA>", metadata.to_xml())
}

/// Several pages in one.
#[derive(Serialize)]
struct CombinedView {
    #[serde(flatten)]
    summary: Fields,
    listeners: ListenerList,
    songhistory: SongHistory,
    #[serde(skip_serializing_if = "Option::is_none")]
    songmetadata: Option<Fields>,
    #[serde(skip_serializing_if = "Option::is_none")]
    streamconfigs: Option<StreamConfigs>,
}

impl CombinedView {
    fn new(snapshot: &AdminSnapshot, station: &AdminStation, all: bool) -> Self {
        let (server, public) = (&snapshot.public, &station.public);
        Self {
            summary: stats::summary(server, public)
                .number_as_text("BITRATE")
                .append(shoutcast1_fields(public)),
            listeners: ListenerList::with_underruns(snapshot),
            songhistory: SongHistory::new(server, public),
            songmetadata: all.then(|| metadata(station)),
            streamconfigs: all.then(|| StreamConfigs::new(snapshot)),
        }
    }

    fn to_xml(&self) -> String {
        let Self { summary, listeners, songhistory, songmetadata, streamconfigs } = self;
        let metadata = songmetadata.as_ref().map(metadata_xml).unwrap_or_default();
        let configs = streamconfigs.as_ref().map(StreamConfigs::to_xml).unwrap_or_default();
        [summary.to_xml(), listeners.to_xml(), songhistory.to_xml(), metadata, configs].concat()
    }
}

/// What SHOUTcast 1 told besides. Nobody can be asked for his ICQ here.
fn shoutcast1_fields(station: &StationSnapshot) -> Fields {
    Fields::default()
        .number("REPORTEDLISTENERS", station.unique as u64)
        .text("IRC", "")
        .text("ICQ", "")
        .text("AIM", "")
}
