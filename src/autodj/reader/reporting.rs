//! Publishes the state of the music for pages and metrics.

use std::path::Path;

use super::TrackReader;
use crate::autodj::scan::Track;
use crate::autodj::station_format::StationFormat;

impl TrackReader {
    /// Publishes the format to which music is converted.
    pub(super) fn report_format(&mut self, format: &StationFormat) {
        self.report.set_format(Some(format));
        self.publish_report();
    }

    /// Publishes that a track is not played. `reason` is the end of a sentence.
    pub(super) fn report_left_out(&mut self, track: &Track, reason: &str) {
        let now = (self.clock)();
        self.report.leave_out(&track.path, reason, now);
        self.publish_report();
    }

    /// Publishes that a file is played, if it was left out before.
    pub(super) fn report_played(&mut self, file: &Path) {
        if self.report.play(file) {
            self.publish_report();
        }
    }

    /// Publishes the left-out files without those that no longer belong to the music.
    pub(super) fn forget_removed_music(&mut self) {
        let tracks = self.rotation.order().tracks();
        if self.report.keep_only(tracks.iter().map(|track| track.path.as_path())) {
            self.publish_report();
        }
    }

    fn publish_report(&self) {
        self.sender.set_music_status(self.report.status());
    }
}
