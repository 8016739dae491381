//! What everybody may see of the server at one moment, as plain data. See [the module](super) for why it is a type of its
//! own.

use std::rc::Rc;

use crate::audio::Codec;
use crate::http::request::station_ref::StationRef;
use crate::icy::Title;
use crate::station::{AirTime, PlayedTitle};
use crate::time::{Time, WallClock};

/// What everybody may see of the server at one moment. Two are equal if nothing that a public page shows has changed.
///
/// Only what a public page shows belongs here: whatever is here may be shown to everybody, and whatever changes here has
/// every page rendered again. All else is in [`AdminSnapshot`](super::AdminSnapshot).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// What time of day the server's clock means.
    pub clock: WallClock,
    /// When this was taken, in whole seconds.
    pub taken_at: Time,
    /// Listeners that there may be, all stations together.
    pub max_listeners: usize,
    /// How many addresses the listeners of all stations have.
    pub unique: usize,
    /// The most listeners that there have been at once since the server started, all stations together.
    pub peak: usize,
    /// The ports on which listeners are expected.
    pub ports: Vec<u16>,
    /// The stations, sorted by id.
    pub stations: Vec<Rc<StationSnapshot>>,
}

/// What everybody may see of a station.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StationSnapshot {
    /// The SHOUTcast stream id.
    pub id: u32,
    /// The path of its stream.
    pub mount: String,
    /// What it is called: by itself, or by whoever is live.
    pub name: String,
    /// A sentence on it; may be empty.
    pub description: String,
    /// May be empty.
    pub genre: String,
    /// Its home page; may be empty. No web address need be in it.
    pub url: String,
    /// Whether directories may list it.
    pub public: bool,
    /// What is sent, where that is known.
    pub codec: Option<Codec>,
    /// The media type of the stream.
    pub content_type: &'static str,
    /// The bit rate in kbit/s, once there is audio.
    pub kbps: Option<u32>,
    /// Samples per second, in Hz, once there is audio.
    pub rate: Option<u32>,
    /// How many channels, once there is audio.
    pub channels: Option<u8>,
    /// How many listeners it may have, where that is limited for it alone.
    pub max_listeners: Option<usize>,
    /// Those who have been listening for [a second](crate::server::COUNTED_AFTER) or longer; see
    /// protocol-notes/counts.md for all of these numbers.
    pub listeners: usize,
    /// How many addresses those have.
    pub unique: usize,
    /// How many pairs of address and program those are: two people behind one router, one whose player connects twice.
    pub unique_clients: usize,
    /// The most listeners that there have been at once since the server started.
    pub peak: usize,
    /// How long those who listen have been there on average, in seconds.
    pub average_connected_s: u64,
    /// How many have listened for a second or longer since the server started.
    pub hits: u64,
    /// Whether it is fetched from elsewhere while somebody listens, and not otherwise.
    pub on_demand: bool,
    /// What is on the air.
    pub on_air: OnAir,
    /// The account of the live source, on the air or about to be. From where it is connected only an admin may know.
    pub source_user: Option<String>,
    /// The title on the air; empty where none is known.
    pub title: Title,
    /// When that became true, and when it is heard.
    pub title_since: AirTime,
    /// Whose audio is on the air; empty in silence.
    pub input_name: String,
    /// A number that stands for the picture of the station, if it has one, and for no other.
    pub artwork_version: Option<u64>,
    /// What the track on the air was published on, if that is known.
    pub album: Option<String>,
    /// A number that stands for the cover of the track on the air, if it has one, and for no other.
    pub cover_version: Option<u64>,
    /// What is on the air next, as far as that is known, the next first.
    pub next_titles: Vec<String>,
    /// Titles that were on the air, the latest first; the first is that on the air unless that is silence.
    pub history: Vec<Rc<PlayedTitle>>,
}

/// What is on the air.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum OnAir {
    /// Nothing.
    #[default]
    Silence,
    /// The station's own music, since then.
    AutoDj(Time),
    /// A live source, since then.
    Live(Time),
    /// A station elsewhere, since then.
    Relay(Time),
}

impl Snapshot {
    /// The station that is meant.
    pub fn find(&self, which: &StationRef) -> Option<&StationSnapshot> {
        let found = match which {
            StationRef::Default => self.stations.first(),
            StationRef::Id(id) => self.stations.iter().find(|station| station.id == *id),
            StationRef::Mount(mount) => self.stations.iter().find(|station| station.mount == *mount),
        };
        found.map(Rc::as_ref)
    }

    /// How long ago that was, in whole seconds.
    pub fn seconds_since(&self, then: Time) -> u64 {
        self.taken_at.since(then).as_secs()
    }

    /// The most listeners that a station can have.
    pub fn listener_limit(&self, station: &StationSnapshot) -> usize {
        station.max_listeners.unwrap_or(self.max_listeners).min(self.max_listeners)
    }
}

impl StationSnapshot {
    /// Since when there has been something to hear, if there is.
    pub fn on_air_since(&self) -> Option<Time> {
        match self.on_air {
            OnAir::Silence => None,
            OnAir::AutoDj(since) | OnAir::Live(since) | OnAir::Relay(since) => Some(since),
        }
    }
}

#[cfg(test)]
impl StationSnapshot {
    /// The station of the examples in the notes.
    pub fn example() -> Self {
        Self {
            id: 1,
            mount: "/live".into(),
            name: "Harbour FM".into(),
            description: "Slow music".into(),
            genre: "Ambient".into(),
            url: "http://example.org".into(),
            public: false,
            codec: Some(Codec::Mp3),
            content_type: "audio/mpeg",
            kbps: Some(128),
            rate: Some(44_100),
            channels: Some(2),
            max_listeners: Some(512),
            listeners: 12,
            unique: 11,
            unique_clients: 12,
            peak: 40,
            average_connected_s: 1830,
            hits: 905,
            on_demand: false,
            on_air: OnAir::AutoDj(Time::START),
            source_user: None,
            title: Title::new("Nadia Karim - Tidewater"),
            title_since: AirTime::default(),
            input_name: "AutoDJ".into(),
            artwork_version: None,
            album: None,
            cover_version: None,
            next_titles: Vec::new(),
            history: Vec::new(),
        }
    }
}

#[cfg(test)]
impl Snapshot {
    /// A day after a server started at 2025-03-04 10:11:12 UTC that has the station of the examples in the notes.
    pub fn example() -> Self {
        Self {
            clock: WallClock::started_at(std::time::Duration::from_secs(1_741_083_072)),
            taken_at: Time::START + std::time::Duration::from_secs(86_400),
            max_listeners: 1000,
            unique: 11,
            peak: 40,
            ports: vec![8000],
            stations: vec![Rc::new(StationSnapshot::example())],
        }
    }

    /// The first station, to change it.
    pub fn first_mut(&mut self) -> &mut StationSnapshot {
        Rc::make_mut(&mut self.stations[0])
    }
}
