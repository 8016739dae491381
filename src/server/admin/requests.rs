//! Requests to the admin interface: pages that need a password, and actions.

use crate::http::admin::reply::{AdminOutcome, AdminRefusal};
use crate::http::admin::{AdminAction, AdminFormat, AdminRequest, RequiredAccess};
use crate::http::request::cross_site::{Initiator, check_action};
use crate::http::request::form::FormData;
use crate::http::request::station_ref::StationRef;
use crate::http::request::{Method, Request};
use crate::pages::AdminPage;
use crate::server::logins::LoginError;
use crate::server::state::peer::Peer;
use crate::server::state::server::Server;
use crate::server::state::views::page_queue::{PageKind, PageRequest};
use crate::server::state::views::stored_page::PageReplyOptions;
use crate::session::{CloseReason, LoginMessage, Reply};
use crate::station::StationKey;
use crate::time::Time;

use super::authorize::Authorization;

impl Server {
    /// Answers a request for an admin page or an action. `rest` is the bytes after its head.
    pub(in crate::server) fn serve_admin(&mut self, peer: Peer, request: &Request, rest: &[u8], now: Time) {
        let body = if request.method == Method::Post { rest } else { &[] };
        let form = FormData::from_request(request, body);
        let reply = match AdminPage::from_request(request, &form) {
            Some(page) => {
                let page_request = page
                    .map_err(LoginError::from)
                    .and_then(|page| self.admin_page_request(peer, request, &form, page, now));
                match page_request {
                    Ok(page_request) => return self.answer_page(peer, page_request, now),
                    Err(error) => Err(error),
                }
            }
            None => AdminRequest::parse(request, &form)
                .map_err(LoginError::from)
                .map(|admin_request| self.with_station_of_port(request, admin_request))
                .and_then(|admin_request| self.execute(peer, request, &admin_request, now)),
        };
        let reply = match reply {
            Ok(reply) => reply,
            Err(LoginError::MustWait) => {
                return self.wait_for_turn(peer, LoginMessage::Request(request.clone().into()), rest, now);
            }
            Err(LoginError::Refused(refusal)) => Some(refusal.reply(AdminFormat::from_path(&request.path))),
        };
        if let Some(reply) = reply {
            self.become_reply(peer, Reply::new(reply, CloseReason::Answered), now);
        }
    }

    /// Returns a request of an encoder that names no station with the one of the port that it uses.
    fn with_station_of_port(&self, request: &Request, mut admin_request: AdminRequest) -> AdminRequest {
        let is_title = matches!(admin_request.action, AdminAction::UpdateTitle(_));
        if is_title && admin_request.station == StationRef::Default {
            let local = request.local_address();
            let station = self.station_of_port(local, 1).or_else(|| self.station_of_port(local, 0));
            admin_request.station = station.unwrap_or(StationRef::Default);
        }
        admin_request
    }

    /// Returns the request for a page, if the client may read it.
    fn admin_page_request(
        &mut self,
        peer: Peer,
        request: &Request,
        form: &FormData,
        page: AdminPage,
        now: Time,
    ) -> Result<PageRequest, LoginError<AdminRefusal>> {
        // Any page can load a script, and read what it contains.
        let may_be_for_other_site =
            || matches!(Initiator::from_request(request), Initiator::OtherSite | Initiator::UnknownPage);
        if page.is_script() && may_be_for_other_site() {
            return Err(AdminRefusal::CrossSite.into());
        }
        let (granted_station, is_admin) = self.granted_station(peer, request, form, &page, now)?;
        let which = page.station().unwrap_or_else(|| form.station());
        let key = page.station().map_or(granted_station, |station| self.stations.find(&station));
        // A source may know a station that pages do not have yet. It must not read about another one.
        if page.required_access() == RequiredAccess::StationAccount && key != self.named_station(&which) {
            return Err(AdminRefusal::NoSuchSource.into());
        }
        if key.is_none() && which != StationRef::Default {
            return Err(AdminRefusal::NoSuchSource.into());
        }
        let head_only = request.method == Method::Head;
        let options = PageReplyOptions { head_only, is_private: true, ..PageReplyOptions::default() };
        let format = AdminFormat::from_path(&request.path);
        let kind = PageKind::Admin { page, station: key, format, is_admin };
        Ok(PageRequest { kind, base: self.base_url(request).into(), options })
    }

    /// Returns the station for which the client may read a page, and whether it is the administrator.
    fn granted_station(
        &mut self,
        peer: Peer,
        request: &Request,
        form: &FormData,
        page: &AdminPage,
        now: Time,
    ) -> Result<(Option<StationKey>, bool), LoginError<AdminRefusal>> {
        let needs = page.required_access();
        if needs == RequiredAccess::Public {
            return Ok((self.named_station(&form.station()), false));
        }
        let login = self.authorize(peer, request, &request.candidate_logins(form), needs, now)?;
        Ok((login.station, login.is_admin()))
    }

    /// Executes an action. Returns the reply; `None` if it is sent later.
    fn execute(
        &mut self,
        peer: Peer,
        request: &Request,
        admin_request: &AdminRequest,
        now: Time,
    ) -> Result<Option<Vec<u8>>, LoginError<AdminRefusal>> {
        check_action(request).map_err(AdminRefusal::from)?;
        let authorization =
            self.authorize(peer, request, &admin_request.candidates, admin_request.required_access(), now)?;
        if admin_request.action == AdminAction::Reload {
            self.request_reload(peer, admin_request.format, &authorization, now);
            return Ok(None);
        }
        match self.execute_on_server(admin_request, &authorization, now).transpose()? {
            Some(outcome) if outcome.is_pending() => {
                self.wait_for_save(peer, outcome, admin_request.format, now);
                Ok(None)
            }
            Some(outcome) => Ok(Some(outcome.reply(admin_request.format))),
            None => Ok(Some(self.execute_on_station(admin_request, &authorization, now)?)),
        }
    }

    fn execute_on_station(
        &mut self,
        admin_request: &AdminRequest,
        authorization: &Authorization,
        now: Time,
    ) -> Result<Vec<u8>, AdminRefusal> {
        let key = authorization.station.ok_or(AdminRefusal::NoSuchSource)?;
        let programme = self.stations.programme(key);
        let outcome = match &admin_request.action {
            AdminAction::UpdateTitle(update) => self.update_title(programme, update, authorization, now)?,
            AdminAction::SkipTrack => self.skip_track(programme, authorization, now)?,
            AdminAction::KickSource => self.kick_source(programme, authorization, now)?,
            AdminAction::KickClients(clients) => self.kick_clients(key, clients, authorization, now),
            AdminAction::MoveClients { to, clients } => {
                self.move_clients(key, to, clients, authorization, now)?
            }
            _ => return Err(AdminRefusal::UnknownCommand),
        };
        Ok(outcome.reply(admin_request.format))
    }

    /// Executes an action on the whole server. Returns `None` if the action is for one station.
    fn execute_on_server(
        &mut self,
        admin_request: &AdminRequest,
        authorization: &Authorization,
        now: Time,
    ) -> Option<Result<AdminOutcome<'static>, AdminRefusal>> {
        Some(match &admin_request.action {
            AdminAction::Ban { target, reason } => self.ban(target, reason, authorization, now),
            AdminAction::Unban(which) => self.unban(which, authorization),
            AdminAction::KickSources => Ok(self.kick_sources(authorization, now)),
            AdminAction::ResetStatistics => self.reset_statistics(&admin_request.station, now),
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
