//! Sets the titles of live sources and of AutoDJ tracks.

use crate::icy::Title;
use crate::log_limiter::{excerpt, log_limited};
use crate::server::state::server::Server;
use crate::settings::SourceSettings;
use crate::station::StationKey;
use crate::time::Time;

impl Server {
    /// Sets the title of the AutoDJ's track, if no source is live and a track is on air. Returns whether a
    /// track is on air.
    pub(in crate::server) fn set_track_title(&mut self, key: StationKey, title: &Title, now: Time) -> bool {
        if self.is_live(key) {
            return false;
        }
        // The audio that is due by now is played with the old title.
        self.advance(key, now);
        self.stations[key].station.set_track_title(title.clone())
    }

    /// Sets the title of a station's live source from the next frame on. If no source is live, the title is
    /// kept for the next one. A title set by a DJ applies only while that DJ is live, because encoders also
    /// send titles before and after a DJ's session.
    pub(in crate::server) fn set_title(&mut self, key: StationKey, title: Title, now: Time) {
        let channel = &mut self.stations[key];
        let SourceSettings { djs, title_delay, .. } = &channel.settings().sources;
        let title_delay = *title_delay;
        let set_by = title.set_by.as_deref();
        let dj = djs.iter().find(|dj| set_by == Some(&dj.name)).map(|dj| dj.name.clone());
        let live = channel.live.source.as_ref().map(|source| &source.user.name);
        if live.is_none_or(|live| dj.as_ref().is_some_and(|dj| dj != live)) {
            let is_admitted = channel.station.log.titles.admit(now);
            let (mount, text) = (&channel.settings().mount, excerpt(&title.text));
            log_limited!(is_admitted, "{mount}: title {text:?} kept for the next live source");
            channel.live.keep_title(title, dj, now);
        } else {
            channel.live.delay_title(title, now + title_delay);
            channel.apply_due_titles(now);
        }
    }
}
