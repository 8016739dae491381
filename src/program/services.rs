//! The worker threads and files of a run, and what the server uses of them.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use super::change::Change;
use super::config_reader::ConfigReader;
use super::logs::{Logs, NewLogs};
use super::music::MusicSources;
use super::state_files::{KnownIds, OpenedState, StateFiles};
use crate::acme_webroot::{ChallengeFiles, WebrootFiles};
use crate::autodj::{self, FormatStore, LoudnessCache, PendingMove, PublicUrl};
use crate::ban_file::FirstWrite;
use crate::bans::Bans;
use crate::directory;
use crate::encode_worker::{EncodePool, Launch, StationEncoders};
use crate::frame_converter;
use crate::log_tail::LogTail;
use crate::net::{self, EventLoop};
use crate::page_renderer;
use crate::pages;
use crate::process_usage::{self, ProcessUsage};
use crate::record;
use crate::rendition_encoder;
use crate::server::{
    EncodingStats, Hooks, InputsByMount, ProcessStats, Server, SnapshotReporter, StateStores, StationsPlan,
};
use crate::settings::{Settings, station_ids};
use crate::station::{self, StationKey};
use crate::time::Time;
use crate::tls::{ClientTls, CurrentClientTls};
use crate::webroot_files::{SiteFiles, WebrootReader};
use crate::worker::ThreadWatch;

/// How long the end waits for each file that a reload has replaced: as long as for one in use.
const RETIRED_TIMEOUT: Duration = Duration::from_millis(300);

/// The worker threads and files of a run, which end with it.
pub struct Services {
    pool: EncodePool,
    encoders: StationEncoders,
    formats: FormatStore,
    loudness: LoudnessCache,
    public_url: PublicUrl,
    recordings: record::Recordings,
    /// What requests to directories over TLS use.
    client_tls: CurrentClientTls,
    /// The directories: the one in use, and those that stations are removed from.
    announcements: Vec<directory::Announcements>,
    state_files: StateFiles,
    /// The threads that write what is left for files that a reload has replaced, and then end.
    retired: Vec<ThreadWatch>,
    /// The ids of stations that were not given, by their mounts.
    pub known_ids: KnownIds,
    /// The logs.
    pub logs: Logs,
}

/// What a reload has started and opened for the services, and what it replaces.
pub struct NewServices {
    logs: NewLogs,
    state: Change<OpenedState>,
    directory: Change<(SnapshotReporter, directory::Announcements)>,
    process: Change<ProcessStats>,
    challenges: Change<Box<dyn ChallengeFiles>>,
    files: Change<Box<dyn SiteFiles>>,
    /// With another state directory: no new music decides its format before the formats there are known.
    formats: Option<PendingMove>,
}

impl Services {
    /// Starts the workers and opens the files. Returns also what the server uses of them, and the stored
    /// bans.
    ///
    /// # Errors
    /// Returns one sentence about what is missing.
    pub fn start(
        settings: &Settings,
        logs: Logs,
        client_tls: Option<ClientTls>,
        net: &EventLoop,
        log_tail: Arc<LogTail>,
    ) -> Result<(Self, Hooks, Bans), String> {
        let state_dir = settings.state_dir.as_deref();
        let opened = state_dir.map(|folder| OpenedState::open(folder, FirstWrite::AtOnce, net.loop_waker()));
        let opened = opened.transpose()?;
        let warnings = opened.iter().flat_map(|state| &state.warnings);
        warnings.for_each(|warning| log::warn!("{warning}"));
        let (state_files, stores, known_ids, loudness) =
            opened.map(OpenedState::into_parts).unwrap_or_default();
        let pool = EncodePool::new(encode_workers(settings), Launch::Process);
        let (recorder, recordings) = record::start();
        let current_tls = CurrentClientTls::default();
        current_tls.set(client_tls);
        let directory = start_announcing(settings, &current_tls, net);
        let directory = directory.inspect_err(|error| log::warn!("{error}")).ok().flatten();
        let (reporter, announcements) = directory.unzip();
        let loudness_cache = LoudnessCache::open(None);
        loudness_cache.move_to(loudness);
        let services = Self {
            encoders: StationEncoders::new(pool.clone()),
            pool,
            formats: FormatStore::open(settings.state_dir.clone()),
            loudness: loudness_cache,
            public_url: PublicUrl::default(),
            recordings,
            client_tls: current_tls,
            announcements: announcements.into_iter().collect(),
            state_files,
            retired: Vec::new(),
            known_ids,
            logs,
        };
        services.public_url.set(settings.public_url.clone());
        let StateStores { bans, ban_store, source_formats, statistics } = stores;
        let (session_log, title_log, reopen_log) = services.logs.hooks();
        let hooks = Hooks {
            session_log,
            title_log,
            reopen_log,
            recorder,
            ban_store,
            source_formats,
            statistics,
            reporter,
            artwork: start_artwork(net, &services.pool),
            challenges: start_challenges(settings, net)?,
            files: start_files(settings, net)?,
            converters: start_converters(net, services.encoders.clone()),
            ladders: start_ladders(net, &services.pool),
            renderer: start_renderer(net),
            process: process_stats(settings, &services.logs, process_usage::measure)?,
            encoding: Some(encoding_stats(&services.pool, services.encoders.clone())),
            log_tail,
        };
        Ok((services, hooks, bans))
    }

    /// Returns what the stations' music needs.
    pub fn music_sources<'a>(&self, net: &'a EventLoop) -> MusicSources<'a> {
        MusicSources {
            net,
            encoders: self.encoders.clone(),
            formats: self.formats.clone(),
            loudness: self.loudness.clone(),
            public_url: self.public_url.clone(),
        }
    }

    /// Starts the inputs of the stations that need some after a reload. The stations have their encoders
    /// under their new mounts then, unless this fails.
    ///
    /// # Errors
    /// Returns one sentence with the reason.
    pub fn start_inputs(
        &self,
        plan: &StationsPlan,
        server: &Server,
        net: &EventLoop,
    ) -> Result<InputsByMount, String> {
        let before = self.encoders.rearrange(&plan.removed_mounts(server), &plan.renamed(server));
        let started = self.music_sources(net).start_all(plan.needs_inputs());
        if started.is_err() {
            self.encoders.restore(before);
        }
        started
    }

    /// Starts what is new in `after`.
    ///
    /// # Errors
    /// Returns one sentence about what cannot be started.
    pub fn prepare(
        &self,
        before: &Settings,
        after: &Settings,
        files: (NewLogs, Change<OpenedState>),
        server: &Server,
        net: &EventLoop,
    ) -> Result<NewServices, String> {
        let (logs, state) = files;
        let is_listed = |settings: &Settings| settings.directory.clone().zip(settings.public_url.clone());
        let directory = match is_listed(before) == is_listed(after) {
            true => Change::Same,
            false => Change::To(start_announcing(after, &self.client_tls, net)?),
        };
        let process = match server.has_process_stats() == after.serves_metrics() {
            true => Change::Same,
            false => Change::To(process_stats(after, &self.logs, ProcessUsage::default)?),
        };
        let challenges = match before.tls.acme_webroot == after.tls.acme_webroot {
            true => Change::Same,
            false => Change::To(start_challenges(after, net)?),
        };
        let formats = matches!(state, Change::To(_)).then(|| self.formats.announce_move());
        let files = match before.webroot == after.webroot {
            true => Change::Same,
            false => Change::To(start_files(after, net)?),
        };
        Ok(NewServices { logs, state, directory, process, challenges, files, formats })
    }

    /// Uses what a reload has started and opened. `reader` does what may block. Returns warnings.
    pub fn apply(
        &mut self,
        settings: &Settings,
        new: NewServices,
        server: &mut Server,
        reader: &ConfigReader,
        now: Time,
    ) -> Vec<String> {
        self.pool.set_max(encode_workers(settings));
        self.public_url.set(settings.public_url.clone());
        self.retired.retain(|writer| !writer.has_ended());
        self.retired.extend(self.logs.apply(&settings.logs, new.logs));
        let (session_log, title_log, reopen_log) = self.logs.hooks();
        server.set_logs(session_log, title_log, reopen_log);
        if let Change::To(directory) = new.directory {
            let (reporter, announcements) = directory.unzip();
            // Those that have ended are not waited for.
            self.announcements.retain(|it| !it.has_ended());
            self.announcements.extend(announcements);
            server.set_reporter(reporter);
        }
        if let Change::To(process) = new.process {
            server.set_process_stats(process);
        }
        if let Change::To(files) = new.challenges {
            server.set_challenge_files(files, now);
        }
        if let Change::To(files) = new.files {
            server.set_site_files(files, now);
        }
        match new.state {
            Change::To(state) => {
                let folder = state.as_ref().map(|state| state.folder.clone());
                reader.move_formats(self.formats.clone(), folder, new.formats);
                self.move_state(state, server, now)
            }
            Change::Same => Vec::new(),
        }
    }

    fn move_state(&mut self, mut state: Option<OpenedState>, server: &mut Server, now: Time) -> Vec<String> {
        let mut warnings =
            state.as_mut().map(|state| std::mem::take(&mut state.warnings)).unwrap_or_default();
        let (files, stores, ids, loudness) = state.map(OpenedState::into_parts).unwrap_or_default();
        self.loudness.move_to(loudness);
        warnings.extend(server.set_state_stores(stores, now));
        self.known_ids = merge_ids(ids, std::mem::take(&mut self.known_ids));
        self.retired.extend(self.state_files.watches());
        self.state_files = files;
        warnings
    }

    /// Notes which stations there are now, after a start or a reload.
    pub fn note_stations(&mut self, settings: &Settings, server: &Server) {
        station_ids::remember(&mut self.known_ids, &settings.stations);
        self.state_files.store_ids(&self.known_ids);
        let mounts = mounts(server);
        self.encoders.retain(mounts.values().map(String::as_str));
    }

    /// Uses this for requests to directories over TLS from now on.
    pub fn set_client_tls(&self, tls: Option<ClientTls>) {
        self.client_tls.set(tls);
    }

    /// Waits, for a limited time, until the workers have completed their remaining work.
    pub fn finish(self) {
        self.pool.shut_down();
        self.loudness.flush();
        let is_in_time = |all: directory::Announcements| all.finish(directory::FINISH_TIMEOUT);
        if !self.announcements.into_iter().rev().all(is_in_time) {
            log::warn!("the directory did not answer in time and may list the stations for a while");
        }
        if !self.recordings.finish(record::FINISH_TIMEOUT) {
            log::warn!("the end of a recording is lost: the disk was too slow");
        }
        self.state_files.flush();
        if !self.retired.iter().all(|writer| writer.wait_for_end(RETIRED_TIMEOUT)) {
            log::warn!("lines for files that a reload has replaced are lost: the disk was too slow");
        }
        self.logs.flush();
    }
}

/// Adds to the ids that are known those that a file alone has.
fn merge_ids(mut ids: KnownIds, mut known: KnownIds) -> KnownIds {
    let mounts: HashSet<&str> = known.iter().map(|(mount, _)| mount.as_str()).collect();
    let numbers: HashSet<u32> = known.iter().map(|(_, id)| *id).collect();
    ids.retain(|(mount, id)| !mounts.contains(mount.as_str()) && !numbers.contains(id));
    ids.append(&mut known);
    ids
}

/// Returns the mounts of all stations, also of those that only a source has created.
fn mounts(server: &Server) -> HashMap<StationKey, String> {
    let keys = server.station_keys().into_iter();
    keys.filter_map(|key| Some((key, server.station_settings(key)?.mount.clone()))).collect()
}

/// Returns the most encode workers.
fn encode_workers(settings: &Settings) -> usize {
    settings.encode_workers.unwrap_or_else(|| EncodePool::default_max(settings.has_renditions()))
}

/// Starts to announce public stations in the configured directories, if there are any.
///
/// # Errors
/// If no thread can be started.
fn start_announcing(
    settings: &Settings,
    tls: &CurrentClientTls,
    net: &EventLoop,
) -> Result<Option<(SnapshotReporter, directory::Announcements)>, String> {
    let wanted = settings.directory.clone().zip(settings.public_url.clone());
    let start = |(directory, base)| directory::start(&directory, base, || net.clock(), tls);
    let started = wanted.map(start).transpose();
    started.map_err(|error| format!("cannot announce stations in the directory: {error}"))
}

/// Returns the converters of sources, if this build has an encoder.
fn start_converters(net: &EventLoop, encoders: StationEncoders) -> Option<Box<dyn station::FrameConverters>> {
    let converters = || frame_converter::WorkerConverters::new(encoders, net.loop_waker());
    cfg!(feature = "lame").then(|| Box::new(converters()) as Box<dyn station::FrameConverters>)
}

/// Returns the encoders of renditions, if this build has an encoder.
fn start_ladders(net: &EventLoop, pool: &EncodePool) -> Option<Box<dyn station::LadderEncoders>> {
    let ladders = || rendition_encoder::WorkerLadders::new(pool.clone(), net.loop_waker());
    cfg!(feature = "lame").then(|| Box::new(ladders()) as Box<dyn station::LadderEncoders>)
}

fn encoding_stats(pool: &EncodePool, encoders: StationEncoders) -> EncodingStats {
    let pool = pool.clone();
    EncodingStats {
        workers: Box::new(move || pool.workers()),
        station: Box::new(move |mount| encoders.status(mount)),
    }
}

fn start_artwork(net: &EventLoop, pool: &EncodePool) -> Option<Box<dyn station::ArtworkLoader>> {
    let encoder = Some(pool.station("pictures"));
    match autodj::FileArtworkLoader::start(|| net.loop_waker(), encoder) {
        Ok(artwork) => Some(Box::new(artwork)),
        Err(error) => {
            log::warn!("track artwork is disabled: {error}");
            None
        }
    }
}

/// Starts to read the files of ACME challenges, if there is a directory for them.
///
/// # Errors
/// If no thread can be started.
fn start_challenges(settings: &Settings, net: &EventLoop) -> Result<Option<Box<dyn ChallengeFiles>>, String> {
    let start = |webroot| WebrootFiles::start(webroot, net.loop_waker());
    let started = settings.tls.acme_webroot.clone().map(start).transpose();
    let files = started.map_err(|error| format!("cannot serve the files in acme_webroot: {error}"))?;
    Ok(files.map(|files| Box::new(files) as Box<dyn ChallengeFiles>))
}

/// Starts to read the files that are served as they are, if there is a directory of them.
///
/// # Errors
/// If no thread can be started.
fn start_files(settings: &Settings, net: &EventLoop) -> Result<Option<Box<dyn SiteFiles>>, String> {
    let start = |webroot| WebrootReader::start(webroot, net.loop_waker());
    let started = settings.webroot.clone().map(start).transpose();
    let files = started.map_err(|error| format!("cannot serve the files in webroot: {error}"))?;
    Ok(files.map(|files| Box::new(files) as Box<dyn SiteFiles>))
}

fn start_renderer(net: &EventLoop) -> Option<Box<dyn pages::PageRenderer>> {
    match page_renderer::WorkerRenderer::start(net.loop_waker()) {
        Ok(renderer) => Some(Box::new(renderer)),
        Err(error) => {
            log::warn!("large pages can delay the event loop: {error}");
            None
        }
    }
}

/// Starts to measure the process's resources for `/metrics`, if that page exists.
/// `first` returns what the page has before a thread has measured.
fn process_stats(
    settings: &Settings,
    logs: &Logs,
    first: impl FnOnce() -> ProcessUsage,
) -> Result<Option<ProcessStats>, String> {
    if !settings.serves_metrics() {
        return Ok(None);
    }
    let usage = process_usage::start(first())
        .map_err(|error| format!("cannot start the process statistics for /metrics: {error}"))?;
    let log = logs.access.clone();
    let dropped_lines = Box::new(move || log.dropped());
    Ok(Some(ProcessStats { usage, dropped_lines, open_files_max: net::raise_open_files_limit() as u64 }))
}
