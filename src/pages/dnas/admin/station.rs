//! Pages 5 and 6 of `admin.cgi?mode=viewxml`: the track on air, the settings of stations, and the status in
//! SHOUTcast's directory.

use serde::Serialize;

use super::fields::{Fields, document};
use crate::pages::dnas::output_format::OutputFormat;
use crate::pages::{AdminSnapshot, AdminStation, RenderedPage, Snapshot, StationSnapshot};

/// Returns the tags of the track on the air under their ID3 names. An input without tags has the title only.
pub fn metadata(station: &AdminStation) -> Fields {
    let (track, station) = (station.track.as_deref(), &station.public);
    let tag_text = |value: Option<&String>| value.map_or("", String::as_str).to_owned();
    let year = track.and_then(|track| track.year).map(|year| year.to_string()).unwrap_or_default();
    let title = track.and_then(|track| track.title.clone()).unwrap_or_else(|| station.title.text.clone());
    Fields::default()
        .text("TIT2", &title)
        .text("TALB", &tag_text(track.and_then(|track| track.album.as_ref())))
        .text("TPE1", &tag_text(track.and_then(|track| track.artist.as_ref())))
        .text("TYER", &year)
        .text("TCON", &station.genre)
        .text("TENC", "")
        .text("TRSN", &station.name)
        .text("WORS", &station.url)
}

/// The configuration of all stations. In JSON, only the ids are numbers.
#[derive(Serialize)]
pub struct StreamConfigs {
    /// Always 1: only configured stations exist, and sources cannot create others.
    requireconfigs: String,
    maxlisteners: String,
    maxbitrate: String,
    total: String,
    streams: Vec<StreamConfig>,
}

#[derive(Serialize)]
struct StreamConfig {
    id: u32,
    authhash: &'static str,
    path: String,
    relayurl: String,
    backupurl: &'static str,
    maxlisteners: String,
    maxbitrate: &'static str,
    public: &'static str,
    allowrelay: &'static str,
    publicrelay: &'static str,
}

impl StreamConfigs {
    /// Returns the configuration of all stations.
    pub fn new(snapshot: &AdminSnapshot) -> Self {
        Self {
            requireconfigs: "1".into(),
            maxlisteners: snapshot.public.max_listeners.to_string(),
            maxbitrate: "0".into(),
            total: snapshot.stations.len().to_string(),
            streams: snapshot.stations.iter().map(StreamConfig::new).collect(),
        }
    }

    /// Returns the configuration as XML, on one line.
    pub fn to_xml(&self) -> String {
        let head = Fields::default()
            .text("REQUIRECONFIGS", &self.requireconfigs)
            .text("SERVERMAXLISTENERS", &self.maxlisteners)
            .text("SERVERMAXBITRATE", &self.maxbitrate)
            .text("TOTALCONFIGS", &self.total);
        let streams: String = self.streams.iter().map(StreamConfig::to_xml).collect();
        format!("<STREAMCONFIGS>{}{streams}</STREAMCONFIGS>", head.to_xml())
    }
}

impl StreamConfig {
    fn new(station: &AdminStation) -> Self {
        let relay = station.relay.as_ref().map(|relay| relay.url.as_str());
        let station = &station.public;
        let max_listeners =
            station.max_listeners.map_or("SERVERMAXLISTENERS".into(), |limit| limit.to_string());
        Self {
            id: station.id,
            authhash: "",
            path: crate::pages::printable(&station.mount),
            relayurl: crate::pages::printable(relay.unwrap_or_default()),
            backupurl: "",
            maxlisteners: max_listeners,
            maxbitrate: "SERVERMAXBITRATE",
            public: if station.public { "always" } else { "never" },
            allowrelay: "1",
            publicrelay: "1",
        }
    }

    fn to_xml(&self) -> String {
        let fields = Fields::default()
            .text("STREAMAUTHHASH", self.authhash)
            .text("STREAMPATH", &self.path)
            .text("STREAMRELAYURL", &self.relayurl)
            .text("STREAMBACKUPURL", self.backupurl)
            .text("STREAMMAXLISTENERS", &self.maxlisteners)
            .text("STREAMMAXBITRATE", self.maxbitrate)
            .text("STREAMPUBLIC", self.public)
            .text("STREAMALLOWRELAY", self.allowrelay)
            .text("STREAMPUBLICRELAY", self.publicrelay);
        format!("<STREAMCONFIG id=\"{}\">{}</STREAMCONFIG>", self.id, fields.to_xml())
    }
}

#[derive(Serialize)]
struct YpStatus {
    id: u32,
    status: &'static str,
}

/// Renders the status of all stations in SHOUTcast's directory. The directory lists stations with a key from
/// SHOUTcast, which coldwave does not support.
pub fn yp_status(snapshot: &Snapshot, format: &OutputFormat) -> RenderedPage {
    let all: Vec<YpStatus> = snapshot.stations.iter().map(|it| YpStatus::new(it)).collect();
    let element = |it: &YpStatus| format!("<STREAM id=\"{}\"><STATUS>{}</STATUS></STREAM>", it.id, it.status);
    format.render(|| document(&all.iter().map(element).collect::<String>()), &all)
}

impl YpStatus {
    fn new(station: &StationSnapshot) -> Self {
        let status = match station.on_air_since() {
            None => "NOSOURCE",
            Some(_) if station.public => "EMPTY_AUTHHASH",
            Some(_) => "PRIVATE",
        };
        Self { id: station.id, status }
    }
}
