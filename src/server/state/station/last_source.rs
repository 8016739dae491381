//! The format of a station's last source or upstream, and when it is stored for the next start.

use std::time::Duration;

use crate::audio::{Codec, Format};
use crate::time::Time;

/// How often the format of sources that differ all the time is stored. The first change of the codec is
/// stored at once, and so is a further one after this time.
const STORE_INTERVAL: Duration = Duration::from_secs(60);

/// The format of the last source or upstream that was on air, also before the start of the process.
#[derive(Debug, Default)]
pub struct LastSource {
    format: Option<Format>,
    stored: Option<Format>,
    /// When another format, and when another codec was last stored.
    format_stored_at: Option<Time>,
    codec_stored_at: Option<Time>,
}

impl LastSource {
    /// Returns its format.
    pub fn format(&self) -> Option<Format> {
        self.format
    }

    /// Returns its codec.
    pub fn codec(&self) -> Option<Codec> {
        self.format.map(|format| format.codec)
    }

    /// Sets the format that is stored.
    pub fn recall(&mut self, format: Format) {
        (self.format, self.stored) = (Some(format), Some(format));
    }

    /// Notes the format of the source or the upstream on air.
    pub fn note(&mut self, format: Format) {
        self.format = Some(format);
    }

    /// Returns the format if it is to be stored now, and notes that it was. The source may have ended
    /// meanwhile.
    pub fn take_unstored(&mut self, now: Time) -> Option<Format> {
        let format = self.format.filter(|format| self.stored != Some(*format))?;
        let is_codec_change = self.stored.is_none_or(|stored| stored.codec != format.codec);
        let last_time = if is_codec_change { self.codec_stored_at } else { self.format_stored_at };
        if last_time.is_some_and(|at| now.since(at) < STORE_INTERVAL) {
            return None;
        }
        // The first source is no change.
        if is_codec_change && self.stored.is_some() {
            self.codec_stored_at = Some(now);
        }
        (self.stored, self.format_stored_at) = (Some(format), Some(now));
        Some(format)
    }
}
