//! The feeds of a station: of its live sources, and of its upstream.

use super::feed::Feed;
use super::station::Station;
use super::switcher::FeedId;
use crate::audio::Codec;
use crate::time::Time;

impl Station {
    /// Adds a feed with a lower priority than all inputs added before.
    pub fn add_feed(&mut self) -> FeedId {
        self.switcher.add_feed()
    }

    /// Adds a feed with a lower priority than all inputs, also than those that are added later.
    pub fn add_last_feed(&mut self) -> FeedId {
        self.switcher.add_last_feed()
    }

    /// Returns the names of the inputs that are no feeds.
    pub fn input_names(&self) -> impl Iterator<Item = &str> {
        self.switcher.input_names()
    }

    /// Replaces a feed that [`add_feed`](Self::add_feed) added with `feed`, which carries the frames of the
    /// sender `name`. With `at_boundary`, it does not go on air before the track on air ends.
    pub fn open_feed(&mut self, id: FeedId, name: &str, at_boundary: bool, feed: Feed, now: Time) {
        self.seam_warnings.note_sender(id);
        self.switcher.open(id, name, at_boundary, feed, now);
    }

    /// Notes that the sender of an open feed has another connection.
    pub fn note_new_connection(&mut self, id: FeedId, now: Time) {
        self.switcher.note_new_connection(id, now);
    }

    /// Ends a feed. What it has sent is played, unless that would interrupt an input that has replaced it
    /// because it stalled. `is_orderly` is whether the sender has ended its stream.
    pub fn end_feed(&mut self, id: FeedId, is_orderly: bool) {
        self.switcher.end_feed(id, is_orderly);
    }

    /// Returns a feed that [`add_feed`](Self::add_feed) added.
    pub fn feed(&self, id: FeedId) -> &Feed {
        self.switcher.feed(id)
    }

    /// Returns a feed that [`add_feed`](Self::add_feed) added, to push frames to.
    pub fn feed_mut(&mut self, id: FeedId) -> &mut Feed {
        self.switcher.feed_mut(id)
    }

    /// Returns the name of the sender of a feed, in the log.
    pub fn feed_name(&self, id: FeedId) -> &str {
        self.switcher.sender(id).0
    }

    /// Returns whether this feed is on air.
    pub fn is_on_air(&self, id: FeedId) -> bool {
        self.switcher.is_on_air(id)
    }

    /// Returns the codec of the last frame of this feed that was played since it was opened. `None` if none
    /// was.
    pub fn played_codec(&self, id: FeedId) -> Option<Codec> {
        self.switcher.sender(id).1
    }
}
