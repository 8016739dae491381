//! The audio of a live source: how it goes on air and off air, and its timeout.

use crate::audio::{Codec, Format, Header};
use crate::http::source::head::SourceInfo;
use crate::http::source::reply::SourceRefusal;
use crate::log_limiter::{excerpt, log_limited};
use crate::server::state::peer::Peer;
use crate::server::state::server::Server;
use crate::server::state::sessions::SessionEntry;
use crate::server::state::station::channel::Channel;
use crate::server::state::station::frame_producer::{FrameProducer, FrameSink, push_frame, without_link_to};
use crate::server::state::station::live_slot::LiveSource;
use crate::session::{BodyError, BodyProgress, CloseReason, HeadProgress, Session, Source, SourceUser};
use crate::settings::LiveStart;
use crate::station::{Feed, StartRecording, StationKey};
use crate::time::Time;

impl Server {
    /// Handles bytes received from a source.
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

    /// Handles the complete head of a v1 source.
    fn take_icy_head(&mut self, peer: Peer, rest: &[u8], now: Time) {
        let Some(SessionEntry { session: Session::Source(source), .. }) = self.sessions.get(peer) else {
            return;
        };
        let (key, user, info) = (source.station, source.user.clone(), source.info.clone());
        match self.admit_info(peer, key, &user, &info, now) {
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
        let Some(progress) = self.take_frames(peer, now, |source, on_frame| source.feed(bytes, on_frame))
        else {
            return;
        };
        self.go_live(peer, now);
        match progress {
            Ok(BodyProgress::Incomplete) => {}
            Ok(BodyProgress::Complete) => self.close_session(peer, CloseReason::SourceEnded, now),
            Err(error) => {
                if let Some(address) = self.sessions.address(peer) {
                    let is_admitted = self.log.peers.admit(address.ip(), now);
                    log_limited!(is_admitted, "{address}: source disconnected: {error}");
                }
                let reason = if error == BodyError::BadChunk {
                    CloseReason::MalformedBody
                } else {
                    CloseReason::NotAudio
                };
                self.close_session(peer, reason, now);
            }
        }
    }

    /// Takes frames from a source. Until the source is live, they go to its own pending feed, then to the
    /// station's feed.
    fn take_frames<R>(
        &mut self,
        peer: Peer,
        now: Time,
        take: impl FnOnce(&mut Source, FrameSink<'_>) -> R,
    ) -> Option<R> {
        let SessionEntry { session: Session::Source(source), .. } = self.sessions.get_mut(peer)? else {
            return None;
        };
        if let Some(mut pending) = source.pending_feed.take() {
            let taken = take(source, &mut |frame, title| {
                let title = title.map(|title| without_link_to(&self.views.own_hosts, title));
                push_frame(&mut pending, frame, title);
            });
            source.pending_feed = Some(pending);
            return Some(taken);
        }
        let Channel { station, live, has_new_input, .. } = &mut self.stations[source.station];
        // A source without a pending feed that is not live was refused.
        let live_source = live.source.as_mut().filter(|live| live.producer.peer == peer)?;
        let feed = station.feed_mut(live.feed);
        let own_hosts = &self.views.own_hosts;
        let (taken, has_frames) =
            live_source.producer.push_frames(feed, own_hosts, now, |on_frame| take(source, on_frame));
        *has_new_input |= has_frames;
        Some(taken)
    }

    /// Takes the last frame of a source that ends, which no following frame could confirm. A source that ends
    /// does not replace another.
    pub(in crate::server) fn finish_source(&mut self, peer: Peer, now: Time) {
        let _ = self.take_frames(peer, now, |source, on_frame| source.finish(on_frame));
        let Some(SessionEntry { session: Session::Source(source), .. }) = self.sessions.get(peer) else {
            return;
        };
        if self.stations[source.station].live.source.is_none() && !self.is_stopping {
            self.go_live(peer, now);
        }
    }

    /// Makes a source live if it has sent a frame and is not live yet. It replaces another live source only
    /// now, so that a source without valid audio replaces none.
    fn go_live(&mut self, peer: Peer, now: Time) {
        let Some(SessionEntry { session: Session::Source(source), info: client, .. }) =
            self.sessions.get_mut(peer)
        else {
            return;
        };
        let Some(feed) = source.pending_feed.take_if(|feed| feed.next_header().is_some()) else { return };
        let (key, user, info) = (source.station, source.user.clone(), source.info.clone());
        let address = client.address;
        // Another source may be live since it logged in, or the settings may have changed.
        if let Err(refusal) = self.admit_frames(key, &user, &feed) {
            self.log_refused(peer, key, &user, &refusal, now);
            return self.close_session(peer, CloseReason::NotAllowed, now);
        }
        let mount = self.stations[key].settings().mount.clone();
        self.stations[key].live.note_source_start(&mount, address, now);
        if let Some(replaced) = self.stations[key].live.source.as_ref().map(|live| live.producer.peer) {
            self.close_session(replaced, CloseReason::Replaced, now);
        }
        let is_admitted = self.stations[key].station.log.sources.admit(now);
        log_limited!(
            is_admitted,
            "{mount}: source {} is live from {address}{}",
            user.name,
            user_agent(&info)
        );
        let source = LiveSource { producer: FrameProducer::new(peer, now), since: now, user, info };
        self.open_live_feed(key, feed, source, now);
    }

    fn admit_frames(&self, key: StationKey, user: &SourceUser, feed: &Feed) -> Result<(), SourceRefusal> {
        match feed.next_header().is_some_and(|header| self.stations[key].accepts_codec(header.codec())) {
            true => self.admit_user(key, user),
            false => Err(SourceRefusal::UnsupportedType),
        }
    }

    fn open_live_feed(&mut self, key: StationKey, mut feed: Feed, mut source: LiveSource, now: Time) {
        let target = self.conversion_target(key);
        let channel = &mut self.stations[key];
        let user = &source.user.name;
        let resumes = channel.live.was_live_recently(user, now);
        source.producer.title = feed.set_opening_title(channel.live.take_initial_title(user, now));
        let waits = channel.settings().sources.live_start == LiveStart::EndOfTrack && !resumes;
        if waits {
            let is_admitted = channel.station.log.sources.admit(now);
            let mount = &channel.settings().mount;
            log_limited!(is_admitted, "{mount}: source {user} waits for the end of the track");
        }
        if let Some(format) = feed.next_header().map(Header::format) {
            start_recording(&mut self.hooks.recorder, channel, user, &mut feed, format.codec, now);
            feed.set_target(target);
            if !feed.is_converting() {
                log_format(channel, user, format, now);
            }
        }
        channel.station.open_feed(channel.live.feed, &source.user.name, waits, feed);
        channel.live.source = Some(source);
        channel.has_new_input = true;
    }

    /// Takes a source whose session ends off air, if it is live. The audio it has sent is still played,
    /// unless an administrator disconnected it.
    pub(in crate::server) fn live_source_ended(
        &mut self,
        peer: Peer,
        key: StationKey,
        reason: CloseReason,
        now: Time,
    ) {
        let channel = &mut self.stations[key];
        let Some(LiveSource { user, since, .. }) =
            channel.live.source.as_ref().filter(|source| source.producer.peer == peer)
        else {
            return;
        };
        let (name, lasted) = (user.name.clone(), now.since(*since).as_secs_f32());
        let is_admitted = channel.station.log.sources.admit(now);
        let mount = &channel.settings().mount;
        log_limited!(is_admitted, "{mount}: live source {name} {reason} after {lasted:.1} s");
        channel.live.clear_source(now);
        // Of a source that has sent nothing for so long that another input is on air, only a fraction of a
        // second remains. It must not interrupt that input.
        let is_replaced =
            reason == CloseReason::SourceTimeout && !channel.station.is_on_air(channel.live.feed);
        let feed = channel.station.feed_mut(channel.live.feed);
        if reason.is_by_admin() || is_replaced {
            feed.discard()
        } else {
            feed.finish()
        }
        channel.has_new_input = true;
    }

    /// Closes a live source that timed out; applies titles whose delay has passed.
    pub(in crate::server) fn poll_live(&mut self, key: StationKey, now: Time) {
        let channel = &self.stations[key];
        let overdue = channel.live.overdue_source(now, channel.settings().sources.timeout);
        if let Some(peer) = overdue.filter(|_| channel.enforces_deadlines(now)) {
            self.close_session(peer, CloseReason::SourceTimeout, now);
        }
        self.stations[key].apply_due_titles(now);
    }
}

/// Starts to record a session, if the station's sessions are recorded.
fn start_recording(
    start: &mut StartRecording,
    channel: &mut Channel,
    user: &str,
    feed: &mut Feed,
    codec: Codec,
    now: Time,
) {
    let mount = channel.settings().mount.clone();
    if channel.settings().record.is_some() && channel.live.admit_recording(&mount, user, now) {
        let recorder = start(channel.settings(), user, codec);
        recorder.into_iter().for_each(|recorder| feed.start_recording(recorder));
    }
}

/// Logs a change of the sample rate or of the channels. Players continue, but some of them with a click or at
/// a wrong pitch.
fn log_format(channel: &mut Channel, user: &str, format: Format, now: Time) {
    let before = channel.station.last_header().format();
    if channel.station.codec().is_some() && before != format {
        let is_admitted = channel.station.log.sources.admit(now);
        let mount = &channel.settings().mount;
        log_limited!(
            is_admitted,
            "{mount}: source {user} sends {format}; the station played {before} before"
        );
    }
}

/// Returns the user agent of a source, for the log.
fn user_agent(info: &SourceInfo) -> String {
    info.user_agent.as_ref().map(|agent| format!(" with {:?}", excerpt(agent))).unwrap_or_default()
}
