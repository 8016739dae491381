//! Applies the limits of failed logins: compares a password now, lets the login wait, or refuses it.

use std::net::IpAddr;

use super::state::access::login_attempt::{AccountRef, ClientProgram, LoginAttempt};
use super::state::access::logins::LoginTurn;
use super::state::peer::Peer;
use super::state::server::Server;
use super::state::sessions::SessionEntry;
use crate::http::admin::AdminFormat;
use crate::http::admin::reply::AdminRefusal;
use crate::http::request::Request;
use crate::http::request::cross_site::Initiator;
use crate::http::request::station_ref::StationRef;
use crate::http::source::reply::SourceRefusal;
use crate::log_limiter::{excerpt, warn_limited};
use crate::router::Route;
use crate::session::{CloseReason, LoginMessage, PendingLogin, Reply, Session};
use crate::settings::SourceSettings;
use crate::station::StationKey;
use crate::time::Time;

/// Why a login is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::server) enum LoginError<R> {
    /// It is refused for this reason.
    Refused(R),
    /// It has to wait for its turn; see [`Server::wait_for_turn`].
    MustWait,
}

impl<R> From<R> for LoginError<R> {
    fn from(refusal: R) -> Self {
        Self::Refused(refusal)
    }
}

/// A login whose password may be compared now.
#[derive(Debug)]
pub(in crate::server) struct AdmittedLogin {
    attempt: LoginAttempt,
    is_beyond_limit: bool,
}

/// What a login with a wrong password named, for the log; nothing that may be a part of a password.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::server) struct FailedLogin<'a> {
    /// The user.
    pub user: Option<&'a str>,
    /// The station, if it does not follow from the account.
    pub station: Option<&'a StationRef>,
    /// Whether it was a password line, which has no separate user name.
    pub is_line: bool,
}

impl Server {
    /// Checks the limits of failed logins, before a password is compared. Report the result of the comparison
    /// with [`note_login`](Self::note_login) or [`note_failed_login`](Self::note_failed_login).
    ///
    /// # Errors
    /// If the login has to wait, or is refused, which is logged.
    pub(in crate::server) fn admit_login(
        &mut self,
        peer: Peer,
        account: AccountRef,
        request: Option<&Request>,
        now: Time,
    ) -> Result<AdmittedLogin, LoginError<SourceRefusal>> {
        let entry = self.sessions.get(peer);
        let address = entry.map_or(IpAddr::from([0; 4]), |entry| entry.info.address.ip());
        let attempt = LoginAttempt {
            address,
            is_shared_address: self.access.is_shared_address(address),
            account,
            program: ClientProgram::new(entry.map_or("", |entry| &entry.info.user_agent)),
            is_from_unknown_page: request.map(Initiator::from_request) == Some(Initiator::UnknownPage),
            has_waited: entry.is_some_and(|entry| matches!(entry.session, Session::Login(_))),
        };
        match self.access.logins.turn(&attempt, now) {
            LoginTurn::Now => Ok(AdmittedLogin { attempt, is_beyond_limit: false }),
            LoginTurn::NowBeyondLimit => Ok(AdmittedLogin { attempt, is_beyond_limit: true }),
            LoginTurn::Later => Err(LoginError::MustWait),
            LoginTurn::Never => {
                self.stats.refused_logins += 1;
                Err(LoginError::Refused(SourceRefusal::TooManyFailures))
            }
        }
    }

    /// Notes that a login was accepted for `account`.
    pub(in crate::server) fn note_login(&mut self, login: &AdmittedLogin, account: AccountRef, now: Time) {
        self.access.logins.note_succeeded(&login.attempt, account, now);
    }

    /// Notes and logs that the password of a login was wrong. Returns the refusal.
    pub(in crate::server) fn note_failed_login(
        &mut self,
        peer: Peer,
        login: &AdmittedLogin,
        failed: FailedLogin<'_>,
        now: Time,
    ) -> SourceRefusal {
        self.stats.failed_logins += 1;
        self.access.logins.note_failed(&login.attempt, now);
        if let Some(SessionEntry { info, .. }) = self.sessions.get(peer) {
            let user = failed.user.map(|user| format!(" for {:?}", excerpt(user))).unwrap_or_default();
            let (address, program) = (info.address, &info.user_agent);
            let program = if program.is_empty() { String::new() } else { format!(" ({program:?})") };
            let place = self.describe_place(&login.attempt.account, failed.station);
            let hint = self.hint_on_user(&login.attempt.account, failed);
            let is_logged = self.log.logins.admit(address.ip(), now);
            warn_limited!(is_logged, "{address}: authentication failed{user} at {place}{hint}{program}");
        }
        if login.is_beyond_limit { SourceRefusal::TooManyFailures } else { SourceRefusal::Unauthenticated }
    }

    /// Returns what the log says about the user of a failed login. Only the log says it: a client must not
    /// learn which users exist.
    fn hint_on_user(&self, account: &AccountRef, failed: FailedLogin<'_>) -> String {
        let unlisted = self.unlisted.settings.as_ref();
        match (account, unlisted) {
            _ if failed.is_line => " (SHOUTcast v1 login)".to_owned(),
            (AccountRef::Source { user, .. }, _) if !user.is_empty() || failed.user.is_none() => {
                String::new()
            }
            (AccountRef::Source { station: Some(_), .. }, _) => ", which has no such user".to_owned(),
            (AccountRef::Source { station: None, .. }, Some(unlisted)) => {
                format!("; unlisted stations need the user {:?}", unlisted.account.user)
            }
            _ => String::new(),
        }
    }

    /// Describes for what the password of a login was wrong.
    fn describe_place(&self, account: &AccountRef, named: Option<&StationRef>) -> String {
        match (account, named) {
            (AccountRef::Admin, _) => "the administration".to_owned(),
            (AccountRef::Source { station: Some(key), .. }, _) => {
                self.stations[*key].settings().mount.clone()
            }
            (AccountRef::Source { station: None, .. }, Some(named)) => match self.source_station(named) {
                Some(key) => self.stations[key].settings().mount.clone(),
                None => format!("the {named}, which no station has"),
            },
            (AccountRef::Source { station: None, .. }, None) => "no station".to_owned(),
        }
    }

    /// Returns the account that a login as `user` at a station refers to.
    pub(in crate::server) fn source_account(&self, station: Option<StationKey>, user: &str) -> AccountRef {
        let has_account = |settings: &SourceSettings| {
            settings.account.user == user || settings.djs.iter().any(|dj| dj.name == user)
        };
        // All unlisted stations have one account.
        let station = station.filter(|&key| !self.stations[key].is_unlisted());
        let unlisted = self.unlisted.settings.as_ref();
        let is_existing = match station {
            Some(key) => has_account(&self.stations[key].settings().sources),
            None => unlisted.is_some_and(|unlisted| unlisted.account.user == user),
        };
        AccountRef::Source { station, user: if is_existing { user.into() } else { "".into() } }
    }

    /// Lets a login wait for its turn. If too many wait, the login of the busiest network is refused.
    pub(in crate::server) fn wait_for_turn(
        &mut self,
        peer: Peer,
        message: LoginMessage,
        rest: &[u8],
        now: Time,
    ) {
        let Some(entry) = self.sessions.get_mut(peer) else { return };
        let address = entry.info.address;
        let login = PendingLogin { message, rest: rest.to_vec(), has_waited_for_source: false };
        entry.session = Session::Login(Box::new(login));
        let is_logged = self.log.logins.admit(address.ip(), now);
        warn_limited!(is_logged, "{address}: login waits: too many logins fail");
        if let Some(leaving) = self.access.logins.wait(peer, address.ip(), now) {
            self.refuse_waiting(leaving, now);
        }
    }

    /// Compares the passwords of the logins whose turn it is.
    pub(super) fn resume_logins(&mut self, now: Time) {
        while let Some(peer) = self.access.logins.waiting.pop_due(now) {
            self.resume_login(peer, now);
        }
    }

    /// Continues a login that has waited, and reads from its connection again.
    pub(super) fn resume_login(&mut self, peer: Peer, now: Time) {
        let Some(SessionEntry { session: Session::Login(login), .. }) = self.sessions.get_mut(peer) else {
            return;
        };
        let (message, rest) = (login.message.clone(), std::mem::take(&mut login.rest));
        match message {
            LoginMessage::Request(request) => self.dispatch(peer, &request, &rest, now),
            LoginMessage::Password(line) => self.log_in_icy(peer, &line, &rest, now),
            LoginMessage::Audiocast(login) => self.log_in_audiocast(peer, *login, &rest, now),
        }
        self.sessions.resume(std::iter::once(peer));
    }

    /// Refuses a waiting login, in the protocol of the client.
    fn refuse_waiting(&mut self, peer: Peer, now: Time) {
        let Some(SessionEntry { session: Session::Login(login), info, .. }) = self.sessions.get(peer) else {
            return;
        };
        let (address, message) = (info.address, login.message.clone());
        self.stats.refused_logins += 1;
        let is_logged = self.log.logins.admit(address.ip(), now);
        warn_limited!(is_logged, "{address}: login refused: too many logins wait");
        let refusal = SourceRefusal::TooManyFailures;
        match message {
            LoginMessage::Request(request) if matches!(self.route(&request), Route::Source) => {
                self.refuse_source(peer, refusal, now);
            }
            LoginMessage::Request(request) => {
                let bytes = AdminRefusal::from(refusal).reply(AdminFormat::from_path(&request.path));
                self.become_reply(peer, Reply::new(bytes, CloseReason::TooManyFailedLogins), now);
            }
            LoginMessage::Password(_) | LoginMessage::Audiocast(_) => self.refuse_icy(peer, refusal, now),
        }
        self.sessions.resume(std::iter::once(peer));
    }
}
