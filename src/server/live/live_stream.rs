//! On air and off it: what becomes of a live source's audio.

use log::info;

use crate::audio::{Format, Header};
use crate::http::source::head::SourceInfo;
use crate::http::source::reply::SourceRefusal;
use crate::server::state::peer::Peer;
use crate::server::state::server::Server;
use crate::server::state::sessions::SessionEntry;
use crate::server::state::station::channel::Channel;
use crate::server::state::station::frame_producer::{FrameProducer, FrameSink, push_frame};
use crate::server::state::station::live_slot::LiveSource;
use crate::session::{BodyError, BodyProgress, CloseReason, HeadProgress, Session, Source, SourceUser};
use crate::settings::LiveStart;
use crate::station::{Feed, Station, StationKey};
use crate::time::Time;

impl Server {
    /// A source sent these bytes.
    pub(in crate::server) fn feed_source(&mut self, peer: Peer, bytes: &[u8], now: Time) {
        let Some(SessionEntry { session: Session::Source(source), .. }) = self.sessions.get_mut(peer) else {
            return;
        };
        match source.feed_head(bytes) {
            HeadProgress::AlreadyComplete => self.feed_audio(peer, bytes, now),
            HeadProgress::Incomplete => {}
            HeadProgress::Complete(rest) => self.take_icy_head(peer, &rest, now),
            HeadProgress::TooLong => self.close_session(peer, CloseReason::BadRequest, now),
        }
    }

    /// The head of a v1 source is whole.
    fn take_icy_head(&mut self, peer: Peer, rest: &[u8], now: Time) {
        let Some(SessionEntry { session: Session::Source(source), .. }) = self.sessions.get(peer) else {
            return;
        };
        let (key, who, info) = (source.station, source.user.clone(), source.info.clone());
        match self.admit_info(peer, key, &who, &info, now) {
            Ok(codec) => {
                if let Some(SessionEntry { session: Session::Source(source), .. }) =
                    self.sessions.get_mut(peer)
                {
                    source.begin_body(codec);
                }
                self.feed_audio(peer, rest, now);
            }
            Err(refusal) => self.refuse_source(peer, refusal, now),
        }
    }

    fn feed_audio(&mut self, peer: Peer, bytes: &[u8], now: Time) {
        let Some(heard) = self.take_frames(peer, now, |source, each| source.feed(bytes, each)) else {
            return;
        };
        self.go_live(peer, now);
        match heard {
            Ok(BodyProgress::Incomplete) => {}
            Ok(BodyProgress::Complete) => self.close_session(peer, CloseReason::SourceEnded, now),
            Err(fault) => {
                if let Some(address) = self.sessions.address(peer) {
                    self.log.peers.log(now, format_args!("{address}: source disconnected: {fault}"));
                }
                let why = if fault == BodyError::BadChunk {
                    CloseReason::MalformedBody
                } else {
                    CloseReason::NotAudio
                };
                self.close_session(peer, why, now);
            }
        }
    }

    /// Has a source hand over frames: to the station, or to where they wait until it is live.
    fn take_frames<R>(
        &mut self,
        peer: Peer,
        now: Time,
        take: impl FnOnce(&mut Source, FrameSink<'_>) -> R,
    ) -> Option<R> {
        let SessionEntry { session: Session::Source(source), .. } = self.sessions.get_mut(peer)? else {
            return None;
        };
        if let Some(mut waiting) = source.pending_feed.take() {
            let taken = take(source, &mut |frame, title| push_frame(&mut waiting, frame, title));
            source.pending_feed = Some(waiting);
            return Some(taken);
        }
        let Channel { station, live, has_new_input, .. } = &mut self.stations[source.station];
        // A source that neither waits nor is live was refused.
        let live_source = live.source.as_mut().filter(|live| live.producer.peer == peer)?;
        let feed = station.feed_mut(live.feed);
        let (taken, any) = live_source.producer.push_frames(feed, now, |each| take(source, each));
        *has_new_input |= any;
        Some(taken)
    }

    /// Takes the last frame of a source that ends, which nothing behind it could confirm. No other source goes for the sake
    /// of one that ends.
    pub(in crate::server) fn finish_source(&mut self, peer: Peer, now: Time) {
        let _ = self.take_frames(peer, now, |source, each| source.finish(each));
        let Some(SessionEntry { session: Session::Source(source), .. }) = self.sessions.get(peer) else {
            return;
        };
        if self.stations[source.station].live.source.is_none() && !self.is_stopping {
            self.go_live(peer, now);
        }
    }

    /// Puts a source on air if it has a frame and is not live yet. Only now does it replace another: a newcomer that sends
    /// noise, or nothing, replaces none.
    fn go_live(&mut self, peer: Peer, now: Time) {
        let Some(SessionEntry { session: Session::Source(source), info: visit, .. }) =
            self.sessions.get_mut(peer)
        else {
            return;
        };
        let Some(feed) = source.pending_feed.take_if(|feed| feed.next_header().is_some()) else { return };
        let (key, who, info) = (source.station, source.user.clone(), source.info.clone());
        let address = visit.address;
        // Much may have changed since it logged in.
        if let Err(refusal) = self.admit_frames(key, &who, &feed) {
            self.log_refused(peer, key, &who, refusal, now);
            return self.close_session(peer, CloseReason::NotAllowed, now);
        }
        let mount = self.stations[key].settings().mount.clone();
        self.stations[key].live.note_source_start(&mount, address, now);
        if let Some(replaced) = self.stations[key].live.source.as_ref().map(|live| live.producer.peer) {
            self.close_session(replaced, CloseReason::Replaced, now);
        }
        info!("{mount}: source {} is live from {address}{}", who.name, user_agent(&info));
        let source = LiveSource { producer: FrameProducer::new(peer, now), since: now, user: who, info };
        self.open_live_feed(key, feed, source, now);
    }

    fn admit_frames(&self, key: StationKey, who: &SourceUser, feed: &Feed) -> Result<(), SourceRefusal> {
        match feed.next_header().is_some_and(|header| self.stations[key].accepts_codec(header.codec())) {
            true => self.admit_user(key, who),
            false => Err(SourceRefusal::UnsupportedType),
        }
    }

    fn open_live_feed(&mut self, key: StationKey, mut feed: Feed, mut source: LiveSource, now: Time) {
        let channel = &mut self.stations[key];
        let user = &source.user.name;
        let returns = channel.live.was_live_recently(user, now);
        source.producer.title = feed.set_opening_title(channel.live.take_initial_title(user, now));
        let settings = channel.settings();
        let mount = &settings.mount;
        let waits = settings.sources.live_start == LiveStart::EndOfTrack && !returns;
        if waits {
            info!("{mount}: source {user} waits for the end of the track");
        }
        if let Some(format) = feed.next_header().map(Header::format) {
            let tape = (self.hooks.recorder)(settings, user, format.codec);
            tape.into_iter().for_each(|tape| feed.start_recording(tape));
            log_format(mount, user, &channel.station, format);
        }
        channel.station.open_feed(channel.live.feed, &source.user.name, waits, feed);
        channel.live.source = Some(source);
        channel.has_new_input = true;
    }

    /// Takes a source whose session ends off air, if it is live: what it had sent is still played, unless an administrator
    /// disconnected it.
    pub(in crate::server) fn live_source_ended(
        &mut self,
        peer: Peer,
        key: StationKey,
        why: CloseReason,
        now: Time,
    ) {
        let channel = &mut self.stations[key];
        let Some(LiveSource { user: who, since, .. }) =
            channel.live.source.as_ref().filter(|source| source.producer.peer == peer)
        else {
            return;
        };
        let (mount, user) = (&channel.settings().mount, &who.name);
        let lasted = now.since(*since).as_secs_f32();
        info!("{mount}: live source {user} {why} after {lasted:.1} s");
        channel.live.clear_source(now);
        let feed = channel.station.feed_mut(channel.live.feed);
        if why.is_by_operator() {
            feed.discard()
        } else {
            feed.finish()
        }
        channel.has_new_input = true;
    }

    /// Closes a live source that went silent; applies titles whose time has come.
    pub(in crate::server) fn poll_live(&mut self, key: StationKey, now: Time) {
        let channel = &self.stations[key];
        if let Some(peer) = channel.live.overdue_source(now, channel.settings().sources.timeout) {
            self.close_session(peer, CloseReason::SourceTimeout, now);
        }
        self.stations[key].apply_due_titles(now);
    }
}

/// Players go on where the sample rate or the channels change, but some with a click, or at another pitch.
fn log_format(mount: &str, user: &str, station: &Station, format: Format) {
    let before = station.last_header().format();
    if station.codec().is_some() && before != format {
        info!("{mount}: source {user} sends {format}; the station played {before} before");
    }
}

/// With what a source sends, for the log.
fn user_agent(info: &SourceInfo) -> String {
    info.user_agent.as_ref().map(|agent| format!(" with {agent:?}")).unwrap_or_default()
}
