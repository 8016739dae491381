//! On the air and off it: what becomes of a source's audio and its titles.

use log::info;

use super::sender::{Each, Sender, push};
use super::studio::{Holder, Studio};
use super::{Entry, OnAir, Peer, Server};
use crate::audio::{Format, Header};
use crate::http::source::head::SourceInfo;
use crate::http::source::reply::NoSource;
use crate::icy::Title;
use crate::session::{Fault, Flow, Head, Session, Source, Who, Why};
use crate::settings::{Handover, SourceSettings};
use crate::station::{Feed, Station};
use crate::time::Time;

impl Server {
    /// A source sent these bytes.
    pub(super) fn hear_source(&mut self, peer: Peer, bytes: &[u8], now: Time) {
        let Some(Entry { session: Session::Source(source), .. }) = self.sessions.get_mut(peer) else {
            return;
        };
        match source.hear_head(bytes) {
            Head::Before => self.hear_audio(peer, bytes, now),
            Head::NotYet => {}
            Head::Whole(rest) => self.heard_head(peer, &rest, now),
            Head::TooLong => self.bury(peer, Why::BadRequest, now),
        }
    }

    /// The head of a v1 source is whole.
    fn heard_head(&mut self, peer: Peer, rest: &[u8], now: Time) {
        let Some(Entry { session: Session::Source(source), .. }) = self.sessions.get(peer) else {
            return;
        };
        let (at, who, info) = (usize::from(source.station), source.who.clone(), source.info.clone());
        match self.admit_info(peer, at, &who, &info, now) {
            Ok(codec) => {
                if let Some(Entry { session: Session::Source(source), .. }) = self.sessions.get_mut(peer) {
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
                if let Some(address) = self.sessions.address(peer) {
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
        let entry = self.sessions.get_mut(peer)?;
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
        let Some(Entry { session: Session::Source(source), .. }) = self.sessions.get_mut(peer) else {
            return;
        };
        let at = usize::from(source.station);
        if self.stations[at].studio.holder.is_none() && !self.stopping {
            self.take_air(peer, now);
        }
    }

    /// Puts a source on the air if it has a frame and is not there yet. Only now does whoever was there go: a newcomer who
    /// sends noise, or nothing, takes nobody's place.
    fn take_air(&mut self, peer: Peer, now: Time) {
        let Some(Entry { session: Session::Source(source), visit, .. }) = self.sessions.get_mut(peer) else {
            return;
        };
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
        if why.is_by_operator() {
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

    /// Makes `title` that of the AutoDJ's track, if nobody is live and that is on the air; says whether it is.
    pub(super) fn retitle(&mut self, at: usize, title: &Title, now: Time) -> bool {
        if self.is_live(at) {
            return false;
        }
        // What is owed until now was played under the old one.
        self.pay(at, now);
        self.stations[at].station.retitle(title.clone())
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

/// Players go on where the sample rate or the channels change, but some with a click, or at another pitch.
fn tell_of_format(mount: &str, user: &str, station: &Station, format: Format) {
    let before = station.format().format();
    if station.codec().is_some() && before != format {
        info!("{mount}: {user} sends {format}, where it was {before} so far");
    }
}

/// With what a source is heard, for the log.
fn with(info: &SourceInfo) -> String {
    info.user_agent.as_ref().map(|agent| format!(" with {agent:?}")).unwrap_or_default()
}
