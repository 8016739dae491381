//! What the program does between two turns of the event loop: it handles signals, and runs reloads.

use std::time::Duration;

use log::warn;

use super::pid_file;
use super::reload::{AppliedConfig, Running};
use super::reload_log::log_report;
use super::reload_state::{Begin, Finish, ReloadState, Requests};
use super::service_status::ServiceStatus;
use crate::net::{EventLoop, Operator};
use crate::reload_report::ReloadReport;
use crate::server::Server;
use crate::signals;
use crate::time::Time;

/// Who has asked for a reload that a signal requests.
const BY_SIGNAL: &str = "SIGHUP";

/// Runs reloads, one after the other, until the program stops.
pub struct ProgramOperator {
    running: Running,
    service: ServiceStatus,
    state: ReloadState,
    is_requested_by_signal: bool,
    is_stopping: bool,
}

impl ProgramOperator {
    /// Creates an operator of what runs.
    pub fn new(running: Running, service: ServiceStatus) -> Self {
        Self {
            running,
            service,
            state: ReloadState::default(),
            is_requested_by_signal: false,
            is_stopping: false,
        }
    }

    /// Waits, for a limited time, until the workers have completed their remaining work, and reports to the
    /// service manager what is left.
    pub fn finish(self) {
        self.running.reader.flush();
        self.running.pid_file().into_iter().for_each(pid_file::remove);
        self.running.services.finish();
        self.service.finish();
    }

    /// Takes the result of reading, if there is one.
    fn take_result(&mut self, net: &mut EventLoop, server: &mut Server, now: Time) {
        let Some(read) = self.running.reader.poll() else { return };
        match self.state.finish(now) {
            Some(Finish::Apply(requests)) => {
                let applied = self.running.finish(read, net, server, now);
                self.report(applied, requests, net, server);
            }
            Some(Finish::Ignore(took)) => {
                let seconds = took.as_secs();
                warn!(
                    "the configuration can be read again, after {seconds} s; what was read is not applied: \
                     reload again"
                );
            }
            None => {}
        }
    }

    /// Ends a reload whose configuration cannot be read in time.
    fn check_time(&mut self, net: &EventLoop, server: &mut Server, now: Time) {
        if let Some(requests) = self.state.take_overdue(now) {
            self.report(unreadable(now.since(requests.since)), requests, net, server);
        }
    }

    /// Begins a reload, if one is requested and none runs.
    fn begin_if_requested(&mut self, net: &EventLoop, server: &mut Server, now: Time) {
        if !self.state.takes_requests() {
            return;
        }
        let by_signal = std::mem::take(&mut self.is_requested_by_signal).then(|| BY_SIGNAL.to_owned());
        let by = by_signal.into_iter().chain(server.drain_reload_requests()).collect();
        match self.state.begin(by, now) {
            Begin::Nothing => {}
            Begin::Read => {
                self.service.note_reload();
                self.read(net, server, now);
            }
            Begin::Refuse(requests, waited) => {
                self.service.note_reload();
                self.report(unreadable(waited), requests, net, server);
            }
        }
    }

    fn read(&mut self, net: &EventLoop, server: &mut Server, now: Time) {
        if !self.running.read(net)
            && let Some(Finish::Apply(requests)) = self.state.finish(now)
        {
            let error = "the configuration cannot be read any more, see the log: restart coldwave".to_owned();
            self.report(
                AppliedConfig { outcome: Err(vec![error]), warnings: Vec::new() },
                requests,
                net,
                server,
            );
        }
    }

    /// Logs how a reload has ended, and answers those who wait for it.
    fn report(&self, applied: AppliedConfig, requests: Requests, net: &EventLoop, server: &mut Server) {
        let AppliedConfig { outcome, warnings } = applied;
        let Requests { since, by } = requests;
        let report = ReloadReport { requested_by: by.join(", "), outcome, warnings };
        let now = net.now();
        log_report(&report, now.since(since));
        server.finish_reload(&report, now);
        self.service.note_reloaded();
    }
}

/// Returns the result of a configuration that cannot be read in time.
fn unreadable(waited: Duration) -> AppliedConfig {
    let seconds = waited.as_secs();
    let error = format!("the configuration cannot be read: no answer from the disk for {seconds} s");
    AppliedConfig { outcome: Err(vec![error]), warnings: Vec::new() }
}

impl Operator for ProgramOperator {
    fn signal(&mut self, signal: i32) {
        self.service.note_signal(signal);
        self.is_stopping |= signals::STOP.contains(&signal);
        if signals::ROTATE.contains(&signal) {
            self.running.services.logs.reopen();
        }
        self.is_requested_by_signal |= signal == signals::RELOAD;
    }

    fn after_turn(&mut self, net: &mut EventLoop, server: &mut Server, now: Time) {
        self.service.after_turn(server, now);
        if self.is_stopping {
            return;
        }
        self.running.certificates.poll(net, server);
        self.running.lists.poll(server, now);
        self.take_result(net, server, now);
        self.check_time(net, server, now);
        self.begin_if_requested(net, server, now);
    }

    fn deadline(&self) -> Option<Time> {
        let timeout = self.state.deadline().filter(|_| !self.is_stopping);
        timeout.into_iter().chain(self.service.deadline()).min()
    }
}
