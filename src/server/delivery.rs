//! Audio from the stations to the sockets: what is due is paid for, and everyone whose slot has come is served.

use std::io::IoSlice;

use super::events::write_events;
use super::{Entry, Gone, OnAir, Peer, Server, Wire};
use crate::session::{Kept, Listener, PIECES_MAX, Reply, Session, Why};
use crate::settings::StationSettings;
use crate::station::{Paid, Station};
use crate::time::Time;

use log::{debug, info};

impl OnAir {
    /// When this station is to be looked after next.
    pub(super) fn deadline(&self, settings: &StationSettings) -> Option<Time> {
        let all = [
            self.wheel.next_time(),
            self.station.waits_until(),
            Some(self.next_payment),
            self.studio.deadline(settings.sources.timeout),
            self.master.as_ref().and_then(|master| master.deadline(settings.sources.timeout)),
            self.silence_until(settings),
        ];
        all.into_iter().flatten().min()
    }

    /// Whether it waits for what no event of its own will tell of.
    pub(super) fn is_impatient(&self) -> bool {
        self.station.waits_until().is_some() && !self.station.waits_for_feed()
    }

    /// Whether what is owed should be played now. Others need not be asked in every turn, of which hundreds of sources
    /// cause thousands a second.
    fn is_due(&self, now: Time) -> bool {
        let is_served = self.wheel.next_time().is_some_and(|slot| slot <= now);
        let is_here = self.is_stirred || !self.station.waits_for_feed();
        let waited_for = self.station.waits_until().is_some_and(|until| is_here || until <= now);
        waited_for || is_served || self.is_stirred || self.next_payment <= now
    }

    /// When those who listen to silence are told goodbye.
    fn silence_until(&self, settings: &StationSettings) -> Option<Time> {
        let since = self.station.silent_since().filter(|_| !self.wheel.is_empty())?;
        let allowed = settings.sources.silence;
        (!allowed.is_zero()).then(|| since + allowed)
    }
}

/// Whether a session goes on.
pub(super) enum Step {
    Stay,
    Close(Why),
}

impl Server {
    /// Does what is due on a station, apart from serving its listeners.
    pub(super) fn look_after(&mut self, at: usize, now: Time) {
        self.look_after_studio(at, now);
        self.look_after_master(at, now);
        if self.stations[at].is_due(now) {
            self.pay(at, now);
        }
        if self.stations[at].silence_until(&self.settings[at]).is_some_and(|until| until <= now) {
            self.end_silence(at, now);
        }
    }

    /// Has a station play all that it owes.
    pub(super) fn pay(&mut self, at: usize, now: Time) {
        self.stations[at].is_stirred = false;
        while self.stations[at].station.pay(now) == Paid::AfterSweep {
            self.sweep(at, now);
        }
        // Without listeners nobody is in a hurry, but the programme goes on.
        self.stations[at].next_payment = now + self.settings[at].delivery_interval;
        self.stations[at].drop_unheard();
        self.sessions.resume(self.stations[at].take_resumed(now));
    }

    /// Tells everyone goodbye who listens to a station that has nothing to say any more.
    fn end_silence(&mut self, at: usize, now: Time) {
        let peers: Vec<Peer> = self.stations[at].wheel.peers().collect();
        info!("{}: nothing to hear, telling {} listeners goodbye", self.settings[at].mount, peers.len());
        peers.into_iter().for_each(|peer| self.say_goodbye(peer, Why::Silence, now));
    }

    /// Has those who came too early served in this turn, if there is something to hear by now.
    pub(super) fn admit_early(&mut self, at: usize) {
        if self.stations[at].station.is_fresh() {
            return;
        }
        for (peer, manner) in std::mem::take(&mut self.stations[at].early) {
            self.begin_stream(peer, at, manner);
        }
    }

    /// Looks after every listener of a station before the ring overwrites more than a round's worth.
    fn sweep(&mut self, at: usize, now: Time) {
        let peers: Vec<Peer> = self.stations[at].wheel.peers().collect();
        for peer in peers {
            self.keep_up(peer, now);
        }
        self.stations[at].station.swept();
    }

    fn keep_up(&mut self, peer: Peer, now: Time) {
        let entry = self.sessions.get_mut(peer);
        let Some(Entry { session: Session::Listener(listener), visit, .. }) = entry else { return };
        let station = &self.stations[usize::from(listener.station)].station;
        match listener.keep_up(station, now) {
            Ok(Kept::Up) => {}
            Ok(Kept::Skipped) => {
                debug!("{} fell behind and was moved forward", visit.peer);
                self.stations[usize::from(listener.station)].audience.skips += 1;
            }
            Err(why) => self.bury(peer, why, now),
        }
    }

    /// Serves the listeners whose slots have come.
    pub(super) fn serve_slots(&mut self, at: usize, now: Time, wire: &mut impl Wire) {
        let mut due = self.stations[at].wheel.due(now);
        let is_whole_turn = self.stations[at].wheel.is_whole_turn(due);
        if self.stations[at].wheel.begins_turn(due) {
            self.stations[at].station.round_begins();
        }
        while let Some(place) = self.stations[at].wheel.next_busy(&mut due) {
            let lateness = self.stations[at].wheel.lateness(due, place, now);
            let mut peers = self.stations[at].wheel.take(place);
            self.tally.lateness.note(lateness, peers.len() as u32);
            peers.retain(|&peer| self.serve(peer, now, wire));
            self.stations[at].wheel.put_back(place, peers);
        }
        if is_whole_turn {
            self.stations[at].station.swept();
        }
    }

    /// Serves a listener at his slot; says whether he is still there.
    fn serve(&mut self, peer: Peer, now: Time, wire: &mut impl Wire) -> bool {
        self.keep_up(peer, now);
        self.write(peer, now, wire)
    }

    /// Writes what a peer has to be sent, as far as its socket takes it; says whether it still listens.
    pub(super) fn write(&mut self, peer: Peer, now: Time, wire: &mut impl Wire) -> bool {
        let Some(entry) = self.sessions.get_mut(peer) else {
            return false;
        };
        if entry.blocked {
            return matches!(entry.session, Session::Listener(_));
        }
        let (step, listens) = match &mut entry.session {
            Session::Listener(listener) => {
                let OnAir { station, bytes_sent, .. } = &mut self.stations[usize::from(listener.station)];
                let before = listener.sent();
                let step = write_audio(listener, station, peer, wire, &mut entry.blocked);
                *bytes_sent += listener.sent() - before;
                (step, true)
            }
            Session::Events(reader) => {
                let bulletin = &mut self.bulletin;
                (write_events(reader, bulletin, (peer, now), wire, &mut entry.blocked), false)
            }
            Session::Reply(reply) => (write_reply(reply, peer, wire, &mut entry.blocked), false),
            Session::Source(source) => {
                let taken = write_rest(source.reply(), peer, wire, &mut entry.blocked);
                (step_after(taken.map(|taken| source.advance(taken))), false)
            }
            Session::Relay(relay) => {
                let taken = write_rest(relay.request(), peer, wire, &mut entry.blocked);
                (step_after(taken.map(|taken| relay.advance(taken))), false)
            }
            Session::Handshake(_) => (Step::Stay, false),
        };
        match step {
            Step::Stay => listens,
            Step::Close(why) => {
                self.bury(peer, why, now);
                false
            }
        }
    }
}

/// Writes all that is new on the timeline to a listener.
fn write_audio(
    listener: &mut Listener,
    station: &Station,
    peer: Peer,
    wire: &mut impl Wire,
    blocked: &mut bool,
) -> Step {
    loop {
        let mut pieces = [IoSlice::new(&[]); PIECES_MAX];
        let count = listener.gather(station, &mut pieces);
        let offered: usize = pieces[..count].iter().map(|piece| piece.len()).sum();
        if count == 0 {
            return Step::Stay;
        }
        let Ok(taken) = wire.write(peer, &pieces[..count]) else { return Step::Close(Why::PeerLeft) };
        listener.advance(station, taken);
        *blocked = taken < offered;
        if *blocked || count < PIECES_MAX {
            return Step::Stay;
        }
    }
}

/// Writes what is left to be said to someone who is to be heard; returns how much of it he took.
fn write_rest(rest: &[u8], peer: Peer, wire: &mut impl Wire, blocked: &mut bool) -> Result<usize, Gone> {
    if rest.is_empty() {
        return Ok(0);
    }
    let taken = wire.write(peer, &[IoSlice::new(rest)])?;
    *blocked = taken < rest.len();
    Ok(taken)
}

fn step_after(written: Result<(), Gone>) -> Step {
    match written {
        Ok(()) => Step::Stay,
        Err(Gone) => Step::Close(Why::PeerLeft),
    }
}

fn write_reply(reply: &mut Reply, peer: Peer, wire: &mut impl Wire, blocked: &mut bool) -> Step {
    if reply.is_finished() || reply.is_awaited() {
        return Step::Stay;
    }
    while !reply.rest().is_empty() {
        let rest = reply.rest();
        let Ok(taken) = wire.write(peer, &[IoSlice::new(rest)]) else { return Step::Close(Why::PeerLeft) };
        *blocked = taken < rest.len();
        reply.advance(taken);
        if *blocked {
            return Step::Stay;
        }
    }
    wire.finish(peer);
    reply.finish();
    Step::Stay
}
