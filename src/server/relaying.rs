//! Relays: from the address of another server to the air, off it, and again.

use std::net::SocketAddr;
use std::time::Duration;

use log::{debug, info};

use super::master::{Due, Master, State};
use super::sender::{Each, Sender};
use super::{Entry, OnAir, Peer, Server};
use crate::http::proxy::hops::Hops;
use crate::http::upstream::redirects::Trail;

use crate::http::upstream::{self, Answer, Unfit, Upstream};
use crate::icy::Title;
use crate::session::{Flow, Relay, Session, Visit, Why};
use crate::station::{Feed, PATIENCE, Station};
use crate::time::Time;

/// What is kept in hand of a stream with which a station starts, of the burst that it begins with. coldwave delivers once a
/// second, as do others; a station that played all that it has at once would be late for every listener of its own.
const CUSHION: Duration = Duration::from_secs(2);

/// What a connection that was asked for is known by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ticket(pub u64);

/// A connection that the server wants to have. [`Server::dialed`] or [`Server::dial_failed`] tells what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dial {
    /// What it is known by.
    pub ticket: Ticket,
    /// Whom to call: a name, or an address (of IPv6 without brackets).
    pub host: String,
    /// Where to call.
    pub port: u16,
}

impl Server {
    /// The connections that are wanted since this was last asked.
    pub fn dials(&mut self) -> impl Iterator<Item = Dial> + '_ {
        self.dials.drain(..)
    }

    /// Whether a connection is still wanted.
    pub fn awaits(&self, ticket: Ticket) -> bool {
        self.station_dialing(ticket).is_some()
    }

    fn station_dialing(&self, of: Ticket) -> Option<usize> {
        if self.stopping {
            return None;
        }
        let is_it = |master: &Master| matches!(master.state, State::Dialing { ticket, .. } if ticket == of);
        self.stations.iter().position(|on_air| on_air.master.as_deref().is_some_and(is_it))
    }

    /// A connection that was [asked for](Self::dials) is there, to `address`. `None` if it is not wanted any more.
    pub fn dialed(&mut self, ticket: Ticket, address: SocketAddr, now: Time) -> Option<Peer> {
        let at = self.station_dialing(ticket)?;
        let master = self.stations[at].master.as_mut()?;
        let State::Dialing { trail, .. } = &master.state else { return None };
        let (request, trail) = (upstream::request(trail.url(), &master.way), trail.clone());
        let session = Session::Relay(Box::new(Relay::new(at as u16, request)));
        let peer = self.sessions.open(session, Visit::new(address, now));
        if let Some(master) = &mut self.stations[at].master {
            master.state = State::Asking { peer, trail, since: now };
        }
        self.sessions.write_soon(peer);
        Some(peer)
    }

    /// A connection that was [asked for](Self::dials) cannot be had; `why` says so in the words that follow "cannot be
    /// reached: ".
    pub fn dial_failed(&mut self, ticket: Ticket, why: &str, now: Time) {
        if let Some(at) = self.station_dialing(ticket) {
            self.lose(at, &format!("cannot be reached: {why}"), now);
        }
    }

    /// Does what is due about a station's master.
    pub(super) fn look_after_master(&mut self, at: usize, now: Time) {
        let timeout = self.settings[at].sources.timeout;
        let OnAir { master: Some(master), wheel, .. } = &mut self.stations[at] else { return };
        match master.due(!wheel.is_empty(), timeout, now) {
            None => {}
            Some(Due::Dial) => {
                let trail = master.trail();
                self.dial(at, trail, now);
            }
            Some(Due::Leave) => self.leave_master(at, now),
            Some(Due::GiveUp(why)) => self.lose(at, why, now),
        }
    }

    fn dial(&mut self, at: usize, trail: Trail, now: Time) {
        let Some(master) = &mut self.stations[at].master else { return };
        self.last_ticket += 1;
        let (ticket, url) = (Ticket(self.last_ticket), trail.url());
        debug!("{}: asking {url}", self.settings[at].mount);
        self.dials.push(Dial { ticket, host: url.host().to_owned(), port: url.port() });
        if master.way.is_empty() {
            master.way = Hops::default().and(self.id);
        }
        master.state = State::Dialing { ticket, trail, since: now };
    }

    /// Someone is about to listen to a station, for whom and for the servers on this `way` its master is to be asked.
    ///
    /// Where nobody was listening to silence before, he hears none of that: he is where he would be if the station had
    /// just started.
    pub(super) fn wake_master(&mut self, at: usize, way: &Hops, now: Time) {
        let OnAir { station, master: Some(master), wheel, .. } = &mut self.stations[at] else { return };
        if !matches!(master.state, State::Idle) || !wheel.is_empty() {
            return;
        }
        master.way = way.and(self.id);
        if station.silent_since().is_some() {
            station.begin_anew(now);
        }
        open_feed(station, master, Feed::default());
    }

    /// Nobody listens any more to a station that is relayed on demand.
    fn leave_master(&mut self, at: usize, now: Time) {
        let OnAir { station, master: Some(master), .. } = &mut self.stations[at] else { return };
        info!("{}: nobody listens, leaving {}", self.settings[at].mount, master.place());
        let peer = master.peer();
        master.leave();
        station.feed_mut(master.feed).close();
        if let Some(peer) = peer {
            self.bury(peer, Why::NotNeeded, now);
        }
    }

    /// A master sent these bytes.
    pub(super) fn hear_master(&mut self, peer: Peer, bytes: &[u8], now: Time) {
        let Some(Entry { session: Session::Relay(relay), .. }) = self.sessions.get_mut(peer) else { return };
        let at = usize::from(relay.station);
        match relay.hear_head(bytes) {
            None => self.hear_relayed(peer, at, bytes, now),
            Some(Answer::NotYet) => {}
            Some(Answer::Stream { upstream, consumed }) => match self.admit_upstream(at, &upstream) {
                Ok(()) => self.begin_relaying(peer, at, &upstream, consumed, now),
                Err(why) => self.lose(at, &why, now),
            },
            Some(Answer::Redirect(to)) => self.redirect(at, &to, now),
            Some(Answer::No(unfit)) => self.lose(at, &unfit.to_string(), now),
        }
    }

    fn admit_upstream(&self, at: usize, upstream: &Upstream) -> Result<(), String> {
        upstream.hops.admit(self.id).map_err(|circle| Unfit::Circle(circle).to_string())?;
        if self.plays(at, upstream.codec) {
            return Ok(());
        }
        let played = self.stations[at].station.codec().map_or("", |codec| codec.name());
        let codec = upstream.codec.name();
        Err(format!(
            "plays {codec} and the station {played}, at which players would stop (allow_codec_change)"
        ))
    }

    fn redirect(&mut self, at: usize, to: &str, now: Time) {
        let Some(Master { state: State::Asking { peer, trail, .. }, .. }) =
            self.stations[at].master.as_deref()
        else {
            return;
        };
        let (peer, mut trail) = (*peer, trail.clone());
        match trail.follow(to) {
            Ok(()) => {
                self.dial(at, trail, now);
                self.bury(peer, Why::NotNeeded, now);
            }
            Err(unfit) => self.lose(at, &unfit.to_string(), now),
        }
    }

    /// A master's answer is a stream; its head took `consumed` bytes of what came.
    fn begin_relaying(&mut self, peer: Peer, at: usize, upstream: &Upstream, consumed: usize, now: Time) {
        let charset = self.charset(at);
        let Some(Entry { session: Session::Relay(relay), .. }) = self.sessions.get_mut(peer) else { return };
        let rest = relay.begin_body(consumed, upstream, charset);
        let OnAir { station, master: Some(master), .. } = &mut self.stations[at] else { return };
        let State::Asking { trail, .. } = &master.state else { return };
        let trail = trail.clone();
        self.counters.relayed += 1;
        info!("{}: relaying {}{}", self.settings[at].mount, trail.url(), called(upstream));
        let title = master.begin(Sender::new(peer, now).joining(), upstream.hops.clone(), trail, now);
        master.info = Some(upstream.info.clone());
        if station.is_fresh() {
            station.keep_in_hand(CUSHION);
        }
        if station.feed(master.feed).is_open() {
            // It was away for less time than it takes to notice: what waits is played, and then this.
            if title.is_none() {
                station.feed_mut(master.feed).set_title(Title::default());
            }
        } else {
            let mut feed = Feed::default();
            feed.open();
            feed.begin_with(title.clone());
            open_feed(station, master, feed);
        }
        if let Some(sender) = master.sender_mut() {
            sender.title = title;
        }
        self.dismiss_uninformed(at, now);
        self.hear_relayed(peer, at, &rest, now);
    }

    fn hear_relayed(&mut self, peer: Peer, at: usize, bytes: &[u8], now: Time) {
        match self.take_relayed(peer, now, |relay, each| relay.hear(bytes, each)) {
            None | Some(Ok(Flow::GoesOn)) => {}
            Some(Ok(Flow::Ended)) => self.lose(at, "ended its stream", now),
            Some(Err(fault)) => self.lose(at, &format!("sends no audio: {fault}"), now),
        }
    }

    /// Has a master hand over frames.
    fn take_relayed<R>(
        &mut self,
        peer: Peer,
        now: Time,
        take: impl FnOnce(&mut Relay, Each<'_>) -> R,
    ) -> Option<R> {
        let entry = self.sessions.get_mut(peer)?;
        let Session::Relay(relay) = &mut entry.session else { return None };
        let OnAir { station, master, is_stirred, .. } = &mut self.stations[usize::from(relay.station)];
        let master = master.as_mut()?;
        let feed = station.feed_mut(master.feed);
        let sender = master.sender_mut().filter(|sender| sender.peer == peer)?;
        let (taken, any) = sender.hand_over(feed, now, |each| take(relay, each));
        *is_stirred |= any;
        Some(taken)
    }

    /// A station's master is of no use for now, for the reason that stands behind its address in the log. What it had sent
    /// is still played, and it is asked again later.
    pub(super) fn lose(&mut self, at: usize, why: &str, now: Time) {
        let peer = self.stations[at].master.as_ref().and_then(|master| master.peer());
        if let Some(peer) = peer {
            // The last frame, which nothing behind it could confirm.
            let _ = self.take_relayed(peer, now, |relay, each| relay.finish(each));
        }
        let random = self.rng.u32(..);
        let OnAir { station, studio, master: Some(master), is_stirred, .. } = &mut self.stations[at] else {
            return;
        };
        let place = master.place();
        let (wait, is_news) = master.rest(why, random, now);
        if station.is_on_air(studio.feed) {
            // By the time that this is heard it would be stale.
            station.feed_mut(master.feed).close();
        } else if !station.is_on_air(master.feed) {
            station.feed_mut(master.feed).end();
        }
        *is_stirred = true;
        let (mount, wait) = (&self.settings[at].mount, wait.as_secs_f32());
        let level = if is_news { log::Level::Info } else { log::Level::Debug };
        log::log!(level, "{mount}: {place} {why}; asking again in {wait:.1} s");
        if let Some(peer) = peer {
            self.bury(peer, Why::NotNeeded, now);
        }
    }

    /// The servers that a station's stream came through, this one the last of them.
    pub(super) fn hops_of(&self, at: usize) -> Hops {
        let master = self.stations[at].master.as_ref();
        master.map(|master| master.hops()).unwrap_or_default().and(self.id)
    }

    /// Has those ask again who relay this station and were told of other servers than those that its stream now comes
    /// through: else a circle that closes behind them would not be found out.
    pub(super) fn dismiss_uninformed(&mut self, at: usize, now: Time) {
        let hops = self.hops_of(at);
        let told = self.stations[at].downstream.iter();
        let uninformed: Vec<Peer> =
            told.filter(|(_, told)| !told.covers(&hops)).map(|(&peer, _)| peer).collect();
        for peer in uninformed {
            self.say_goodbye(peer, Why::Rerouted, now);
        }
    }
}

impl OnAir {
    /// Whether this connection is that to the master.
    pub(super) fn is_master(&self, peer: Peer) -> bool {
        self.master.as_ref().and_then(|master| master.peer()) == Some(peer)
    }

    /// Whether a newcomer is kept waiting for his head too: what there will be to hear is not known before a master plays.
    pub(super) fn withholds_heads(&self) -> bool {
        self.master.is_some() && self.station.is_fresh()
    }

    /// What a master sends while somebody live is on the air is not heard; the last of it is kept, as that is on the air at
    /// once when the other is late or leaves.
    pub(super) fn drop_unheard(&mut self) {
        let Self { station, studio, master: Some(master), .. } = self else { return };
        if station.is_on_air(studio.feed) {
            station.feed_mut(master.feed).drop_all_but(PATIENCE);
        }
    }
}

/// Has a station expect what its master sends.
pub fn open_feed(station: &mut Station, master: &Master, mut feed: Feed) {
    if !feed.is_open() {
        feed.open();
    }
    station.open_feed(master.feed, &master.name(), false, feed);
}

/// What the stream is, for the log.
fn called(upstream: &Upstream) -> String {
    let name = upstream.info.name.as_ref().map(|name| format!(" ({name:?})"));
    format!("{}: {}", name.unwrap_or_default(), upstream.codec.name())
}
