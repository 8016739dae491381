//! Requests to reload the configuration, the responses that wait for the report, and the last report.

use std::sync::Arc;

use super::peer::Peer;
use crate::http::admin::AdminFormat;
use crate::pages::LastReload;
use crate::reload_report::ReloadResult;
use crate::settings::Description;

/// Requests to reload the configuration, and what is known about reloads.
#[derive(Debug, Default)]
pub struct Reloads {
    /// The settings that apply now.
    pub description: Option<Arc<Description>>,
    /// The last reload.
    pub last: Option<LastReload>,
    /// Who has asked for a reload that has not begun.
    requested_by: Vec<String>,
    waiting: Vec<WaitingReload>,
    /// How many reloads have ended, in the order of [`ReloadResult::ALL`].
    counts: [u64; ReloadResult::ALL.len()],
}

/// A response that waits for the report.
#[derive(Debug)]
struct WaitingReload {
    peer: Peer,
    format: AdminFormat,
    /// Whether the reload has begun after the request. An earlier one may have read the configuration before
    /// it was changed.
    has_begun: bool,
}

impl Reloads {
    /// Adds a request whose response waits.
    pub fn request(&mut self, peer: Peer, format: AdminFormat, requested_by: String) {
        self.waiting.push(WaitingReload { peer, format, has_begun: false });
        if !self.requested_by.contains(&requested_by) {
            self.requested_by.push(requested_by);
        }
    }

    /// Begins the reload that all requests since the last call have asked for.
    pub fn begin(&mut self) -> Vec<String> {
        self.waiting.iter_mut().for_each(|reply| reply.has_begun = true);
        std::mem::take(&mut self.requested_by)
    }

    /// Forgets the responses of peers for which `still_waits` is false.
    pub fn retain(&mut self, still_waits: impl Fn(Peer) -> bool) {
        self.waiting.retain(|reply| still_waits(reply.peer));
    }

    /// Ends the reload that has begun. Returns the peers whose requests it answers.
    pub fn finish(&mut self, last: LastReload) -> Vec<(Peer, AdminFormat)> {
        self.counts[last.report.result() as usize] += 1;
        self.last = Some(last);
        let answered = self.waiting.extract_if(.., |reply| reply.has_begun);
        answered.map(|reply| (reply.peer, reply.format)).collect()
    }

    /// Returns the format of the response of a peer that has waited for too long, and forgets it.
    pub fn take_overdue(&mut self, peer: Peer) -> Option<AdminFormat> {
        let at = self.waiting.iter().position(|reply| reply.peer == peer)?;
        Some(self.waiting.swap_remove(at).format)
    }

    /// Returns how many reloads have ended with each result.
    pub fn counts(&self) -> [(&'static str, u64); ReloadResult::ALL.len()] {
        ReloadResult::ALL.map(|result| (result.as_str(), self.counts[result as usize]))
    }
}
