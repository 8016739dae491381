//! `[server]`: the settings that apply to all stations.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::keys::{self, LocatedTable};
use super::logins::{self, LoginMethod};
use super::problems::{Problems, printable};
use super::ranges::{CONNECTIONS, ENCODE_WORKERS, HEADER_TIMEOUT, LISTENERS, REQUEST_MEMORY, SOURCES};
use super::section::Section;
use super::{
    access_lists, embedding, http_headers, https, listen_addresses, logging, paths, process, reverse_proxy,
    texts,
};
use crate::open_file;
use crate::settings::{
    MEGABYTE, MetricsAccess, MetricsSettings, RobotsPolicy, Secret, ServerInfo, Settings, StationSettings,
    TlsSettings,
};
use crate::tls::ClientTls;

const WEAK_PASSWORDS: &str = "allow_weak_passwords";
const STATE_DIR: &str = "state_dir";
const ICECAST_NAMES: &str = "metrics_icecast_names";
const TLS_CA: &str = "tls_ca";
const WEBROOT: &str = "webroot";
const ADMIN: [&str; 2] = ["admin_user", "admin_password"];

/// Returns the settings from the `[server]` table, if there is one. `defaults` has the stations, and whether
/// sources may create more. `has_tls` says whether there are certificates, which may have errors.
pub fn read<'t>(
    table: Option<LocatedTable<'_, 't>>,
    defaults: Settings,
    folder: &Path,
    has_tls: bool,
    problems: &mut Problems<'t>,
) -> Settings {
    let Some((table, start)) = table else { return defaults };
    let mut section = Section::new(table, start, &keys::SERVER, problems);
    section.flag(WEAK_PASSWORDS);
    let public_url = reverse_proxy::public_url(&mut section);
    let (source_listen, source_mounts) = listen_addresses::source_listen(&mut section, has_tls);
    let settings = Settings {
        source_listen,
        source_mounts,
        listen: listen_addresses::listen(&mut section, has_tls).unwrap_or(defaults.listen),
        max_listeners: section.integer("max_listeners", &LISTENERS).map(|max| max.value as usize),
        max_sources: section.integer("max_sources", &SOURCES).map(|max| max.value as usize),
        max_connections_per_address: section
            .integer("max_connections_per_address", &CONNECTIONS)
            .map_or(defaults.max_connections_per_address, |max| max.value as usize),
        request_memory: section
            .integer("request_memory_mb", &REQUEST_MEMORY)
            .map_or(defaults.request_memory, |max| max.value as usize * MEGABYTE),
        access_log: logging::access_log(&mut section, folder),
        w3c_log: logging::w3c_log(&mut section, folder),
        logs: logging::read(&mut section, folder),
        process: process::read(&mut section, folder),
        state_dir: state_dir(&mut section, folder),
        admin: logins::account(&mut section, ADMIN, LoginMethod::Http, defaults.admin),
        trusted_proxies: reverse_proxy::proxies(&mut section),
        list_files: access_lists::files(&mut section, folder),
        webroot: webroot(&mut section, folder),
        aliases: defaults.aliases,
        directory: None,
        metrics: metrics(&mut section),
        encode_workers: section.integer("encode_workers", &ENCODE_WORKERS).map(|max| max.value as usize),
        robots: section.choice("robots", ROBOTS).unwrap_or_default(),
        info: info(&mut section),
        embed_from: embedding::read(&mut section),
        http_headers: http_headers::read(&mut section),
        header_timeout: section
            .integer("header_timeout_s", &HEADER_TIMEOUT)
            .map_or(defaults.header_timeout, |seconds| Duration::from_secs(seconds.value.into())),
        master: defaults.master,
        unlisted: defaults.unlisted,
        tls: TlsSettings {
            ca: tls_ca(&mut section, folder),
            ..https::read(&mut section, defaults.tls, public_url.as_deref(), folder)
        },
        public_url,
        stations: defaults.stations,
    };
    warn(&mut section, &settings);
    settings
}

/// Returns whether `[server]` says that well-known passwords may be used. The key is read before all
/// passwords, so its value is checked later.
pub fn allows_weak_passwords(table: Option<LocatedTable<'_, '_>>) -> bool {
    let value = table.and_then(|(table, _)| table.get(WEAK_PASSWORDS));
    value.and_then(|value| value.get_ref().as_bool()) == Some(true)
}

/// Warns about keys without effect and about shared passwords.
fn warn(section: &mut Section<'_, '_, '_>, settings: &Settings) {
    if settings.source_listen.as_ref().is_some_and(|ports| !ports.is_empty()) && !settings.accepts_sources() {
        section.warn(
            "source_listen",
            "has no effect: no station has source_password or dj, and there is no [unlisted]",
        );
    }
    if settings.metrics.icecast_names && !settings.serves_metrics() {
        section.warn(ICECAST_NAMES, "has no effect: /metrics is off or needs admin_password");
    }
    https::warn_without_plain_port(section, settings);
    if settings.public_url.is_none() && !settings.trusted_proxies.networks().is_empty() {
        let message =
            "without public_url, links begin with https:// only if the proxy sends X-Forwarded-Proto";
        let or_tls = if settings.tls.certificates.is_empty() { "" } else { ", or itself uses TLS" };
        section.warn("trusted_proxies", &format!("{message}{or_tls}"));
    }
    let Some(admin) = &settings.admin.password else { return };
    let unlisted = settings.unlisted.as_ref().filter(|it| it.account.password.as_ref() == Some(admin));
    let mut stations = settings.stations.iter();
    let place = match stations.find(|station| has_source_with_password(station, admin)) {
        Some(station) => Some(station.mount.as_str()),
        None => unlisted.map(|_| "[unlisted]"),
    };
    if let Some(place) = place {
        let message = format!("is also the password of a source of {place}, which thus has admin rights");
        section.warn(ADMIN[1], &printable(&message));
    }
}

/// Returns whether a source of this station has this password.
fn has_source_with_password(station: &StationSettings, password: &Secret) -> bool {
    let sources = &station.sources;
    let djs = sources.djs.iter().map(|dj| &dj.password);
    sources.account.password.iter().chain(djs).any(|other| other == password)
}

const ROBOTS: &[(&str, RobotsPolicy)] = &[("pages", RobotsPolicy::Pages), ("none", RobotsPolicy::Nothing)];

const METRICS: &[(&str, MetricsAccess)] =
    &[("admin", MetricsAccess::Admin), ("public", MetricsAccess::Public), ("off", MetricsAccess::Off)];

fn metrics(section: &mut Section<'_, '_, '_>) -> MetricsSettings {
    MetricsSettings {
        access: section.choice("metrics", METRICS).unwrap_or_default(),
        icecast_names: section.flag(ICECAST_NAMES).unwrap_or_default(),
    }
}

fn info(section: &mut Section<'_, '_, '_>) -> ServerInfo {
    let location = texts::line(section, "location", r#""Hamburg""#).unwrap_or_default();
    let admin_contact =
        texts::line(section, "admin_contact", r#""studio@radio.example""#).unwrap_or_default();
    ServerInfo { location, admin_contact }
}

/// Returns the directory with files that are served. It may be created later.
fn webroot(section: &mut Section<'_, '_, '_>, folder: &Path) -> Option<PathBuf> {
    let text = section.string(WEBROOT, r#""/var/www/radio""#)?;
    let path = paths::folder(folder, text.value)
        .map_err(|reason| section.report_rejected(WEBROOT, text.span.clone(), &reason))
        .ok()?;
    let problem = match path.metadata() {
        Ok(metadata) if metadata.is_dir() => None,
        Ok(_) => Some("is not a directory".to_owned()),
        Err(error) => Some(open_file::describe_error(&error)),
    };
    if let Some(problem) = problem {
        let message = format!("{} {problem}, so no files are served", path.display());
        section.warn_at(WEBROOT, text.span.start, &printable(&message));
    }
    Some(path)
}

/// Returns the file of authorities. Checks that it can be used.
fn tls_ca(section: &mut Section<'_, '_, '_>, folder: &Path) -> Option<PathBuf> {
    let text = section.string(TLS_CA, r#""authorities.pem""#)?;
    let checked = paths::resolve(folder, text.value).and_then(|path| match ClientTls::check(&path) {
        Ok(()) => Ok(path),
        Err(error) => Err(printable(&error.reason)),
    });
    checked.map_err(|reason| section.report_rejected(TLS_CA, text.span, &reason)).ok()
}

fn state_dir(section: &mut Section<'_, '_, '_>, folder: &Path) -> Option<PathBuf> {
    let text = section.string(STATE_DIR, r#""state""#)?;
    paths::folder(folder, text.value)
        .map_err(|reason| section.report_rejected(STATE_DIR, text.span, &reason))
        .ok()
}
