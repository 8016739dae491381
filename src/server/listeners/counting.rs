//! Counts listeners once they have listened for long enough.

use crate::server::state::server::Server;
use crate::server::state::station::audience::ParallelPlayer;
use crate::session::Session;
use crate::time::Time;

impl Server {
    /// Counts the listeners that have listened for long enough. Must be called before a listener leaves and
    /// before the numbers are read. Then the peak is exact, even if the call is late.
    pub(in crate::server) fn count_listeners(&mut self, now: Time) {
        let mut any = false;
        while let Some(peer) = self.timers.pop_countable(now) {
            any = true;
            let entry = self.sessions.get(peer);
            let Some((Session::Listener(listener), player)) =
                entry.map(|entry| (&entry.session, ParallelPlayer::from_entry(entry)))
            else {
                continue;
            };
            if listener.sent() > 0 {
                let audience = &mut self.stations[listener.station].audience;
                audience.count(peer, player);
                audience.update_history(now);
            } else {
                // Its relay is still connecting: the listener has received nothing yet.
                self.timers.uncounted.add(peer, now);
            }
        }
        if any {
            // No listener has left since the last call, so the number only grew.
            self.stats.peak_listeners = self.stats.peak_listeners.max(self.counted_listeners());
        }
    }

    /// Returns the number of counted listeners of all stations.
    pub(in crate::server) fn counted_listeners(&self) -> usize {
        self.stations.iter().map(|(_, channel)| channel.audience.counted().len()).sum()
    }
}
