//! Live sources: from the password to the air, and off it.

use encoding_rs::{Encoding, WINDOWS_1252};
use log::info;

use super::sender::{Each, Sender, push};
use super::studio::{Holder, Studio};
use super::{Entry, OnAir, Peer, Server, accounts};
use crate::audio::{Codec, Format, Header};
use crate::http::chunked;
use crate::http::icy_login::{Audiocast, Login, PasswordLine};
use crate::http::request::{Method, Request};
use crate::http::route;
use crate::http::source_head::SourceInfo;
use crate::http::source_reply::{self, NoSource};
use crate::http::which::Which;
use crate::icy::Title;
use crate::session::{Extent, Fault, Flow, Head, Reply, Session, Source, Who, Why};
use crate::settings::{Handover, SourceSettings};
use crate::station::{Feed, Station};
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
            Err(_) => {
                let reply = Reply::new(source_reply::INVALID_PASSWORD.to_vec(), Why::WrongPassword);
                self.become_reply(peer, reply, now);
            }
        }
    }

    /// Someone logged in the way xaudiocast did.
    pub(super) fn log_in_audiocast(&mut self, peer: Peer, login: Audiocast, rest: &[u8], now: Time) {
        match self.admit_audiocast(peer, login, now) {
            Ok(source) => self.become_source(peer, source, rest, now),
            Err(_) => {
                let reply = Reply::new(source_reply::INVALID_PASSWORD.to_vec(), Why::WrongPassword);
                self.become_reply(peer, reply, now);
            }
        }
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
        self.admit_address(peer, now)?;
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
        self.admit_address(peer, now)?;
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

    pub(super) fn admit_address(&self, peer: Peer, now: Time) -> Result<(), NoSource> {
        let address = self.sessions.get(peer.index as usize).map(|entry| entry.visit.peer.ip());
        match address.is_none_or(|address| self.logins.admit(address, now)) {
            true => Ok(()),
            false => Err(NoSource::TooManyFailures),
        }
    }

    pub(super) fn note_wrong(&mut self, peer: Peer, user: Option<&str>, now: Time) {
        let Some(address) = self.entry(peer).map(|entry| entry.visit.peer) else { return };
        self.logins.note_wrong(address.ip(), now);
        let user = user.map(|user| format!(" for {user:?}")).unwrap_or_default();
        self.login_complaints.tell(now, format_args!("{address} gave a wrong password{user}"));
    }

    fn admit_info(
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

    fn admit_who(&self, at: usize, who: &Who) -> Result<(), NoSource> {
        let admits = self.stations[at].studio.admits(who, self.settings[at].sources.takeover);
        if admits { Ok(()) } else { Err(NoSource::InUse) }
    }

    pub(super) fn charset(&self, at: usize) -> &'static Encoding {
        let label = self.settings[at].sources.charset.as_deref();
        label.and_then(|label| Encoding::for_label(label.as_bytes())).unwrap_or(WINDOWS_1252)
    }

    fn become_source(&mut self, peer: Peer, source: Source, rest: &[u8], now: Time) {
        self.sources_due.add(peer, now);
        self.become_session(peer, Session::Source(Box::new(source)));
        self.hear_source(peer, rest, now);
    }

    /// Tells the operator why somebody with a right password may not go live, and who is.
    fn tell_refused(&mut self, peer: Peer, at: usize, who: &Who, no: NoSource, now: Time) {
        let Some(address) = self.entry(peer).map(|entry| entry.visit.peer) else { return };
        let (mount, user) = (self.settings[at].mount.clone(), &who.user);
        let live = self.stations[at].studio.holder.as_ref();
        let live = live.map(|holder| format!(" ({} is live)", holder.who.user)).unwrap_or_default();
        self.complain(now, format_args!("{mount}: {user} may not go live from {address}: {no}{live}"));
    }

    fn refuse_source(&mut self, peer: Peer, no: NoSource, now: Time) {
        let why = match no {
            NoSource::Unauthenticated => Why::WrongPassword,
            NoSource::TooManyFailures => Why::TooManyWrongPasswords,
            _ => Why::NotAdmitted,
        };
        let reply = match self.entry(peer).map(|entry| &entry.session) {
            // It was told OK2 before it said what it sends.
            Some(Session::Source(source)) => {
                Reply::rest_of(403, source.sent(), [source.reply(), &no.reply()].concat(), why)
            }
            _ => Reply::new(no.reply(), why),
        };
        self.become_reply(peer, reply, now);
    }

    /// A source sent these bytes.
    pub(super) fn hear_source(&mut self, peer: Peer, bytes: &[u8], now: Time) {
        let Some(Entry { session: Session::Source(source), .. }) = self.entry(peer) else { return };
        match source.hear_head(bytes) {
            Head::Before => self.hear_audio(peer, bytes, now),
            Head::NotYet => {}
            Head::Whole(rest) => self.heard_head(peer, &rest, now),
            Head::TooLong => self.bury(peer, Why::BadRequest, now),
        }
    }

    /// The head of a v1 source is whole.
    fn heard_head(&mut self, peer: Peer, rest: &[u8], now: Time) {
        let Some(Entry { session: Session::Source(source), .. }) = self.sessions.get(peer.index as usize)
        else {
            return;
        };
        let (at, who, info) = (usize::from(source.station), source.who.clone(), source.info.clone());
        match self.admit_info(peer, at, &who, &info, now) {
            Ok(codec) => {
                if let Some(Entry { session: Session::Source(source), .. }) = self.entry(peer) {
                    source.begin_body(codec);
                }
                self.hear_audio(peer, rest, now);
            }
            Err(no) => self.refuse_source(peer, no, now),
        }
    }

    fn hear_audio(&mut self, peer: Peer, bytes: &[u8], now: Time) {
        let Some(heard) = self.take_audio(peer, now, |source, each| source.hear(bytes, each)) else { return };
        self.take_air(peer, now);
        match heard {
            Ok(Flow::GoesOn) => {}
            Ok(Flow::Ended) => self.bury(peer, Why::SourceEnded, now),
            Err(fault) => {
                if let Some(address) = self.entry(peer).map(|entry| entry.visit.peer) {
                    self.complain(now, format_args!("{address} is dismissed: {fault}"));
                }
                let why = if fault == Fault::BadChunk { Why::BrokenBody } else { Why::NoAudio };
                self.bury(peer, why, now);
            }
        }
    }

    /// Has a source hand over frames, to the air or to where they wait for it.
    fn take_audio<R>(
        &mut self,
        peer: Peer,
        now: Time,
        take: impl FnOnce(&mut Source, Each<'_>) -> R,
    ) -> Option<R> {
        let entry =
            self.sessions.get_mut(peer.index as usize).filter(|it| it.generation == peer.generation)?;
        let Session::Source(source) = &mut entry.session else { return None };
        if let Some(mut waiting) = source.waiting.take() {
            let taken = take(source, &mut |frame, title| push(&mut waiting, frame, title));
            source.waiting = Some(waiting);
            return Some(taken);
        }
        let OnAir { station, studio, is_stirred, .. } = &mut self.stations[usize::from(source.station)];
        // Who neither waits nor is on the air was not admitted to it.
        let holder = studio.holder.as_mut().filter(|holder| holder.sender.peer == peer)?;
        let feed = station.feed_mut(studio.feed);
        let (taken, any) = holder.sender.hand_over(feed, now, |each| take(source, each));
        *is_stirred |= any;
        Some(taken)
    }

    /// Takes the last frame of a source that ends, which nothing behind it could confirm. Nobody goes for the sake of one
    /// who does so himself.
    pub(super) fn finish_source(&mut self, peer: Peer, now: Time) {
        let _ = self.take_audio(peer, now, |source, each| source.finish(each));
        let Some(Entry { session: Session::Source(source), .. }) = self.entry(peer) else { return };
        let at = usize::from(source.station);
        if self.stations[at].studio.holder.is_none() {
            self.take_air(peer, now);
        }
    }

    /// Puts a source on the air if it has a frame and is not there yet. Only now does whoever was there go: a newcomer who
    /// sends noise, or nothing, takes nobody's place.
    fn take_air(&mut self, peer: Peer, now: Time) {
        let Some(Entry { session: Session::Source(source), visit, .. }) = self.entry(peer) else { return };
        let Some(feed) = source.waiting.take_if(|feed| feed.first().is_some()) else { return };
        let (at, who, info) = (usize::from(source.station), source.who.clone(), source.info.clone());
        let address = visit.peer;
        // Much may have changed since it logged in.
        if let Err(no) = self.admit_frames(at, &who, &feed) {
            self.tell_refused(peer, at, &who, no, now);
            return self.bury(peer, Why::NotAdmitted, now);
        }
        self.stations[at].studio.note_begin(&self.settings[at].mount, address, now);
        if let Some(holder) = self.stations[at].studio.holder.as_ref().map(|holder| holder.sender.peer) {
            self.bury(holder, Why::Replaced, now);
        }
        info!("{}: {} is live from {address}{}", self.settings[at].mount, who.user, with(&info));
        self.give_air(at, feed, Holder { sender: Sender::new(peer, now), since: now, who, info }, now);
    }

    fn admit_frames(&self, at: usize, who: &Who, feed: &Feed) -> Result<(), NoSource> {
        match feed.first().is_some_and(|header| self.plays(at, header.codec())) {
            true => self.admit_who(at, who),
            false => Err(NoSource::UnsupportedType),
        }
    }

    fn give_air(&mut self, at: usize, mut feed: Feed, mut holder: Holder, now: Time) {
        let user = &holder.who.user;
        let at_boundary = self.settings[at].sources.handover == Handover::EndOfTrack
            && !self.stations[at].studio.was_live(user, now);
        if at_boundary {
            info!("{}: {user} waits for the end of the track", self.settings[at].mount);
        }
        let OnAir { station, studio, is_stirred, .. } = &mut self.stations[at];
        holder.sender.title = feed.begin_with(studio.title_for(&holder.who.user, now));
        if let Some(format) = feed.first().map(Header::format) {
            let tape = (self.recorder)(&self.settings[at], &holder.who.user, format.codec);
            tape.into_iter().for_each(|tape| feed.record(tape));
            tell_of_format(&self.settings[at].mount, &holder.who.user, station, format);
        }
        station.open_feed(studio.feed, &holder.who.user, at_boundary, feed);
        studio.holder = Some(holder);
        *is_stirred = true;
    }

    /// Takes a source whose session ends off the air, if it is on: what it had sent is still played, unless it was thrown
    /// out.
    pub(super) fn leave_air(&mut self, peer: Peer, at: usize, why: Why, now: Time) {
        let OnAir { station, studio, is_stirred, .. } = &mut self.stations[at];
        if studio.holder.as_ref().is_none_or(|holder| holder.sender.peer != peer) {
            return;
        }
        if let Some(Holder { who, since, .. }) = &studio.holder {
            let lasted = now.since(*since).as_secs_f32();
            info!("{}: {} is live no more after {lasted:.1} s: {why}", self.settings[at].mount, who.user);
        }
        studio.leave(now);
        let feed = station.feed_mut(studio.feed);
        if why == Why::Kicked {
            feed.close()
        } else {
            feed.end()
        }
        *is_stirred = true;
    }

    /// Dismisses sources that went silent, and those that never sent a frame; lets titles become true.
    pub(super) fn look_after_studio(&mut self, at: usize, now: Time) {
        let timeout = self.settings[at].sources.timeout;
        if let Some(peer) = self.stations[at].studio.overdue(now, timeout) {
            self.bury(peer, Why::SourceTimeout, now);
        }
        while let Some(title) = self.stations[at].studio.take_due(now) {
            self.stations[at].apply(title);
        }
    }

    /// Makes `title` that of a station's live source: of the audio that comes next, or, if nobody is live, of whoever goes
    /// live next. What a DJ sets is his own only: his encoder may still talk when he has left, or already before he begins.
    pub(super) fn set_title(&mut self, at: usize, title: Title, now: Time) {
        let SourceSettings { djs, title_delay, .. } = &self.settings[at].sources;
        let set_by = title.set_by.as_deref();
        let of_dj = djs.iter().find(|dj| set_by == Some(&dj.name)).map(|dj| dj.name.clone());
        let on_air = &mut self.stations[at];
        let holder = on_air.studio.holder.as_ref().map(|holder| &holder.who.user);
        if holder.is_none_or(|holder| of_dj.as_ref().is_some_and(|dj| dj != holder)) {
            info!("{}: {:?} is kept for whoever goes live", self.settings[at].mount, title.text);
            on_air.studio.keep(title, of_dj, now);
        } else if title_delay.is_zero() {
            on_air.apply(title);
        } else {
            on_air.studio.delay(title, now + *title_delay);
        }
    }
}

impl OnAir {
    fn apply(&mut self, title: Title) {
        let Studio { feed, holder, .. } = &mut self.studio;
        if let Some(holder) = holder {
            holder.sender.title = Some(title.clone());
            self.station.feed_mut(*feed).set_title(title);
        }
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

/// Players go on where the sample rate or the channels change, but some with a click, or at another pitch.
pub(super) fn tell_of_format(mount: &str, user: &str, station: &Station, format: Format) {
    let before = station.format().format();
    if station.codec().is_some() && before != format {
        info!("{mount}: {user} sends {format}, where it was {before} so far");
    }
}

/// With what a source is heard, for the log.
fn with(info: &SourceInfo) -> String {
    info.user_agent.as_ref().map(|agent| format!(" with {agent:?}")).unwrap_or_default()
}

fn accepted(request: &Request) -> Vec<u8> {
    let first = if request.expects_continue() { source_reply::CONTINUE } else { b"" };
    [first, source_reply::WELCOME].concat()
}
