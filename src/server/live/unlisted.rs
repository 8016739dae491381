//! Unlisted stations: a login creates one, the first frame begins it, and it ends with its source.

use std::collections::{HashMap, HashSet};

use log::info;

use crate::http::request::station_ref::StationRef;
use crate::http::source::reply::SourceRefusal;
use crate::log_limiter::{log_limited, warn_limited};
use crate::router::mount_path::path_error;
use crate::server::state::access::accounts::source_login;
use crate::server::state::peer::Peer;
use crate::server::state::server::Server;
use crate::server::state::station::channel::Channel;
use crate::session::{CloseReason, Session, SourceUser};
use crate::settings::{Account, SourceSettings, StationSettings, UnlistedSettings};
use crate::station::{Input, StationKey};
use crate::time::Time;

impl Server {
    /// Applies the settings of unlisted stations, at the start or while there are some. Those on air stay as
    /// long as their sources, with all changes but a lower number of stations; logins need the new account.
    /// With `None`, no source can log in to an unlisted station any more. A source on air still sends titles
    /// with the login that it has used.
    pub fn apply_unlisted(&mut self, settings: Option<UnlistedSettings>, now: Time) {
        for key in self.stations.unlisted_keys() {
            let channel = &mut self.stations[key];
            let former = channel.settings().sources.account.clone();
            let (id, mount) = (channel.settings().id, channel.settings().mount.clone());
            let changed = match &settings {
                Some(unlisted) => unlisted.station(id, &mount),
                None => without_account(channel.settings()),
            };
            let only_while_on_air = channel.settings().only_while_on_air;
            let changed = StationSettings { only_while_on_air, ..changed };
            if changed.sources.account != former
                && channel.live.source.is_some()
                && let Some(unlisted) = &mut channel.unlisted
            {
                unlisted.former_account.get_or_insert(former);
            }
            if self.stations[key].awaits_first_source() {
                self.stations[key].apply(changed, now);
            } else {
                // The source stays, whatever has become of its account.
                self.change_station(key, changed, now);
            }
            self.sources_of(key).into_iter().for_each(|peer| self.apply_charset(peer, key));
        }
        self.unlisted.settings = settings;
        self.views.invalidate();
    }

    /// Returns the user with these credentials for the creation of any station.
    pub(in crate::server) fn unlisted_login(&self, user: Option<&str>, password: &str) -> Option<SourceUser> {
        let settings = self.unlisted.settings.as_ref()?;
        let of_mounts = settings.mounts.iter().map(|mount| &mount.station.sources.account);
        [&settings.account].into_iter().chain(of_mounts).find_map(|account| {
            let sources = SourceSettings { account: account.clone(), ..SourceSettings::default() };
            source_login(&sources, user, password)
        })
    }

    /// Returns whether these credentials create a station with the mount that a source names. A source that
    /// names no valid mount hears so if they create any station.
    pub(super) fn may_create(&self, named: &StationRef, user: Option<&str>, password: &str) -> bool {
        let Some(settings) = &self.unlisted.settings else { return false };
        match named.new_mount() {
            Some(mount) => source_login(&settings.station(0, &mount).sources, user, password).is_some(),
            None => self.unlisted_login(user, password).is_some(),
        }
    }

    /// Returns who may create a station with the mount that a source names; `None` if no account may.
    pub(super) fn creators(&self, named: &StationRef) -> Option<SourceSettings> {
        let settings = self.unlisted.settings.as_ref()?;
        let sources = settings.station(0, &named.new_mount()?).sources;
        sources.is_enabled().then_some(sources)
    }

    /// Returns the user on air at an unlisted station if it has logged in with these credentials and they
    /// have changed since. It still sends its titles with them.
    pub(in crate::server) fn former_login(
        &self,
        key: StationKey,
        user: &str,
        password: &str,
    ) -> Option<SourceUser> {
        let account = self.stations[key].former_account()?.clone();
        source_login(&SourceSettings { account, ..SourceSettings::default() }, Some(user), password)
    }

    /// Returns whether there is a source on air that could no longer log in.
    pub(in crate::server) fn has_former_logins(&self) -> bool {
        self.stations.iter().any(|(_, channel)| channel.former_account().is_some())
    }

    /// Creates the unlisted station for a source with a valid login that names a mount that no station has.
    /// Until the source has sent a frame, no listener and no page finds it.
    ///
    /// # Errors
    /// The source names no mount, or one that no station can have, or there are too many stations.
    pub(super) fn create_unlisted(
        &mut self,
        peer: Peer,
        named: &StationRef,
        user: &SourceUser,
        now: Time,
    ) -> Result<StationKey, SourceRefusal> {
        let created = self.try_create_unlisted(named, now);
        if let (Err(refusal), Some(address)) = (&created, self.sessions.address(peer)) {
            let is_admitted = self.log.peers.admit(address.ip(), now);
            let user = &user.name;
            warn_limited!(
                is_admitted,
                "source {user} at {address} gets no station at the {named}: {refusal}"
            );
        }
        created
    }

    fn try_create_unlisted(&mut self, named: &StationRef, now: Time) -> Result<StationKey, SourceRefusal> {
        let settings = self.unlisted.settings.as_ref().ok_or(SourceRefusal::NoStation)?;
        let mount = named.new_mount().ok_or(SourceRefusal::NoStation)?;
        if let Some(reason) = path_error(&mount) {
            return Err(SourceRefusal::InvalidMount(reason));
        }
        if self.stations.unlisted_count() >= settings.max {
            return Err(SourceRefusal::TooManyStations);
        }
        let station = settings.station(0, &mount);
        self.stations.add_unlisted(station, now).ok_or(SourceRefusal::TooManyStations)
    }

    /// Begins an unlisted station with the first frame of its source.
    pub(in crate::server) fn begin_unlisted(&mut self, key: StationKey, now: Time) {
        if !self.stations[key].awaits_first_source() {
            return;
        }
        self.stations.begin_unlisted(key, now);
        self.stations[key].station.log = self.unlisted.take_limits();
        self.begin_statistics(key, now);
        self.views.invalidate();
        let channel = &mut self.stations[key];
        let is_admitted = channel.station.log.sources.admit(now);
        let StationSettings { mount, id, .. } = channel.settings();
        log_limited!(is_admitted, "{mount}: unlisted station begins, id {id}");
    }

    /// Begins the programme of a station that no listener has found, with the first frame of its source: its
    /// burst has no silence.
    pub(super) fn begin_absent(&mut self, key: StationKey, now: Time) {
        let channel = &mut self.stations[key];
        if std::mem::take(&mut channel.is_absent) {
            if channel.wheel.is_empty() {
                self.restart_with_renditions(key, now);
            }
            self.views.invalidate();
        }
    }

    /// Counts a source that has logged in at a station.
    pub(super) fn note_source_login(&mut self, key: StationKey) {
        if let Some(unlisted) = &mut self.stations[key].unlisted {
            unlisted.sources += 1;
        }
    }

    /// Counts the end of the session of a source at a station.
    pub(in crate::server) fn note_source_logout(&mut self, key: StationKey) {
        if let Some(unlisted) = &mut self.stations[key].unlisted {
            unlisted.sources = unlisted.sources.saturating_sub(1);
        }
    }

    /// Ends an unlisted station whose source is gone. Returns whether the station has no programme: it has
    /// ended, or awaits its first source.
    pub(in crate::server) fn end_unlisted(&mut self, key: StationKey, now: Time) -> bool {
        let channel = &self.stations[key];
        let Some(unlisted) = &channel.unlisted else { return false };
        if !unlisted.has_begun {
            if unlisted.sources == 0 {
                self.stations.remove(key);
            }
            return true;
        }
        let is_over = channel.unlisted_end().is_some_and(|end| end <= now);
        if is_over {
            self.log_unlisted_end(key, now);
            let limits = std::mem::take(&mut self.stations[key].station.log);
            self.close_station(key, CloseReason::SilenceTimeout, now);
            self.unlisted.keep_limits(limits);
        }
        is_over
    }

    fn log_unlisted_end(&mut self, key: StationKey, now: Time) {
        let channel = &mut self.stations[key];
        let is_admitted = channel.station.log.sources.admit(now);
        let (mount, count) = (&channel.settings().mount, channel.wheel.len());
        let listeners = if count == 1 { "listener" } else { "listeners" };
        log_limited!(
            is_admitted,
            "{mount}: unlisted station ends without a source; disconnecting {count} {listeners}"
        );
    }

    /// Makes room for a configured station: an unlisted one that has its id gets another. One with its mount
    /// is removed, unless it is `own`.
    pub(in crate::server) fn displace_unlisted(
        &mut self,
        settings: &StationSettings,
        own: Option<StationKey>,
        now: Time,
    ) {
        for key in self.stations.unlisted_keys().into_iter().filter(|key| Some(*key) != own) {
            if self.stations[key].settings().mount == settings.mount {
                self.remove_station(key, now);
            }
        }
        self.vacate_ids(&HashSet::from([settings.id]));
    }

    /// Gives another id to each unlisted station that has one of `ids`, which configured stations get. The
    /// other one is free now, and none of `ids`. So if this is done before any of the stations gives up its
    /// own id, no event reader of a configured station follows an unlisted one, or the other way round.
    pub(in crate::server) fn vacate_ids(&mut self, ids: &HashSet<u32>) {
        for key in self.stations.unlisted_keys() {
            let channel = &self.stations[key];
            let id = channel.settings().id;
            if ids.contains(&id) && !channel.awaits_first_source() {
                let renumbered = self.stations.renumber_unlisted(key, ids);
                self.update_event_filters(&HashMap::from([(id, renumbered)]));
            }
        }
    }

    /// Makes the unlisted station with the mount of a new configured station that station, with its listeners
    /// and its source. `None` if there is none that can go on: one without a programme is removed, and so is
    /// one whose mount becomes that of a rendition. A source that could not log in to the configured station
    /// is closed.
    pub(in crate::server) fn take_over_unlisted(
        &mut self,
        settings: &StationSettings,
        now: Time,
    ) -> Option<StationKey> {
        let key = self.stations.find(&StationRef::Mount(settings.mount.clone()))?;
        let channel = &self.stations[key];
        if !channel.is_unlisted() || settings.rendition.is_some() {
            return None;
        }
        let is_admitted = admits(&settings.sources, login_of_live(channel));
        // The statistics are stored under the new id and mount in the following.
        self.restore_statistics(key, &settings.identity());
        self.stations[key].unlisted = None;
        self.apply_settings(key, settings.clone(), now);
        info!("{}: the unlisted station is now a configured one", settings.mount);
        if !is_admitted {
            let sources = self.sources_of(key);
            sources.into_iter().for_each(|peer| self.remove_source_without_account(peer, key, now));
        }
        Some(key)
    }

    /// Adds the inputs of a configured station to one that was unlisted.
    pub(in crate::server) fn add_inputs(&mut self, key: StationKey, inputs: Vec<Box<dyn Input>>) {
        let station = &mut self.stations[key].station;
        inputs.into_iter().for_each(|input| station.add_input(input));
    }

    /// Returns the sources that are logged in at a station, live or not.
    pub(in crate::server) fn sources_of(&self, key: StationKey) -> Vec<Peer> {
        let is_source = |session: &Session| matches!(session, Session::Source(it) if it.station == key);
        let sources = self.sessions.iter().filter(|(_, entry)| is_source(&entry.session));
        sources.map(|(peer, _)| peer).collect()
    }
}

/// Returns the settings of an unlisted station without the account, so that no source can log in.
fn without_account(settings: &StationSettings) -> StationSettings {
    let mut settings = settings.clone();
    settings.sources.account.password = None;
    settings
}

/// Returns the account with which the live source of an unlisted station has logged in.
fn login_of_live(channel: &Channel) -> &Account {
    channel.former_account().unwrap_or(&channel.settings().sources.account)
}

/// Returns whether a source that has logged in with `login` could log in to a station with these settings.
fn admits(sources: &SourceSettings, login: &Account) -> bool {
    let is_dj = || {
        let mut djs = sources.djs.iter();
        djs.any(|dj| dj.name == login.user && Some(&dj.password) == login.password.as_ref())
    };
    login.password.is_some() && (sources.account == *login || is_dj())
}
