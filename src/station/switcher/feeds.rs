//! The feeds among the inputs of a station: their senders, connections and ends.

use super::{FeedId, InputSwitcher, OnAirInput};
use crate::audio::Codec;
use crate::station::feed::Feed;
use crate::station::input_slot::FrameOrigin;
use crate::time::{AudioTime, Time};

impl InputSwitcher {
    /// Replaces a feed with `feed`, which carries the frames of the sender `name`. With `at_boundary`, it
    /// does not go on air before the track on air ends.
    pub fn open(&mut self, id: FeedId, name: &str, at_boundary: bool, feed: Feed, now: Time) {
        let is_same_name = self.slots[self.index_of(id)].name == name;
        self.note_new_sender(id, is_same_name, AudioTime::ZERO, now);
        let index = self.index_of(id);
        let slot = &mut self.slots[index];
        (slot.name, slot.played_codec) = (name.to_owned(), None);
        slot.waits_for_boundary = at_boundary;
        slot.origin = FrameOrigin::Feed(Box::new(feed));
        if self.is_on_air(id) {
            self.lateness.allow_another_sender();
            self.gaps.restart(None, now);
        }
    }

    /// Notes that the sender of an open feed has another connection.
    pub fn note_new_connection(&mut self, id: FeedId, now: Time) {
        self.note_new_sender(id, true, self.feed(id).delivered(), now);
    }

    /// A feed on air has nothing to prove: its new sender follows on without a seam.
    fn note_new_sender(&mut self, id: FeedId, is_same_name: bool, delivered: AudioTime, now: Time) {
        let is_on_air = self.is_on_air(id);
        let index = self.index_of(id);
        let comeback = &mut self.slots[index].comeback;
        comeback.note_new_sender(is_same_name, delivered, now);
        if is_on_air {
            comeback.note_on_air();
        }
    }

    /// Ends a feed. What it has sent is played, unless that would interrupt an input that has replaced it.
    /// `is_orderly` is whether the sender has ended its stream.
    pub fn end_feed(&mut self, id: FeedId, is_orderly: bool) {
        let is_silent = self.input_on_air().is_none();
        let index = self.index_of(id);
        self.slots[index].end(is_orderly, is_silent);
    }

    /// Returns a feed that [`add_feed`](Self::add_feed) added.
    pub fn feed(&self, id: FeedId) -> &Feed {
        match &self.slots[self.index_of(id)].origin {
            FrameOrigin::Feed(feed) => feed,
            FrameOrigin::Input(_) => unreachable!("a `FeedId` always identifies a feed"),
        }
    }

    /// Returns a feed that [`add_feed`](Self::add_feed) added, to push frames to.
    pub fn feed_mut(&mut self, id: FeedId) -> &mut Feed {
        let index = self.index_of(id);
        match &mut self.slots[index].origin {
            FrameOrigin::Feed(feed) => feed,
            FrameOrigin::Input(_) => unreachable!("a `FeedId` always identifies a feed"),
        }
    }

    /// Returns the name of the sender of a feed, and the last codec played of it.
    pub fn sender(&self, id: FeedId) -> (&str, Option<Codec>) {
        let slot = &self.slots[self.index_of(id)];
        (&slot.name, slot.played_codec)
    }

    /// Returns which feed is on air, if one is.
    pub fn feed_id_on_air(&self) -> Option<FeedId> {
        self.slots[self.input_on_air()?].feed_number.map(FeedId)
    }

    /// Returns whether this feed is on air.
    pub fn is_on_air(&self, id: FeedId) -> bool {
        self.on_air == OnAirInput::Input(self.index_of(id))
    }

    /// Returns the position of a feed among the slots.
    fn index_of(&self, id: FeedId) -> usize {
        let mut slots = self.slots.iter();
        slots.position(|slot| slot.feed_number == Some(id.0)).expect("no feed is ever removed")
    }
}
