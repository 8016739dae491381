//! Disconnects and moves listeners for an administrator.

use log::info;

use super::authorize::Authorization;
use crate::http::admin::ClientSelector;
use crate::http::admin::reply::{AdminOutcome, AdminRefusal};
use crate::http::request::station_ref::StationRef;
use crate::http::response::reply::StreamRefusal;
use crate::server::state::peer::Peer;
use crate::server::state::server::Server;
use crate::session::CloseReason;
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
        let selected = self.selected_listeners(key, clients);
        let (mount, by) = (&self.stations[key].settings().mount, authorization.user_and_address());
        info!("{mount}: listeners disconnected by {by}: {}", selected.len());
        selected.iter().for_each(|&peer| self.close_gracefully(peer, CloseReason::Kicked, now));
        match (clients, selected.len()) {
            ([ClientSelector::Id(id)], 0) => AdminOutcome::ClientNotFound(*id),
            ([ClientSelector::Id(id)], _) => AdminOutcome::ClientRemoved(*id),
            (clients, 0) if !clients.contains(&ClientSelector::All) => AdminOutcome::ClientsNotFound,
            (_, count) => AdminOutcome::ClientsRemoved(count),
        }
    }

    /// Returns the listeners of a station that an administrator has named.
    fn selected_listeners(&self, key: StationKey, clients: &[ClientSelector]) -> Vec<Peer> {
        let is_selected = |peer: &Peer| {
            clients.iter().any(|client| match *client {
                ClientSelector::Id(id) => u64::from(peer.generation) == id,
                ClientSelector::Address(address) => {
                    self.sessions.address(*peer).is_some_and(|it| it.ip() == address)
                }
                ClientSelector::All => true,
            })
        };
        self.stations[key].wheel.peers().filter(is_selected).collect()
    }

    /// Moves listeners of a station to another.
    pub(super) fn move_clients(
        &mut self,
        from: StationKey,
        to: &str,
        clients: &[ClientSelector],
        authorization: &Authorization,
        now: Time,
    ) -> Result<AdminOutcome<'_>, AdminRefusal> {
        let to = StationRef::from_mount(to.to_owned());
        let to = self.named_station(&to).ok_or(AdminRefusal::NoSuchDestination)?;
        if from == to {
            return Err(AdminRefusal::SameDestination);
        }
        self.advance(to, now);
        let codec = self.stations[to].announced_codec();
        let has_played = self.stations[to].station.codec().is_some();
        if !has_played || self.stations[from].announced_codec() != codec {
            return Err(AdminRefusal::DestinationNotRunning);
        }
        if matches!(self.stream_refusal(to, now), Some(StreamRefusal::NothingOnAir)) {
            return Err(AdminRefusal::DestinationNotRunning);
        }
        self.count_listeners(now);
        let mut peers = self.selected_listeners(from, clients);
        if peers.is_empty() && !clients.contains(&ClientSelector::All) {
            return Ok(AdminOutcome::ClientsNotFound);
        }
        let has_named = !peers.is_empty();
        peers.retain(|&peer| self.may_get(peer, codec));
        if has_named && peers.is_empty() {
            return Err(AdminRefusal::DestinationNotRunning);
        }
        let mount = |key: StationKey| &self.stations[key].settings().mount;
        info!(
            "{}: listeners moved to {} by {}: {}",
            mount(from),
            mount(to),
            authorization.user_and_address(),
            peers.len()
        );
        for peer in peers {
            self.move_listener(peer, from, to);
            // It stays where the administrator wants it.
            self.forget_home(peer);
        }
        [from, to].into_iter().for_each(|key| self.stations[key].audience.update_history(now));
        self.close_outdated_relays(to, now);
        let mount = |key: StationKey| &self.stations[key].settings().mount;
        Ok(AdminOutcome::ClientsMoved { from: mount(from), to: mount(to) })
    }
}
