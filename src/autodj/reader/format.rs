//! Determines the format to which a station's music is converted.

use std::time::Duration;

use log::info;

use super::track_reader::TrackReader;
use crate::audio::{Codec, Format};
use crate::autodj::probe::probe_mp3;
use crate::autodj::scan::Track;
use crate::autodj::signature::is_other_audio;
use crate::open_file;
use crate::transcode::TargetFormat;

/// Maximum number of tracks that are examined. They are spread evenly over the music, and examined in mixed
/// order.
const TRACKS_EXAMINED_MAX: usize = 500;

/// Maximum time for which tracks are examined, because the station is silent until its format is known.
const EXAMINE_TIMEOUT: Duration = Duration::from_secs(2);

/// Rate in Hz, channels and duration of a track.
type TrackFormat = (u32, u8, Duration);

impl TrackReader {
    /// Determines the station's format before the first track: as configured, as at the last start, or the
    /// format that most of the music has.
    pub(super) fn decide_format(&mut self) {
        if !self.inspector.plan.converts() || self.inspector.plan.target().is_some() {
            return;
        }
        let found =
            self.formats.station_format(&self.identity, &self.configured_format, || self.examine_music());
        let TargetFormat { rate, channels, kbps } = found.target;
        info!(
            "{}: format {}, {kbps} kbit/s for files that are converted ({})",
            self.identity.mount,
            Format { codec: Codec::Mp3, rate, channels },
            found.origin
        );
        self.inspector.plan.set_target(found.target);
        self.report_format(&found);
    }

    fn examine_music(&self) -> Vec<TrackFormat> {
        let tracks = self.rotation.order().tracks();
        let step = tracks.len().div_ceil(TRACKS_EXAMINED_MAX).max(1);
        let mut sample: Vec<&Track> = tracks.iter().step_by(step).collect();
        // If there is no time for all of them, those that were examined represent the whole.
        fastrand::Rng::with_seed(0).shuffle(&mut sample);
        let mut began = None;
        let in_time = |_: &Option<TrackFormat>| {
            let now = (self.clock)();
            // The time begins after the first file, which may wait until a disk has spun up.
            now.since(*began.get_or_insert(now)) < EXAMINE_TIMEOUT
        };
        sample.into_iter().map(|track| self.track_format(track)).take_while(in_time).flatten().collect()
    }

    /// Returns the format of a track, if it can be played.
    fn track_format(&self, track: &Track) -> Option<TrackFormat> {
        let (mut file, _) = open_file::open_regular(&track.path).ok()?;
        if !is_other_audio(&mut file).ok()?
            && let Some((header, length)) = probe_mp3(&mut file).ok()?
        {
            return Some((header.rate(), header.channels(), length));
        }
        let audio = self.inspector.encoder.as_ref()?.probe(&track.path).ok()?;
        Some((audio.rate, audio.channels, audio.length.unwrap_or_default()))
    }
}
