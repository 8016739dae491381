//! The inputs of a station that are no feeds: which there are, what they say about their music, and how
//! others take their place.

use std::sync::Arc;

use super::InputSwitcher;
use crate::icy::Title;
use crate::settings::StationIdentity;
use crate::station::input::Input;
use crate::station::input_slot::{FrameOrigin, InputSlot};
use crate::station::music_status::MusicStatus;
use crate::station::replacement::{ReplaceWhen, Replacement};
use crate::station::track::TrackInfo;

impl InputSwitcher {
    /// Returns the names of the inputs that are no feeds.
    pub fn input_names(&self) -> impl Iterator<Item = &str> {
        let inputs = self.slots.iter().filter(|slot| slot.feed().is_none());
        inputs.map(|slot| slot.name.as_str())
    }

    /// Returns the properties of the track on air, if they are known.
    pub fn track(&self) -> Option<&Arc<TrackInfo>> {
        match &self.slots[self.input_on_air()?].origin {
            FrameOrigin::Feed(_) => None,
            FrameOrigin::Input(input) => input.track(),
        }
    }

    /// Returns the titles after the track on air, as far as they are known.
    pub fn upcoming_titles(&self) -> Vec<String> {
        match self.input_on_air().map(|index| &self.slots[index].origin) {
            Some(FrameOrigin::Input(input)) => {
                let next = self.replacement.as_ref().map(Replacement::upcoming_titles);
                next.unwrap_or_else(|| input.upcoming_titles())
            }
            Some(FrameOrigin::Feed(_)) | None => Vec::new(),
        }
    }

    /// Returns the state of the music of the first input that has any, on air or not.
    pub fn music_status(&self) -> Option<Arc<MusicStatus>> {
        let next = self.replacement.as_ref().and_then(Replacement::music_status);
        next.or_else(|| self.slots.iter().find_map(InputSlot::music_status))
    }

    /// Skips the rest of the track on air, so that the next frame is the first of another track. Returns
    /// whether there was a track: feeds have none that could be skipped.
    pub fn skip_track(&mut self) -> bool {
        match self.input_on_air().map(|index| &mut self.slots[index].origin) {
            Some(FrameOrigin::Input(input)) => input.skip_track(),
            Some(FrameOrigin::Feed(_)) | None => return false,
        }
        self.replacement.iter_mut().for_each(Replacement::set_due);
        true
    }

    /// Sets the title of the track on air until the track ends. Returns whether there was a track: feeds send
    /// their own titles.
    pub fn set_track_title(&mut self, title: Title) -> bool {
        let on_air = self.input_on_air().map(|index| &mut self.slots[index]);
        let Some(InputSlot { origin: FrameOrigin::Input(_), title_override, .. }) = on_air else {
            return false;
        };
        *title_override = Some(title);
        true
    }

    /// Replaces all inputs that were added after the feeds. A replacement that still waits for the end of the
    /// track on air is dropped.
    pub fn replace_inputs(&mut self, mut inputs: Vec<Box<dyn Input>>, when: ReplaceWhen) {
        if let Some(track) = self.own_inputs().find_map(|input| input.track().cloned()) {
            inputs.iter_mut().for_each(|input| input.continue_after(&track));
        }
        let new_slot = |input: Box<dyn Input>| {
            let name = input.name();
            InputSlot::new(FrameOrigin::Input(input), name)
        };
        let slots = inputs.into_iter().map(new_slot).collect();
        self.replacement = Some(Replacement { slots, is_due: false });
        if when == ReplaceWhen::Now || !self.is_track_on_air() {
            self.replace_now();
        } else {
            inputs_of(self.slots.iter_mut()).for_each(|input| input.end_endless_track());
        }
    }

    /// Asks all inputs to look at their music again.
    pub fn rescan(&mut self) {
        let next = self.replacement.iter_mut().flat_map(|replacement| &mut replacement.slots);
        inputs_of(self.slots.iter_mut().chain(next)).for_each(|input| input.rescan());
    }

    /// Tells all inputs that the station has another identity.
    pub fn rename(&mut self, identity: &StationIdentity) {
        let next = self.replacement.iter_mut().flat_map(|replacement| &mut replacement.slots);
        inputs_of(self.slots.iter_mut().chain(next)).for_each(|input| input.rename(identity));
    }

    fn own_inputs(&self) -> impl Iterator<Item = &dyn Input> {
        self.slots.iter().filter_map(InputSlot::input)
    }
}

fn inputs_of<'a>(
    slots: impl Iterator<Item = &'a mut InputSlot>,
) -> impl Iterator<Item = &'a mut Box<dyn Input>> {
    slots.filter_map(|slot| match &mut slot.origin {
        FrameOrigin::Input(input) => Some(input),
        FrameOrigin::Feed(_) => None,
    })
}
