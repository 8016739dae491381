//! Warnings about live sources and upstreams whose frames are not in the format that the station has played.

use super::expected_format::unconverted;
use super::log_limits::StationLogLimits;
use super::switcher::{FeedId, InputSwitcher};
use crate::audio::{Codec, Format};
use crate::settings::{StationSettings, Unconverted};
use crate::time::Time;

/// Whose seams the log has reported, and what there is to do about seams.
#[derive(Debug)]
pub struct SeamWarnings {
    /// Why frames in another format are never converted, if so.
    unconverted: Option<Unconverted>,
    /// The feeds whose senders the log has named.
    named: Vec<FeedId>,
}

impl SeamWarnings {
    /// Returns the warnings of a station with these settings.
    pub fn new(settings: &StationSettings) -> Self {
        Self { unconverted: unconverted(settings), named: Vec::new() }
    }

    /// Applies changed settings.
    pub fn apply_settings(&mut self, settings: &StationSettings) {
        self.unconverted = unconverted(settings);
    }

    /// Notes that another sender sends to a feed.
    pub fn note_sender(&mut self, feed: FeedId) {
        self.named.retain(|named| *named != feed);
    }

    /// Warns of a seam between `before` and `format` if a feed is on air, once for each sender.
    pub fn warn(
        &mut self,
        log: &mut StationLogLimits,
        mount: &str,
        switcher: &InputSwitcher,
        [before, format]: [Format; 2],
        now: Time,
    ) {
        let (Some(feed), Some(reason)) = (switcher.feed_id_on_air(), self.reason(format, switcher)) else {
            return;
        };
        if before.codec == format.codec && !self.named.contains(&feed) {
            self.named.push(feed);
            log.log_seam(mount, switcher.sender(feed).0, [before, format], reason, now);
        }
    }

    /// Returns why frames in `format` are passed on, if they are always.
    fn reason(&self, format: Format, switcher: &InputSwitcher) -> Option<Unconverted> {
        let unknown = switcher.format().is_none().then_some(Unconverted::UnknownFormat);
        if format.codec == Codec::Aac { Some(Unconverted::Aac) } else { self.unconverted.or(unknown) }
    }
}
