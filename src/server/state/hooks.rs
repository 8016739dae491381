//! Functions that the process provides to the server: logs, recorder, artwork, bans. None of them may block.

use std::sync::Arc;

use super::views::metrics_endpoint::ProcessStats;
use crate::acme_webroot::ChallengeFiles;
use crate::bans::BanStore;
use crate::encode_worker::{EncoderStatus, WorkerStatus};
use crate::log_tail::LogTail;
use crate::pages::{PageRenderer, Snapshot};
use crate::session::SessionSummary;
use crate::station::{
    ArtworkLoader, FrameConverters, LadderEncoders, SourceFormats, StartRecording, StatisticsStore, TitleLog,
};
use crate::webroot_files::SiteFiles;

/// Receives the summary of every session that ends.
pub type SessionLog = Box<dyn FnMut(&SessionSummary<'_>)>;

/// Reopens the files of all logs under their names, after their rotation.
pub type ReopenLog = Box<dyn Fn()>;

/// Receives the state of the stations every five seconds, until the server stops.
pub type SnapshotReporter = Box<dyn FnMut(&Snapshot)>;

/// Statistics of the encode workers, read on request. Must not block.
pub struct EncodingStats {
    /// Returns the workers.
    pub workers: Box<dyn Fn() -> Vec<WorkerStatus>>,
    /// Returns the jobs so far of the station with this mount.
    pub station: Box<dyn Fn(&str) -> EncoderStatus>,
}

/// The functions that the process provides.
pub struct Hooks {
    /// The access log, if there is one.
    pub session_log: Option<SessionLog>,
    /// The playlist log, if there is one.
    pub title_log: Option<TitleLog>,
    /// Reopens the files of logs after rotation; `None` without any.
    pub reopen_log: Option<ReopenLog>,
    /// Starts recordings of live sessions.
    pub recorder: StartRecording,
    /// `None` if bans last only until the restart.
    pub ban_store: Option<Box<dyn BanStore>>,
    /// `None` if the formats of sources are forgotten at the restart.
    pub source_formats: Option<Box<dyn SourceFormats>>,
    /// `None` if the statistics of stations begin with every start.
    pub statistics: Option<Box<dyn StatisticsStore>>,
    /// A directory of stations.
    pub reporter: Option<SnapshotReporter>,
    /// Loads the pictures of tracks; `None` if there are none.
    pub artwork: Option<Box<dyn ArtworkLoader>>,
    /// Reads the files of ACME challenges; `None` if there are none.
    pub challenges: Option<Box<dyn ChallengeFiles>>,
    /// Reads the files of `webroot`; `None` if there are none.
    pub files: Option<Box<dyn SiteFiles>>,
    /// Converts sources and upstreams to the format of their station; `None` to pass all of them on as they
    /// are.
    pub converters: Option<Box<dyn FrameConverters>>,
    /// Encodes the programmes of stations as their renditions; `None` if that is not possible.
    pub ladders: Option<Box<dyn LadderEncoders>>,
    /// Renders large pages on another thread; `None` to render them on the event loop.
    pub renderer: Option<Box<dyn PageRenderer>>,
    /// Resource usage of the process, for the metrics.
    pub process: Option<ProcessStats>,
    /// The encode workers; `None` if there are none.
    pub encoding: Option<EncodingStats>,
    /// The last lines of the log, for the admin pages.
    pub log_tail: Arc<LogTail>,
}

impl Default for Hooks {
    /// Returns hooks that report nothing and load nothing.
    fn default() -> Self {
        Self {
            session_log: None,
            title_log: None,
            reopen_log: None,
            recorder: Box::new(|_, _, _| None),
            ban_store: None,
            source_formats: None,
            statistics: None,
            reporter: None,
            artwork: None,
            challenges: None,
            files: None,
            converters: None,
            ladders: None,
            renderer: None,
            process: None,
            encoding: None,
            log_tail: Arc::default(),
        }
    }
}
