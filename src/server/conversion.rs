//! Converts the frames of live sources and upstreams to the format of their station.

use crate::log_limiter::log_limited;
use crate::server::state::server::Server;
use crate::server::state::station::channel::Channel;
use crate::station::{ConversionChange, ConversionTarget, FeedId, StationKey};
use crate::time::Time;

impl Server {
    /// Makes this turn poll the stations whose converters have results.
    pub(super) fn poll_converters(&mut self) {
        while let Some(key) = self.hooks.converters.as_mut().and_then(|converters| converters.next_ready()) {
            if self.stations.get(key).is_some() {
                self.stations[key].has_new_input = true;
            }
        }
    }

    /// Returns to what the frames of sources are converted, if they are.
    pub(super) fn conversion_target(&self, key: StationKey) -> Option<ConversionTarget> {
        self.hooks.converters.as_ref()?;
        self.stations[key].conversion_target()
    }

    /// Converts the frames of a station's source and of its upstream, as far as it is possible now.
    pub(super) fn convert(&mut self, key: StationKey, now: Time) {
        let Channel { station, .. } = &self.stations[key];
        let is_used = |feed: FeedId| station.feed(feed).is_open() || station.feed(feed).is_converting();
        // This runs in every turn of every station, most of which have no source.
        if !self.stations[key].feeds().into_iter().any(is_used) {
            return;
        }
        let target = self.conversion_target(key);
        let Some(converters) = &mut self.hooks.converters else { return };
        let channel = &mut self.stations[key];
        for feed in channel.feeds() {
            let converted = channel.station.feed_mut(feed);
            if converted.is_open() {
                converted.set_target(target);
            }
            if converted.is_converting() {
                let mount = channel.settings().mount.clone();
                let mut start = |codec, format| converters.start(key, &mount, codec, format);
                let changes = channel.station.feed_mut(feed).convert(&mut start, now);
                changes.iter().for_each(|change| log_change(channel, feed, change, now));
                channel.has_new_input = true;
            }
        }
    }
}

fn log_change(channel: &mut Channel, feed: FeedId, change: &ConversionChange, now: Time) {
    let is_live = feed == channel.live.feed;
    let log = &mut channel.station.log;
    let is_admitted = if is_live { log.sources.admit(now) } else { log.relay.admit(now) };
    let (mount, name) = (&channel.settings().mount, channel.station.feed_name(feed));
    let kind = if is_live { "source " } else { "" };
    match change {
        ConversionChange::Converted { from, to } => {
            log_limited!(is_admitted, "{mount}: {kind}{name} sends {from}; converted to {to}");
        }
        ConversionChange::Unconverted { from, to, reason } => {
            let level = if is_admitted { log::Level::Warn } else { log::Level::Debug };
            log::log!(
                level,
                "{mount}: {kind}{name} sends {from}; not converted to {to} for a minute: {reason}; \
                 browsers stop at the change"
            );
        }
    }
}
