//! Whether a user may go live now: the account, the source that is live, and the number of sources.

use crate::http::source::reply::SourceRefusal;
use crate::server::state::access::accounts::current_user;
use crate::server::state::server::Server;
use crate::session::SourceUser;
use crate::station::StationKey;
use crate::time::Time;

impl Server {
    /// Checks whether a user may go live now, possibly by replacing the live source. The account may have
    /// been removed since the login.
    pub(super) fn admit_user(
        &self,
        key: StationKey,
        user: &SourceUser,
        now: Time,
    ) -> Result<(), SourceRefusal> {
        let channel = &self.stations[key];
        let sources = &channel.settings().sources;
        match current_user(sources, user) {
            None => Err(SourceRefusal::AccountRemoved),
            Some(user) if !channel.live.admits(&user, sources.takeover, now) => Err(SourceRefusal::InUse),
            Some(_) if self.has_max_sources(key) => Err(SourceRefusal::TooManySources),
            Some(_) => Ok(()),
        }
    }

    /// Returns whether as many other stations as there may be have a live source. One that replaces another
    /// at its own station is no further source.
    fn has_max_sources(&self, key: StationKey) -> bool {
        let Some(max) = self.capacity.max_sources else { return false };
        let others = self.stations.iter().filter(|(other, _)| *other != key);
        others.filter(|(_, channel)| channel.live.source.is_some()).count() >= max
    }
}
