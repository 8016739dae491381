//! Requests to reload the configuration. What reads and applies it is outside the server.

use std::sync::Arc;

use log::info;

use super::authorize::Authorization;
use crate::http::admin::AdminFormat;
use crate::http::admin::reload_reply;
use crate::pages::LastReload;
use crate::reload_report::ReloadReport;
use crate::server::state::peer::Peer;
use crate::server::state::server::Server;
use crate::session::{CloseReason, Reply, Session};
use crate::settings::Description;
use crate::time::Time;

impl Server {
    /// Returns who has asked for a reload of the configuration since the last call, such as `admin at
    /// 127.0.0.1`. Empty if no reload is wanted.
    ///
    /// Call it when a reload can begin, and not while another one runs: the clients that are returned get the
    /// report that is passed to [`finish_reload`](Self::finish_reload) next.
    pub fn drain_reload_requests(&mut self) -> Vec<String> {
        self.reloads.begin()
    }

    /// Ends a reload: sends the report to the clients that wait for it, and keeps it for the administrator's
    /// pages and the metrics.
    pub fn finish_reload(&mut self, report: &ReloadReport, now: Time) {
        let last = LastReload { report: Arc::new(report.clone()), ended_at: now };
        for (peer, format) in self.reloads.finish(last) {
            self.send_deferred(
                peer,
                Reply::new(reload_reply::reply(report, format), CloseReason::Answered),
                now,
            );
        }
        self.views.invalidate();
    }

    /// Sets the description of the settings that apply now. Call it at the start and after each reload.
    pub fn set_description(&mut self, description: Description) {
        self.reloads.description = Some(Arc::new(description));
    }

    /// Requests a reload. The client waits for the report.
    pub(super) fn request_reload(
        &mut self,
        peer: Peer,
        format: AdminFormat,
        authorization: &Authorization,
        now: Time,
    ) {
        info!("reload of the configuration requested by {}", authorization.user_and_address());
        let sessions = &self.sessions;
        let still_waits = |peer: Peer| sessions.get(peer).is_some_and(|entry| entry.session.awaits_reply());
        self.reloads.retain(still_waits);
        self.reloads.request(peer, format, authorization.user_and_address());
        self.timers.reloads.add(peer, now);
        self.become_session(peer, Session::Reply(Box::new(Reply::deferred())));
    }

    /// Answers the clients that have waited for a report for too long. The reload goes on.
    pub(in crate::server) fn answer_overdue_reloads(&mut self, now: Time) {
        while let Some(peer) = self.timers.reloads.pop_due(now) {
            if let Some(format) = self.reloads.take_overdue(peer) {
                self.send_deferred(
                    peer,
                    Reply::new(reload_reply::running(format), CloseReason::Answered),
                    now,
                );
            }
        }
    }
}
