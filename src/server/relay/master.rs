//! Follows the list of a master: relays the mounts in it, and no longer those that have gone from it.
//!
//! A mount of the list that no station has becomes an unlisted station, which ends like one without a source
//! when the mount has gone. A station without a relay of its own gets that of its mount.

use std::collections::HashSet;

use log::{info, warn};

use crate::http::proxy::relay_path::RelayPath;
use crate::http::request::station_ref::StationRef;
use crate::http::upstream::{ListedMount, MountList};
use crate::log_limiter::{RECOVERY, excerpt};
use crate::master_list::{MasterListResult, MasterLists};
use crate::pages::MasterStatus;
use crate::router::mount_path::path_error;
use crate::server::state::master::Master;
use crate::server::state::server::Server;
use crate::server::state::station::channel::Channel;
use crate::server::state::station::upstream::UpstreamState;
use crate::session::CloseReason;
use crate::settings::{MasterSettings, RelaySettings, StationSettings};
use crate::station::StationKey;
use crate::stream_url::StreamUrl;
use crate::time::Time;

impl Server {
    /// Follows this master, or none, from now on. `lists` are its lists; `None` if they are those that are
    /// read already. The mounts of another master than before are no longer relayed; another login changes
    /// nothing about who the master is.
    pub fn set_master(
        &mut self,
        settings: Option<MasterSettings>,
        lists: Option<Box<dyn MasterLists>>,
        now: Time,
    ) {
        let is_same = |before: &MasterSettings| {
            settings.as_ref().is_some_and(|it| it.url.is_same_without_login(&before.url))
        };
        if !self.master.settings.as_ref().is_some_and(is_same) {
            self.relay_mounts(&[], now);
            self.master = Master::default();
        }
        self.master.lists = lists.or(self.master.lists.take()).filter(|_| settings.is_some());
        self.master.settings = settings;
        let on_demand = self.master.settings.as_ref().is_some_and(|master| master.on_demand);
        for key in self.stations.keys() {
            if let Some(relay) = self.stations[key].master_relay().cloned() {
                self.set_master_relay(key, Some(RelaySettings { on_demand, ..relay }), now);
            }
        }
    }

    /// Returns the servers through which the list of mounts of this server comes, itself last.
    pub(in crate::server) fn mount_list_path(&self) -> RelayPath {
        self.master.path.extended_by(self.relays.id)
    }

    /// Returns the state of the master for an administrator; `None` without one.
    pub(in crate::server) fn master_status(&self) -> Option<MasterStatus> {
        let Master { settings, listed_at, last_error, left_out, .. } = &self.master;
        let url = settings.as_ref()?.url.to_string();
        let relayed = || self.stations.iter().filter(|(_, channel)| channel.master_relay().is_some());
        let is_streaming = |channel: &Channel| {
            channel.upstream.as_ref().is_some_and(|it| matches!(it.state, UpstreamState::Streaming { .. }))
        };
        Some(MasterStatus {
            url,
            listed_at: *listed_at,
            last_error: last_error.clone(),
            relayed: relayed().count(),
            streaming: relayed().filter(|(_, channel)| is_streaming(channel)).count(),
            left_out: *left_out,
        })
    }

    /// Follows the lists that have arrived.
    pub(in crate::server) fn poll_master(&mut self, now: Time) {
        while let Some(result) = self.master.lists.as_mut().and_then(|lists| lists.poll()) {
            self.follow(result, now);
        }
    }

    fn follow(&mut self, result: MasterListResult, now: Time) {
        let Some(MasterSettings { url, max, .. }) = self.master.settings.clone() else { return };
        match result {
            Err(reason) => {
                self.report_master_failure(&format!(
                    "cannot get the list of mounts of the master {url}: {reason}; its mounts stay as they are"
                ));
                self.master.last_error = Some(reason);
            }
            Ok(list) if list.path.extended_by(self.relays.id).check().is_err() => {
                self.leave_loop(&url, now);
            }
            Ok(MountList { mounts, path }) => {
                (self.master.path, self.master.listed_at, self.master.last_error) = (path, Some(now), None);
                let listed = mounts.len();
                let mut wanted: Vec<ListedMount> =
                    mounts.into_iter().filter(|it| path_error(&it.mount).is_none()).collect();
                wanted.truncate(max);
                self.report_left_out(&url, listed - wanted.len(), max);
                self.report_list(&url, wanted.len());
                self.relay_mounts(&wanted, now);
            }
        }
    }

    /// Relays nothing of a master that has its mounts from this server.
    fn leave_loop(&mut self, url: &StreamUrl, now: Time) {
        self.relay_mounts(&[], now);
        (self.master.path, self.master.has_list) = (RelayPath::default(), false);
        self.report_master_failure(&format!(
            "the master {url} follows this server, directly or through others: its mounts are not relayed"
        ));
        self.master.last_error = Some("it follows this server, directly or through others".to_owned());
    }

    fn report_master_failure(&mut self, message: &str) {
        if self.master.reported_failure.as_deref() != Some(message) {
            warn!("{}", excerpt(message));
            self.master.reported_failure = Some(message.to_owned());
        }
    }

    fn report_list(&mut self, url: &StreamUrl, count: usize) {
        let mounts = if count == 1 { "1 mount".to_owned() } else { format!("{count} mounts") };
        if self.master.reported_failure.take().is_some() {
            info!(target: RECOVERY, "following the master {url} again: {mounts}");
        } else if !self.master.has_list {
            info!("following the master {url}: {mounts}");
        }
        self.master.has_list = true;
    }

    fn report_left_out(&mut self, url: &StreamUrl, count: usize, max: usize) {
        if count > 0 && count != self.master.left_out {
            warn!(
                "{count} mounts of the master {url} are not relayed: more than {max}, or paths that no mount can have"
            );
        }
        self.master.left_out = count;
    }

    /// Relays these mounts, with the URLs of their streams, and no others.
    fn relay_mounts(&mut self, wanted: &[ListedMount], now: Time) {
        let mounts: HashSet<&str> = wanted.iter().map(|listed| listed.mount.as_str()).collect();
        for key in self.stations.keys() {
            let channel = &self.stations[key];
            if channel.master_relay().is_some() && !mounts.contains(channel.settings().mount.as_str()) {
                info!("{}: the master no longer has this mount", channel.settings().mount);
                self.set_master_relay(key, None, now);
            }
        }
        let on_demand = self.master.settings.as_ref().is_some_and(|master| master.on_demand);
        for ListedMount { mount, url } in wanted {
            self.relay_mount(mount, RelaySettings::new(url.clone(), on_demand), now);
        }
    }

    /// Relays a mount of the master, unless the mount is something else here, or a source is about to create
    /// it.
    fn relay_mount(&mut self, mount: &str, relay: RelaySettings, now: Time) {
        match self.stations.find(&StationRef::Mount(mount.to_owned())) {
            Some(key) => {
                let channel = &self.stations[key];
                if channel.parent.is_none() && channel.settings().relay.is_none() {
                    self.set_master_relay(key, Some(relay), now);
                }
            }
            None if self.stations.find_awaiting(mount).is_some() => {}
            None => self.create_for_master(mount, relay, now),
        }
    }

    fn create_for_master(&mut self, mount: &str, relay: RelaySettings, now: Time) {
        let unlisted = self.unlisted.settings.clone().unwrap_or_default();
        // A stream that cannot be relayed, such as one of Ogg, is no station.
        let settings = StationSettings { only_while_on_air: true, ..unlisted.station(0, mount) };
        let Some(key) = self.stations.add_unlisted(settings, now) else { return };
        self.begin_unlisted(key, now);
        // A new station has no audio that is due, and waits for its relay instead of playing silence.
        self.stations[key].set_master_relay(Some(relay), now);
    }

    fn set_master_relay(&mut self, key: StationKey, relay: Option<RelaySettings>, now: Time) {
        if self.stations[key].master_relay() == relay.as_ref() {
            return;
        }
        self.advance(key, now);
        let closed = self.stations[key].set_master_relay(relay, now);
        closed.into_iter().for_each(|peer| self.close_session(peer, CloseReason::NotNeeded, now));
        self.views.invalidate();
    }
}
