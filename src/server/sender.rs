//! Whoever's frames go into a station's feed as they come: a live source, or a relay's master.

use std::time::Duration;

use super::{Entry, OnAir, Peer, Server};
use crate::audio::Frame;
use crate::icy::Title;
use crate::session::Session;
use crate::station::Feed;
use crate::time::Time;

/// Takes frames, each with the title that begins with it.
pub type Each<'a> = &'a mut dyn FnMut(&Frame<'_>, Option<Title>);

/// Whoever sends frames.
#[derive(Debug)]
pub struct Sender {
    /// Whose connection it is.
    pub peer: Peer,
    /// The title that was set last.
    pub title: Option<Title>,
    /// When the last frame came.
    heard: Time,
    /// It sends faster than time goes by, and is not read for now.
    is_held: bool,
    /// Frames that came before the first title, where that is theirs too.
    untitled: Option<usize>,
}

impl Sender {
    /// Someone whose first frame has just come.
    pub fn new(peer: Peer, now: Time) -> Self {
        Self { peer, title: None, heard: now, is_held: false, untitled: None }
    }

    /// Takes the first title that comes for that of all before it. What joins a stream is told only at the next block what
    /// it hears since it joined.
    pub fn joining(self) -> Self {
        Self { untitled: Some(0), ..self }
    }

    /// Has `take` hand frames over, which go into `feed`; says whether there were any.
    pub fn hand_over<R>(
        &mut self,
        feed: &mut Feed,
        now: Time,
        take: impl FnOnce(Each<'_>) -> R,
    ) -> (R, bool) {
        let (mut any, mut last) = (false, None);
        let untitled = &mut self.untitled;
        let taken = take(&mut |frame, title| {
            (any, last) = (true, title.clone().or(last.take()));
            if let (Some(title), Some(before)) = (&title, &*untitled) {
                feed.title_last(*before, title);
            }
            *untitled = untitled.filter(|_| title.is_none()).map(|before| before + 1);
            push(feed, frame, title);
        });
        if any {
            self.heard = now;
        }
        self.is_held = feed.is_full();
        self.title = last.or(self.title.take());
        (taken, any)
    }

    /// Whether nothing should be read from this peer for now.
    pub fn holds_back(&self, peer: Peer) -> bool {
        self.peer == peer && self.is_held
    }

    /// Who was held back, and is so no more as there is room in `feed` again.
    pub fn resume(&mut self, feed: &Feed, now: Time) -> Option<Peer> {
        if !self.is_held || feed.is_full() {
            return None;
        }
        (self.is_held, self.heard) = (false, now);
        Some(self.peer)
    }

    /// When it will have been silent for `timeout`, if nothing comes before. Who is held back is not silent.
    pub fn deadline(&self, timeout: Duration) -> Option<Time> {
        (!self.is_held).then(|| self.heard + timeout)
    }

    /// Whether it has been silent for `timeout`.
    pub fn is_overdue(&self, timeout: Duration, now: Time) -> bool {
        self.deadline(timeout).is_some_and(|deadline| deadline <= now)
    }
}

impl Server {
    /// Whether nothing should be read from this peer for now: it is ahead of time. [`resumed`](Self::resumed) tells when
    /// that changes.
    pub fn is_held(&self, peer: Peer) -> bool {
        let entry = self.sessions.get(peer);
        let at = match entry {
            Some(Entry { session: Session::Source(source), .. }) => source.station,
            Some(Entry { session: Session::Relay(relay), .. }) => relay.station,
            _ => return false,
        };
        let OnAir { studio, master, .. } = &self.stations[usize::from(at)];
        let live = studio.holder.as_ref().map(|holder| &holder.sender);
        let master = master.as_ref().and_then(|master| master.sender());
        [live, master].into_iter().flatten().any(|sender| sender.holds_back(peer))
    }

    /// The peers that were [held](Self::is_held) and are so no more since this was last asked.
    pub fn resumed(&mut self) -> impl Iterator<Item = Peer> + '_ {
        self.sessions.drain_resumed()
    }
}

impl OnAir {
    /// Those who were held back and are no longer ahead of time.
    pub(super) fn take_resumed(&mut self, now: Time) -> impl Iterator<Item = Peer> + use<> {
        let Self { station, studio, master, .. } = self;
        let live = studio.holder.as_mut().and_then(|it| it.sender.resume(station.feed(studio.feed), now));
        let master = master.as_mut().and_then(|master| {
            let feed = station.feed(master.feed);
            master.sender_mut()?.resume(feed, now)
        });
        [live, master].into_iter().flatten()
    }
}

/// Adds a frame to those that wait, and the title that begins with it.
pub fn push(feed: &mut Feed, frame: &Frame<'_>, title: Option<Title>) {
    if let Some(title) = title {
        feed.set_title(title);
    }
    feed.push(frame);
}
