//! Who may go live: from the password to the first byte of audio.

use encoding_rs::{Encoding, WINDOWS_1252};

use super::{OnAir, Peer, Server, accounts};
use crate::audio::Codec;
use crate::http::request::route;
use crate::http::request::which::Which;
use crate::http::request::{Method, Request};
use crate::http::source::chunked;
use crate::http::source::head::SourceInfo;
use crate::http::source::login::{Audiocast, Login, PasswordLine};
use crate::http::source::reply::{self as source_reply, NoSource};
use crate::session::{Extent, Reply, Session, Source, Who, Why};
use crate::time::Time;

impl Server {
    /// Someone wants to go live with a request, behind which `rest` came already.
    pub(super) fn log_in(&mut self, peer: Peer, request: &Request, rest: &[u8], now: Time) {
        match self.admit_request(peer, request, now) {
            Ok(source) => self.become_source(peer, source, rest, now),
            Err(no) => self.refuse_source(peer, no, now),
        }
    }

    /// The order of these questions is what encoders expect (protocol-notes/sources.md, "Refusals").
    fn admit_request(&mut self, peer: Peer, request: &Request, now: Time) -> Result<Source, NoSource> {
        let credentials = request.credentials().ok_or(NoSource::Unauthenticated)?;
        let login = Attempt { user: Some(&credentials.user), password: &credentials.password };
        let at = route::station_at(request, &self.settings);
        let who = self.authenticate(peer, at, &login, now)?;
        let at = self.admit_station(at)?;
        let info = SourceInfo::of_request(request);
        if request.method == Method::Put && info.content_type.is_none() {
            return Err(NoSource::NoType);
        }
        let codec = self.admit_info(peer, at, &who, &info, now)?;
        let body = (codec, extent(request));
        Ok(Source::http(at as u16, who, info, body, self.charset(at), &accepted(request)))
    }

    /// Someone gave a password line, behind which `rest` came already.
    pub(super) fn log_in_icy(&mut self, peer: Peer, line: &PasswordLine, rest: &[u8], now: Time) {
        match self.admit_line(peer, line, now) {
            Ok((at, who)) => {
                let source = Source::icy(at as u16, who, self.charset(at), source_reply::OK2);
                self.become_source(peer, source, rest, now);
            }
            Err(NoSource::InUse) => self.bury(peer, Why::NotAdmitted, now),
            Err(no) => self.refuse_icy(peer, no, now),
        }
    }

    /// Someone logged in the way xaudiocast did.
    pub(super) fn log_in_audiocast(&mut self, peer: Peer, login: Audiocast, rest: &[u8], now: Time) {
        match self.admit_audiocast(peer, login, now) {
            Ok(source) => self.become_source(peer, source, rest, now),
            Err(no) => self.refuse_icy(peer, no, now),
        }
    }

    /// The old protocols have but one word for all that is wrong.
    fn refuse_icy(&mut self, peer: Peer, no: NoSource, now: Time) {
        let why = if no == NoSource::Banned { Why::Banned } else { Why::WrongPassword };
        self.become_reply(peer, Reply::new(source_reply::INVALID_PASSWORD.to_vec(), why), now);
    }

    fn admit_audiocast(&mut self, peer: Peer, login: Audiocast, now: Time) -> Result<Source, NoSource> {
        let Audiocast { mount, password, info } = login;
        let at = Which::Mount(mount).find(&self.settings);
        let who = self.authenticate(peer, at, &Attempt { user: None, password: &password }, now)?;
        let at = self.admit_station(at)?;
        let body = (self.admit_info(peer, at, &who, &info, now)?, Extent::UntilClose);
        Ok(Source::http(at as u16, who, info, body, self.charset(at), source_reply::AUDIOCAST_OK))
    }

    /// A line can be read in several ways, as neither names nor passwords are quoted; the first that is right counts.
    fn admit_line(&mut self, peer: Peer, line: &PasswordLine, now: Time) -> Result<(usize, Who), NoSource> {
        self.admit_source_address(peer, now)?;
        for Login { station, user, password } in line.readings() {
            let Some(at) = self.meant(&station) else { continue };
            if let Some(who) = accounts::source(&self.settings[at].sources, user, password) {
                return match self.admit_who(at, &who) {
                    Ok(()) => Ok((at, who)),
                    Err(no) => {
                        self.tell_refused(peer, at, &who, no, now);
                        Err(no)
                    }
                };
            }
        }
        self.note_wrong(peer, None, now);
        Err(NoSource::Unauthenticated)
    }

    /// The station that somebody with a password means: where he names none, the first that takes sources.
    pub(super) fn meant(&self, station: &Which) -> Option<usize> {
        match station {
            Which::Lowest => self.settings.iter().position(|settings| settings.sources.is_on()),
            named => named.find(&self.settings),
        }
    }

    /// Whoever gives these credentials for a station. That there is none, or that it takes no sources, is told only to those
    /// whose credentials are good for another.
    fn authenticate(
        &mut self,
        peer: Peer,
        at: Option<usize>,
        login: &Attempt<'_>,
        now: Time,
    ) -> Result<Who, NoSource> {
        self.admit_source_address(peer, now)?;
        let of = |settings: &crate::settings::StationSettings| {
            accounts::source(&settings.sources, login.user, login.password)
        };
        let who = match at.filter(|&at| self.settings[at].sources.is_on()) {
            Some(at) => of(&self.settings[at]),
            None => self.settings.iter().find_map(of),
        };
        if who.is_none() {
            self.note_wrong(peer, login.user, now);
        }
        who.ok_or(NoSource::Unauthenticated)
    }

    fn admit_station(&self, at: Option<usize>) -> Result<usize, NoSource> {
        let at = at.ok_or(NoSource::NoStation)?;
        if self.settings[at].sources.is_on() { Ok(at) } else { Err(NoSource::Off) }
    }

    /// Whether somebody there may go live, if he knows a password.
    fn admit_source_address(&self, peer: Peer, now: Time) -> Result<(), NoSource> {
        if self.is_banned(peer) { Err(NoSource::Banned) } else { self.admit_address(peer, now) }
    }

    pub(super) fn admit_address(&self, peer: Peer, now: Time) -> Result<(), NoSource> {
        let address = self.sessions.get(peer).map(|entry| entry.visit.peer.ip());
        match address.is_none_or(|address| self.proxies.trust(address) || self.logins.admit(address, now)) {
            true => Ok(()),
            false => Err(NoSource::TooManyFailures),
        }
    }

    pub(super) fn note_wrong(&mut self, peer: Peer, user: Option<&str>, now: Time) {
        let Some(address) = self.sessions.address(peer) else { return };
        // A proxy that does not say whom it speaks for is everyone.
        if !self.proxies.trust(address.ip()) {
            self.logins.note_wrong(address.ip(), now);
        }
        let user = user.map(|user| format!(" for {user:?}")).unwrap_or_default();
        self.login_complaints.tell(now, format_args!("{address} gave a wrong password{user}"));
    }

    pub(super) fn admit_info(
        &mut self,
        peer: Peer,
        at: usize,
        who: &Who,
        info: &SourceInfo,
        now: Time,
    ) -> Result<Codec, NoSource> {
        let codec = info.codec().ok().filter(|&codec| self.plays(at, codec)).ok_or(NoSource::UnsupportedType);
        let admitted = codec.and_then(|codec| self.admit_who(at, who).map(|()| codec));
        if let Err(no) = admitted {
            self.tell_refused(peer, at, who, no, now);
        }
        admitted
    }

    /// Whether a station may play this codec now. Players stop at another than they began with; where nobody is listening
    /// to silence, none is stopped.
    pub(super) fn plays(&self, at: usize, codec: Codec) -> bool {
        let OnAir { station, wheel, .. } = &self.stations[at];
        let is_idle = station.silent_since().is_some() && wheel.is_empty();
        // Nor are those who have not been told yet what there is to hear.
        let is_untold = self.stations[at].withholds_heads() && self.settings[at].music.is_empty();
        let is_same = station.codec().is_none_or(|played| played == codec);
        is_same || is_idle || is_untold || self.settings[at].sources.allow_codec_change
    }

    pub(super) fn admit_who(&self, at: usize, who: &Who) -> Result<(), NoSource> {
        let admits = self.stations[at].studio.admits(who, self.settings[at].sources.takeover);
        if admits { Ok(()) } else { Err(NoSource::InUse) }
    }

    pub(super) fn charset(&self, at: usize) -> &'static Encoding {
        let label = self.settings[at].sources.charset.as_deref();
        label.and_then(|label| Encoding::for_label(label.as_bytes())).unwrap_or(WINDOWS_1252)
    }

    fn become_source(&mut self, peer: Peer, source: Source, rest: &[u8], now: Time) {
        self.counters.sources += 1;
        self.sources_due.add(peer, now);
        self.become_session(peer, Session::Source(Box::new(source)));
        self.hear_source(peer, rest, now);
    }

    /// Tells the operator why somebody with a right password may not go live, and who is.
    pub(super) fn tell_refused(&mut self, peer: Peer, at: usize, who: &Who, no: NoSource, now: Time) {
        let Some(address) = self.sessions.address(peer) else { return };
        let (mount, user) = (self.settings[at].mount.clone(), &who.user);
        let live = self.stations[at].studio.holder.as_ref();
        let live = live.map(|holder| format!(" ({} is live)", holder.who.user)).unwrap_or_default();
        self.complain(now, format_args!("{mount}: {user} may not go live from {address}: {no}{live}"));
    }

    pub(super) fn refuse_source(&mut self, peer: Peer, no: NoSource, now: Time) {
        let why = match no {
            NoSource::Unauthenticated => Why::WrongPassword,
            NoSource::TooManyFailures => Why::TooManyWrongPasswords,
            NoSource::Banned => Why::Banned,
            _ => Why::NotAdmitted,
        };
        let reply = match self.sessions.get_mut(peer).map(|entry| &entry.session) {
            // It was told OK2 before it said what it sends.
            Some(Session::Source(source)) => {
                Reply::rest_of(403, source.sent(), [source.reply(), &no.reply()].concat(), why)
            }
            _ => Reply::new(no.reply(), why),
        };
        self.become_reply(peer, reply, now);
    }
}

/// A name and a password, as they were given.
struct Attempt<'a> {
    user: Option<&'a str>,
    password: &'a str,
}

/// Where the body of a source's request ends. Icecast's own method has none that ends: libshout says that its length is 0.
fn extent(request: &Request) -> Extent {
    let length = request.content_length().filter(|&length| length > 0 && request.method == Method::Put);
    match length {
        _ if request.is_chunked() => Extent::Chunked(chunked::Decoder::default()),
        Some(length) => Extent::Length(length),
        None => Extent::UntilClose,
    }
}

fn accepted(request: &Request) -> Vec<u8> {
    let first = if request.expects_continue() { source_reply::CONTINUE } else { b"" };
    [first, source_reply::WELCOME].concat()
}
