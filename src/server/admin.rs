//! What operators, and encoders that have a title to tell, ask of us.

use std::net::IpAddr;

use log::info;

use super::leavers::Leaver;
use super::{Peer, Server, accounts};
use crate::http::admin::claim::Claim;
use crate::http::admin::reply::{AdminRefusal, Done};
use crate::http::admin::{Action, AdminRequest, Client, Needs, Style};
use crate::http::proxy::base::base;
use crate::http::request::cross_site::is_cross_site;
use crate::http::request::form::Form;
use crate::http::request::which::Which;
use crate::http::request::{Method, Request};
use crate::pages::OperatorPage;
use crate::session::{Reply, Session, Who, Why};
use crate::time::Time;

/// Whoever gave a password that is right.
pub(super) struct Granted {
    /// The station's place in the list; none where one was named that does not exist.
    station: Option<usize>,
    right: Right,
    /// Where he is.
    address: IpAddr,
}

/// What he may do.
enum Right {
    /// Everything.
    Admin,
    /// What whoever may go live on that station may do.
    Source(Who),
}

impl Server {
    /// Answers a request for an operator's page, or for something that he wants done.
    pub(super) fn administer(&mut self, peer: Peer, request: &Request, body: &[u8], now: Time) {
        let form = Form::of(request, body);
        let reply = match OperatorPage::of(request, &form) {
            Some(page) => page.and_then(|page| self.look_inside(peer, request, &form, &page, now)),
            None => {
                AdminRequest::of(request, &form).and_then(|asked| self.do_asked(peer, request, &asked, now))
            }
        };
        let reply = reply.unwrap_or_else(|refusal| refusal.reply(Style::of(&request.path)));
        self.become_reply(peer, Reply::new(reply, Why::Answered), now);
    }

    fn look_inside(
        &mut self,
        peer: Peer,
        request: &Request,
        form: &Form,
        page: &OperatorPage,
        now: Time,
    ) -> Result<Vec<u8>, AdminRefusal> {
        let granted = match page.needs() {
            Needs::Nothing => form.station().find(&self.settings),
            needs => self.admitted(peer, request, &request.claims(form), needs, now)?.station,
        };
        let station = page.station().map_or(granted, |station| station.find(&self.settings));
        let at = station.ok_or(AdminRefusal::NoSuchSource)?;
        if page.is_script() && is_cross_site(request) {
            return Err(AdminRefusal::CrossSite);
        }
        let base = base(request, &self.ports);
        Ok(self.show_inside(page, at, &base, now).private_reply(request.method == Method::Head))
    }

    fn do_asked(
        &mut self,
        peer: Peer,
        request: &Request,
        asked: &AdminRequest,
        now: Time,
    ) -> Result<Vec<u8>, AdminRefusal> {
        if is_cross_site(request) {
            return Err(AdminRefusal::CrossSite);
        }
        let granted = self.admitted(peer, request, &asked.claims, asked.action.needs(), now)?;
        self.act(asked, &granted, now)
    }

    /// Who it is that asks, if one of his claims is good for what he wants.
    pub(super) fn admitted(
        &mut self,
        peer: Peer,
        request: &Request,
        claims: &[Claim],
        needs: Needs,
        now: Time,
    ) -> Result<Granted, AdminRefusal> {
        self.admit_address(peer, now).map_err(|_| AdminRefusal::TooManyFailures)?;
        let is_for_sources = needs == Needs::Source;
        if self.admin.password.is_none() && !(is_for_sources && self.takes_sources()) {
            return Err(AdminRefusal::Off);
        }
        let address = self.sessions.address(peer).map_or(IpAddr::from([0; 4]), |address| address.ip());
        let granted = claims.iter().find_map(|claim| self.granted(claim, address));
        match granted.filter(|granted| is_for_sources || matches!(granted.right, Right::Admin)) {
            // The operator himself is let in from anywhere.
            Some(Granted { right: Right::Source(_), .. }) if self.is_banned(peer) => {
                Err(AdminRefusal::Banned)
            }
            Some(granted) => Ok(granted),
            None => {
                if !claims.is_empty() {
                    // Any other name than this may be a part of a password.
                    let credentials = request.credentials();
                    self.note_wrong(peer, credentials.as_ref().map(|it| it.user.as_str()), now);
                }
                Err(AdminRefusal::Unauthenticated)
            }
        }
    }

    /// What whoever makes this claim may do. An admin's password without a name is his all the same, as DNAS has it.
    fn granted(&self, claim: &Claim, address: IpAddr) -> Option<Granted> {
        let (user, password) = (&claim.credentials.user, &claim.credentials.password);
        let station = claim.station.find(&self.settings);
        let admin = if user.is_empty() { &self.admin.user } else { user };
        if accounts::is(&self.admin, admin, password) {
            return Some(Granted { station, right: Right::Admin, address });
        }
        let station = self.meant(&claim.station)?;
        let who = accounts::source(&self.settings[station].sources, Some(user), password)?;
        Some(Granted { station: Some(station), right: Right::Source(who), address })
    }

    fn act(&mut self, asked: &AdminRequest, granted: &Granted, now: Time) -> Result<Vec<u8>, AdminRefusal> {
        if let Some(done) = self.act_on_all(asked, granted, now) {
            return done.map(|done| done.reply(asked.style));
        }
        let at = granted.station.ok_or(AdminRefusal::NoSuchSource)?;
        let by = granted.who(&self.admin.user);
        let done = match &asked.action {
            Action::UpdateTitle(update) => {
                let mut title = update.title(self.settings[at].sources.charset.as_deref());
                title.set_by = Some(granted.name(&self.admin.user));
                info!("{}: the title {:?} is set by {by}", self.settings[at].mount, title.text);
                // Whoever may do everything may also say what the AutoDJ plays.
                if !(matches!(granted.right, Right::Admin) && self.retitle(at, &title, now)) {
                    self.set_title(at, title, now);
                }
                Done::TitleUpdated
            }
            Action::SkipTrack => self.skip_track(at, &by, now)?,
            Action::KickSource => self.kick_source(at, granted, now)?,
            Action::KickClients(clients) => self.kick_clients(at, clients, &by, now),
            Action::MoveClients { to } => {
                return self.move_clients(at, to, &by, now).map(|done| done.reply(asked.style));
            }
            _ => return Err(AdminRefusal::UnknownCommand),
        };
        Ok(done.reply(asked.style))
    }

    /// Does what has nothing to do with any station.
    fn act_on_all(
        &mut self,
        asked: &AdminRequest,
        granted: &Granted,
        now: Time,
    ) -> Option<Result<Done<'static>, AdminRefusal>> {
        let by = granted.who(&self.admin.user);
        Some(match &asked.action {
            Action::Ban { what, reason } => self.ban(what, reason, &by, now),
            Action::Unban(which) => self.unban(which, &by),
            Action::KickSources => Ok(self.kick_sources(granted, now)),
            Action::ResetStatistics => self.reset_statistics(&asked.station, now),
            Action::ReopenLog => self.reopen_log(),
            Action::ForgetPages => {
                self.board.forget_pages();
                Ok(Done::PagesForgotten)
            }
            Action::StartRelays => Ok(self.start_relays(now)),
            _ => return None,
        })
    }

    /// Has the next track begin, if it is the AutoDJ that is on the air.
    fn skip_track(&mut self, at: usize, by: &str, now: Time) -> Result<Done<'static>, AdminRefusal> {
        // What is owed until now is still of the track that goes.
        self.pay(at, now);
        let title = self.stations[at].station.title().to_owned();
        if !self.stations[at].station.skip() {
            return Err(AdminRefusal::NoTrack);
        }
        info!("{}: {title:?} is skipped by {by}", self.settings[at].mount);
        Ok(Done::TrackSkipped)
    }

    /// Throws a live source out; what of it waits is not heard. Whoever may go live may do that to himself only.
    fn kick_source(&mut self, at: usize, by: &Granted, now: Time) -> Result<Done<'static>, AdminRefusal> {
        let holder = self.stations[at].studio.holder.as_ref().ok_or(AdminRefusal::SourceNotAvailable)?;
        let is_his = matches!(&by.right, Right::Source(who) if who.user == holder.who.user);
        if !is_his && !matches!(by.right, Right::Admin) {
            return Err(AdminRefusal::SourceNotAvailable);
        }
        let (peer, user) = (holder.sender.peer, holder.who.user.clone());
        info!("{}: {user} is thrown out by {}", self.settings[at].mount, by.who(&self.admin.user));
        self.bury(peer, Why::Kicked, now);
        Ok(Done::SourceRemoved)
    }

    fn kick_clients(&mut self, at: usize, clients: &[Client], by: &str, now: Time) -> Done<'static> {
        let is_meant = |peer: &Peer| {
            clients.iter().any(|client| match *client {
                Client::Id(id) => u64::from(peer.generation) == id,
                Client::Address(address) => self.sessions.address(*peer).is_some_and(|it| it.ip() == address),
                Client::All => true,
            })
        };
        let peers = self.stations[at].wheel.peers();
        let meant: Vec<Peer> = peers.filter(is_meant).collect();
        info!("{}: listeners thrown out by {by}: {}", self.settings[at].mount, meant.len());
        meant.iter().for_each(|&peer| self.say_goodbye(peer, Why::Kicked, now));
        match (clients, meant.len()) {
            ([Client::Id(id)], 0) => Done::ClientNotFound(*id),
            ([Client::Id(id)], _) => Done::ClientRemoved(*id),
            (clients, 0) if !clients.contains(&Client::All) => Done::ClientsNotFound,
            (_, count) => Done::ClientsRemoved(count),
        }
    }

    fn move_clients(&mut self, from: usize, to: &str, by: &str, now: Time) -> Result<Done<'_>, AdminRefusal> {
        let to = Which::Mount(to.to_owned()).find(&self.settings).ok_or(AdminRefusal::NoSuchDestination)?;
        if from == to {
            return Err(AdminRefusal::SameDestination);
        }
        self.pay(to, now);
        let codec = |at: usize| self.stations[at].station.codec();
        if codec(to).is_none() || codec(from) != codec(to) {
            return Err(AdminRefusal::DestinationNotRunning);
        }
        self.count_listeners(now);
        let peers: Vec<Peer> = self.stations[from].wheel.peers().collect();
        let (mount, other) = (&self.settings[from].mount, &self.settings[to].mount);
        info!("{mount}: listeners moved to {other} by {by}: {}", peers.len());
        peers.into_iter().for_each(|peer| self.move_client(peer, from, to));
        [from, to].into_iter().for_each(|at| self.stations[at].audience.note(now));
        self.dismiss_uninformed(to, now);
        Ok(Done::ClientsMoved { from: &self.settings[from].mount, to: &self.settings[to].mount })
    }

    /// Has a listener go on with another station, at the end of the frame he is in.
    fn move_client(&mut self, peer: Peer, from: usize, to: usize) {
        let entry = self.sessions.get_mut(peer);
        let Some(entry) = entry else { return };
        let player = entry.player();
        let Session::Listener(listener) = &mut entry.session else { return };
        if !listener.has_begun() {
            return;
        }
        self.stations[from].wheel.remove(peer, listener.slot);
        listener.move_to(&self.stations[from].station, &self.stations[to].station);
        (listener.station, listener.slot) = (to as u16, self.stations[to].wheel.add(peer));
        let mut audience = std::mem::take(&mut self.stations[from].audience);
        audience.hand_over(peer, player, &mut self.stations[to].audience);
        self.stations[from].audience = audience;
        if let Some(since) = entry.closed_side {
            self.leavers.set(since, peer, Leaver { station: to as u16, address: entry.visit.peer.ip() });
        }
        if let Some(told) = self.stations[from].downstream.remove(&peer) {
            self.stations[to].downstream.insert(peer, told);
        }
    }
}

impl Granted {
    /// Who he is and where, for the log.
    pub(super) fn who(&self, admin: &str) -> String {
        format!("{} at {}", self.name(admin), self.address)
    }

    fn name(&self, admin: &str) -> String {
        match &self.right {
            Right::Admin => admin.to_owned(),
            Right::Source(who) => who.user.clone(),
        }
    }
}
