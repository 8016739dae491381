//! Who an administrator is, and what they may do.

use std::net::IpAddr;

use crate::http::admin::RequiredAccess;
use crate::http::admin::candidate_login::CandidateLogin;
use crate::http::admin::reply::AdminRefusal;
use crate::http::request::Request;
use crate::server::state::access::accounts::{matches_account, source_login};
use crate::server::state::peer::Peer;
use crate::server::state::server::Server;
use crate::session::SourceUser;
use crate::station::StationKey;
use crate::time::Time;

/// What a valid password allows.
pub(in crate::server) struct Authorization {
    /// The station that is meant; none where one was named that does not exist.
    pub station: Option<StationKey>,
    pub permission: Permission,
    address: IpAddr,
    /// The user's name, for the log.
    pub user: String,
}

/// What a user may do.
pub(in crate::server) enum Permission {
    /// Everything.
    Admin,
    /// What a source of that station may do.
    Source(SourceUser),
}

impl Authorization {
    /// The user and their address, for the log.
    pub fn user_and_address(&self) -> String {
        format!("{} at {}", self.user, self.address)
    }
}

impl Server {
    /// What a request may do, if one of its claims is valid for what it needs.
    pub(in crate::server) fn authorize(
        &mut self,
        peer: Peer,
        request: &Request,
        claims: &[CandidateLogin],
        needs: RequiredAccess,
        now: Time,
    ) -> Result<Authorization, AdminRefusal> {
        self.admit_login(peer, now).map_err(|_| AdminRefusal::TooManyFailures)?;
        let is_for_sources = needs == RequiredAccess::Source;
        if self.access.admin.password.is_none() && !(is_for_sources && self.accepts_sources()) {
            return Err(AdminRefusal::Disabled);
        }
        let address = self.sessions.address(peer).map_or(IpAddr::from([0; 4]), |address| address.ip());
        let granted = claims.iter().find_map(|claim| self.grant(claim, address));
        match granted.filter(|granted| is_for_sources || matches!(granted.permission, Permission::Admin)) {
            // An administrator is admitted from any address.
            Some(Authorization { permission: Permission::Source(_), .. }) if self.is_banned(peer) => {
                Err(AdminRefusal::Banned)
            }
            Some(granted) => Ok(granted),
            None => {
                if !claims.is_empty() {
                    // Any other name than this may be a part of a password.
                    let credentials = request.credentials();
                    self.note_failed_login(peer, credentials.as_ref().map(|it| it.user.as_str()), now);
                }
                Err(AdminRefusal::Unauthenticated)
            }
        }
    }

    /// What this claim allows. The admin's password is valid without a name too, as in DNAS.
    fn grant(&self, claim: &CandidateLogin, address: IpAddr) -> Option<Authorization> {
        let (user, password) = (&claim.credentials.user, &claim.credentials.password);
        let account = &self.access.admin;
        let admin = if user.is_empty() { &account.user } else { user };
        if matches_account(account, admin, password) {
            let station = self.stations.find(&claim.station);
            return Some(Authorization {
                station,
                permission: Permission::Admin,
                address,
                user: account.user.clone(),
            });
        }
        let key = self.source_station(&claim.station)?;
        let who = source_login(&self.stations[key].settings().sources, Some(user), password)?;
        let user = who.name.clone();
        Some(Authorization { station: Some(key), permission: Permission::Source(who), address, user })
    }
}
