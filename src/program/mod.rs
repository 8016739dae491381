//! The running program: starts the event loop, the server and the worker threads, and ends them.

mod certificate_watcher;
mod certificates;
mod change;
mod config_reader;
mod current_log;
mod expiry_stage;
mod list_watcher;
mod lists_in_use;
mod logs;
mod music;
mod operator;
mod pid_file;
mod probe;
mod reload;
mod reload_log;
mod reload_state;
mod server_wide;
mod service_status;
mod services;
mod state_files;
mod upstream_tls;
mod user;
mod watched_pair;

use crate::autodj;
use crate::cli::ConfigSource;
use crate::config::LoadedConfig;
use crate::config_text::ConfigKind;
use crate::first_lines::{self, Places};
use crate::log_output::LogOutput;
use crate::log_writer::time_zone;
use crate::net::{self, EventLoop};
pub use crate::privileges::UserChange;
use crate::server::Server;
use crate::settings::{self, Settings, StationSettings, station_ids};
use certificates::Certificates;
use config_reader::ConfigReader;
use lists_in_use::ListsInUse;
use logs::Logs;
use operator::ProgramOperator;
pub use probe::{ProbeResult, run_probe};
use reload::Running;
use service_status::ServiceStatus;
use services::Services;
pub use user::{check as check_user, plan as plan_user};

/// Runs a configuration until a signal stops the process. `source` reads the configuration again. Calls
/// `announce` with one line for every station and listening address: the station's URL at that address.
/// `output` is the logger.
/// `started` is called when everything is open.
///
/// # Errors
/// Returns one sentence about what is missing, such as a file or a port.
pub fn run(
    loaded: LoadedConfig,
    source: ConfigSource,
    output: LogOutput,
    announce: impl Fn(&str),
    started: impl FnOnce(),
) -> Result<(), String> {
    let pid_file = loaded.settings.process.pid_file.clone();
    let result = run_until_stopped(loaded, source, output, announce, started);
    if result.is_err() {
        // A start that fails leaves no file behind.
        pid_file.iter().for_each(|path| pid_file::remove(path));
    }
    result
}

fn run_until_stopped(
    loaded: LoadedConfig,
    source: ConfigSource,
    output: LogOutput,
    announce: impl Fn(&str),
    started: impl FnOnce(),
) -> Result<(), String> {
    let known = loaded.all_warnings();
    let mut warnings = known.clone();
    if loaded.settings.logs.file.is_none() {
        warnings.drain(..).for_each(|warning| log::warn!("{warning}"));
    }
    let (kind, places) = (loaded.kind, loaded.identity_at.clone());
    let LoadedConfig { mut settings, certificates: loaded, lists: loaded_lists, .. } = loaded;
    let client_tls = upstream_tls::load(&settings)?;
    let mut net = EventLoop::open(&settings.listen, &settings.source_ports())?;
    let mut certificates = Certificates::start(&net)?;
    let tls = certificates.prepare(&settings.tls.certificates, &loaded, net::time_of_day())?;
    settings.process.pid_file.iter().for_each(|path| pid_file::write(path));
    // From here on, everything that is opened belongs to the user that will open it again.
    let of_user = user::change(&settings, &known, &places, &source)?;
    check_music(&mut settings, kind != ConfigKind::Coldwave)?;
    net.set_client_tls(client_tls.clone());
    upstream_tls::warning(&settings, client_tls.as_ref()).into_iter().for_each(|line| log::warn!("{line}"));
    let log_tail = output.tail();
    let logs = Logs::start(&settings, output)?;
    warnings.extend(of_user.into_iter().chain(time_zone::warning()));
    warnings.iter().for_each(|warning| log::warn!("{warning}"));
    let (mut services, hooks, bans) = Services::start(&settings, logs, client_tls, &net, log_tail)?;
    let has_file = source.listens_as_file_says();
    let reader = ConfigReader::start(source, net.loop_waker()).map_err(|error| error.to_string())?;
    station_ids::assign(&mut settings.stations, &services.known_ids);
    let configuration = server_wide::server_config(&settings, &net);
    let mut server = Server::new(configuration, hooks, bans, fastrand::u64(..));
    // The stations restore their statistics, which have times of day.
    net.set_wall_clock(&mut server);
    server.apply_unlisted(settings.unlisted.clone(), net.now());
    add_stations(&mut server, &settings.stations, &services, &net)?;
    server.set_master(settings.master.clone(), services.follow_master(&settings, &net)?, net.now());
    services.note_stations(&settings, &server);
    certificates.apply(tls, &mut net, &mut server);
    certificates.log(net::time_of_day());
    let mut lists = ListsInUse::start(&net)?;
    lists.apply(&settings.list_files, loaded_lists, &mut server, net.now()).iter().for_each(|line| {
        log::info!("{line}");
    });
    log_start(&settings, (kind, has_file), &net, certificates.host(), announce);
    let running = Running::new(settings, services, certificates, lists, reader, &mut server);
    started();
    let mut operator = ProgramOperator::new(running, ServiceStatus::ready(&net));
    let result =
        net.run(&mut server, &mut operator).map_err(|error| format!("the event loop failed: {error}"));
    drop(server);
    operator.finish();
    result
}

/// Prints and logs where the stations and pages are. The configuration has this kind, and `has_file` says
/// whether a file has the addresses to listen on. `certified_host` is a name in the certificates.
fn log_start(
    settings: &Settings,
    (kind, has_file): (ConfigKind, bool),
    net: &EventLoop,
    certified_host: Option<String>,
    announce: impl Fn(&str),
) {
    let listening = net.addresses();
    let mut mounts: Vec<&str> = settings.stations.iter().map(|station| station.mount.as_str()).collect();
    if mounts.is_empty() {
        // Sources will create the stations; until then there is only the page.
        mounts.push("/");
    }
    mounts.iter().for_each(|mount| announce_urls(mount, net, &announce));
    let places = Places {
        tls_only: listening.iter().copied().filter(|address| net.is_tls_only(*address)).collect(),
        reachable: net::reachable(&listening),
        certified_host,
        listening,
    };
    let lines = first_lines::first_lines(settings, kind, has_file, &places);
    lines.iter().for_each(|line| log::info!("{line}"));
}

fn announce_urls(mount: &str, net: &EventLoop, announce: &impl Fn(&str)) {
    for address in net.addresses() {
        announce(&(settings::url(address, net.is_tls_only(address), mount) + "\n"));
    }
}

/// Checks that the user of the process can read all music. The stations of another server's configuration
/// play without the music that they cannot read, as they do there.
fn check_music(settings: &mut Settings, is_translated: bool) -> Result<(), String> {
    for station in &mut settings.stations {
        let Err(error) = autodj::check_readable(&station.music) else { continue };
        if !is_translated {
            return Err(error);
        }
        log::warn!("{}: its music is left out: {error}", station.mount);
        station.music.clear();
    }
    Ok(())
}

/// Adds the stations and starts their inputs.
fn add_stations(
    server: &mut Server,
    stations: &[StationSettings],
    services: &Services,
    net: &EventLoop,
) -> Result<(), String> {
    let plan = server.plan_stations(stations.to_vec()).map_err(|error| reload::describe(&error))?;
    let inputs = services.music_sources(net).start_all(plan.needs_inputs())?;
    server.apply_plan(plan, inputs, net.now());
    Ok(())
}
