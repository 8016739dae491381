//! What SHOUTcast's operators ask for that is done to the whole server.

use log::info;

use super::admin::Granted;
use super::master::State;
use super::{Peer, Server};
use crate::http::admin::reply::{AdminRefusal, Done};
use crate::http::request::which::Which;
use crate::session::Why;
use crate::time::Time;

impl Server {
    /// Has `open` open the access log anew when an operator asks for that.
    pub fn reopen_log_by(&mut self, open: Box<dyn Fn()>) {
        self.log_opener = Some(open);
    }

    pub(super) fn reopen_log(&self) -> Result<Done<'static>, AdminRefusal> {
        let open = self.log_opener.as_ref().ok_or(AdminRefusal::NotHere("there is no access log"))?;
        open();
        Ok(Done::LogReopened)
    }

    /// Throws all live sources out.
    pub(super) fn kick_sources(&mut self, by: &Granted, now: Time) -> Done<'static> {
        let by = by.who(&self.admin.user);
        let holders = self.stations.iter().filter_map(|on_air| on_air.studio.holder.as_ref());
        let peers: Vec<Peer> = holders.map(|holder| holder.sender.peer).collect();
        info!("sources thrown out by {by}: {}", peers.len());
        peers.iter().for_each(|&peer| self.bury(peer, Why::Kicked, now));
        Done::SourcesRemoved(peers.len())
    }

    /// Has peaks and numbers of listeners so far begin anew: of the station that is named, or of all.
    pub(super) fn reset_statistics(
        &mut self,
        which: &Which,
        now: Time,
    ) -> Result<Done<'static>, AdminRefusal> {
        match which {
            Which::Lowest => {
                self.stations.iter_mut().for_each(|on_air| on_air.audience.reset(now));
                self.peak = self.stations.iter().map(|on_air| on_air.audience.present().len()).sum();
            }
            named => {
                let at = named.find(&self.settings).ok_or(AdminRefusal::NoSuchSource)?;
                self.stations[at].audience.reset(now);
            }
        }
        self.board.forget_pages();
        Ok(Done::StatisticsReset)
    }

    /// Has stations elsewhere asked now that would be asked later.
    pub(super) fn start_relays(&mut self, now: Time) -> Done<'static> {
        let masters = self.stations.iter_mut().filter_map(|on_air| on_air.master.as_mut());
        let resting = masters.filter(|master| matches!(master.state, State::Resting(at) if at > now));
        Done::RelaysStarted(resting.map(|master| master.state = State::Resting(now)).count())
    }
}
