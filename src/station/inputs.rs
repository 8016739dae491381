//! The inputs of a station that are no feeds: which there are, and what they say about their music.

use std::sync::Arc;

use super::input::Input;
use super::music_status::MusicStatus;
use super::replacement::ReplaceWhen;
use super::station::Station;
use crate::icy::Title;

impl Station {
    /// Adds an input with a lower priority than all inputs added before.
    pub fn add_input(&mut self, input: Box<dyn Input>) {
        self.switcher.add(input);
    }

    /// Replaces the inputs that are no feeds, the most important first. The track on air is played to its end
    /// before, unless `when` says otherwise. An empty list ends the music. If a track waits for inputs that
    /// were given before, these are dropped.
    pub fn replace_inputs(&mut self, inputs: Vec<Box<dyn Input>>, when: ReplaceWhen) {
        if inputs.is_empty() {
            self.log.expect_silence();
        }
        self.switcher.replace_inputs(inputs, when);
    }

    /// Asks the AutoDJ to look at its files, directories and playlists again at once. The track on air goes
    /// on.
    pub fn rescan(&mut self) {
        self.switcher.rescan();
    }

    /// Returns the titles after the track on air, as far as they are known. Empty during silence and for
    /// feeds.
    pub fn upcoming_titles(&self) -> Vec<String> {
        self.switcher.upcoming_titles()
    }

    /// Returns the state of the station's music, on air or not. `None` if it has no AutoDJ.
    pub fn music_status(&self) -> Option<Arc<MusicStatus>> {
        self.switcher.music_status()
    }

    /// Skips the rest of the track on air, so that the next frame is the first of another track. Returns
    /// whether there was a track: feeds have none.
    pub fn skip_track(&mut self) -> bool {
        self.switcher.skip_track()
    }

    /// Sets the title of the track on air until the track ends. Returns whether there was a track: feeds send
    /// their own titles.
    pub fn set_track_title(&mut self, title: Title) -> bool {
        self.switcher.set_track_title(title)
    }
}
