//! `[server]`: what holds for all stations.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use super::keys::{self, Found};
use super::paths;
use super::problems::Problems;
use super::ranges::{ADDRESSES_MAX, CONNECTIONS, LISTENERS};
use super::section::{At, Section};
use crate::settings::{Listen, Settings, StationSettings};

const LISTEN: &str = "listen";
const ACCESS_LOG: &str = "access_log";

/// What `listen` expects.
const ADDRESSES: &str = r#"a list of addresses with ports, such as ["[::]:8000"] or ["127.0.0.1:8000"]"#;

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
    Settings {
        listen: listen(&mut section).unwrap_or(defaults.listen),
        max_listeners: section.whole("max_listeners", &LISTENERS).map(|most| most.value as usize),
        max_connections_per_address: section
            .whole("max_connections_per_address", &CONNECTIONS)
            .map_or(defaults.max_connections_per_address, |most| most.value as usize),
        access_log: access_log(&mut section, folder),
        ..defaults
    }
}

fn listen(section: &mut Section<'_, '_, '_>) -> Option<Vec<Listen>> {
    let texts = section.texts(LISTEN, ADDRESSES)?;
    if texts.value.len() > ADDRESSES_MAX {
        section.refuse(LISTEN, texts.span, &format!("are more than {ADDRESSES_MAX} addresses"));
        return None;
    }
    let mut addresses: Vec<At<SocketAddr>> = Vec::new();
    for text in texts.value {
        match text.value.parse() {
            Ok(value) => addresses.push(At { value, span: text.span }),
            Err(_) => section.expects(LISTEN, text.span, ADDRESSES),
        }
    }
    for (place, one) in addresses.iter().enumerate() {
        let other = addresses[..place].iter().find(|other| Listen::on(one.value).overlaps(other.value));
        if let Some(other) = other {
            let why = format!("is covered by {} in the same list", other.value);
            section.refuse(LISTEN, one.span.clone(), &why);
        }
    }
    Some(addresses.into_iter().map(|address| Listen::on(address.value)).collect())
        .filter(|all: &Vec<_>| !all.is_empty())
}

fn access_log(section: &mut Section<'_, '_, '_>, folder: &Path) -> Option<PathBuf> {
    let text = section.text(ACCESS_LOG, r#""access.log""#)?;
    paths::log(folder, text.value).map_err(|why| section.refuse(ACCESS_LOG, text.span, &why)).ok()
}
