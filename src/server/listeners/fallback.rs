//! Moves listeners to the fallback of their station, and back.
//!
//! They are moved when their station is removed, or has been silent for `max_silence_s`. Those that were
//! moved because of silence return when the station has a programme again. Until then it is their home,
//! however often they are moved on from one fallback to the next.

use std::collections::HashSet;

use log::info;

use crate::http::request::station_ref::StationRef;
use crate::http::response::reply::StreamRefusal;
use crate::server::state::peer::Peer;
use crate::server::state::server::Server;
use crate::server::state::sessions::SessionEntry;
use crate::server::state::station::lent_listeners::RETURN_AFTER;
use crate::session::Session;
use crate::station::StationKey;
use crate::time::Time;

impl Server {
    /// Moves the listeners of a station that is about to be removed to its fallback, and those of its
    /// renditions to renditions of the fallback; those of a rendition to its station. No listener is moved
    /// to it from now on. Returns how many listeners were moved. Those that do not fit stay.
    pub fn hand_over_listeners(&mut self, key: StationKey, now: Time) -> usize {
        self.hand_over_all(&[key], now)
    }

    /// Does the same for stations that are removed together: none of them gets a listener of another one.
    pub(in crate::server) fn hand_over_all(&mut self, keys: &[StationKey], now: Time) -> usize {
        let existing = keys.iter().filter(|key| self.stations.get(**key).is_some());
        let leaving: Vec<_> = existing.flat_map(|&key| self.stations.with_renditions(key)).collect();
        leaving.iter().for_each(|&station| self.stations[station].is_leaving = true);
        for &station in &leaving {
            let mount = self.stations[station].settings().mount.clone();
            let next = self.first_fallback(station, now);
            self.removed_fallbacks.note(mount, next, now);
        }
        leaving.into_iter().map(|station| self.move_to_fallback(station, now)).sum()
    }

    /// Moves as many listeners of a station to its fallback as fit there. Returns how many.
    pub(in crate::server) fn move_to_fallback(&mut self, from: StationKey, now: Time) -> usize {
        if self.stations[from].wheel.is_empty() {
            return 0;
        }
        let Some(to) = self.fallback_for(from, now) else { return 0 };
        self.wake_upstream(self.stations.programme(to), now);
        let peers: Vec<Peer> = self.stations[from].wheel.peers().collect();
        let moved = self.move_fitting(&peers, from, to, now);
        if moved > 0 {
            let mount = |key: StationKey| &self.stations[key].settings().mount;
            info!("{}: listeners moved to the fallback {}: {moved}", mount(from), mount(to));
        }
        moved
    }

    /// Moves listeners as far as the limit of `to` allows it and it has the codec that their heads named.
    fn move_fitting(&mut self, peers: &[Peer], from: StationKey, to: StationKey, now: Time) -> usize {
        self.count_listeners(now);
        let codec = self.stations[to].announced_codec();
        let mut moved = 0;
        for &peer in peers {
            if self.stations[to].is_full() {
                break;
            }
            if self.may_get(peer, codec) {
                self.move_listener(peer, from, to);
                self.keep_home(peer, from, to);
                moved += 1;
            }
        }
        [from, to].into_iter().for_each(|key| self.stations[key].audience.update_history(now));
        self.close_outdated_relays(to, now);
        moved
    }

    /// Returns the first station on the chain of fallbacks that has a programme.
    pub(in crate::server) fn fallback_for(&mut self, key: StationKey, now: Time) -> Option<StationKey> {
        let mut seen = HashSet::from([self.stations[key].settings().mount.clone()]);
        let mut next = self.first_fallback(key, now);
        while let Some(mount) = next.take().filter(|mount| seen.insert(mount.clone())) {
            let Some(found) = self.stations.find(&StationRef::Mount(mount.clone())) else {
                next = self.removed_fallbacks.get(&mount, now);
                continue;
            };
            let target = self.suitable_rendition(found, key);
            self.advance(self.stations.programme(target), now);
            self.update_presence(self.stations.programme(target), now);
            if self.admits_moved(target, now) {
                return Some(target);
            }
            next = self.stations[self.stations.programme(found)].settings().fallback.clone();
        }
        None
    }

    /// Returns whether listeners of other stations are moved to this one: it has a programme, and listeners
    /// find it.
    fn admits_moved(&self, key: StationKey, now: Time) -> bool {
        let is_found = self.stations.is_present(key) && !self.stations[key].is_leaving;
        is_found && self.has_programme(key, now)
    }

    /// Returns the mount to which listeners of a station go first: that of its fallback. For a rendition, it
    /// is the fallback of its station, or the station itself if only the rendition is removed. Listeners of a
    /// rendition without an encoder go nowhere: their station has a programme.
    fn first_fallback(&self, key: StationKey, now: Time) -> Option<String> {
        let parent = self.stations.programme(key);
        let programme = &self.stations[parent];
        // An on-demand relay without listeners is silent, and has a programme as soon as it is wanted.
        let is_wanted = !programme.is_on_demand() || self.stations.has_listeners(parent);
        match self.stations[key].parent {
            Some(_) if programme.is_leaving || is_wanted && programme.is_past_max_silence(now) => {}
            Some(_) if self.stations[key].is_leaving => return Some(programme.settings().mount.clone()),
            Some(_) => return None,
            None => {}
        }
        programme.settings().fallback.clone()
    }

    /// Returns where listeners of `from` go if its fallback is `station`: listeners of a rendition of another
    /// station to the rendition with the most similar bit rate, all others to the station itself.
    fn suitable_rendition(&self, station: StationKey, from: StationKey) -> StationKey {
        let kbps = |key: StationKey| self.stations[key].settings().rendition.as_ref().map(|it| it.kbps);
        let Some(own) = kbps(from).filter(|_| self.stations.programme(from) != station) else {
            return station;
        };
        let all = self.stations.with_renditions(station).into_iter();
        let renditions = all.filter_map(|key| Some((kbps(key)?.abs_diff(own), key)));
        renditions.min().map_or(station, |(_, key)| key)
    }

    /// Makes the silent station `home` the one to which a listener returns.
    fn lend(&mut self, peer: Peer, home: StationKey) {
        self.homes.insert(peer, home);
        self.stations[home].lent.add(peer);
    }

    /// Decides where a listener returns that the server has moved: to its home, if it has one that stays,
    /// else to the station that it has left, if that one stays.
    fn keep_home(&mut self, peer: Peer, from: StationKey, to: StationKey) {
        let stays = |key: StationKey| self.stations.get(key).is_some_and(|channel| !channel.is_leaving);
        let homes = [self.homes.get(&peer).copied(), Some(from)];
        let home = homes.into_iter().flatten().find(|&home| stays(home));
        self.forget_home(peer);
        home.filter(|&home| home != to).into_iter().for_each(|home| self.lend(peer, home));
    }

    /// Forgets to which station a listener returns, because it has left or is to stay where it is.
    pub(in crate::server) fn forget_home(&mut self, peer: Peer) {
        let Some(home) = self.homes.remove(&peer) else { return };
        if self.stations.get(home).is_some() {
            self.stations[home].lent.remove(peer);
        }
    }

    /// Returns the station that a new listener of `key` hears: `key`, or its fallback while it has been
    /// silent for too long.
    pub(in crate::server) fn playing_station(&mut self, key: StationKey, now: Time) -> StationKey {
        if self.has_programme(key, now) { key } else { self.fallback_for(key, now).unwrap_or(key) }
    }

    /// Returns whether a new listener of a station would hear a programme, as far as is known: an on-demand
    /// relay without listeners has one unless its upstream has failed.
    fn has_programme(&self, key: StationKey, now: Time) -> bool {
        let is_unreachable = self.stations[self.stations.programme(key)].is_unreachable(now);
        !is_unreachable && !matches!(self.stream_refusal(key, now), Some(StreamRefusal::NothingOnAir))
    }

    /// Remembers a new listener that asked for `asked` and hears its fallback.
    pub(in crate::server) fn note_redirected(&mut self, peer: Peer, asked: StationKey) {
        let Some(SessionEntry { session: Session::Listener(listener), .. }) = self.sessions.get(peer) else {
            return;
        };
        if listener.station != asked {
            self.lend(peer, asked);
        }
    }

    /// Moves the listeners of a station back that its fallback has got, once it has had a programme for a
    /// while.
    pub(in crate::server) fn return_listeners(&mut self, key: StationKey, now: Time) {
        let channel = &mut self.stations[key];
        let is_silent = channel.station.silent_since().is_some() || channel.station.is_empty_since_restart();
        if !channel.lent.is_return_due(is_silent, now) {
            return;
        }
        let lent = channel.lent.take();
        let mut moved = 0;
        for peer in lent {
            self.homes.remove(&peer);
            if let Some(Session::Listener(listener)) = self.sessions.get(peer).map(|entry| &entry.session) {
                let from = listener.station;
                moved += self.move_back(peer, from, key, now);
            }
        }
        if moved > 0 {
            self.close_outdated_relays(key, now);
            let mount = &self.stations[key].settings().mount;
            let seconds = RETURN_AFTER.as_secs();
            info!(
                "{mount}: has had a programme for {seconds} s; listeners moved back from the fallback: {moved}"
            );
        }
    }

    fn move_back(&mut self, peer: Peer, from: StationKey, to: StationKey, now: Time) -> usize {
        let codec = self.stations[to].announced_codec();
        if self.stations[to].is_full() || !self.may_get(peer, codec) {
            return 0;
        }
        self.count_listeners(now);
        self.move_listener(peer, from, to);
        [from, to].into_iter().for_each(|key| self.stations[key].audience.update_history(now));
        1
    }
}
