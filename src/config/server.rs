//! `[server]`: what holds for all stations.

use std::path::{Path, PathBuf};

use super::keys::{self, Found};
use super::problems::{Problems, shown};
use super::ranges::{CONNECTIONS, LISTENERS};
use super::secrets::{self, By};
use super::section::Section;
use super::{listening, outside, paths};
use crate::settings::{Metrics, MetricsSettings, Secret, Settings, StationSettings};

const ACCESS_LOG: &str = "access_log";
const STATE_DIR: &str = "state_dir";
const ICECAST_NAMES: &str = "metrics_icecast_names";
const ADMIN: [&str; 2] = ["admin_user", "admin_password"];

/// Settings for these stations, from a `[server]` if there is one.
pub fn read<'t>(
    found: Option<Found<'_, 't>>,
    stations: Vec<StationSettings>,
    folder: &Path,
    problems: &mut Problems<'t>,
) -> Settings {
    let defaults = Settings::of(stations);
    let Some((table, start)) = found else { return defaults };
    let mut section = Section::new(table, start, &keys::SERVER, problems);
    let settings = Settings {
        listen: listening::listen(&mut section).unwrap_or(defaults.listen),
        source_listen: listening::source_listen(&mut section),
        max_listeners: section.whole("max_listeners", &LISTENERS).map(|most| most.value as usize),
        max_connections_per_address: section
            .whole("max_connections_per_address", &CONNECTIONS)
            .map_or(defaults.max_connections_per_address, |most| most.value as usize),
        access_log: access_log(&mut section, folder),
        state_dir: state_dir(&mut section, folder),
        admin: secrets::account(&mut section, ADMIN, By::Http, defaults.admin),
        trusted_proxies: outside::proxies(&mut section),
        public_url: outside::public_url(&mut section),
        directory: None,
        metrics: metrics(&mut section),
        stations: defaults.stations,
    };
    warn(&mut section, &settings);
    settings
}

/// Tells of what is not as the operator may think.
fn warn(section: &mut Section<'_, '_, '_>, settings: &Settings) {
    if settings.source_listen.as_ref().is_some_and(|ports| !ports.is_empty()) && !settings.takes_sources() {
        section.warn("source_listen", "has no effect: no station has source_password or dj");
    }
    if settings.metrics.icecast_names && !settings.shows_metrics() {
        section.warn(ICECAST_NAMES, "has no effect: /metrics is off or needs admin_password");
    }
    let Some(admin) = &settings.admin.password else { return };
    if let Some(station) = settings.stations.iter().find(|station| goes_on_air_with(station, admin)) {
        let says =
            format!("is also the password of a source of {}, which thus has admin rights", station.mount);
        section.warn(ADMIN[1], &shown(&says));
    }
}

/// Whether somebody's password at this station is the one that is given.
fn goes_on_air_with(station: &StationSettings, password: &Secret) -> bool {
    let sources = &station.sources;
    let djs = sources.djs.iter().map(|dj| &dj.password);
    sources.account.password.iter().chain(djs).any(|other| other == password)
}

const METRICS: &[(&str, Metrics)] =
    &[("admin", Metrics::Admin), ("public", Metrics::Everybody), ("off", Metrics::Nobody)];

fn metrics(section: &mut Section<'_, '_, '_>) -> MetricsSettings {
    MetricsSettings {
        shown_to: section.choice("metrics", METRICS).unwrap_or_default(),
        icecast_names: section.flag(ICECAST_NAMES).unwrap_or_default(),
    }
}

fn access_log(section: &mut Section<'_, '_, '_>, folder: &Path) -> Option<PathBuf> {
    let text = section.text(ACCESS_LOG, r#""access.log""#)?;
    paths::log(folder, text.value).map_err(|why| section.refuse(ACCESS_LOG, text.span, &why)).ok()
}

fn state_dir(section: &mut Section<'_, '_, '_>, folder: &Path) -> Option<PathBuf> {
    let text = section.text(STATE_DIR, r#""state""#)?;
    paths::folder(folder, text.value).map_err(|why| section.refuse(STATE_DIR, text.span, &why)).ok()
}
