//! The state of the server in one line, for the service manager.

use crate::server::state::server::Server;
use crate::server::state::station::channel::Channel;

impl Server {
    /// Returns the state in one line, such as `2 stations, 118 listeners, 1 silent`. A relay on demand is not
    /// silent: it has no listeners.
    pub fn status_line(&self) -> String {
        let stations = || self.stations.iter().map(|(_, channel)| channel).filter(|it| it.parent.is_none());
        let is_silent = |channel: &&Channel| {
            channel.station.silent_since().is_some() && !channel.is_on_demand() && !channel.is_absent
        };
        let (count, silent) = (stations().count(), stations().filter(is_silent).count());
        let stations = if count == 1 { "station" } else { "stations" };
        let listeners = self.counted_listeners();
        let text = if listeners == 1 { "listener" } else { "listeners" };
        let silent = if silent == 0 { String::new() } else { format!(", {silent} silent") };
        format!("{count} {stations}, {listeners} {text}{silent}")
    }
}
