//! The audio of a live source: how it goes on air and off air, and its timeout.

use log::Level;

use super::source_end::describe_end;
use crate::audio::{Codec, Header};
use crate::http::source::head::SourceInfo;
use crate::http::source::reply::SourceRefusal;
use crate::log_limiter::{RECOVERY, excerpt, limited, log_limited};
use crate::server::state::peer::Peer;
use crate::server::state::server::Server;
use crate::server::state::sessions::SessionEntry;
use crate::server::state::station::channel::Channel;
use crate::server::state::station::frame_producer::{FrameProducer, FrameSink, push_frame, without_link_to};
use crate::server::state::station::live_slot::LiveSource;
use crate::session::{BodyProgress, CloseReason, HeadProgress, Session, Source, SourceUser};
use crate::settings::LiveStart;
use crate::station::{Feed, RecordingSink, StartRecording, StationKey};
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
        let admitted = self.admit_codec(peer, key, &user, &info, now);
        let admitted = admitted.and_then(|codec| {
            let admitted = self.admit_user(key, &user, now).map(|()| codec);
            admitted.inspect_err(|refusal| self.log_refused(peer, key, &user, refusal, now))
        });
        match admitted {
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
        if self.ends_for_its_bit_rate(peer, now) {
            return;
        }
        match progress {
            Ok(BodyProgress::Incomplete) => {}
            Ok(BodyProgress::Complete) => {
                self.set_end_cause(peer, || "end of its body".to_owned());
                self.end_body(peer, CloseReason::SourceEnded, now);
            }
            Err(error) => self.on_body_error(peer, error, now),
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
        if let Some(SessionEntry { session: Session::Source(source), .. }) = self.sessions.get(peer) {
            let live = self.stations[source.station].live.source.as_mut();
            let live = live.filter(|live| live.producer.peer == peer);
            live.into_iter().for_each(|live| live.producer.note_end());
        }
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
        if let Err(refusal) = self.admit_frames(key, &user, &feed, now) {
            return self.refuse_body(peer, refusal, now);
        }
        self.begin_unlisted(key, now);
        self.begin_absent(key, now);
        let mount = self.stations[key].settings().mount.clone();
        let replaced = self.stations[key].live.source.as_ref().map(|live| live.producer.peer);
        let replaced_address = replaced.and_then(|replaced| self.sessions.address(replaced));
        self.stations[key].live.note_source_start(&mount, address, replaced_address, now);
        if let Some(replaced) = replaced {
            self.set_end_cause(replaced, || format!("replaced by {} from {address}", user.name));
            self.close_session(replaced, CloseReason::Replaced, now);
        }
        self.log_live(key, &user.name, &format!("{address}{}", user_agent(&info)), now);
        let source = LiveSource { producer: FrameProducer::new(peer, now), since: now, user, info };
        self.open_live_feed(key, feed, source, now);
    }

    /// Logs that a source is live; if it was lost before, also how long ago.
    fn log_live(&mut self, key: StationKey, user: &str, from: &str, now: Time) {
        let channel = &mut self.stations[key];
        let is_admitted = channel.station.log.sources.admit(now);
        let lost = channel.live.take_loss(user, now);
        let mount = &channel.settings().mount;
        match lost.map(|ago| ago.as_secs_f32()) {
            None => log_limited!(is_admitted, "{mount}: source {user} is live from {from}"),
            Some(ago) => log_limited!(
                target: RECOVERY,
                is_admitted,
                "{mount}: source {user} is live from {from}, {ago:.1} s after it was lost"
            ),
        }
    }

    fn admit_frames(
        &self,
        key: StationKey,
        user: &SourceUser,
        feed: &Feed,
        now: Time,
    ) -> Result<(), SourceRefusal> {
        let codec = feed.next_header().map(Header::codec);
        let other = codec.filter(|&codec| !self.stations[key].accepts_codec(codec));
        match other {
            None => self.admit_user(key, user, now),
            Some(codec) => {
                let expected = self.describe_expected_codec(key);
                Err(SourceRefusal::OtherCodec(format!("it sends {} frames; {expected}", codec.name())))
            }
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
            let recorder = start_recorder(&mut self.hooks.recorder, channel, user, format.codec, now);
            recorder.into_iter().for_each(|recorder| feed.start_recording(recorder));
            feed.set_target(target);
        }
        channel.station.open_feed(channel.live.feed, &source.user.name, waits, feed, now);
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
        let Some(LiveSource { user, since, producer, .. }) =
            channel.live.source.as_ref().filter(|source| source.producer.peer == peer)
        else {
            return;
        };
        let (name, lasted, silent) =
            (user.name.clone(), now.since(*since).as_secs_f32(), producer.silent_for(now));
        let end = describe_end(reason, silent, channel.live.end_cause.take().as_deref());
        let is_lost = !reason.is_wanted_end();
        let level = if is_lost { Level::Warn } else { Level::Info };
        let level = limited(level, channel.station.log.sources.admit(now));
        log::log!(level, "{}: live source {name} {end} after {lasted:.1} s", channel.settings().mount);
        channel.live.clear_source(is_lost, now);
        if let Some(unlisted) = &mut channel.unlisted {
            unlisted.former_account = None;
        }
        let feed = channel.live.feed;
        let is_given_up = reason == CloseReason::SourceTimeout && !channel.station.is_on_air(feed);
        if reason.is_by_admin() || is_given_up {
            channel.station.feed_mut(feed).discard()
        } else {
            channel.station.end_feed(feed, reason == CloseReason::SourceEnded)
        }
        channel.has_new_input = true;
    }

    /// Notes why a connection is about to be closed, if it is a live source: the log says it.
    pub(in crate::server) fn set_end_cause(&mut self, peer: Peer, cause: impl FnOnce() -> String) {
        if let Some(station) = self.live_source_of(peer) {
            self.stations[station].live.end_cause = Some(cause());
        }
    }

    /// Returns the station on which this connection is the live source, if it is one.
    pub(in crate::server) fn live_source_of(&self, peer: Peer) -> Option<StationKey> {
        let Session::Source(source) = &self.sessions.get(peer)?.session else { return None };
        let live = self.stations[source.station].live.source.as_ref();
        live.filter(|live| live.producer.peer == peer).map(|_| source.station)
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
pub(super) fn start_recorder(
    start: &mut StartRecording,
    channel: &mut Channel,
    user: &str,
    codec: Codec,
    now: Time,
) -> Option<Box<dyn RecordingSink>> {
    let mount = channel.settings().mount.clone();
    let is_admitted = channel.settings().record.is_some() && channel.live.admit_recording(&mount, user, now);
    if is_admitted { start(channel.settings(), user, codec) } else { None }
}

/// Returns the user agent of a source, for the log.
fn user_agent(info: &SourceInfo) -> String {
    info.user_agent.as_ref().map(|agent| format!(" with {:?}", excerpt(agent))).unwrap_or_default()
}
