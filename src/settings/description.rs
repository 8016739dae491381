//! The settings of a server as they would be written in the configuration file, and the differences between
//! two of them.

mod changes;
mod origins;
mod server;
mod station;
mod unlisted;
mod value;

use std::collections::HashSet;

use origins::origins;
use serde::{Deserialize, Serialize};

pub use station::StationDescription;
pub use value::{SettingValue, SettingValues};

use super::Settings;

/// The settings of a server, with the values spelled as in the configuration file. Passwords, and logins in
/// addresses, appear only as salted digests.
///
/// Every struct of the settings is taken apart field by field, so a new setting does not compile until it is
/// described here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Description {
    /// The version of coldwave that has made the description.
    version: String,
    /// The salt of the digests, in hexadecimal digits.
    salt: String,
    server: SettingValues,
    #[serde(default)]
    directory: SettingValues,
    #[serde(default)]
    master: SettingValues,
    #[serde(default)]
    unlisted: SettingValues,
    stations: Vec<StationDescription>,
    /// The mounts whose ids are known, see [`station_ids::assign`](super::station_ids::assign).
    #[serde(default)]
    known_ids: Vec<(String, u32)>,
}

impl Description {
    /// Describes `settings`. Only descriptions with the same `salt` can be compared.
    pub fn new(settings: &Settings, salt: &[u8]) -> Self {
        Self {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            salt: salt.iter().map(|byte| format!("{byte:02x}")).collect(),
            server: server::describe(settings, salt),
            directory: settings.directory.as_ref().map(server::describe_directory).unwrap_or_default(),
            master: settings.master.as_ref().map(|it| server::describe_master(it, salt)).unwrap_or_default(),
            unlisted: settings.unlisted.as_ref().map(|it| unlisted::describe(it, salt)).unwrap_or_default(),
            stations: settings.stations.iter().map(|it| StationDescription::new(it, salt)).collect(),
            known_ids: Vec::new(),
        }
    }

    /// Adds the mounts whose ids are known, with which a reload
    /// [assigns ids](super::station_ids::assign). They are no settings, so they cause no changes.
    #[must_use]
    pub fn with_known_ids(self, known_ids: Vec<(String, u32)>) -> Self {
        Self { known_ids, ..self }
    }

    /// Returns what a reload that leads to `after` changes, one line for each change, such as
    /// `/live: burst_s: 5 -> 10`. Empty if nothing changes.
    pub fn changes(&self, after: &Self) -> Vec<String> {
        let server = changes::of_table("server", &self.server, &after.server);
        let directory = changes::of_optional_table("directory", &self.directory, &after.directory);
        let master = changes::of_optional_table("master", &self.master, &after.master);
        let unlisted = changes::of_optional_table("unlisted", &self.unlisted, &after.unlisted);
        let stations = changes::of_stations(&self.stations, &after.stations);
        server.into_iter().chain(directory).chain(master).chain(unlisted).chain(stations).collect()
    }

    /// Returns the mounts in `after` of the stations whose AutoDJ a reload that leads to `after` replaces,
    /// and of those that it adds.
    pub fn mounts_with_other_music(&self, after: &Self) -> HashSet<String> {
        let origins = origins(&self.stations, &after.stations).into_iter();
        let origins = origins.map(|at| at.map(|at| &self.stations[at]));
        let both = after.stations.iter().zip(origins);
        let other = both.filter(|(station, before)| !before.is_some_and(|it| it.has_same_music(station)));
        other.map(|(station, _)| station.mount.clone()).collect()
    }

    /// Returns the version of coldwave that has made the description.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Returns the salt; `None` if it is damaged.
    pub fn salt(&self) -> Option<Vec<u8>> {
        let digits = self.salt.as_bytes();
        digits.chunks(2).map(|pair| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok()).collect()
    }

    /// Returns the mounts whose ids are known.
    pub fn known_ids(&self) -> &[(String, u32)] {
        &self.known_ids
    }
}

#[cfg(test)]
mod tests;
