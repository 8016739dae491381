//! Changes the inputs of stations while they play.

use super::state::server::Server;
use crate::station::{Input, ReplaceWhen, StationKey};
use crate::time::Time;

impl Server {
    /// Replaces the inputs of a station that are no sources and no relays: see [`Station::replace_inputs`].
    ///
    /// [`Station::replace_inputs`]: crate::station::Station::replace_inputs
    pub fn replace_inputs(
        &mut self,
        key: StationKey,
        inputs: Vec<Box<dyn Input>>,
        when: ReplaceWhen,
        now: Time,
    ) {
        if self.stations.get(key).is_none() {
            return;
        }
        // The audio that is due by now comes from the present inputs.
        self.advance(key, now);
        let channel = &mut self.stations[key];
        channel.station.replace_inputs(inputs, when);
        channel.next_advance = now;
        self.views.invalidate();
    }
}
