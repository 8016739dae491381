//! The files in the state directory: opening them at the start or for a reload, and what the server gets.

use std::path::{Path, PathBuf};

use crate::autodj::LoudnessFile;
use crate::ban_file::{BanFile, FirstWrite};
use crate::bans::{BanStore, Bans};
use crate::server::StateStores;
use crate::source_format_file::SourceFormatFile;
use crate::station::{SourceFormats, StatisticsStore};
use crate::station_id_file::StationIdFile;
use crate::statistics_file::StatisticsFile;
use crate::worker::{LoopWaker, ThreadWatch};

/// The ids of stations that were not given, by their mounts.
pub type KnownIds = Vec<(String, u32)>;

/// Files that were opened, and what they contain.
pub struct OpenedState {
    /// The directory.
    pub folder: PathBuf,
    /// One sentence about each file that cannot be used. All others are.
    pub warnings: Vec<String>,
    bans: (BanFile, Box<dyn BanStore + Send>, Bans),
    source_formats: Option<(SourceFormatFile, Box<dyn SourceFormats + Send>)>,
    statistics: Option<(StatisticsFile, Box<dyn StatisticsStore + Send>)>,
    ids: Option<(StationIdFile, KnownIds)>,
    loudness: LoudnessFile,
}

/// The files that are in use.
#[derive(Default)]
pub struct StateFiles {
    bans: Option<BanFile>,
    source_formats: Option<SourceFormatFile>,
    statistics: Option<StatisticsFile>,
    ids: Option<StationIdFile>,
}

impl OpenedState {
    /// Opens the files in a directory, which is created if it is missing. Blocks on the disk. `waker` is
    /// called when bans were stored.
    ///
    /// # Errors
    /// One sentence that names what cannot be read or created.
    pub fn open(folder: &Path, first_write: FirstWrite, waker: LoopWaker) -> Result<Self, String> {
        let bans = BanFile::open(folder, first_write, waker)?;
        let mut warnings = Vec::new();
        let mut warn = |sentence: String| warnings.push(sentence);
        let source_formats = SourceFormatFile::open(folder)
            .map_err(|error| warn(format!("the formats of sources are not stored: {error}")))
            .ok();
        let statistics = StatisticsFile::open(folder)
            .map_err(|error| warn(format!("statistics are not stored: {error}")))
            .ok();
        let ids = StationIdFile::open(folder)
            .map_err(|error| warn(format!("the ids of stations are not stored: {error}")))
            .ok();
        let (loudness, error) = LoudnessFile::read(folder);
        error.into_iter().for_each(warn);
        Ok(Self { folder: folder.to_owned(), warnings, bans, source_formats, statistics, ids, loudness })
    }

    /// Returns the files, what the server uses of them, the ids that they know, and the loudness of tracks.
    pub fn into_parts(self) -> (StateFiles, StateStores, KnownIds, Option<LoudnessFile>) {
        let (bans, ban_store, stored_bans) = self.bans;
        let (source_formats, formats) = self.source_formats.unzip();
        let (statistics, stored) = self.statistics.unzip();
        let (ids, known) = self.ids.unzip();
        let stores = StateStores {
            bans: stored_bans,
            ban_store: Some(ban_store),
            source_formats: formats.map(|store| store as Box<dyn SourceFormats>),
            statistics: stored.map(|store| store as Box<dyn StatisticsStore>),
        };
        let files = StateFiles { bans: Some(bans), source_formats, statistics, ids };
        (files, stores, known.unwrap_or_default(), Some(self.loudness))
    }
}

impl StateFiles {
    /// Has the ids of stations stored.
    pub fn store_ids(&mut self, known: &KnownIds) {
        self.ids.iter_mut().for_each(|file| file.store(known));
    }

    /// Returns the threads that write the files.
    pub fn watches(&self) -> impl Iterator<Item = ThreadWatch> {
        let formats = self.source_formats.iter().map(SourceFormatFile::watch);
        let statistics = self.statistics.iter().map(StatisticsFile::watch);
        let ids = self.ids.iter().filter_map(StationIdFile::watch);
        self.bans.iter().map(BanFile::watch).chain(formats).chain(statistics).chain(ids)
    }

    /// Waits, for a limited time, until the last changes are written.
    pub fn flush(&self) {
        self.source_formats.iter().for_each(SourceFormatFile::flush);
        self.statistics.iter().for_each(StatisticsFile::flush);
        self.ids.iter().for_each(StationIdFile::flush);
        self.bans.iter().for_each(BanFile::flush);
    }
}
