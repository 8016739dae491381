//! A connection whose frames go into a station's feed as they come: a live source, or the upstream of a relay.

use std::time::Duration;

use crate::audio::Frame;
use crate::icy::Title;
use crate::server::state::peer::Peer;
use crate::station::Feed;
use crate::time::Time;

/// Takes frames, each with the title that begins with it.
pub type FrameSink<'a> = &'a mut dyn FnMut(&Frame<'_>, Option<Title>);

/// A connection that sends frames.
#[derive(Debug)]
pub struct FrameProducer {
    /// The connection.
    pub peer: Peer,
    /// The title that was set last.
    pub title: Option<Title>,
    /// When the last frame came.
    heard: Time,
    /// It sends faster than real time, and is not read for now.
    is_paused: bool,
    /// Frames that came before the first title, where that is theirs too.
    untitled: Option<usize>,
}

impl FrameProducer {
    /// A connection whose first frame has just come.
    pub fn new(peer: Peer, now: Time) -> Self {
        Self { peer, title: None, heard: now, is_paused: false, untitled: None }
    }

    /// Applies the first title that comes to all frames before it. What joins a stream learns only at the next metadata
    /// block what it has heard since it joined.
    pub fn with_retroactive_title(self) -> Self {
        Self { untitled: Some(0), ..self }
    }

    /// Has `take` hand frames over, which go into `feed`; says whether there were any.
    pub fn push_frames<R>(
        &mut self,
        feed: &mut Feed,
        now: Time,
        take: impl FnOnce(FrameSink<'_>) -> R,
    ) -> (R, bool) {
        let (mut any, mut last) = (false, None);
        let untitled = &mut self.untitled;
        let taken = take(&mut |frame, title| {
            (any, last) = (true, title.clone().or(last.take()));
            if let (Some(title), Some(before)) = (&title, &*untitled) {
                feed.set_title_of_last(*before, title);
            }
            *untitled = untitled.filter(|_| title.is_none()).map(|before| before + 1);
            push_frame(feed, frame, title);
        });
        if any {
            self.heard = now;
        }
        self.is_paused = feed.is_full();
        self.title = last.or(self.title.take());
        (taken, any)
    }

    /// Whether this connection is not to be read for now.
    pub fn is_read_paused(&self, peer: Peer) -> bool {
        self.peer == peer && self.is_paused
    }

    /// The connection, if it was paused and there is room in `feed` again.
    pub fn resume_reading(&mut self, feed: &Feed, now: Time) -> Option<Peer> {
        if !self.is_paused || feed.is_full() {
            return None;
        }
        (self.is_paused, self.heard) = (false, now);
        Some(self.peer)
    }

    /// When it will have sent nothing for `timeout`. A paused connection is not silent.
    pub fn deadline(&self, timeout: Duration) -> Option<Time> {
        (!self.is_paused).then(|| self.heard + timeout)
    }

    /// Whether it has sent nothing for `timeout`.
    pub fn is_overdue(&self, timeout: Duration, now: Time) -> bool {
        self.deadline(timeout).is_some_and(|deadline| deadline <= now)
    }
}

/// Adds a frame to those that wait, and the title that begins with it.
pub fn push_frame(feed: &mut Feed, frame: &Frame<'_>, title: Option<Title>) {
    if let Some(title) = title {
        feed.set_title(title);
    }
    feed.push(frame);
}
