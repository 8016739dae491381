//! Tells the service manager what the program does.

use std::time::Duration;

use crate::net::EventLoop;
use crate::server::Server;
use crate::service_manager::ServiceManager;
use crate::signals;
use crate::time::Time;

/// How often the line about the state is renewed. Each line also satisfies the watchdog.
const STATUS_INTERVAL: Duration = Duration::from_secs(10);

/// How long the end of the program waits until the service manager knows of it.
const FLUSH_TIMEOUT: Duration = Duration::from_millis(100);

/// The service manager, and when it is told about the state again.
pub struct ServiceStatus {
    manager: ServiceManager,
    /// When the state is due.
    due: Time,
}

impl ServiceStatus {
    /// Connects to the service manager, if one has started the program, and reports that it is ready.
    pub fn ready(net: &EventLoop) -> Self {
        let manager = ServiceManager::from_environment(net.loop_waker());
        manager.ready();
        Self { manager, due: net.now() }
    }

    /// Reports a signal that stops the program.
    pub fn note_signal(&self, signal: i32) {
        if signals::STOP.contains(&signal) {
            self.manager.stopping();
        }
    }

    /// Reports that a reload begins.
    pub fn note_reload(&self) {
        self.manager.reloading();
    }

    /// Reports that a reload has ended, whatever its result is.
    pub fn note_reloaded(&self) {
        self.manager.ready();
    }

    /// Answers the watchdog, and reports the state when it is due.
    pub fn after_turn(&mut self, server: &Server, now: Time) {
        self.manager.note_turn();
        if self.manager.is_connected() && self.due <= now {
            self.due = now + STATUS_INTERVAL;
            self.manager.set_status(&server.status_line());
        }
    }

    /// Returns when the state is due.
    pub fn deadline(&self) -> Option<Time> {
        self.manager.is_connected().then_some(self.due)
    }

    /// Waits, for a limited time, until everything is reported.
    pub fn finish(&self) {
        self.manager.flush(FLUSH_TIMEOUT);
    }
}
