//! `viewxml` and `viewjson`: one of the data pages of a station, or several at once.

use serde::Serialize;

use super::fields::{Fields, document};
use super::listeners::ListenerList;
use super::station::{StreamConfigs, metadata};
use crate::http::request::form::FormData;
use crate::pages::dnas::output_format::OutputFormat;
use crate::pages::dnas::played::{self, SongHistory};
use crate::pages::dnas::stats;
use crate::pages::{AdminSnapshot, AdminStation, RenderedPage, StationSnapshot};

/// A data page of a station.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ViewPage {
    /// Page 1: the statistics.
    Summary,
    /// Page 3: the listeners.
    Listeners,
    /// Page 4: the title history.
    History,
    /// Page 5: the track on the air.
    Metadata,
    /// Page 6: the configuration of all stations.
    Configs,
    /// Page 0, or no page: pages 1, 3 and 4.
    Default,
    /// Any other page: all pages. `AzuraCast` requests page 7.
    All,
}

impl ViewPage {
    /// Parses the parameter `page`.
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

    /// Returns whether the page lists listeners.
    pub fn has_listeners(self) -> bool {
        matches!(self, Self::Listeners | Self::Default | Self::All)
    }

    /// Renders the page.
    pub fn render(
        self,
        snapshot: &AdminSnapshot,
        station: &AdminStation,
        format: &OutputFormat,
    ) -> RenderedPage {
        match self {
            Self::Summary => stats::render_station(&snapshot.public, &station.public, false, format),
            Self::History => played::render_list(&snapshot.public, &station.public, format),
            Self::Listeners => {
                let listeners = ListenerList::new(snapshot);
                format.render(|| document(&listeners.to_xml()), &listeners)
            }
            Self::Metadata => {
                let metadata = metadata(station);
                format.render(|| document(&metadata_xml(&metadata)), &metadata)
            }
            Self::Configs => {
                let configs = StreamConfigs::new(snapshot);
                format.render(|| document(&configs.to_xml()), &configs)
            }
            Self::Default | Self::All => {
                let combined = CombinedView::new(snapshot, station, self == Self::All);
                format.render(|| document(&combined.to_xml()), &combined)
            }
        }
    }
}

fn metadata_xml(metadata: &Fields) -> String {
    format!("<SONGMETADATA>{}</SONGMETADATA>", metadata.to_xml())
}

/// Several data pages in one.
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

/// Returns the additional fields of SHOUTcast 1. The contact fields are always empty.
fn shoutcast1_fields(station: &StationSnapshot) -> Fields {
    Fields::default()
        .number("REPORTEDLISTENERS", station.unique as u64)
        .text("IRC", "")
        .text("ICQ", "")
        .text("AIM", "")
}
