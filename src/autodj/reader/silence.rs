//! Silence after very short tracks.

use super::track_reader::TrackReader;
use crate::audio::Silence;
use crate::autodj::frame_channel::Disconnected;
use crate::autodj::scan::printable_path;
use crate::time::AudioTime;

impl TrackReader {
    /// Sends silence if too many very short tracks have begun. It belongs to the last of them.
    pub(super) fn bridge_short_tracks(&mut self) -> Result<(), Disconnected> {
        if self.pacing.silence_due() == AudioTime::ZERO {
            return Ok(());
        }
        // Its last frames count, too.
        self.finish_encoder()?;
        let due = self.pacing.silence_due();
        let Some(header) = self.last_header.filter(|_| due > AudioTime::ZERO) else { return Ok(()) };
        let file = self.reading.as_ref().map(|track| printable_path(&track.path)).unwrap_or_default();
        let warning = self.short_tracks.warning((self.clock)(), &file);
        warning.iter().for_each(|warning| self.warnings.log(warning));
        let silence = Silence::matching(&header);
        let mut batch = self.sender.next_batch(self.seq);
        while batch.duration() < due {
            batch.push(&silence.frame());
        }
        self.send_batch(batch)
    }
}
