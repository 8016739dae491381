//! Tells the service manager, such as systemd, what the process does: started, reloading, stopping, and that
//! the event loop still runs (`sd_notify(3)`, `sd_watchdog_enabled(3)`).
//!
//! A datagram to the service manager blocks while its queue is full, so a thread sends them. The watchdog
//! must not be satisfied by that thread alone: when its time comes, the thread wakes the event loop, and
//! sends the notification only after the loop has answered.

use std::env;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use log::{info, warn};
use sd_notify::NotifyState;

use crate::log_limiter::RECOVERY;
use crate::worker::{Inbox, InboxEvent, LoopWaker, WhenFull, Worker, WorkerBuilder};

/// The variable with the address of the service manager's socket.
const NOTIFY_SOCKET: &str = "NOTIFY_SOCKET";

/// How many notifications may wait. A service manager that reads none gets no more.
const QUEUE: usize = 64;

/// Stack of the thread in bytes.
const STACK: usize = 128 * 1024;

/// How often the thread looks at its queue without a watchdog.
const IDLE_INTERVAL: Duration = Duration::from_secs(3600);

/// What the service manager is told.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Notice {
    /// Start or reload are complete.
    Ready,
    /// A reload begins.
    Reloading,
    /// The process ends soon.
    Stopping,
    /// A line for people, which `systemctl status` shows.
    Status(String),
    /// The event loop runs.
    Alive,
}

/// The connection to the service manager. Without one, all methods do nothing.
#[derive(Debug, Default)]
pub struct ServiceManager {
    worker: Option<Worker<Notice>>,
    /// Whether the thread waits for a turn of the event loop.
    is_asked: Arc<AtomicBool>,
    status: String,
}

impl ServiceManager {
    /// Connects to the service manager that has started the process; without `NOTIFY_SOCKET`, to none.
    /// `waker` wakes the event loop. A failure is only logged.
    pub fn from_environment(waker: LoopWaker) -> Self {
        let Some(socket) = env::var_os(NOTIFY_SOCKET).filter(|socket| !socket.is_empty()) else {
            return Self::default();
        };
        if !socket.as_encoded_bytes().starts_with(b"/") {
            warn!("the service manager is not notified: {NOTIFY_SOCKET} is no path: {}", socket.display());
            return Self::default();
        }
        Self::start(sd_notify::watchdog_enabled(), waker, sd_notify::notify).unwrap_or_else(|error| {
            warn!("the service manager is not notified: {error}");
            Self::default()
        })
    }

    fn start(
        watchdog: Option<Duration>,
        waker: LoopWaker,
        send: impl FnMut(&[NotifyState<'_>]) -> io::Result<()> + Send + 'static,
    ) -> io::Result<Self> {
        let is_asked = Arc::new(AtomicBool::new(false));
        // A third, so that one late turn of the event loop does not end the process.
        let interval = watchdog.map(|watchdog| watchdog / 3);
        let notifier = Notifier { interval, waker, is_asked: is_asked.clone(), send, failed: false };
        let builder = WorkerBuilder::new("notify").stack(STACK).queue(QUEUE, WhenFull::Refuse);
        let worker = builder.spawn(move |notices| notifier.run(&notices))?;
        Ok(Self { worker: Some(worker), is_asked, status: String::new() })
    }

    /// Returns whether there is a service manager.
    pub fn is_connected(&self) -> bool {
        self.worker.is_some()
    }

    /// Reports that the start or a reload is complete.
    pub fn ready(&self) {
        self.send(Notice::Ready);
    }

    /// Reports that a reload begins. [`ready`](Self::ready) must follow, whatever its result is.
    pub fn reloading(&self) {
        self.send(Notice::Reloading);
    }

    /// Reports that the process is stopping.
    pub fn stopping(&self) {
        self.send(Notice::Stopping);
    }

    /// Sets the line about the state of the service, if it has changed.
    pub fn set_status(&mut self, status: &str) {
        if self.is_connected() && self.status != status {
            status.clone_into(&mut self.status);
            self.send(Notice::Status(status.to_owned()));
        }
    }

    /// Must be called in every turn of the event loop: answers the watchdog.
    pub fn note_turn(&self) {
        if self.is_asked.swap(false, Ordering::Relaxed) {
            self.send(Notice::Alive);
        }
    }

    /// Waits until everything is sent, at most for `within`.
    pub fn flush(&self, within: Duration) {
        self.worker.iter().for_each(|worker| _ = worker.flush(within));
    }

    fn send(&self, notice: Notice) {
        // If the queue is full, the service manager hangs, and its state is wrong anyway.
        self.worker.iter().for_each(|worker| _ = worker.send(notice.clone()));
    }
}

/// The thread that sends notifications.
struct Notifier<S> {
    /// The longest time between two notifications for the watchdog.
    interval: Option<Duration>,
    waker: LoopWaker,
    is_asked: Arc<AtomicBool>,
    send: S,
    failed: bool,
}

impl<S: FnMut(&[NotifyState<'_>]) -> io::Result<()>> Notifier<S> {
    fn run(mut self, notices: &Inbox<Notice>) {
        loop {
            match notices.next_within(self.interval.unwrap_or(IDLE_INTERVAL)) {
                InboxEvent::Job(notice) => self.notify(&notice),
                InboxEvent::Timeout if self.interval.is_some() => self.ask(),
                InboxEvent::Timeout | InboxEvent::Flush => {}
                InboxEvent::Closed => return,
            }
        }
    }

    /// Asks the event loop for a turn.
    fn ask(&self) {
        self.is_asked.store(true, Ordering::Relaxed);
        (self.waker)();
    }

    /// Sends a notification. Every one comes from the event loop, so all of them satisfy the watchdog.
    fn notify(&mut self, notice: &Notice) {
        let mut states = self.interval.map(|_| NotifyState::Watchdog).into_iter().collect::<Vec<_>>();
        match notice {
            Notice::Ready => states.push(NotifyState::Ready),
            // The service manager compares the time with that of its request.
            Notice::Reloading => {
                states.extend([NotifyState::Reloading].into_iter().chain(NotifyState::monotonic_usec_now()));
            }
            Notice::Stopping => states.push(NotifyState::Stopping),
            Notice::Status(text) => states.push(NotifyState::Status(text)),
            Notice::Alive => {}
        }
        let sent = (self.send)(&states);
        self.log_result(sent);
    }

    fn log_result(&mut self, sent: io::Result<()>) {
        match sent {
            Ok(()) if std::mem::take(&mut self.failed) => {
                info!(target: RECOVERY, "the service manager is notified again");
            }
            Err(error) if !std::mem::replace(&mut self.failed, true) => {
                warn!("cannot notify the service manager: {error}");
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, channel};

    use super::*;

    const TIMEOUT: Duration = Duration::from_secs(20);

    /// Returns a connection, what the service manager receives, and the wake-ups of the event loop.
    fn connected(watchdog: Option<Duration>) -> (ServiceManager, Receiver<String>, Receiver<()>) {
        let (sender, received) = channel();
        let (wake, woken) = channel();
        let send = move |states: &[NotifyState<'_>]| {
            let lines: Vec<String> = states.iter().map(ToString::to_string).collect();
            sender.send(lines.join("\n")).map_err(io::Error::other)
        };
        let manager = ServiceManager::start(watchdog, Box::new(move || _ = wake.send(())), send);
        (manager.expect("a thread"), received, woken)
    }

    #[test]
    fn notices_arrive_in_order() {
        let (mut manager, received, _) = connected(None);
        manager.ready();
        manager.set_status("1 station");
        manager.set_status("1 station");
        manager.reloading();
        manager.ready();
        manager.stopping();
        drop(manager);
        let all: Vec<String> = received.iter().collect();
        let [ready, status, reloading, reloaded, stopping] = &all[..] else { panic!("{all:?}") };
        assert_eq!((ready.as_str(), status.as_str()), ("READY=1", "STATUS=1 station"));
        let micros = reloading.strip_prefix("RELOADING=1\nMONOTONIC_USEC=").expect("a time");
        assert!(micros.parse::<u64>().is_ok_and(|micros| micros > 0), "{reloading}");
        assert_eq!((reloaded.as_str(), stopping.as_str()), ("READY=1", "STOPPING=1"));
    }

    #[test]
    fn watchdog_is_satisfied_only_by_turns_of_the_event_loop() {
        let (manager, received, woken) = connected(Some(Duration::from_millis(30)));
        for _ in 0..3 {
            woken.recv_timeout(TIMEOUT).expect("the thread asks");
            woken.recv_timeout(TIMEOUT).expect("it asks again, as long as there is no turn");
            assert!(received.try_recv().is_err(), "no turn, no notification");
            manager.note_turn();
            assert_eq!(received.recv_timeout(TIMEOUT).as_deref(), Ok("WATCHDOG=1"));
            woken.try_iter().for_each(drop);
        }
        drop(manager);
        assert_eq!(received.iter().count(), 0);
    }

    #[test]
    fn other_notices_satisfy_the_watchdog_too() {
        let (manager, received, _) = connected(Some(Duration::from_secs(3600)));
        manager.note_turn();
        manager.ready();
        drop(manager);
        assert_eq!(received.iter().collect::<Vec<_>>(), ["WATCHDOG=1\nREADY=1"], "the loop was not asked");
    }

    #[test]
    fn without_a_service_manager_nothing_happens() {
        let mut manager = ServiceManager::default();
        manager.ready();
        manager.set_status("status");
        manager.note_turn();
        manager.flush(Duration::ZERO);
        assert!(!manager.is_connected());
    }
}
