//! Applies a configuration that was read again to the running server: all of it, or nothing.

use std::path::Path;

use super::certificates::Certificates;
use super::config_reader::{ConfigReader, InUse, ReadConfig, ReadResult};
use super::lists_in_use::ListsInUse;
use super::logs::LogFiles;
use super::server_wide;
use super::services::Services;
use super::user;
use crate::net::{self, EventLoop};
use crate::server::{Server, StationError};
use crate::settings::{Description, Settings, station_ids};
use crate::time::Time;

/// The bytes of the salt of the digests in the description.
const SALT_BYTES: usize = 16;

/// What runs: the settings that apply, and the services that follow from them.
pub struct Running {
    settings: Settings,
    description: Description,
    salt: Vec<u8>,
    /// The worker threads and files.
    pub services: Services,
    /// The certificates.
    pub certificates: Certificates,
    /// The lists of addresses and programs.
    pub lists: ListsInUse,
    /// Reads the configuration again.
    pub reader: ConfigReader,
}

/// What a configuration has led to.
pub struct AppliedConfig {
    /// One line for each change, or the errors.
    pub outcome: Result<Vec<String>, Vec<String>>,
    /// The warnings about a configuration without errors.
    pub warnings: Vec<String>,
}

impl Running {
    /// Notes what the start has led to.
    pub fn new(
        settings: Settings,
        services: Services,
        certificates: Certificates,
        lists: ListsInUse,
        reader: ConfigReader,
        server: &mut Server,
    ) -> Self {
        let salt: Vec<u8> = (0..SALT_BYTES).map(|_| fastrand::u8(..)).collect();
        let description = Description::new(&settings, &salt);
        let running = Self { settings, description, salt, services, certificates, lists, reader };
        server.set_description(running.described(&running.description));
        running
    }

    /// Begins to read the configuration again. Returns whether that is possible.
    pub fn read(&self, net: &EventLoop) -> bool {
        self.reader.read(InUse {
            description: self.described(&self.description),
            logs: LogFiles::new(&self.settings),
            state_dir: self.settings.state_dir.clone(),
            certificates: self.certificates.files(),
            waker: net.loop_waker(),
        })
    }

    /// Returns the file with the number of the process.
    pub fn pid_file(&self) -> Option<&Path> {
        self.settings.process.pid_file.as_deref()
    }

    /// Returns a description with the ids that are known.
    fn described(&self, description: &Description) -> Description {
        description.clone().with_known_ids(self.services.known_ids.clone())
    }

    /// Applies what was read.
    pub fn finish(
        &mut self,
        read: ReadResult,
        net: &mut EventLoop,
        server: &mut Server,
        now: Time,
    ) -> AppliedConfig {
        match read {
            Err(errors) => AppliedConfig { outcome: Err(errors), warnings: Vec::new() },
            Ok(mut read) => {
                let mut warnings = std::mem::take(&mut read.loaded.warnings);
                warnings.extend(read.loaded.notable_findings());
                let outcome = self.apply(*read, net, server, now, &mut warnings);
                let outcome = outcome.map_err(|error| vec![error]);
                AppliedConfig { outcome, warnings }
            }
        }
    }

    /// Prepares everything that can fail, and then applies all of it. Returns the changes, one line each, and
    /// adds to `warnings` what could not be applied nevertheless.
    ///
    /// # Errors
    /// Returns one sentence about what cannot be prepared. Nothing has changed then.
    fn apply(
        &mut self,
        read: ReadConfig,
        net: &mut EventLoop,
        server: &mut Server,
        now: Time,
        warnings: &mut Vec<String>,
    ) -> Result<Vec<String>, String> {
        let ReadConfig { loaded, logs, state, client_tls } = read;
        let mut settings = loaded.settings;
        station_ids::assign(&mut settings.stations, &self.services.known_ids);
        let description = Description::new(&settings, &self.salt);
        let mut changes = self.description.changes(&description);
        warnings.extend(user::note_changed(&self.settings.process, &settings.process));
        server_wide::check_room(&settings, server)?;
        let plan = server.plan_stations(settings.stations.clone()).map_err(|error| describe(&error))?;
        let mut listeners = net.open_listeners(&settings.listen, &settings.source_ports())?;
        let new = self.services.prepare(&self.settings, &settings, (logs, state), server, net)?;
        let wanted = &settings.tls.certificates;
        let mut tls = self.certificates.prepare(wanted, &loaded.certificates, net::time_of_day())?;
        let inputs = self.services.start_inputs(&plan, server, net)?;

        changes.append(&mut tls.changes);
        warnings.append(&mut tls.warnings);
        // A port that speaks only TLS needs its certificates.
        self.certificates.apply(tls, net, server);
        changes.append(&mut self.lists.apply(&settings.list_files, loaded.lists, server, now));
        warnings.append(&mut listeners.warnings);
        warnings.extend(net.use_listeners(listeners, server, now).err());
        warnings.extend(self.services.apply(&settings, new, server, &self.reader, now));
        net.set_client_tls(client_tls.clone());
        self.services.set_client_tls(client_tls);
        server.apply(server_wide::server_config(&settings, net));
        server.apply_unlisted(settings.unlisted.clone(), now);
        server.apply_plan(plan, inputs, now);
        server.rescan_music();
        self.services.note_stations(&settings, server);
        let (before, after) = (&self.settings.process.pid_file, &settings.process.pid_file);
        if before != after {
            self.reader.move_pid_file(before.clone(), after.clone());
        }
        server.set_description(self.described(&description));
        (self.settings, self.description) = (settings, description);
        Ok(changes)
    }
}

/// Describes why stations cannot run together, which the configuration should already have excluded.
pub fn describe(error: &StationError) -> String {
    format!("cannot set up the stations: {error}")
}
