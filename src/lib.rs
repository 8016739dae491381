//! coldwave, a SHOUTcast- and Icecast-compatible radio server.
//!
//! A station is an endless timeline of MP3 or AAC frames; a listener is a position on it. One thread with one
//! event loop serves all connections; work that would block it runs on worker threads. `ARCHITECTURE.md`
//! shows how data moves through the modules, and `GLOSSARY.md` explains the words.
//!
//! # Map
//!
//! The modules from top to bottom. A module uses only modules of lower layers, and the files of a directory
//! do not import each other in a cycle; `tests/repository` checks both, and that this table has the order of
//! the layers.
//!
//! | layer | module | contents |
//! | ---: | --- | --- |
//! | 1 | [`net`] | the event loop: the only socket calls, the only clock; outgoing connections |
//! | 2 | [`server`] | all stations and sessions: what each request gets, deadlines, the delivery wheel. It does no I/O |
//! | 2 | [`access_log`] | one line for every session that ends |
//! | 2 | [`ban_file`] | the file that keeps bans |
//! | 3 | [`cli`] | the command line |
//! | 4 | [`config`] | the configuration file: reading, checking, error messages |
//! | 5 | [`session`] | one connection in one state: handshake, login, reply, listener, event reader, source, relay |
//! | 5 | [`autodj`] | the AutoDJ: finding and reading music, and the input that passes it to a station |
//! | 5 | [`directory`] | announcing public stations in a directory |
//! | 5 | [`frame_converter`] | converting live sources and upstreams in encode workers |
//! | 5 | [`page_renderer`] | rendering large pages on a worker |
//! | 5 | [`record`] | recording live sessions to disk |
//! | 5 | [`rendition_encoder`] | encoding the renditions of stations in encode workers |
//! | 6 | [`router`] | which part of the server answers a request |
//! | 7 | [`pages`] | status pages, web pages, APIs and metrics: functions of a snapshot |
//! | 8 | [`encode_worker`] | the processes that decode and encode audio, and the protocol with them |
//! | 8 | [`station`] | one endless programme: the ring buffer, titles, history, and which input is on air |
//! | 9 | [`http`] | requests, replies, logins, upstreams' replies: bytes and their meaning |
//! | 9 | [`log_tail`] | the log's last lines, for the administrator's page, and its last limit |
//! | 9 | [`transcode`] | converting files and streams to a station's format |
//! | 10 | [`audio`] | frames of MP3 and AAC: finding, checking, silence |
//! | 10 | [`icy`] | titles and metadata blocks |
//! | 10 | `fd_budget` | how many file descriptors connections may use |
//! | 10 | [`log_limiter`] | how many log lines a peer, a source or a file can cause |
//! | 10 | `memory_budget` | how much memory all clients together may make the server hold |
//! | 10 | [`bans`] | bans of addresses and programs |
//! | 10 | [`process_usage`] | processor time, memory and open files of the process |
//! | 11 | [`settings`] | the settings of server and stations as plain data |
//! | 11 | [`time`] | wall-clock time and audio time, as numbers |
//! | 11 | `text` | decoding and shortening text |
//! | 12 | [`stream_url`] | URLs of streams on other servers |
//! | 12 | [`trusted_proxies`] | which reverse proxies are trusted |
//! | 12 | [`image`] | recognising image formats |
//! | 12 | `address_blocks` | the blocks of addresses by which clients are counted |
//! | 12 | `file_version` | the size and the time of modification of a file |
//! | 12 | `ip_scope` | public and private IP addresses |
//! | 12 | `open_file` | opening files by their path, without links, devices and pipes |
//! | 12 | [`worker`] | what all worker threads share: bounded queue, wake-up of the event loop, flush, ping |

pub mod access_log;
mod address_blocks;
pub mod audio;
pub mod autodj;
pub mod ban_file;
pub mod bans;
pub mod cli;
pub mod config;
pub mod directory;
pub mod encode_worker;
mod fd_budget;
mod file_version;
pub mod frame_converter;
pub mod http;
pub mod icy;
pub mod image;
mod ip_scope;
pub mod log_limiter;
pub mod log_tail;
mod memory_budget;
pub mod net;
mod open_file;
pub mod page_renderer;
pub mod pages;
pub mod process_usage;
pub mod record;
pub mod rendition_encoder;
pub mod router;
pub mod server;
pub mod session;
pub mod settings;
pub mod station;
pub mod stream_url;
mod text;
pub mod time;
pub mod transcode;
pub mod trusted_proxies;
pub mod worker;

use std::collections::HashMap;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

use access_log::AccessLog;
use autodj::{FormatStore, LoudnessCache, MusicServices, MusicSettings};
use ban_file::BanFile;
use encode_worker::{EncodePool, Launch, StationEncoder};
use fd_budget::FdBudget;
use log_tail::LogTail;
use server::{EncodingStats, Hooks, ProcessStats, Server, ServerConfig};
use settings::{Listen, Settings, StationSettings};

/// Runs these stations until a signal stops the process. Calls `announce` with one line for every station and
/// listening address: the station's URL at that address. `log_tail` contains the last lines of the log.
///
/// # Errors
/// Returns one sentence about what is missing, such as a file or a port.
pub fn run(settings: Settings, log_tail: Arc<LogTail>, announce: impl Fn(&str)) -> Result<(), String> {
    for station in &settings.stations {
        autodj::check_readable(&station.music)?;
    }
    let access_log = settings.access_log.as_deref().map(open_access_log).transpose()?;
    let mut net = net::EventLoop::open(&settings.listen)?;
    let state_dir = settings.state_dir.as_deref();
    let (ban_file, ban_store, bans) =
        match state_dir.map(|folder| BanFile::open(folder, net.loop_waker())).transpose()? {
            Some((file, store, bans)) => (Some(file), Some(store), bans),
            None => (None, None, bans::Bans::default()),
        };
    let configuration = server_config(&settings, &mut net);
    let pool = EncodePool::new(
        settings.encode_workers.unwrap_or_else(|| EncodePool::default_max(settings.has_renditions())),
        Launch::Process,
    );
    let encoders = station_encoders(&settings, &pool);
    let (recorder, recordings) = record::start();
    let (reporter, announcements) = start_announcing(&settings, &net).unzip();
    let hooks = Hooks {
        session_log: access_log.as_ref().map(AccessLog::session_log),
        reopen_log: access_log.clone().map(reopen_hook),
        recorder,
        ban_store,
        reporter,
        artwork: start_artwork(&net, &pool),
        converters: start_converters(&net, &pool, encoders.clone()),
        ladders: start_ladders(&net, &pool),
        renderer: start_renderer(&net),
        process: process_stats(&settings, access_log.as_ref())?,
        encoding: Some(encoding_stats(&pool, encoders.clone())),
        log_tail,
    };
    if let Some(log) = access_log.clone() {
        net.on_rotate(reopen_hook(log));
    }
    let mut server = Server::new(configuration, hooks, bans, fastrand::u64(..));
    let mounts: Vec<String> = settings.stations.iter().map(|station| station.mount.clone()).collect();
    let loudness = LoudnessCache::open(settings.state_dir.as_deref());
    let music = MusicSources {
        net: &net,
        encoders: &encoders,
        formats: FormatStore::open(settings.state_dir.clone()),
        loudness: loudness.clone(),
    };
    // A rendition needs its station, whose id may be higher.
    let (renditions, stations): (Vec<_>, Vec<_>) =
        settings.stations.into_iter().partition(|station| station.rendition.is_some());
    for station in stations.into_iter().chain(renditions) {
        add_station(&mut server, station, &music)?;
    }
    mounts.iter().for_each(|mount| announce_urls(mount, &net, &announce));
    let result = net.run(&mut server).map_err(|error| format!("the event loop failed: {error}"));
    drop(server);
    pool.shut_down();
    loudness.flush();
    finish_workers(announcements, recordings, ban_file, access_log);
    result
}

/// Returns the configuration of the server. Also opens the ports for sources. The limits of connections
/// follow from the open-file limit.
fn server_config(settings: &Settings, net: &mut net::EventLoop) -> ServerConfig {
    let source_ports = settings.source_ports();
    source_ports.iter().for_each(|&port| listen_for_sources(net, port));
    let listening = settings.listen.len() + source_ports.len();
    let budget = FdBudget::new(net::raise_open_files_limit(), listening, &settings.stations);
    let listeners = budget.max_listeners(settings.max_listeners);
    ServerConfig {
        max_connections: budget.max_connections(listeners) + settings.relay_count(),
        max_listeners: listeners,
        max_connections_per_address: settings.max_connections_per_address,
        max_request_memory: settings.request_memory,
        max_event_readers: budget.max_event_readers(listeners),
        admin: settings.admin.clone(),
        trusted_proxies: settings.trusted_proxies.clone(),
        public_url: settings.public_url.clone(),
        ports: net.addresses().iter().map(|address| address.port()).collect(),
        addresses: net.addresses().iter().map(|address| address.ip()).collect(),
        metrics: settings.metrics,
    }
}

/// Starts to announce public stations in the configured directory, if a thread can be started.
fn start_announcing(
    settings: &Settings,
    net: &net::EventLoop,
) -> Option<(server::SnapshotReporter, directory::Announcements)> {
    let (url, base) = settings.directory.clone().zip(settings.public_url.clone())?;
    let started = directory::start(url, base, net.clock());
    started.inspect_err(|error| log::warn!("cannot announce stations in the directory: {error}")).ok()
}

/// Opens a port for SHOUTcast v1 sources. A failure is only logged, because they can use every other port
/// too.
fn listen_for_sources(net: &mut net::EventLoop, port: Listen) {
    match net.add_listener(port) {
        Ok(()) => log::info!("listening for SHOUTcast sources on {}", port.address),
        Err(error) => log::warn!("{error}; SHOUTcast sources can use the listening port"),
    }
}

fn open_access_log(path: &Path) -> Result<AccessLog, String> {
    AccessLog::open(path).map_err(|error| format!("cannot open the access log {}: {error}", path.display()))
}

/// Returns the access of each station, by its mount, to the encode workers. Renditions use that of their
/// station.
fn station_encoders(settings: &Settings, pool: &EncodePool) -> Rc<HashMap<String, StationEncoder>> {
    let stations = settings.stations.iter().filter(|station| station.rendition.is_none());
    let mounts = stations.map(|station| station.mount.clone());
    Rc::new(mounts.map(|mount| (mount.clone(), pool.station(&mount))).collect())
}

/// Returns the converters of sources, if this build has an encoder.
fn start_converters(
    net: &net::EventLoop,
    pool: &EncodePool,
    encoders: Rc<HashMap<String, StationEncoder>>,
) -> Option<Box<dyn station::FrameConverters>> {
    let converters = || frame_converter::WorkerConverters::new(pool.clone(), encoders, net.loop_waker());
    cfg!(feature = "lame").then(|| Box::new(converters()) as Box<dyn station::FrameConverters>)
}

/// Returns the encoders of renditions, if this build has an encoder.
fn start_ladders(net: &net::EventLoop, pool: &EncodePool) -> Option<Box<dyn station::LadderEncoders>> {
    let ladders = || rendition_encoder::WorkerLadders::new(pool.clone(), net.loop_waker());
    cfg!(feature = "lame").then(|| Box::new(ladders()) as Box<dyn station::LadderEncoders>)
}

fn encoding_stats(pool: &EncodePool, encoders: Rc<HashMap<String, StationEncoder>>) -> EncodingStats {
    let pool = pool.clone();
    EncodingStats {
        workers: Box::new(move || pool.workers()),
        station: Box::new(move |mount| encoders.get(mount).map(StationEncoder::status).unwrap_or_default()),
    }
}

/// Returns a function that reopens the access log after its rotation.
fn reopen_hook(log: AccessLog) -> Box<dyn Fn()> {
    Box::new(move || log.reopen())
}

fn start_artwork(net: &net::EventLoop, pool: &EncodePool) -> Option<Box<dyn station::ArtworkLoader>> {
    let encoder = Some(pool.station("pictures"));
    match autodj::FileArtworkLoader::start(|| net.loop_waker(), encoder) {
        Ok(artwork) => Some(Box::new(artwork)),
        Err(error) => {
            log::warn!("track artwork is disabled: {error}");
            None
        }
    }
}

fn start_renderer(net: &net::EventLoop) -> Option<Box<dyn pages::PageRenderer>> {
    match page_renderer::WorkerRenderer::start(net.loop_waker()) {
        Ok(renderer) => Some(Box::new(renderer)),
        Err(error) => {
            log::warn!("large pages can delay the event loop: {error}");
            None
        }
    }
}

/// Starts to measure the process's resources for `/metrics`, if that page exists.
fn process_stats(settings: &Settings, log: Option<&AccessLog>) -> Result<Option<ProcessStats>, String> {
    if !settings.serves_metrics() {
        return Ok(None);
    }
    let usage = process_usage::start()
        .map_err(|error| format!("cannot start the process statistics for /metrics: {error}"))?;
    let log = log.cloned();
    let dropped_lines = Box::new(move || log.as_ref().map_or(0, AccessLog::dropped));
    Ok(Some(ProcessStats { usage, dropped_lines, open_files_max: net::raise_open_files_limit() as u64 }))
}

fn announce_urls(mount: &str, net: &net::EventLoop, announce: &impl Fn(&str)) {
    net.addresses().into_iter().for_each(|address| announce(&(settings::url(address, mount) + "\n")));
}

/// Adds a station and starts its inputs.
fn add_station(
    server: &mut Server,
    station: StationSettings,
    services: &MusicSources<'_>,
) -> Result<(), String> {
    let mount = station.mount.clone();
    let inputs = services.start_inputs(&station)?;
    let added = server.add_station(station, inputs, services.net.now());
    added.map(drop).map_err(|conflict| format!("cannot add the station {mount}: {conflict}"))
}

/// The parts of the process that the stations' music needs.
struct MusicSources<'a> {
    net: &'a net::EventLoop,
    encoders: &'a HashMap<String, StationEncoder>,
    formats: FormatStore,
    loudness: LoudnessCache,
}

impl MusicSources<'_> {
    fn start_inputs(&self, station: &StationSettings) -> Result<Vec<Box<dyn station::Input>>, String> {
        if station.music.is_empty() {
            return Ok(Vec::new());
        }
        let shuffle = station.shuffle.then(|| {
            let seed = fastrand::u64(..);
            log::info!("{}: shuffled playback, seed {seed}", station.mount);
            seed
        });
        let services = MusicServices {
            encoder: self.encoders.get(&station.mount).cloned(),
            formats: self.formats.clone(),
            loudness: self.loudness.clone(),
            ..MusicServices::new(self.net.loop_waker(), self.net.clock())
        };
        let autodj = autodj::AutoDj::start(MusicSettings::from_station(station, shuffle), services)
            .map_err(|error| format!("cannot start the AutoDJ of {}: {error}", station.mount))?;
        Ok(vec![Box::new(autodj)])
    }
}

/// Waits, for a limited time, until the workers have completed their remaining work.
fn finish_workers(
    announcements: Option<directory::Announcements>,
    recordings: record::Recordings,
    ban_file: Option<BanFile>,
    access_log: Option<AccessLog>,
) {
    if announcements.is_some_and(|announcements| !announcements.finish(directory::FINISH_TIMEOUT)) {
        log::warn!("the directory did not answer in time and may list the stations for a while");
    }
    if !recordings.finish(record::FINISH_TIMEOUT) {
        log::warn!("the end of a recording is lost: the disk was too slow");
    }
    ban_file.inspect(BanFile::flush);
    access_log.inspect(AccessLog::flush);
}
