//! Requests to the administration: pages that need a password, and what is to be done.

use crate::http::admin::reply::{AdminOutcome, AdminRefusal};
use crate::http::admin::{AdminAction, AdminFormat, AdminRequest, RequiredAccess};
use crate::http::request::cross_site::is_cross_site;
use crate::http::request::form::FormData;
use crate::http::request::station_ref::StationRef;
use crate::http::request::{Method, Request};
use crate::pages::OperatorPage;
use crate::server::state::peer::Peer;
use crate::server::state::server::Server;
use crate::session::{CloseReason, Reply};
use crate::time::Time;

use super::authorize::Authorization;

impl Server {
    /// Answers a request for an admin page, or for something to be done; `rest` came behind its head.
    pub(in crate::server) fn serve_admin(&mut self, peer: Peer, request: &Request, rest: &[u8], now: Time) {
        let body = if request.method == Method::Post { rest } else { &[] };
        let form = FormData::from_request(request, body);
        let reply = match OperatorPage::from_request(request, &form) {
            Some(page) => page.and_then(|page| self.show_admin_page(peer, request, &form, &page, now)),
            None => {
                AdminRequest::parse(request, &form).and_then(|asked| self.execute(peer, request, &asked, now))
            }
        };
        let reply = reply.unwrap_or_else(|refusal| refusal.reply(AdminFormat::from_path(&request.path)));
        self.become_reply(peer, Reply::new(reply, CloseReason::Answered), now);
    }

    fn show_admin_page(
        &mut self,
        peer: Peer,
        request: &Request,
        form: &FormData,
        page: &OperatorPage,
        now: Time,
    ) -> Result<Vec<u8>, AdminRefusal> {
        let granted = match page.needs() {
            RequiredAccess::Public => self.stations.find(&form.station()),
            needs => self.authorize(peer, request, &request.candidate_logins(form), needs, now)?.station,
        };
        let which = page.station().unwrap_or_else(|| form.station());
        let key = page.station().map_or(granted, |station| self.stations.find(&station));
        if key.is_none() && which != StationRef::Default {
            return Err(AdminRefusal::NoSuchSource);
        }
        if page.is_script() && is_cross_site(request) {
            return Err(AdminRefusal::CrossSite);
        }
        let base = self.base_url(request);
        let shown = self.admin_page(page, key, &base, now).ok_or(AdminRefusal::NoSuchSource)?;
        Ok(shown.to_private_reply(request.method == Method::Head))
    }

    fn execute(
        &mut self,
        peer: Peer,
        request: &Request,
        asked: &AdminRequest,
        now: Time,
    ) -> Result<Vec<u8>, AdminRefusal> {
        if is_cross_site(request) {
            return Err(AdminRefusal::CrossSite);
        }
        let granted =
            self.authorize(peer, request, &asked.candidates, asked.action.required_access(), now)?;
        match self.execute_on_server(asked, &granted, now) {
            Some(done) => done.map(|done| done.reply(asked.style)),
            None => self.execute_on_station(asked, &granted, now),
        }
    }

    fn execute_on_station(
        &mut self,
        asked: &AdminRequest,
        granted: &Authorization,
        now: Time,
    ) -> Result<Vec<u8>, AdminRefusal> {
        let key = granted.station.ok_or(AdminRefusal::NoSuchSource)?;
        let done = match &asked.action {
            AdminAction::UpdateTitle(update) => self.update_title(key, update, granted, now),
            AdminAction::SkipTrack => self.skip_track(key, granted, now)?,
            AdminAction::KickSource => self.kick_source(key, granted, now)?,
            AdminAction::KickClients(clients) => self.kick_clients(key, clients, granted, now),
            AdminAction::MoveClients { to } => self.move_clients(key, to, granted, now)?,
            _ => return Err(AdminRefusal::UnknownCommand),
        };
        Ok(done.reply(asked.style))
    }

    /// Does what is not done to one station. `None` if this is.
    fn execute_on_server(
        &mut self,
        asked: &AdminRequest,
        granted: &Authorization,
        now: Time,
    ) -> Option<Result<AdminOutcome<'static>, AdminRefusal>> {
        Some(match &asked.action {
            AdminAction::Ban { what, reason } => self.ban(what, reason, granted, now),
            AdminAction::Unban(which) => self.unban(which, granted),
            AdminAction::KickSources => Ok(self.kick_sources(granted, now)),
            AdminAction::ResetStatistics => self.reset_statistics(&asked.station, now),
            AdminAction::ReopenLog => self.reopen_log(),
            AdminAction::ClearPageCache => {
                self.views.pages.invalidate();
                Ok(AdminOutcome::PageCacheCleared)
            }
            AdminAction::StartRelays => Ok(self.start_relays(now)),
            _ => return None,
        })
    }
}
