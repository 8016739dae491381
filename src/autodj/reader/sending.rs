//! Sends frames to the station, and serves its requests while there is no room for more.

use super::track_reader::{SURVEY_PAUSE, TrackReader};
use crate::autodj::batch::{FrameBatch, ReaderMessage};
use crate::autodj::frame_channel::Disconnected;
use crate::settings::StationIdentity;

impl TrackReader {
    /// Sends a batch. If the queue is full, looks up the next titles before it waits for space.
    pub(super) fn send_batch(&mut self, batch: FrameBatch) -> Result<(), Disconnected> {
        if let Some(title) = &batch.title {
            self.up_next.start_track(batch.seq, title);
            self.sender.set_up_next(self.up_next.clone());
        }
        self.pacing.add(batch.duration());
        self.last_header = batch.last_header().or(self.last_header);
        self.serve_requests();
        let Some(mut message) = self.sender.try_send(ReaderMessage::Batch(batch))? else { return Ok(()) };
        self.look_ahead();
        self.continue_survey();
        while !self.survey.is_over() {
            match self.sender.send_within(message, SURVEY_PAUSE)? {
                Some(unsent) => message = unsent,
                None => return Ok(()),
            }
            self.serve_requests();
            self.continue_survey();
        }
        while let Some(unsent) = self.sender.send_unless_requested(message)? {
            message = unsent;
            self.serve_requests();
        }
        Ok(())
    }

    /// Does what the station has requested. Returns whether the music was looked at again.
    pub(super) fn serve_requests(&mut self) -> bool {
        let requests = self.sender.take_requests();
        self.ends_pipe |= requests.end_pipe;
        requests.identity.into_iter().for_each(|identity| self.rename(identity));
        if requests.rescan {
            self.rescan();
        }
        requests.rescan
    }

    /// Looks at the directories and playlists, and publishes the next titles. Tracks that were begun are
    /// played to their end.
    fn rescan(&mut self) {
        let now = (self.clock)();
        let warnings = self.rotation.rescan(now);
        self.warn_all(&warnings);
        self.forget_removed_music();
        self.last_lookahead.0 = 0;
        self.look_ahead();
    }

    /// Continues under another identity. What is stored about the station follows.
    fn rename(&mut self, identity: StationIdentity) {
        if let Some(format) = self.formats.load(&self.identity) {
            self.formats.save(&identity, format);
        }
        self.warnings.set_label(&identity.mount);
        self.mixed_files.set_label(&identity.mount);
        self.identity = identity;
    }
}
