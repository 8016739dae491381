//! Authentication and permissions of administrators and sources.

use std::net::IpAddr;

use crate::http::admin::RequiredAccess;
use crate::http::admin::candidate_login::CandidateLogin;
use crate::http::admin::reply::AdminRefusal;
use crate::http::request::Request;
use crate::http::request::cross_site::is_cross_site_read;
use crate::server::logins::LoginError;
use crate::server::state::access::accounts::{matches_account, source_login};
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
    /// Returns the user name and the address, for the log.
    pub fn user_and_address(&self) -> String {
        format!("{} at {}", self.user, self.address)
    }

    fn account(&self) -> AccountRef {
        match &self.permission {
            Permission::Admin => AccountRef::Admin,
            Permission::Source(user) => {
                AccountRef::Source { station: self.station, user: user.name.as_str().into() }
            }
        }
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
        let is_for_sources = needs == RequiredAccess::Source;
        if is_cross_site_read(request) {
            return Err(AdminRefusal::CrossSite.into());
        }
        if self.access.admin.password.is_none() && !(is_for_sources && self.accepts_sources()) {
            return Err(AdminRefusal::Disabled.into());
        }
        let Some(account) = self.named_account(candidates, needs) else {
            return Err(AdminRefusal::Unauthenticated.into());
        };
        let login = self.admit_login(peer, account, Some(request), now).map_err(|error| match error {
            LoginError::Refused(refusal) => LoginError::Refused(refusal.into()),
            LoginError::MustWait => LoginError::MustWait,
        })?;
        let address = self.sessions.address(peer).map_or(IpAddr::from([0; 4]), |address| address.ip());
        let authorization = candidates.iter().find_map(|candidate| self.grant(candidate, address));
        match authorization.filter(|it| is_for_sources || matches!(it.permission, Permission::Admin)) {
            // An administrator is admitted from any address.
            Some(Authorization { permission: Permission::Source(_), .. }) if self.is_banned(peer) => {
                Err(AdminRefusal::Banned.into())
            }
            Some(authorization) => {
                self.note_login(&login, authorization.account(), now);
                Ok(authorization)
            }
            None => {
                // Only this name is logged. The names of other candidates may be parts of a password.
                let credentials = request.credentials();
                let user = credentials.as_ref().map(|it| it.user.as_str());
                let refusal = self.note_failed_login(peer, &login, user, now);
                Err(AdminRefusal::from(refusal).into())
            }
        }
    }

    /// Returns the account that the most likely candidate refers to; `None` without candidates. If the
    /// request names a user that exists, it is that account.
    fn named_account(&self, candidates: &[CandidateLogin], needs: RequiredAccess) -> Option<AccountRef> {
        let CandidateLogin { station, credentials } = candidates.first()?;
        if needs != RequiredAccess::Source || credentials.user == self.access.admin.user {
            return Some(AccountRef::Admin);
        }
        let station = self.source_station(station).map(|key| self.stations.programme(key));
        Some(self.source_account(station, &credentials.user))
    }

    /// Returns the permissions of this login, if it is valid. As in DNAS, the admin password is valid without
    /// a user name too.
    fn grant(&self, candidate: &CandidateLogin, address: IpAddr) -> Option<Authorization> {
        let (user, password) = (&candidate.credentials.user, &candidate.credentials.password);
        let account = &self.access.admin;
        let admin = if user.is_empty() { &account.user } else { user };
        if matches_account(account, admin, password) {
            let station = self.stations.find(&candidate.station);
            return Some(Authorization {
                station,
                permission: Permission::Admin,
                address,
                user: account.user.clone(),
            });
        }
        let key = self.source_station(&candidate.station)?;
        let programme = self.stations.programme(key);
        let source_user = source_login(&self.stations[programme].settings().sources, Some(user), password)?;
        let user = source_user.name.clone();
        Some(Authorization { station: Some(key), permission: Permission::Source(source_user), address, user })
    }
}
