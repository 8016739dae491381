//! Disconnects and moves listeners for an administrator.

use log::info;

use super::authorize::Authorization;
use crate::http::admin::ClientSelector;
use crate::http::admin::reply::{AdminOutcome, AdminRefusal};
use crate::http::request::station_ref::StationRef;
use crate::http::response::reply::StreamRefusal;
use crate::server::state::half_closed::HalfClosedListener;
use crate::server::state::peer::Peer;
use crate::server::state::server::Server;
use crate::server::state::station::audience::ParallelPlayer;
use crate::session::{CloseReason, Session};
use crate::station::StationKey;
use crate::time::Time;

impl Server {
    pub(super) fn kick_clients(
        &mut self,
        key: StationKey,
        clients: &[ClientSelector],
        authorization: &Authorization,
        now: Time,
    ) -> AdminOutcome<'static> {
        let is_selected = |peer: &Peer| {
            clients.iter().any(|client| match *client {
                ClientSelector::Id(id) => u64::from(peer.generation) == id,
                ClientSelector::Address(address) => {
                    self.sessions.address(*peer).is_some_and(|it| it.ip() == address)
                }
                ClientSelector::All => true,
            })
        };
        let channel = &self.stations[key];
        let selected: Vec<Peer> = channel.wheel.peers().filter(is_selected).collect();
        let (mount, by) = (&channel.settings().mount, authorization.user_and_address());
        info!("{mount}: listeners disconnected by {by}: {}", selected.len());
        selected.iter().for_each(|&peer| self.close_gracefully(peer, CloseReason::Kicked, now));
        match (clients, selected.len()) {
            ([ClientSelector::Id(id)], 0) => AdminOutcome::ClientNotFound(*id),
            ([ClientSelector::Id(id)], _) => AdminOutcome::ClientRemoved(*id),
            (clients, 0) if !clients.contains(&ClientSelector::All) => AdminOutcome::ClientsNotFound,
            (_, count) => AdminOutcome::ClientsRemoved(count),
        }
    }

    /// Moves all listeners of a station to another.
    pub(super) fn move_clients(
        &mut self,
        from: StationKey,
        to: &str,
        authorization: &Authorization,
        now: Time,
    ) -> Result<AdminOutcome<'_>, AdminRefusal> {
        let to =
            self.stations.find(&StationRef::Mount(to.to_owned())).ok_or(AdminRefusal::NoSuchDestination)?;
        if from == to {
            return Err(AdminRefusal::SameDestination);
        }
        self.advance(to, now);
        let codec = |key: StationKey| self.stations[key].station.codec();
        if codec(to).is_none() || codec(from) != codec(to) {
            return Err(AdminRefusal::DestinationNotRunning);
        }
        if matches!(self.stream_refusal(to, now), Some(StreamRefusal::NothingOnAir)) {
            return Err(AdminRefusal::DestinationNotRunning);
        }
        self.count_listeners(now);
        let peers: Vec<Peer> = self.stations[from].wheel.peers().collect();
        let mount = |key: StationKey| &self.stations[key].settings().mount;
        info!(
            "{}: listeners moved to {} by {}: {}",
            mount(from),
            mount(to),
            authorization.user_and_address(),
            peers.len()
        );
        peers.into_iter().for_each(|peer| self.move_listener(peer, from, to));
        [from, to].into_iter().for_each(|key| self.stations[key].audience.update_history(now));
        self.close_outdated_relays(to, now);
        let mount = |key: StationKey| &self.stations[key].settings().mount;
        Ok(AdminOutcome::ClientsMoved { from: mount(from), to: mount(to) })
    }

    /// Moves a listener to another station at the end of its current frame.
    fn move_listener(&mut self, peer: Peer, from: StationKey, to: StationKey) {
        let Some(entry) = self.sessions.get_mut(peer) else { return };
        let player = ParallelPlayer::from_entry(entry);
        let Session::Listener(listener) = &mut entry.session else { return };
        if !listener.has_head() {
            return;
        }
        self.stations[from].wheel.remove(peer, listener.slot);
        listener.move_to(&self.stations[from].station, &self.stations[to].station);
        (listener.station, listener.slot) = (to, self.stations[to].wheel.add(peer));
        let mut audience = std::mem::take(&mut self.stations[from].audience);
        audience.move_to(peer, player, &mut self.stations[to].audience);
        self.stations[from].audience = audience;
        if let Some(since) = entry.half_closed_since {
            let half_closed = HalfClosedListener { station: to, address: entry.info.address.ip() };
            self.capacity.half_closed.set(since, peer, half_closed);
        }
        if let Some(relay_path) = self.stations[from].downstream.remove(&peer) {
            self.stations[to].downstream.insert(peer, relay_path);
        }
    }
}
