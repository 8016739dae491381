//! Authentication and permissions of administrators and sources.

use std::net::IpAddr;

use crate::http::admin::RequiredAccess;
use crate::http::admin::candidate_login::CandidateLogin;
use crate::http::admin::reply::AdminRefusal;
use crate::http::request::Request;
use crate::http::request::cross_site::is_cross_site_read;
use crate::http::source::reply::SourceRefusal;
use crate::server::logins::{AdmittedLogin, FailedLogin, LoginError};
use crate::server::state::access::accounts::{account_login, matches_account, source_login};
use crate::server::state::access::login_attempt::AccountRef;
use crate::server::state::peer::Peer;
use crate::server::state::server::Server;
use crate::session::SourceUser;
use crate::station::StationKey;
use crate::time::Time;

/// The permissions of a valid login.
pub(in crate::server) struct Authorization {
    /// The station of the request; `None` if it names one that does not exist.
    pub station: Option<StationKey>,
    pub permission: Permission,
    address: IpAddr,
    /// The user's name, for the log.
    pub user: String,
}

/// The actions that a user may perform.
pub(in crate::server) enum Permission {
    /// Every action.
    Admin,
    /// The actions of a source of the station.
    Source(SourceUser),
}

impl Authorization {
    /// Returns whether this is the administrator.
    pub fn is_admin(&self) -> bool {
        matches!(self.permission, Permission::Admin)
    }

    /// Returns the user name and the address, for the log.
    pub fn user_and_address(&self) -> String {
        format!("{} at {}", self.user, self.address)
    }
}

impl Server {
    /// Checks whether one of the request's candidate logins gives the access that it needs. A request that a
    /// page of another site may have caused is refused before its password is looked at.
    ///
    /// # Errors
    /// If the access is refused, or the login has to wait for its turn.
    pub(in crate::server) fn authorize(
        &mut self,
        peer: Peer,
        request: &Request,
        candidates: &[CandidateLogin],
        needs: RequiredAccess,
        now: Time,
    ) -> Result<Authorization, LoginError<AdminRefusal>> {
        if is_cross_site_read(request) {
            return Err(AdminRefusal::CrossSite.into());
        }
        if !self.has_accounts(needs) {
            return Err(AdminRefusal::Disabled.into());
        }
        let account = self.named_account(candidates, needs).ok_or(AdminRefusal::Unauthenticated)?;
        let login = self.admit_login(peer, account, Some(request), now).map_err(|error| match error {
            LoginError::Refused(refusal) => LoginError::Refused(refusal.into()),
            LoginError::MustWait => LoginError::MustWait,
        })?;
        let address = self.sessions.address(peer).map_or(IpAddr::from([0; 4]), |address| address.ip());
        let authorization = candidates.iter().find_map(|candidate| self.grant(candidate, needs, address));
        let Some(authorization) = authorization.filter(|it| it.is_admin() || is_for_sources(needs)) else {
            return Err(self.refuse_login(peer, request, candidates, needs, &login, now).into());
        };
        // An administrator is admitted from any address.
        if !authorization.is_admin() && self.is_banned(peer) {
            return Err(AdminRefusal::Banned.into());
        }
        self.note_login(&login, self.account_of(&authorization), now);
        Ok(authorization)
    }

    /// Returns whether there is an account with this access.
    fn has_accounts(&self, needs: RequiredAccess) -> bool {
        let has_sources = || self.accepts_sources() || self.has_former_logins();
        self.access.admin.password.is_some() || is_for_sources(needs) && has_sources()
    }

    /// Counts and logs a login that gives no access, and returns the reason for its sender.
    fn refuse_login(
        &mut self,
        peer: Peer,
        request: &Request,
        candidates: &[CandidateLogin],
        needs: RequiredAccess,
        login: &AdmittedLogin,
        now: Time,
    ) -> AdminRefusal {
        if is_for_sources(needs) && self.refuses_unlisted(peer, candidates, login, now) {
            return AdminRefusal::NoSuchSource;
        }
        // Only this name is logged. The names of other candidates may be parts of a password.
        let credentials = request.credentials();
        let user = credentials.as_ref().map(|it| it.user.as_str());
        let station = credentials.as_ref().and(candidates.first()).map(|it| &it.station);
        let failed = FailedLogin { user, station, is_line: false };
        self.note_failed_login(peer, login, failed, now).into()
    }

    fn account_of(&self, authorization: &Authorization) -> AccountRef {
        let station = authorization.station.map(|key| self.stations.programme(key));
        match &authorization.permission {
            Permission::Admin => AccountRef::Admin,
            Permission::Source(user) => self.source_account(station, &user.name),
        }
    }

    /// Returns whether a login that gives no access is one of a source with a valid password for a station
    /// that does not exist, or that accepts no sources. It is no failed login: an encoder sends its titles
    /// again and again, and would lock itself out. A title creates no station.
    fn refuses_unlisted(
        &mut self,
        peer: Peer,
        candidates: &[CandidateLogin],
        login: &AdmittedLogin,
        now: Time,
    ) -> bool {
        if self.is_banned(peer) {
            return false;
        }
        let valid = candidates.iter().find_map(|CandidateLogin { station, credentials }| {
            let key = self.source_station(station).map(|key| self.stations.programme(key));
            let accepts_sources = key.is_some_and(|key| self.stations[key].settings().sources.is_enabled());
            let user = Some(credentials.user.as_str()).filter(|_| !accepts_sources)?;
            Some((station, key, self.source_login_anywhere(Some(user), &credentials.password)?))
        });
        let Some((station, key, user)) = valid else { return false };
        self.note_login(login, self.source_account(None, &user.name), now);
        match key {
            Some(key) => self.log_refused(peer, key, &user, &SourceRefusal::Disabled, now),
            None => self.log_unknown_station(peer, station, &user, now),
        }
        true
    }

    /// Returns the account that the most likely candidate refers to; `None` without candidates. If the
    /// request names a user that exists, it is that account.
    fn named_account(&self, candidates: &[CandidateLogin], needs: RequiredAccess) -> Option<AccountRef> {
        let CandidateLogin { station, credentials } = candidates.first()?;
        if !is_for_sources(needs) || credentials.user == self.access.admin.user {
            return Some(AccountRef::Admin);
        }
        let station = self.source_station(station).map(|key| self.stations.programme(key));
        Some(self.source_account(station, &credentials.user))
    }

    /// Returns the permissions of this login, if it is valid. As in DNAS, the admin password is valid without
    /// a user name too.
    fn grant(
        &self,
        candidate: &CandidateLogin,
        needs: RequiredAccess,
        address: IpAddr,
    ) -> Option<Authorization> {
        let (user, password) = (&candidate.credentials.user, &candidate.credentials.password);
        let account = &self.access.admin;
        let admin = if user.is_empty() { &account.user } else { user };
        if matches_account(account, admin, password) {
            let station = self.named_station(&candidate.station);
            return Some(Authorization {
                station,
                permission: Permission::Admin,
                address,
                user: account.user.clone(),
            });
        }
        let key = self.source_station(&candidate.station)?;
        let programme = self.stations.programme(key);
        let sources = &self.stations[programme].settings().sources;
        let source_user = match needs {
            RequiredAccess::StationAccount => account_login(sources, user, password),
            _ => source_login(sources, Some(user), password)
                .or_else(|| self.former_login(programme, user, password)),
        }?;
        let user = source_user.name.clone();
        Some(Authorization { station: Some(key), permission: Permission::Source(source_user), address, user })
    }
}

/// Returns whether a source may have this access.
fn is_for_sources(needs: RequiredAccess) -> bool {
    matches!(needs, RequiredAccess::Source | RequiredAccess::StationAccount)
}
