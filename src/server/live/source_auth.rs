//! Authentication of live sources, and which source may replace another.

use crate::audio::Codec;
use crate::http::request::station_ref::StationRef;
use crate::http::request::{Method, Request};
use crate::http::source::chunked;
use crate::http::source::head::SourceInfo;
use crate::http::source::login::{AudiocastLogin, LineInterpretation, PasswordLine};
use crate::http::source::reply::{self as source_reply, SourceRefusal};
use crate::log_limiter::log_limited;
use crate::router;
use crate::server::logins::LoginError;
use crate::server::state::access::accounts::{has_account, source_login};
use crate::server::state::access::login_attempt::AccountRef;
use crate::server::state::peer::Peer;
use crate::server::state::server::Server;
use crate::server::state::station::channel::Channel;
use crate::session::{BodyFraming, CloseReason, LoginMessage, Reply, Session, Source, SourceUser};
use crate::station::StationKey;
use crate::time::Time;

impl Server {
    /// Handles a source that logs in with a request. `rest` is the bytes after its head.
    pub(in crate::server) fn log_in(&mut self, peer: Peer, request: &Request, rest: &[u8], now: Time) {
        match self.admit_request(peer, request, now) {
            Ok(source) => self.become_source(peer, source, rest, now),
            Err(LoginError::MustWait) => {
                self.wait_for_turn(peer, LoginMessage::Request(request.clone().into()), rest, now);
            }
            Err(LoginError::Refused(refusal)) => self.refuse_source(peer, refusal, now),
        }
    }

    /// Encoders depend on the order of these checks (protocol-notes/sources.md, "Responses to a source").
    fn admit_request(
        &mut self,
        peer: Peer,
        request: &Request,
        now: Time,
    ) -> Result<Source, LoginError<SourceRefusal>> {
        let credentials = request.credentials().ok_or(SourceRefusal::Unauthenticated)?;
        let login = SourceCredentials { user: Some(&credentials.user), password: &credentials.password };
        let key = router::source_station(request, &|which: &StationRef| self.stations.find(which));
        let user = self.authenticate(peer, key, &login, Some(request), now)?;
        let key = self.admit_station_for(peer, key, &user, now)?;
        let info = SourceInfo::from_request(request);
        if request.method == Method::Put && info.content_type.is_none() {
            return Err(SourceRefusal::NoType.into());
        }
        let codec = self.admit_info(peer, key, &user, &info, now)?;
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
            Err(LoginError::MustWait) => {
                self.wait_for_turn(peer, LoginMessage::Password(line.clone()), rest, now);
            }
            Err(LoginError::Refused(SourceRefusal::InUse)) => {
                self.close_session(peer, CloseReason::NotAllowed, now);
            }
            Err(LoginError::Refused(refusal)) => self.refuse_icy(peer, refusal, now),
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
            Err(LoginError::MustWait) => {
                self.wait_for_turn(peer, LoginMessage::Audiocast(login.into()), rest, now);
            }
            Err(LoginError::Refused(refusal)) => self.refuse_icy(peer, refusal, now),
        }
    }

    /// Refuses a source that uses one of the old protocols. They have one response for all refusals.
    pub(in crate::server) fn refuse_icy(&mut self, peer: Peer, refusal: SourceRefusal, now: Time) {
        let reason = match refusal {
            SourceRefusal::Banned => CloseReason::Banned,
            SourceRefusal::TooManyFailures => CloseReason::TooManyFailedLogins,
            _ => CloseReason::AuthenticationFailed,
        };
        self.become_reply(peer, Reply::new(source_reply::INVALID_PASSWORD.to_vec(), reason), now);
    }

    fn admit_audiocast(
        &mut self,
        peer: Peer,
        login: &AudiocastLogin,
        now: Time,
    ) -> Result<Source, LoginError<SourceRefusal>> {
        let AudiocastLogin { mount, password, info } = login;
        let key = self.stations.find(&StationRef::Mount(mount.clone()));
        let user = self.authenticate(peer, key, &SourceCredentials { user: None, password }, None, now)?;
        let key = self.admit_station_for(peer, key, &user, now)?;
        let body = (self.admit_info(peer, key, &user, info, now)?, BodyFraming::UntilClose);
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
    ) -> Result<(StationKey, SourceUser), LoginError<SourceRefusal>> {
        self.refuse_banned_source(peer)?;
        let account = self.account_of_line(line);
        let login = self.admit_login(peer, account, None, now)?;
        let valid = line.interpretations().find_map(|LineInterpretation { station, user, password }| {
            let key = self.source_station(&station)?;
            let programme = self.stations.programme(key);
            let user = source_login(&self.stations[programme].settings().sources, user, password)?;
            Some((key, user))
        });
        let Some((key, user)) = valid else {
            return Err(self.note_failed_login(peer, &login, None, now).into());
        };
        let programme = self.stations.programme(key);
        self.note_login(&login, self.source_account(Some(programme), &user.name), now);
        let admitted = self.admit_station(Some(key)).and_then(|key| self.admit_user(key, &user));
        admitted.inspect_err(|refusal| self.log_refused(peer, key, &user, refusal, now))?;
        Ok((key, user))
    }

    /// Returns the account that a password line refers to: one of the station that it names. The names of
    /// users in it may be parts of a password, so they do not count.
    fn account_of_line(&self, line: &PasswordLine) -> AccountRef {
        let stations = line.interpretations().map(|it| it.station);
        let named = stations.filter(|station| *station != StationRef::Default);
        let named = named.filter_map(|station| self.stations.find(&station)).next();
        let station = named.or_else(|| self.source_station(&StationRef::Default));
        self.source_account(station.map(|key| self.stations.programme(key)), "")
    }

    /// Returns the station that a login refers to. If it names none, the first one that accepts sources.
    pub(in crate::server) fn source_station(&self, station: &StationRef) -> Option<StationKey> {
        match station {
            StationRef::Default => self.stations.first_accepting_sources(),
            named => self.stations.find(named),
        }
    }

    /// Returns the user with these credentials for a station. If the station does not exist or accepts no
    /// sources, the credentials of any other station are accepted, so that only a client with a valid
    /// password gets to know this.
    fn authenticate(
        &mut self,
        peer: Peer,
        key: Option<StationKey>,
        credentials: &SourceCredentials<'_>,
        request: Option<&Request>,
        now: Time,
    ) -> Result<SourceUser, LoginError<SourceRefusal>> {
        self.refuse_banned_source(peer)?;
        let key = key.map(|key| self.stations.programme(key));
        let SourceCredentials { user: name, password } = *credentials;
        let account = self.source_account(key, name.unwrap_or_default());
        let login = self.admit_login(peer, account, request, now)?;
        let valid = |channel: &Channel| source_login(&channel.settings().sources, name, password);
        let user = match key.filter(|&key| self.stations[key].settings().sources.is_enabled()) {
            Some(key) => valid(&self.stations[key]),
            None => self.stations.iter().find_map(|(_, channel)| valid(channel)),
        };
        let user = user.ok_or_else(|| self.note_failed_login(peer, &login, name, now))?;
        self.note_login(&login, self.source_account(key, &user.name), now);
        Ok(user)
    }

    fn admit_station(&self, key: Option<StationKey>) -> Result<StationKey, SourceRefusal> {
        let key = key.ok_or(SourceRefusal::NoStation)?;
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

    /// Returns the station of a source with a valid password. Logs that it is a rendition, which an operator
    /// would otherwise look for at the encoder.
    fn admit_station_for(
        &mut self,
        peer: Peer,
        key: Option<StationKey>,
        user: &SourceUser,
        now: Time,
    ) -> Result<StationKey, SourceRefusal> {
        let admitted = self.admit_station(key);
        if let (Some(key), Err(refusal @ SourceRefusal::Rendition(_))) = (key, &admitted) {
            self.log_refused(peer, key, user, refusal, now);
        }
        admitted
    }

    /// Refuses the login of a source from a banned address.
    fn refuse_banned_source(&self, peer: Peer) -> Result<(), SourceRefusal> {
        if self.is_banned(peer) { Err(SourceRefusal::Banned) } else { Ok(()) }
    }

    pub(super) fn admit_info(
        &mut self,
        peer: Peer,
        key: StationKey,
        user: &SourceUser,
        info: &SourceInfo,
        now: Time,
    ) -> Result<Codec, SourceRefusal> {
        let codec = info.codec().ok().filter(|&codec| self.stations[key].accepts_codec(codec));
        let admitted = codec
            .ok_or(SourceRefusal::UnsupportedType)
            .and_then(|codec| self.admit_user(key, user).map(|()| codec));
        admitted.inspect_err(|refusal| self.log_refused(peer, key, user, refusal, now))
    }

    /// Checks whether a user may go live now, possibly by replacing the live source. The account may have
    /// been removed since the login.
    pub(super) fn admit_user(&self, key: StationKey, user: &SourceUser) -> Result<(), SourceRefusal> {
        let channel = &self.stations[key];
        let sources = &channel.settings().sources;
        match has_account(sources, user) {
            false => Err(SourceRefusal::Disabled),
            true if channel.live.admits(user, sources.takeover) => Ok(()),
            true => Err(SourceRefusal::InUse),
        }
    }

    fn become_source(&mut self, peer: Peer, source: Source, rest: &[u8], now: Time) {
        self.stats.source_logins += 1;
        self.timers.first_frames.add(peer, now);
        self.become_session(peer, Session::Source(Box::new(source)));
        self.feed_source(peer, rest, now);
    }

    /// Logs why a user with a valid password may not go live, and which user is live.
    pub(super) fn log_refused(
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
        log_limited!(is_admitted, "{mount}: source {name} at {address} refused: {refusal}{live}");
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
