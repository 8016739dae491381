//! A connection that sends frames for a station's feed: a live source, or the upstream of a relay.

use std::time::Duration;

use crate::audio::Frame;
use crate::http::untrusted_url::OwnHosts;
use crate::icy::Title;
use crate::server::state::peer::Peer;
use crate::station::Feed;
use crate::time::Time;

/// Receives frames, each with the title that begins at it.
pub type FrameSink<'a> = &'a mut dyn FnMut(&Frame<'_>, Option<Title>);

/// A connection that sends frames.
#[derive(Debug)]
pub struct FrameProducer {
    /// The connection.
    pub peer: Peer,
    /// The last title.
    pub title: Option<Title>,
    /// When the last frame arrived.
    last_frame_at: Time,
    /// Whether it is ahead of real time, so that reading is paused.
    is_paused: bool,
    /// The number of frames before the first title, if that title applies to them too.
    frames_before_title: Option<usize>,
}

impl FrameProducer {
    /// Creates the producer of a connection whose first frame has just arrived.
    pub fn new(peer: Peer, now: Time) -> Self {
        Self { peer, title: None, last_frame_at: now, is_paused: false, frames_before_title: None }
    }

    /// Applies the first title to all frames before it too. A client that joins a stream gets the current
    /// title only with the first metadata block.
    pub fn with_retroactive_title(self) -> Self {
        Self { frames_before_title: Some(0), ..self }
    }

    /// Calls `take` with a function that adds frames to `feed`. A title may not link to `own_hosts`. Returns
    /// the result of `take`, and whether there were frames.
    pub fn push_frames<R>(
        &mut self,
        feed: &mut Feed,
        own_hosts: &OwnHosts,
        now: Time,
        take: impl FnOnce(FrameSink<'_>) -> R,
    ) -> (R, bool) {
        let (mut has_frames, mut last_title) = (false, None);
        let frames_before_title = &mut self.frames_before_title;
        let result = take(&mut |frame, title| {
            let title = title.map(|title| without_link_to(own_hosts, title));
            (has_frames, last_title) = (true, title.clone().or(last_title.take()));
            if let (Some(title), Some(before)) = (&title, &*frames_before_title) {
                feed.set_title_of_last(*before, title);
            }
            *frames_before_title = frames_before_title.filter(|_| title.is_none()).map(|before| before + 1);
            push_frame(feed, frame, title);
        });
        if has_frames {
            self.last_frame_at = now;
        }
        self.is_paused = feed.is_full();
        self.title = last_title.or(self.title.take());
        (result, has_frames)
    }

    /// Returns whether reading from this connection is paused.
    pub fn is_read_paused(&self, peer: Peer) -> bool {
        self.peer == peer && self.is_paused
    }

    /// Resumes reading if it was paused and `feed` has room again; returns the connection if so.
    pub fn resume_reading(&mut self, feed: &Feed, now: Time) -> Option<Peer> {
        if !self.is_paused || feed.is_full() {
            return None;
        }
        (self.is_paused, self.last_frame_at) = (false, now);
        Some(self.peer)
    }

    /// Returns when the connection times out if nothing arrives. A paused connection does not time out.
    pub fn deadline(&self, timeout: Duration) -> Option<Time> {
        (!self.is_paused).then(|| self.last_frame_at + timeout)
    }

    /// Returns whether nothing has arrived for `timeout`.
    pub fn is_overdue(&self, timeout: Duration, now: Time) -> bool {
        self.deadline(timeout).is_some_and(|deadline| deadline <= now)
    }
}

/// Drops the URL of a title if it leads to one of `own_hosts`.
pub fn without_link_to(own_hosts: &OwnHosts, mut title: Title) -> Title {
    if own_hosts.contains_host_of(&title.url) {
        title.url.clear();
    }
    title
}

/// Adds a frame, and the title that begins at it, to a feed.
pub fn push_frame(feed: &mut Feed, frame: &Frame<'_>, title: Option<Title>) {
    if let Some(title) = title {
        feed.set_title(title);
    }
    feed.push(frame);
}
