//! coldwave, a SHOUTcast-compatible radio server.
//!
//! A station is an endless timeline of MP3 or AAC frames; a listener is a place in it. One thread does everything with one
//! event loop; what would block it is done by helper threads.
//!
//! # The map
//!
//! | module | what is there |
//! | --- | --- |
//! | [`net`] | the event loop: the only socket calls, the only look at the clock; connections to servers that are relayed |
//! | [`server`] | all stations and all sessions: answers, deadlines, the delivery wheel. No I/O from here down |
//! | [`session`] | one peer in one state: handshake, reply, listener, live source, relay |
//! | [`station`] | one endless programme: the ring of frames, titles and those that were, whose turn it is on the air |
//! | [`pages`] | what scrapers, directories and people are shown: a snapshot of plain data, made into bytes |
//! | [`audio`], [`icy`], [`http`] | bytes and their meaning: frames, title blocks, requests and replies |
//! | [`autodj`] | the thread that reads music, and the input that hands it to a station |
//! | [`directory`] | stations announced to a directory, by a thread of its own |
//! | [`record`] | live sessions on disk, each written by a thread of its own |
//! | [`bans`], [`ban_file`] | who is not let in, and the thread that keeps it on disk |
//! | [`access_log`] | a line for every session that ends, written by a thread of its own |
//! | [`cli`], [`config`], [`settings`] | what a run is told, on the command line or in a file, and whether it is right: stations, who may go on the air, passwords that are never shown |
//! | [`image`] | pictures, and whether something is one |
//! | [`proxies`] | who is believed what he says of others |
//! | [`log_tail`] | the last lines of the log, for operators to look at |
//! | [`stream_url`] | where a stream of another server is |
//! | [`worker`] | what all helper threads have in common: a bounded queue, flush, ping, a wake-up of the loop |
//! | [`vitals`] | what the process needs of the machine, found out by a thread of its own |
//! | [`time`] | the clock's time and the audio's time, as numbers |
//!
//! Modules use those below them, never those above. The way of an audio byte: `autodj::reader` reads a file and finds
//! frames with [`audio::Framer`] → [`station::Station::pay`] takes as many as the clock says are due into the
//! [`station::Timeline`] → at his slot of the wheel a [`session::Listener`] is lent the bytes he has not had, with title
//! blocks between them → one vectored write. That of a live source begins at its socket: `session::source` finds the frames,
//! and the station's [`station::Feed`] keeps them until they are due. The rules of the wire are in `protocol-notes/`.

pub mod access_log;
pub mod audio;
pub mod autodj;
pub mod ban_file;
pub mod bans;
pub mod cli;
pub mod config;
pub mod directory;
pub mod http;
pub mod icy;
pub mod image;
pub mod log_tail;
pub mod net;
pub mod pages;
pub mod proxies;
pub mod record;
mod room;
pub mod server;
pub mod session;
pub mod settings;
pub mod station;
pub mod stream_url;
mod text;
pub mod time;
pub mod vitals;
pub mod worker;

use std::path::Path;
use std::sync::Arc;

use log_tail::LogTail;
use room::Room;
use settings::{Listen, Settings, StationSettings};

/// Runs these stations until a signal says stop. `announce` is given one line for every station and address: where it
/// can be heard. The last lines of the log are in `log_tail`.
///
/// # Errors
/// One sentence that says what is missing: a file, a port.
pub fn run(settings: Settings, log_tail: Arc<LogTail>, announce: impl Fn(&str)) -> Result<(), String> {
    for station in &settings.stations {
        autodj::check(&station.music)?;
    }
    let access_log = settings.access_log.as_deref().map(open_access_log).transpose()?;
    let bans = settings.state_dir.as_deref().map(ban_file::BanFile::open).transpose()?;
    let mut net = net::Loop::open(&settings.listen)?;
    let source_ports = settings.source_ports();
    source_ports.iter().for_each(|&port| expect_sources(&mut net, port));
    let listening = settings.listen.len() + source_ports.len();
    let relays = settings.relays();
    let open_files_max = net::open_files_max();
    let room = Room::within(open_files_max, listening, &settings.stations);
    let listeners = room.listeners(settings.max_listeners);
    net.limit(room.connections_with(listeners) + relays);
    let ports = net.addresses().iter().map(|address| address.port()).collect();
    let mounts: Vec<String> = settings.stations.iter().map(|station| station.mount.clone()).collect();
    let (metrics, is_watched) = (settings.metrics, settings.shows_metrics());
    let stations = settings.stations.into_iter().map(|station| with_inputs(station, &net));
    let mut server = server::Server::new(stations.collect::<Result<_, _>>()?, net.now());
    server.draw(fastrand::u64(..));
    server.limit(listeners, settings.max_connections_per_address);
    server.limit_events(room.events_with(listeners));
    server.admit_admin(settings.admin);
    server.trust(settings.trusted_proxies);
    server.publish_at(settings.public_url.clone());
    server.listen_on(ports);
    let signs = is_watched.then(|| vital_signs(access_log.clone(), open_files_max)).transpose()?;
    server.meter(metrics, signs);
    match autodj::ArtworkLoader::start(net.alert()) {
        Ok(artwork) => server.hang(Box::new(artwork)),
        Err(error) => {
            log::warn!("track artwork is disabled: {error}")
        }
    }
    server.show_log(log_tail);
    let (recorder, recordings) = record::start();
    server.record(recorder);
    let ban_file = bans.map(|(file, bans)| {
        server.keep_bans(bans, file.keeper());
        file
    });
    if let Some(log) = access_log.clone() {
        server.keep_journal(log.journal());
        let again = log.clone();
        server.reopen_log_by(Box::new(move || again.reopen()));
        net.on_rotate(Box::new(move || log.reopen()));
    }
    for mount in &mounts {
        net.addresses().into_iter().for_each(|address| announce(&(settings::url(address, mount) + "\n")));
    }
    let announced = settings
        .directory
        .zip(settings.public_url)
        .and_then(|(url, base)| announce_stations(url, base, &net, &mut server));
    let ended = net.run(&mut server).map_err(|error| format!("the event loop failed: {error}"));
    drop(server);
    if announced.is_some_and(|it| !it.finish(directory::FINISH_WITHIN)) {
        log::warn!("the directory did not answer in time and may list the stations for a while");
    }
    if !recordings.finish(record::FINISH_WITHIN) {
        log::warn!("the end of a recording is lost: the disk was too slow");
    }
    ban_file.inspect(ban_file::BanFile::flush);
    access_log.inspect(access_log::AccessLog::flush);
    ended
}

/// Announces public stations in a directory, if the system has a thread for that.
fn announce_stations(
    url: String,
    base: String,
    net: &net::Loop,
    server: &mut server::Server,
) -> Option<directory::Announcements> {
    match directory::start(url, base, net.clock()) {
        Ok((reporter, announcements)) => {
            server.report_to(reporter);
            Some(announcements)
        }
        Err(error) => {
            log::warn!("cannot announce stations in the directory: {error}");
            None
        }
    }
}

/// Opens a port for SHOUTcast v1 sources. They are taken on every other port too, so it is not worth giving up for.
fn expect_sources(net: &mut net::Loop, port: Listen) {
    match net.also_listen(port) {
        Ok(()) => log::info!("listening for SHOUTcast sources on {}", port.address),
        Err(error) => log::warn!("{error}; SHOUTcast sources can use the listening port"),
    }
}

fn open_access_log(path: &Path) -> Result<access_log::AccessLog, String> {
    access_log::AccessLog::open(path)
        .map_err(|error| format!("cannot open the access log {}: {error}", path.display()))
}

/// What the numbers at `/metrics` say of the process.
fn vital_signs(
    log: Option<access_log::AccessLog>,
    open_files_max: usize,
) -> Result<server::VitalSigns, String> {
    let vitals = vitals::watch()
        .map_err(|error| format!("cannot start the process statistics for /metrics: {error}"))?;
    let lost_lines = Box::new(move || log.as_ref().map_or(0, access_log::AccessLog::lost));
    Ok(server::VitalSigns { vitals, lost_lines, open_files_max: open_files_max as u64 })
}

type WithInputs = (StationSettings, Vec<Box<dyn station::Input>>);

fn with_inputs(station: StationSettings, net: &net::Loop) -> Result<WithInputs, String> {
    if station.music.is_empty() {
        return Ok((station, Vec::new()));
    }
    let shuffle = station.shuffle.then(|| {
        let seed = fastrand::u64(..);
        log::info!("{}: shuffled playback, seed {seed}", station.mount);
        seed
    });
    let autodj =
        autodj::AutoDj::start(&station.mount, station.music.clone(), shuffle, net.alert(), net.clock())
            .map_err(|error| format!("cannot start the AutoDJ of {}: {error}", station.mount))?;
    Ok((station, vec![Box::new(autodj)]))
}
