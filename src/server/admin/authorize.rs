//! Who an administrator is, and what they may do.

use std::net::IpAddr;

use crate::http::admin::RequiredAccess;
use crate::http::admin::candidate_login::CandidateLogin;
use crate::http::admin::reply::AdminRefusal;
use crate::http::request::Request;
use crate::server::state::access::accounts::{is_login, source_login};
use crate::server::state::peer::Peer;
use crate::server::state::server::Server;
use crate::session::Who;
use crate::station::StationKey;
use crate::time::Time;

/// What a valid password allows.
pub(in crate::server) struct Granted {
    /// The station that is meant; none where one was named that does not exist.
    pub station: Option<StationKey>,
    pub right: Right,
    address: IpAddr,
    /// The user's name, for the log.
    pub user: String,
}

/// What a user may do.
pub(in crate::server) enum Right {
    /// Everything.
    Admin,
    /// What a source of that station may do.
    Source(Who),
}

impl Granted {
    /// The user and their address, for the log.
    pub fn who(&self) -> String {
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
    ) -> Result<Granted, AdminRefusal> {
        self.admit_login(peer, now).map_err(|_| AdminRefusal::TooManyFailures)?;
        let is_for_sources = needs == RequiredAccess::Source;
        if self.access.admin.password.is_none() && !(is_for_sources && self.takes_sources()) {
            return Err(AdminRefusal::Disabled);
        }
        let address = self.sessions.address(peer).map_or(IpAddr::from([0; 4]), |address| address.ip());
        let granted = claims.iter().find_map(|claim| self.grant(claim, address));
        match granted.filter(|granted| is_for_sources || matches!(granted.right, Right::Admin)) {
            // An administrator is admitted from any address.
            Some(Granted { right: Right::Source(_), .. }) if self.is_banned(peer) => {
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
    fn grant(&self, claim: &CandidateLogin, address: IpAddr) -> Option<Granted> {
        let (user, password) = (&claim.credentials.user, &claim.credentials.password);
        let account = &self.access.admin;
        let admin = if user.is_empty() { &account.user } else { user };
        if is_login(account, admin, password) {
            let station = self.stations.find(&claim.station);
            return Some(Granted { station, right: Right::Admin, address, user: account.user.clone() });
        }
        let key = self.source_station(&claim.station)?;
        let who = source_login(&self.stations[key].settings().sources, Some(user), password)?;
        let user = who.user.clone();
        Some(Granted { station: Some(key), right: Right::Source(who), address, user })
    }
}
