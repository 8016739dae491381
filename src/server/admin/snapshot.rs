//! What operators look at beside what everybody sees: gathered when one asks, and as much as he asks for.

use super::master::State;
use super::{Entry, Peer, Server};
use crate::pages::api::{self, Extent};
use crate::pages::dnas;
use crate::pages::{Inside, InsideStation, ListenerFacts, OperatorPage, RelayFacts, RelayState};
use crate::session::Session;
use crate::time::Time;

impl Server {
    /// What a page about a station takes.
    pub(super) fn look_inside_for(&mut self, page: &OperatorPage, at: usize, now: Time) -> Inside {
        match page {
            OperatorPage::Dnas(page) => self.look_inside_for_dnas(page, at, now),
            OperatorPage::Icecast(page) if page.has_listeners() => self.with_listeners(at, Extent::ALL, now),
            OperatorPage::Icecast(_) | OperatorPage::Web(_) => Inside::default(),
            OperatorPage::Api(api::OperatorPage::Listeners(_, extent)) => {
                self.with_listeners(at, *extent, now)
            }
            OperatorPage::Api(api::OperatorPage::Stations) => {
                Inside { stations: self.inside_of_all(), ..Inside::default() }
            }
            OperatorPage::Api(api::OperatorPage::Bans) => self.with_bans(),
            OperatorPage::Api(api::OperatorPage::Log(after)) => {
                Inside { log: self.log_tail.after(*after), ..Inside::default() }
            }
            OperatorPage::Api(api::OperatorPage::Audience) => Inside {
                audience: self.stations.iter_mut().map(|it| it.audience.samples(now)).collect(),
                ..Inside::default()
            },
        }
    }

    /// What a page of `/admin.cgi` takes.
    fn look_inside_for_dnas(&self, page: &dnas::OperatorPage, at: usize, now: Time) -> Inside {
        match page {
            dnas::OperatorPage::View(view, _) => {
                let inside = Inside { stations: self.inside_of_all(), ..Inside::default() };
                let listeners =
                    view.has_listeners().then(|| self.with_listeners(at, Extent::ALL, now).listeners);
                Inside { listeners: listeners.unwrap_or_default(), ..inside }
            }
            dnas::OperatorPage::Bans(_) => self.with_bans(),
            dnas::OperatorPage::Log(_) => Inside { log: self.log_tail.after(0), ..Inside::default() },
            _ => Inside::default(),
        }
    }

    fn with_bans(&self) -> Inside {
        Inside { bans: self.bans.all().cloned().collect(), ..Inside::default() }
    }

    fn inside_of_all(&self) -> Vec<InsideStation> {
        (0..self.stations.len()).map(|at| self.inside_of(at)).collect()
    }

    fn with_listeners(&self, at: usize, extent: Extent, now: Time) -> Inside {
        let mut peers: Vec<Peer> = self.stations[at].wheel.peers().collect();
        peers.retain(|peer| u64::from(peer.generation) > extent.after);
        peers.sort_unstable_by_key(|peer| peer.generation);
        let listeners = peers.into_iter().filter_map(|peer| self.listener(at, peer, now));
        Inside { listeners: listeners.take(extent.limit).collect(), ..Inside::default() }
    }

    fn listener(&self, at: usize, peer: Peer, now: Time) -> Option<ListenerFacts> {
        let entry = self.sessions.get(peer)?;
        let Entry { session: Session::Listener(listener), visit, .. } = entry else { return None };
        Some(ListenerFacts {
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

    fn inside_of(&self, at: usize) -> InsideStation {
        let (settings, on_air) = (&self.settings[at], &self.stations[at]);
        let relay = on_air.master.as_ref().map(|master| RelayFacts {
            url: master.place(),
            state: match master.state {
                State::Idle => RelayState::Idle,
                State::Resting(_) => RelayState::Waiting,
                State::Dialing { .. } | State::Asking { .. } => RelayState::Connecting,
                State::Streaming { .. } => RelayState::Streaming,
            },
        });
        InsideStation {
            relay,
            has_music: !settings.music.is_empty(),
            accepts_sources: settings.sources.is_on(),
            peak_at: on_air.audience.peak_at(),
            skips: on_air.audience.skips,
        }
    }
}
