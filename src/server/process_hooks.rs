//! Exchanges what the process provides to the server while it runs.

use super::state::hooks::{ReopenLog, SessionLog, SnapshotReporter};
use super::state::server::Server;
use super::state::views::metrics_endpoint::ProcessStats;
use crate::bans::{BanStore, Bans};
use crate::pages::CertificateStatus;
use crate::session::{CloseReason, Reply};
use crate::station::{SourceFormats, StatisticsStore, TitleLog};
use crate::time::Time;
use crate::tls::ServerTls;

/// What is stored for the next start, and where.
#[derive(Default)]
pub struct StateStores {
    /// The stored bans.
    pub bans: Bans,
    /// `None` if bans last only until the restart.
    pub ban_store: Option<Box<dyn BanStore>>,
    /// `None` if the formats of sources are forgotten at the restart.
    pub source_formats: Option<Box<dyn SourceFormats>>,
    /// `None` if the statistics of stations begin with every start.
    pub statistics: Option<Box<dyn StatisticsStore>>,
}

impl Server {
    /// Uses another access log and playlist log, or none, from now on. `reopen` reopens all logs.
    pub fn set_logs(
        &mut self,
        sessions: Option<SessionLog>,
        titles: Option<TitleLog>,
        reopen: Option<ReopenLog>,
    ) {
        (self.hooks.session_log, self.hooks.title_log) = (sessions, titles);
        self.hooks.reopen_log = reopen;
    }

    /// Reports to another directory, or to none, from now on. The first report follows at once.
    pub fn set_reporter(&mut self, reporter: Option<SnapshotReporter>) {
        self.hooks.reporter = reporter;
        self.views.next_report = Time::START;
    }

    /// Uses these statistics of the process for the metrics.
    pub fn set_process_stats(&mut self, process: Option<ProcessStats>) {
        self.views.metrics.process = process;
        self.views.metrics.invalidate();
    }

    /// Shows these certificates to administrators, and redirects to the hosts for which `tls` has one.
    pub fn set_certificates(&mut self, certificates: Vec<CertificateStatus>, tls: Option<ServerTls>) {
        self.certificates = certificates.into();
        self.tls = tls;
        self.views.metrics.invalidate();
    }

    /// Returns whether there are statistics of the process.
    pub fn has_process_stats(&self) -> bool {
        self.views.metrics.process.is_some()
    }

    /// Stores what has to survive a restart elsewhere, or not at all. What is in memory goes along. Bans that
    /// are stored there are added: they apply to new connections. Returns a warning if there are too many.
    pub fn set_state_stores(&mut self, stores: StateStores, now: Time) -> Option<String> {
        let StateStores { bans, ban_store, mut source_formats, statistics } = stores;
        // The place before has the latest numbers, too.
        self.store_all_statistics(now);
        let left_out = self.add_bans(&bans);
        self.hooks.ban_store = ban_store;
        self.move_ban_replies(now);
        for key in self.stations.keys() {
            let channel = &self.stations[key];
            let known = channel.last_source.format();
            if let Some((formats, format)) = source_formats.as_mut().zip(known) {
                formats.store(&channel.settings().identity(), format);
            }
        }
        self.hooks.source_formats = source_formats;
        self.hooks.statistics = statistics;
        self.store_all_statistics(now);
        left_out
    }

    /// Stores the bans in another place than before, for which the responses that wait wait from now on. If
    /// there is no place, the responses say so at once.
    fn move_ban_replies(&mut self, now: Time) {
        match &mut self.hooks.ban_store {
            Some(store) => self.access.ban_replies.move_to(store.store(&self.access.bans)),
            None => {
                for (peer, bytes) in self.access.ban_replies.take_all_unstored() {
                    self.send_deferred(peer, Reply::new(bytes, CloseReason::Answered), now);
                }
            }
        }
    }

    fn add_bans(&mut self, bans: &Bans) -> Option<String> {
        let too_many = bans.all().filter(|ban| self.access.bans.restore(ban.as_ref().clone()).is_err());
        let count = too_many.count();
        let left_out = || format!("{count} bans in the new state directory are left out: there are too many");
        (count > 0).then(left_out)
    }
}
