//! Authentication of live sources, and which source may replace another.

use crate::audio::Codec;
use crate::http::proxy::forwarded::has_passed_http_proxy;
use crate::http::request::station_ref::StationRef;
use crate::http::request::{Method, Request};
use crate::http::source::chunked;
use crate::http::source::head::SourceInfo;
use crate::http::source::login::{AudiocastLogin, LineInterpretation, PasswordLine};
use crate::http::source::reply::{self as source_reply, SourceRefusal};
use crate::log_limiter::warn_limited;
use crate::router;
use crate::server::logins::{AdmittedLogin, FailedLogin, LoginError};
use crate::server::state::access::accounts::source_login;
use crate::server::state::access::login_attempt::AccountRef;
use crate::server::state::peer::Peer;
use crate::server::state::server::Server;
use crate::server::state::station::expected_codec::ExpectedCodec;
use crate::server::state::station::live_slot::TakeoverAdmission;
use crate::session::{BodyFraming, CloseReason, LoginMessage, Reply, Session, Source, SourceUser};
use crate::station::StationKey;
use crate::time::Time;

impl Server {
    /// Handles a source that logs in with a request. `rest` is the bytes after its head.
    pub(in crate::server) fn log_in(&mut self, peer: Peer, request: &Request, rest: &[u8], now: Time) {
        match self.admit_request(peer, request, now) {
            Ok(source) => self.become_source(peer, source, rest, now),
            Err(error) => {
                let message = || LoginMessage::Request(request.clone().into());
                if let Some(refusal) = self.wait_unless_refused(peer, error, message, rest, now) {
                    self.refuse_source(peer, refusal, now);
                }
            }
        }
    }

    /// Encoders depend on the order of these checks (protocol-notes/sources.md, "Responses to a source").
    fn admit_request(
        &mut self,
        peer: Peer,
        request: &Request,
        now: Time,
    ) -> Result<Source, SourceLoginError> {
        let credentials = request.credentials().ok_or(SourceRefusal::Unauthenticated)?;
        let login = SourceCredentials { user: Some(&credentials.user), password: &credentials.password };
        let named = router::source_station(request);
        let user = self.authenticate(peer, &named, &login, Some(request), now)?;
        let key = self.admit_station_for(peer, &named, &user, &login, now)?;
        let info = SourceInfo::from_request(request);
        check_framing(request).inspect_err(|refusal| self.log_refused(peer, key, &user, refusal, now))?;
        if request.method == Method::Put && info.content_type.is_none() {
            return Err(SourceRefusal::NoType.into());
        }
        let codec = self.admit_codec(peer, key, &user, &info, now)?;
        self.admit_login_of_user(peer, key, &user, now)?;
        let body = (codec, body_framing(request));
        Ok(Source::new_http(key, user, info, body, self.stations[key].charset(), &acceptance(request)))
    }

    /// Handles a source that sent a password line. `rest` is the bytes after it.
    pub(in crate::server) fn log_in_icy(&mut self, peer: Peer, line: &PasswordLine, rest: &[u8], now: Time) {
        match self.admit_line(peer, line, now) {
            Ok((key, user)) => {
                let source = Source::new_icy(key, user, self.stations[key].charset(), source_reply::OK2);
                self.become_source(peer, source, rest, now);
            }
            Err(error) => {
                let message = || LoginMessage::Password(line.clone());
                match self.wait_unless_refused(peer, error, message, rest, now) {
                    Some(SourceRefusal::InUse) => self.close_session(peer, CloseReason::NotAllowed, now),
                    Some(refusal) => self.refuse_icy(peer, refusal, now),
                    None => {}
                }
            }
        }
    }

    /// Handles a source that logged in with the xaudiocast protocol.
    pub(in crate::server) fn log_in_audiocast(
        &mut self,
        peer: Peer,
        login: AudiocastLogin,
        rest: &[u8],
        now: Time,
    ) {
        match self.admit_audiocast(peer, &login, now) {
            Ok(source) => self.become_source(peer, source, rest, now),
            Err(error) => {
                let message = || LoginMessage::Audiocast(login.into());
                if let Some(refusal) = self.wait_unless_refused(peer, error, message, rest, now) {
                    self.refuse_icy(peer, refusal, now);
                }
            }
        }
    }

    /// Refuses a source that uses one of the old protocols. They have one response for all refusals.
    pub(in crate::server) fn refuse_icy(&mut self, peer: Peer, refusal: SourceRefusal, now: Time) {
        let reason = match refusal {
            SourceRefusal::Banned => CloseReason::Banned,
            SourceRefusal::TooManyFailures => CloseReason::TooManyFailedLogins,
            SourceRefusal::Unauthenticated => CloseReason::AuthenticationFailed,
            _ => CloseReason::NotAllowed,
        };
        self.become_reply(peer, Reply::new(source_reply::INVALID_PASSWORD.to_vec(), reason), now);
    }

    fn admit_audiocast(
        &mut self,
        peer: Peer,
        login: &AudiocastLogin,
        now: Time,
    ) -> Result<Source, SourceLoginError> {
        let AudiocastLogin { mount, password, info } = login;
        let named = StationRef::from_mount(mount.clone());
        let login = SourceCredentials { user: None, password };
        let user = self.authenticate(peer, &named, &login, None, now)?;
        let key = self.admit_station_for(peer, &named, &user, &login, now)?;
        let body = (self.admit_codec(peer, key, &user, info, now)?, BodyFraming::UntilClose);
        self.admit_login_of_user(peer, key, &user, now)?;
        let charset = self.stations[key].charset();
        Ok(Source::new_http(key, user, info.clone(), body, charset, source_reply::AUDIOCAST_OK))
    }

    /// Authenticates a password line. Names and passwords are not quoted, so a line can be parsed in several
    /// ways. The first valid one is used.
    fn admit_line(
        &mut self,
        peer: Peer,
        line: &PasswordLine,
        now: Time,
    ) -> Result<(StationKey, SourceUser), SourceLoginError> {
        self.refuse_banned_source(peer)?;
        let account = self.account_of_line(line);
        let login = self.admit_login(peer, account, None, now)?;
        let valid = line.interpretations().find_map(|LineInterpretation { station, user, password }| {
            let key = self.source_station(&station)?;
            let programme = self.stations.programme(key);
            let user = source_login(&self.stations[programme].settings().sources, user, password)?;
            Some((key, user))
        });
        let (key, user) = match valid {
            None => self.admit_line_elsewhere(peer, line, &login, now)?,
            Some((key, user)) => {
                let programme = self.stations.programme(key);
                self.note_login(&login, self.source_account(Some(programme), &user.name), now);
                let admitted = self.admit_station(key);
                admitted.inspect_err(|refusal| self.log_refused(peer, key, &user, refusal, now))?;
                (key, user)
            }
        };
        self.admit_login_of_user(peer, key, &user, now)?;
        Ok((key, user))
    }

    /// Decides about a password line that is valid for no station that it names: either a password is valid
    /// and the station does not exist or accepts no sources, or the password is wrong.
    fn admit_line_elsewhere(
        &mut self,
        peer: Peer,
        line: &PasswordLine,
        login: &AdmittedLogin,
        now: Time,
    ) -> Result<(StationKey, SourceUser), SourceRefusal> {
        let accepts_none = |station: &StationRef| {
            let key = self.source_station(station).map(|key| self.stations.programme(key));
            key.is_none_or(|key| !self.stations[key].settings().sources.is_enabled())
        };
        let mut others = line.interpretations().filter(|reading| accepts_none(&reading.station));
        let valid = others.find_map(|LineInterpretation { station, user, password }| {
            Some((station, self.source_login_anywhere(user, password)?, SourceCredentials { user, password }))
        });
        let Some((named, user, credentials)) = valid else {
            let user = self.user_of_line(line);
            let failed = FailedLogin { user: user.as_deref(), station: None, is_line: true };
            return Err(self.note_failed_login(peer, login, failed, now));
        };
        self.note_login(login, self.source_account(None, &user.name), now);
        let key = self.admit_station_for(peer, &named, &user, &credentials, now)?;
        Ok((key, user))
    }

    /// Returns the account that a password line refers to: one of the station that it names. The names of
    /// users in it may be parts of a password, so they do not count.
    fn account_of_line(&self, line: &PasswordLine) -> AccountRef {
        let stations = line.interpretations().map(|it| it.station);
        let named = stations.filter(|station| *station != StationRef::Default);
        let named = named.filter_map(|station| self.source_station(&station)).next();
        let station = named.or_else(|| self.source_station(&StationRef::Default));
        self.source_account(station.map(|key| self.stations.programme(key)), "")
    }

    /// Returns the user with these credentials for a station. If the station does not exist or accepts no
    /// sources, the credentials of any other station are accepted, so that only a client with a valid
    /// password gets to know this.
    fn authenticate(
        &mut self,
        peer: Peer,
        named: &StationRef,
        credentials: &SourceCredentials<'_>,
        request: Option<&Request>,
        now: Time,
    ) -> Result<SourceUser, LoginError<SourceRefusal>> {
        self.refuse_banned_source(peer)?;
        let key = self.source_station(named).map(|key| self.stations.programme(key));
        let SourceCredentials { user: name, password } = *credentials;
        let account = self.source_account(key, name.unwrap_or_default());
        let login = self.admit_login(peer, account, request, now)?;
        let user = match key.filter(|&key| self.stations[key].settings().sources.is_enabled()) {
            Some(key) => source_login(&self.stations[key].settings().sources, name, password),
            None => self.login_without_station(key, named, credentials),
        };
        let failed = FailedLogin { user: name, station: Some(named), is_line: false };
        let user = user.ok_or_else(|| self.note_failed_login(peer, &login, failed, now))?;
        self.note_login(&login, self.source_account(key, &user.name), now);
        Ok(user)
    }

    /// Returns the user with these credentials for a mount that accepts no sources, or that no station has.
    /// If sources can create a station there, only a user who may do so is valid, as in Icecast.
    fn login_without_station(
        &self,
        key: Option<StationKey>,
        named: &StationRef,
        credentials: &SourceCredentials<'_>,
    ) -> Option<SourceUser> {
        let SourceCredentials { user, password } = *credentials;
        let creators = self.creators(named).filter(|_| key.is_none());
        match creators {
            Some(creators) => source_login(&creators, user, password),
            None => self.source_login_anywhere(user, password),
        }
    }

    fn admit_station(&self, key: StationKey) -> Result<StationKey, SourceRefusal> {
        let programme = self.stations.programme(key);
        if programme != key {
            let parent = self.stations[programme].settings().mount.clone();
            Err(SourceRefusal::Rendition(parent))
        } else if self.stations[key].settings().sources.is_enabled() {
            Ok(key)
        } else {
            Err(SourceRefusal::Disabled)
        }
    }

    /// Returns the station of a source with a valid password, which may be one that it creates. Logs why it
    /// may not go live there, which an operator would otherwise look for at the encoder.
    fn admit_station_for(
        &mut self,
        peer: Peer,
        named: &StationRef,
        user: &SourceUser,
        login: &SourceCredentials<'_>,
        now: Time,
    ) -> Result<StationKey, SourceRefusal> {
        let Some(key) = self.source_station(named) else {
            if self.may_create(named, login.user, login.password) {
                return self.create_unlisted(peer, named, user, now);
            }
            self.log_unknown_station(peer, named, user, now);
            return Err(SourceRefusal::NoStation);
        };
        let admitted = self.admit_station(key);
        admitted.inspect_err(|refusal| self.log_refused(peer, key, user, refusal, now))
    }

    /// Refuses the login of a source from a banned address.
    fn refuse_banned_source(&self, peer: Peer) -> Result<(), SourceRefusal> {
        if self.is_banned(peer) { Err(SourceRefusal::Banned) } else { Ok(()) }
    }

    /// Returns the codec that a source announces, if the station may play it now.
    pub(super) fn admit_codec(
        &mut self,
        peer: Peer,
        key: StationKey,
        user: &SourceUser,
        info: &SourceInfo,
        now: Time,
    ) -> Result<Codec, SourceRefusal> {
        let media_type = info.content_type.clone().unwrap_or_default();
        let admitted = match info.codec() {
            Err(_) => Err(SourceRefusal::UnsupportedType(media_type)),
            Ok(codec) if self.stations[key].accepts_codec(codec) => Ok(codec),
            Ok(codec) => {
                let expected = self.describe_expected_codec(key);
                let came =
                    if media_type.is_empty() { "no type".to_owned() } else { format!("{media_type:?}") };
                Err(SourceRefusal::OtherCodec(format!("it sends {} ({came}); {expected}", codec.name())))
            }
        };
        let admitted = admitted.and_then(|codec| self.admit_announced_bitrate(key, info).map(|()| codec));
        admitted.inspect_err(|refusal| self.log_refused(peer, key, user, refusal, now))
    }

    /// Returns which codec a station expects, why, and which key changes that, for the log and the DJ.
    pub(in crate::server) fn describe_expected_codec(&self, key: StationKey) -> String {
        let ExpectedCodec { codec, decided_by } = self.stations[key].expected_codec();
        let other = codec.other().extension();
        format!(
            "the station plays {}, because of {decided_by}; codec = \"{other}\" or allow_codec_change = true \
             changes that",
            codec.name()
        )
    }

    /// Checks whether a user that logs in may go live. The same user as the live one waits until it is known
    /// whether the live source is dead.
    fn admit_login_of_user(
        &mut self,
        peer: Peer,
        key: StationKey,
        user: &SourceUser,
        now: Time,
    ) -> Result<(), SourceLoginError> {
        let channel = &self.stations[key];
        let admission = channel.live.admission(user, channel.settings().sources.takeover);
        if admission == TakeoverAdmission::IfDead && self.may_wait_for_source(peer) {
            return Err(SourceLoginError::MustWaitForSource(key));
        }
        let admitted = self.admit_user(key, user, now);
        Ok(admitted.inspect_err(|refusal| self.log_refused(peer, key, user, refusal, now))?)
    }

    /// Lets a login wait if it has to. Returns the refusal if it is refused.
    fn wait_unless_refused(
        &mut self,
        peer: Peer,
        error: SourceLoginError,
        message: impl FnOnce() -> LoginMessage,
        rest: &[u8],
        now: Time,
    ) -> Option<SourceRefusal> {
        match error {
            SourceLoginError::MustWait => self.wait_for_turn(peer, message(), rest, now),
            SourceLoginError::MustWaitForSource(key) => self.wait_for_source(peer, key, message(), rest, now),
            SourceLoginError::Refused(refusal) => return Some(refusal),
        }
        None
    }

    fn become_source(&mut self, peer: Peer, source: Source, rest: &[u8], now: Time) {
        self.stats.source_logins += 1;
        self.note_source_login(source.station);
        self.timers.first_frames.add(peer, now);
        self.timers.quiet_sources.add(peer, now);
        self.become_session(peer, Session::Source(Box::new(source)));
        self.feed_source(peer, rest, now);
    }

    /// Logs why a user with a valid password may not go live, and which user is live.
    pub(in crate::server) fn log_refused(
        &mut self,
        peer: Peer,
        key: StationKey,
        user: &SourceUser,
        refusal: &SourceRefusal,
        now: Time,
    ) {
        let Some(address) = self.sessions.address(peer) else { return };
        let channel = &self.stations[key];
        let (mount, name) = (&channel.settings().mount, &user.name);
        let live = channel.live.source.as_ref();
        let live = live.map(|source| format!(" ({} is live)", source.user.name)).unwrap_or_default();
        let is_admitted = self.log.peers.admit(address.ip(), now);
        warn_limited!(is_admitted, "{mount}: source {name} at {address} refused: {refusal}{live}");
        if *refusal == SourceRefusal::InUse {
            self.warn_of_conflict(peer, key, user, now);
        }
    }

    pub(in crate::server) fn refuse_source(&mut self, peer: Peer, refusal: SourceRefusal, now: Time) {
        let reason = match refusal {
            SourceRefusal::Unauthenticated => CloseReason::AuthenticationFailed,
            SourceRefusal::TooManyFailures => CloseReason::TooManyFailedLogins,
            SourceRefusal::Banned => CloseReason::Banned,
            _ => CloseReason::NotAllowed,
        };
        let reply = match self.sessions.get(peer).map(|entry| &entry.session) {
            // It was sent OK2 before it announced its format.
            Some(Session::Source(source)) => {
                Reply::remainder(403, source.sent(), [source.reply(), &refusal.reply()].concat(), reason)
            }
            _ => Reply::new(refusal.reply(), reason),
        };
        self.become_reply(peer, reply, now);
    }
}

/// Why the login of a source is not accepted.
enum SourceLoginError {
    /// It is refused for this reason.
    Refused(SourceRefusal),
    /// It has to wait for its turn.
    MustWait,
    /// It has to wait for the live source of this station.
    MustWaitForSource(StationKey),
}

impl From<SourceRefusal> for SourceLoginError {
    fn from(refusal: SourceRefusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<LoginError<SourceRefusal>> for SourceLoginError {
    fn from(error: LoginError<SourceRefusal>) -> Self {
        match error {
            LoginError::Refused(refusal) => Self::Refused(refusal),
            LoginError::MustWait => Self::MustWait,
        }
    }
}

/// Refuses a request whose body cannot arrive. An HTTP proxy forwards no body that has neither a length nor
/// chunks. Encoders that connect directly send such bodies, which last until the connection is closed.
fn check_framing(request: &Request) -> Result<(), SourceRefusal> {
    let length = request.content_length();
    match length {
        _ if request.is_chunked() || length.is_some_and(|length| length > 0) => Ok(()),
        _ if has_passed_http_proxy(request) => Err(SourceRefusal::Unframed),
        Some(_) if request.method == Method::Put => Err(SourceRefusal::EmptyBody),
        _ => Ok(()),
    }
}

/// The user name and password of a login.
struct SourceCredentials<'a> {
    user: Option<&'a str>,
    password: &'a str,
}

/// Returns the framing of a source's body. With Icecast's own method (`SOURCE`) it lasts until the connection
/// is closed: libshout sends a length of 0.
fn body_framing(request: &Request) -> BodyFraming {
    let length = request.content_length().filter(|&length| length > 0 && request.method == Method::Put);
    match length {
        _ if request.is_chunked() => BodyFraming::Chunked(chunked::ChunkedDecoder::default()),
        Some(length) => BodyFraming::Length(length),
        None => BodyFraming::UntilClose,
    }
}

fn acceptance(request: &Request) -> Vec<u8> {
    let first = if request.expects_continue() { source_reply::CONTINUE } else { b"" };
    [first, source_reply::SOURCE_ACCEPTED].concat()
}
