//! What an admin may see beside what everybody sees: gathered when one asks, the lists only if the page shows them.

use std::collections::HashMap;
use std::rc::Rc;

use super::master::{Master, State};
use super::{Entry, Peer, Server};
use crate::pages::api::{self, Extent};
use crate::pages::{
    AdminSnapshot, AdminStation, ListenerSnapshot, OperatorPage, RelayState, RelayStatus, Snapshot, Source,
    StationSnapshot, dnas,
};
use crate::session::Session;
use crate::time::Time;

impl Server {
    /// What an admin may see of the server as it is now, without what is gathered only when a page asks for it.
    pub fn admin_snapshot(&mut self, now: Time) -> AdminSnapshot {
        let public = self.snapshot(now);
        let (counters, stations) = (self.counters(), self.admin_stations(&public));
        AdminSnapshot { public, counters, stations, ..AdminSnapshot::default() }
    }

    /// The same with what `page` about the station at `at` shows.
    pub(super) fn admin_snapshot_for(&mut self, page: &OperatorPage, at: usize, now: Time) -> AdminSnapshot {
        let mut snapshot = self.admin_snapshot(now);
        match page {
            OperatorPage::Dnas(page) => self.gather_for_dnas(page, at, now, &mut snapshot),
            OperatorPage::Icecast(page) if page.has_listeners() => {
                snapshot.listeners = self.listener_snapshots(at, Extent::ALL, now);
            }
            OperatorPage::Icecast(_) | OperatorPage::Web(_) => {}
            OperatorPage::Api(page) => self.gather_for_api(page, at, now, &mut snapshot),
        }
        snapshot
    }

    fn gather_for_dnas(&self, page: &dnas::OperatorPage, at: usize, now: Time, snapshot: &mut AdminSnapshot) {
        match page {
            dnas::OperatorPage::View(view, _) if view.has_listeners() => {
                snapshot.listeners = self.listener_snapshots(at, Extent::ALL, now);
            }
            dnas::OperatorPage::Bans(_) => snapshot.bans = self.bans.all().cloned().collect(),
            dnas::OperatorPage::Log(_) => snapshot.log = self.log_tail.after(0),
            _ => {}
        }
    }

    fn gather_for_api(
        &mut self,
        page: &api::OperatorPage,
        at: usize,
        now: Time,
        snapshot: &mut AdminSnapshot,
    ) {
        match page {
            api::OperatorPage::Listeners(_, extent) => {
                snapshot.listeners = self.listener_snapshots(at, *extent, now)
            }
            api::OperatorPage::Stations => {}
            api::OperatorPage::Bans => snapshot.bans = self.bans.all().cloned().collect(),
            api::OperatorPage::Log(after) => snapshot.log = self.log_tail.after(*after),
            api::OperatorPage::Audience => self.gather_audience(now, snapshot),
        }
    }

    fn gather_audience(&mut self, now: Time, snapshot: &mut AdminSnapshot) {
        let places = self.places();
        for station in &mut snapshot.stations {
            let at = places.get(&station.public.id);
            station.audience = at.map(|&at| self.stations[at].audience.samples(now)).unwrap_or_default();
        }
    }

    /// Where each station is, by its id.
    fn places(&self) -> HashMap<u32, usize> {
        self.settings.iter().enumerate().map(|(at, settings)| (settings.id, at)).collect()
    }

    fn admin_stations(&self, public: &Snapshot) -> Vec<AdminStation> {
        let places = self.places();
        let station = |it: &Rc<StationSnapshot>| Some(self.admin_station(it.clone(), *places.get(&it.id)?));
        public.stations.iter().filter_map(station).collect()
    }

    fn admin_station(&self, public: Rc<StationSnapshot>, at: usize) -> AdminStation {
        let (settings, on_air) = (&self.settings[at], &self.stations[at]);
        AdminStation {
            public,
            counters: on_air.counters(),
            source: self.source(at),
            track: on_air.station.track().cloned(),
            relay: on_air.master.as_ref().map(|master| relay_status(master)),
            has_music: !settings.music.is_empty(),
            accepts_sources: settings.sources.is_on(),
            silent_since: on_air.station.silent_since(),
            peak_at: on_air.audience.peak_at(),
            audience: Vec::new(),
        }
    }

    fn source(&self, at: usize) -> Option<Source> {
        let holder = self.stations[at].studio.holder.as_ref()?;
        let entry = self.sessions.get(holder.sender.peer)?;
        Some(Source {
            user: holder.who.user.clone(),
            address: entry.visit.peer.ip(),
            user_agent: entry.visit.user_agent.to_string(),
            since: holder.since,
        })
    }

    fn listener_snapshots(&self, at: usize, extent: Extent, now: Time) -> Vec<ListenerSnapshot> {
        let mut peers: Vec<Peer> = self.stations[at].wheel.peers().collect();
        peers.retain(|peer| u64::from(peer.generation) > extent.after);
        peers.sort_unstable_by_key(|peer| peer.generation);
        let listeners = peers.into_iter().filter_map(|peer| self.listener_snapshot(at, peer, now));
        listeners.take(extent.limit).collect()
    }

    fn listener_snapshot(&self, at: usize, peer: Peer, now: Time) -> Option<ListenerSnapshot> {
        let entry = self.sessions.get(peer)?;
        let Entry { session: Session::Listener(listener), visit, .. } = entry else { return None };
        Some(ListenerSnapshot {
            id: peer.generation.into(),
            address: visit.peer.ip(),
            user_agent: visit.user_agent.to_string(),
            referer: visit.referer.to_string(),
            forwarded_for: visit.forwarded_for().to_owned(),
            connected_s: now.since(visit.since).as_secs(),
            bytes_sent: listener.sent(),
            behind: listener.behind(&self.stations[at].station),
            skips: listener.skipped(),
            counts: self.stations[at].audience.present().contains(&peer),
        })
    }
}

fn relay_status(master: &Master) -> RelayStatus {
    let state = match master.state {
        State::Idle => RelayState::Idle,
        State::Resting(_) => RelayState::Waiting,
        State::Dialing { .. } | State::Asking { .. } => RelayState::Connecting,
        State::Streaming { .. } => RelayState::Streaming,
    };
    RelayStatus { url: master.place(), state }
}
