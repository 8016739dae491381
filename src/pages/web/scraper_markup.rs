//! The strings that scripts cut out of the index pages of SHOUTcast's servers (protocol-notes/pages-web.md,
//! "Landmarks").

use askama::Template;

use crate::pages::{Snapshot, StationSnapshot, printable};

/// The markup that scripts search for, with the values of a station. Browsers never show it.
#[derive(Template)]
#[template(path = "web/scraper_markup.html")]
pub struct ScraperMarkup {
    is_up: bool,
    is_public: bool,
    kbps: u32,
    listeners: usize,
    listener_limit: usize,
    unique: usize,
    peak: usize,
    /// Number of stations with an input on the air.
    stations: usize,
    title: String,
    genre: String,
    song: String,
}

impl ScraperMarkup {
    /// Creates the markup for `station`, or for a station that is down if `station` is `None`.
    pub fn new(snapshot: &Snapshot, station: Option<&StationSnapshot>) -> Self {
        let field =
            |text: fn(&StationSnapshot) -> &str| station.map(|it| printable(text(it))).unwrap_or_default();
        Self {
            is_up: station.is_some_and(|it| it.on_air_since().is_some()),
            is_public: station.is_some_and(|it| it.public),
            kbps: station.and_then(|it| it.kbps).unwrap_or_default(),
            listeners: station.map_or(0, |it| it.listeners),
            listener_limit: station.map_or(0, |it| snapshot.listener_limit(it)),
            unique: station.map_or(0, |it| it.unique),
            peak: station.map_or(0, |it| it.peak),
            stations: snapshot.stations.iter().filter(|it| it.on_air_since().is_some()).count(),
            title: field(|it| &it.name),
            genre: field(|it| &it.genre),
            song: field(|it| &it.title.text),
        }
    }

    fn status(&self) -> &'static str {
        match (self.is_up, self.is_public) {
            (true, true) => "Server is currently up and public.",
            (true, false) => "Server is currently up and private.",
            (false, _) => "Server is currently down.",
        }
    }
}
