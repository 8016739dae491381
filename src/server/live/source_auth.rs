//! Authentication of live sources, and which source may replace another.

use crate::audio::Codec;
use crate::http::request::station_ref::StationRef;
use crate::http::request::{Method, Request};
use crate::http::source::chunked;
use crate::http::source::head::SourceInfo;
use crate::http::source::login::{AudiocastLogin, LineInterpretation, PasswordLine};
use crate::http::source::reply::{self as source_reply, SourceRefusal};
use crate::log_limiter::{excerpt, log_limited};
use crate::router;
use crate::server::state::access::accounts::{has_account, source_login};
use crate::server::state::peer::Peer;
use crate::server::state::server::Server;
use crate::server::state::station::channel::Channel;
use crate::session::{BodyFraming, CloseReason, Reply, Session, Source, SourceUser};
use crate::station::StationKey;
use crate::time::Time;

impl Server {
    /// Handles a source that logs in with a request. `rest` is the bytes after its head.
    pub(in crate::server) fn log_in(&mut self, peer: Peer, request: &Request, rest: &[u8], now: Time) {
        match self.admit_request(peer, request, now) {
            Ok(source) => self.become_source(peer, source, rest, now),
            Err(refusal) => self.refuse_source(peer, refusal, now),
        }
    }

    /// Encoders depend on the order of these checks (protocol-notes/sources.md, "Responses to a source").
    fn admit_request(&mut self, peer: Peer, request: &Request, now: Time) -> Result<Source, SourceRefusal> {
        let credentials = request.credentials().ok_or(SourceRefusal::Unauthenticated)?;
        let login = LoginAttempt { user: Some(&credentials.user), password: &credentials.password };
        let key = router::source_station(request, &|which: &StationRef| self.stations.find(which));
        let user = self.authenticate(peer, key, &login, now)?;
        let key = self.admit_station(key)?;
        let info = SourceInfo::from_request(request);
        if request.method == Method::Put && info.content_type.is_none() {
            return Err(SourceRefusal::NoType);
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
            Err(SourceRefusal::InUse) => self.close_session(peer, CloseReason::NotAllowed, now),
            Err(refusal) => self.refuse_icy(peer, refusal, now),
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
        match self.admit_audiocast(peer, login, now) {
            Ok(source) => self.become_source(peer, source, rest, now),
            Err(refusal) => self.refuse_icy(peer, refusal, now),
        }
    }

    /// Refuses a source that uses one of the old protocols. They have one response for all refusals.
    fn refuse_icy(&mut self, peer: Peer, refusal: SourceRefusal, now: Time) {
        let reason = if refusal == SourceRefusal::Banned {
            CloseReason::Banned
        } else {
            CloseReason::AuthenticationFailed
        };
        self.become_reply(peer, Reply::new(source_reply::INVALID_PASSWORD.to_vec(), reason), now);
    }

    fn admit_audiocast(
        &mut self,
        peer: Peer,
        login: AudiocastLogin,
        now: Time,
    ) -> Result<Source, SourceRefusal> {
        let AudiocastLogin { mount, password, info } = login;
        let key = self.stations.find(&StationRef::Mount(mount));
        let user = self.authenticate(peer, key, &LoginAttempt { user: None, password: &password }, now)?;
        let key = self.admit_station(key)?;
        let body = (self.admit_info(peer, key, &user, &info, now)?, BodyFraming::UntilClose);
        Ok(Source::new_http(key, user, info, body, self.stations[key].charset(), source_reply::AUDIOCAST_OK))
    }

    /// Authenticates a password line. Names and passwords are not quoted, so a line can be parsed in several
    /// ways. The first valid one is used.
    fn admit_line(
        &mut self,
        peer: Peer,
        line: &PasswordLine,
        now: Time,
    ) -> Result<(StationKey, SourceUser), SourceRefusal> {
        self.admit_source_address(peer, now)?;
        let valid = line.interpretations().find_map(|LineInterpretation { station, user, password }| {
            let key = self.source_station(&station)?;
            let user = source_login(&self.stations[key].settings().sources, user, password)?;
            Some((key, user))
        });
        let Some((key, user)) = valid else {
            self.note_failed_login(peer, None, now);
            return Err(SourceRefusal::Unauthenticated);
        };
        self.admit_user(key, &user)
            .inspect_err(|&refusal| self.log_refused(peer, key, &user, refusal, now))?;
        Ok((key, user))
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
        login: &LoginAttempt<'_>,
        now: Time,
    ) -> Result<SourceUser, SourceRefusal> {
        self.admit_source_address(peer, now)?;
        let valid = |channel: &Channel| source_login(&channel.settings().sources, login.user, login.password);
        let user = match key.filter(|&key| self.stations[key].settings().sources.is_enabled()) {
            Some(key) => valid(&self.stations[key]),
            None => self.stations.iter().find_map(|(_, channel)| valid(channel)),
        };
        if user.is_none() {
            self.note_failed_login(peer, login.user, now);
        }
        user.ok_or(SourceRefusal::Unauthenticated)
    }

    fn admit_station(&self, key: Option<StationKey>) -> Result<StationKey, SourceRefusal> {
        let key = key.ok_or(SourceRefusal::NoStation)?;
        if self.stations[key].settings().sources.is_enabled() {
            Ok(key)
        } else {
            Err(SourceRefusal::Disabled)
        }
    }

    /// Checks whether logins of sources are accepted from this peer's address.
    fn admit_source_address(&self, peer: Peer, now: Time) -> Result<(), SourceRefusal> {
        if self.is_banned(peer) { Err(SourceRefusal::Banned) } else { self.admit_login(peer, now) }
    }

    /// Checks whether this peer has not failed to log in too often.
    pub(in crate::server) fn admit_login(&self, peer: Peer, now: Time) -> Result<(), SourceRefusal> {
        let address = self.sessions.address(peer);
        match address.is_none_or(|address| self.access.admits_login(address.ip(), now)) {
            true => Ok(()),
            false => Err(SourceRefusal::TooManyFailures),
        }
    }

    pub(in crate::server) fn note_failed_login(&mut self, peer: Peer, user: Option<&str>, now: Time) {
        let Some(address) = self.sessions.address(peer) else { return };
        self.access.note_failed_login(address.ip(), now);
        let user = user.map(|user| format!(" for {:?}", excerpt(user))).unwrap_or_default();
        let is_admitted = self.log.logins.admit(address.ip(), now);
        log_limited!(is_admitted, "{address}: authentication failed{user}");
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
        admitted.inspect_err(|&refusal| self.log_refused(peer, key, user, refusal, now))
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
        refusal: SourceRefusal,
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

    pub(super) fn refuse_source(&mut self, peer: Peer, refusal: SourceRefusal, now: Time) {
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
struct LoginAttempt<'a> {
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
