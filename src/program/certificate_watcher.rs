//! The thread that watches the files of certificates, and logs what becomes of them.

use std::io;
use std::time::Duration;

use log::{error, info, warn};

use super::expiry_stage::ExpiryStage;
use super::watched_pair::{PairEvent, WatchedPair};
use crate::log_limiter::RECOVERY;
use crate::settings::CertificateFiles;
use crate::tls::{Certificate, Validity};
use crate::worker::{
    Inbox, InboxEvent, LoopWaker, Outbox, Results, WhenFull, Worker, WorkerBuilder, result_channel,
};

/// How often the files are looked at.
const LOOK_INTERVAL: Duration = Duration::from_secs(5);

/// How often they are looked at while they change.
const UNSETTLED_INTERVAL: Duration = Duration::from_secs(1);

/// The most results that wait.
const RESULTS_MAX: usize = 16;

/// The certificates to watch, and their number among all lists.
pub struct WatchList {
    /// It is in each result, because those of an earlier list are obsolete.
    pub generation: u64,
    /// The certificates in use, with their files.
    pub pairs: Vec<(CertificateFiles, Certificate)>,
}

/// The state of a certificate that has changed.
pub struct WatchResult {
    /// That of the list.
    pub generation: u64,
    /// The position in the list.
    pub at: usize,
    /// The certificate to use.
    pub certificate: Certificate,
    /// Why the files cannot be used.
    pub fault: Option<String>,
}

/// Returns the time of day in UTC since 1970-01-01.
pub type TimeOfDay = Box<dyn Fn() -> Duration + Send>;

/// Starts the thread. `waker` wakes the event loop when there is a result.
///
/// # Errors
/// If the system cannot start a thread.
pub fn start(today: TimeOfDay, waker: LoopWaker) -> io::Result<(Worker<WatchList>, Results<WatchResult>)> {
    let (outbox, results) = result_channel(RESULTS_MAX, waker);
    let builder = WorkerBuilder::new("certificates").queue(1, WhenFull::KeepNewest);
    let worker = builder.spawn(move |jobs| CertificateWatcher::new(today).work(&jobs, &outbox))?;
    Ok((worker, results))
}

/// The state of the thread.
struct CertificateWatcher {
    today: TimeOfDay,
    generation: u64,
    /// The certificates, with the stages that were logged last.
    pairs: Vec<(WatchedPair, ExpiryStage)>,
}

impl CertificateWatcher {
    fn new(today: TimeOfDay) -> Self {
        Self { today, generation: 0, pairs: Vec::new() }
    }

    fn work(&mut self, jobs: &Inbox<WatchList>, outbox: &Outbox<WatchResult>) {
        loop {
            let event = match self.interval() {
                None => jobs.next(),
                Some(interval) => jobs.next_within(interval),
            };
            match event {
                InboxEvent::Job(list) => self.watch(list),
                InboxEvent::Timeout => {
                    if !self.look().into_iter().all(|result| outbox.send(result)) {
                        return;
                    }
                }
                InboxEvent::Flush => {}
                InboxEvent::Closed => return,
            }
        }
    }

    /// Returns how long to wait for the next look; `None` if there is nothing to look at.
    fn interval(&self) -> Option<Duration> {
        let is_unsettled = self.pairs.iter().any(|(pair, _)| pair.is_unsettled());
        let interval = if is_unsettled { UNSETTLED_INTERVAL } else { LOOK_INTERVAL };
        (!self.pairs.is_empty()).then_some(interval)
    }

    /// Watches other certificates. What is known about those that stay is kept.
    fn watch(&mut self, list: WatchList) {
        let mut before = std::mem::take(&mut self.pairs);
        self.generation = list.generation;
        for (files, certificate) in list.pairs {
            let known = before.iter().position(|(pair, _)| pair.files == files);
            let known = known.map(|at| before.swap_remove(at));
            let is_new = !known.as_ref().is_some_and(|(pair, _)| pair.in_use.is_same(&certificate));
            let (mut pair, stage) =
                known.unwrap_or_else(|| (WatchedPair::new(files, certificate.clone()), ExpiryStage::Far));
            pair.set(certificate);
            self.pairs.push((pair, if is_new { ExpiryStage::Far } else { stage }));
        }
        self.log_stages();
    }

    /// Looks at all files once.
    fn look(&mut self) -> Vec<WatchResult> {
        let (today, generation) = ((self.today)(), self.generation);
        let mut results = Vec::new();
        for (at, (pair, stage)) in self.pairs.iter_mut().enumerate() {
            let Some(event) = pair.look(today) else { continue };
            log_event(pair, &event, today);
            if matches!(event, PairEvent::Replaced { .. }) {
                *stage = ExpiryStage::Far;
            }
            let fault = pair.fault().map(ToOwned::to_owned);
            results.push(WatchResult { generation, at, certificate: pair.in_use.clone(), fault });
        }
        self.log_stages();
        results
    }

    /// Logs the stages that certificates have reached since the last time.
    fn log_stages(&mut self) {
        let today = (self.today)();
        for (pair, stage) in &mut self.pairs {
            let reached = ExpiryStage::at(&pair.in_use, today);
            if reached > *stage {
                log_stage(pair, reached, today);
            }
            *stage = reached;
        }
    }
}

fn names(pair: &WatchedPair) -> String {
    pair.in_use.shown_names().join(", ")
}

fn log_event(pair: &WatchedPair, event: &PairEvent, today: Duration) {
    let (names, path) = (names(pair), pair.files.certificate.display());
    let validity = Validity::at(&pair.in_use, today);
    match event {
        PairEvent::Replaced { was_bad: false } => {
            info!("new certificate in use for {names}: {validity}, from {path}");
        }
        PairEvent::Replaced { was_bad: true } => {
            info!(target: RECOVERY, "new certificate in use for {names} after a bad one: {validity}, from {path}");
        }
        PairEvent::Bad(reason) => {
            warn!(
                "the certificate of {names} cannot be replaced: {reason}; the one in use stays, {validity}"
            );
        }
        PairEvent::Restored => {
            info!(target: RECOVERY, "the certificate of {names} can be read again: {validity}, from {path}");
        }
    }
}

fn log_stage(pair: &WatchedPair, stage: ExpiryStage, today: Duration) {
    let (names, path) = (names(pair), pair.files.certificate.display());
    let validity = Validity::at(&pair.in_use, today);
    match stage {
        ExpiryStage::Far => {}
        ExpiryStage::Ahead(_) => {
            info!("the certificate of {names} is {validity}, from {path}: it should be renewed soon");
        }
        ExpiryStage::Soon(_) => {
            warn!("the certificate of {names} expires soon, from {path}: {validity}; look at what renews it");
        }
        ExpiryStage::Expired => {
            error!(
                "the certificate of {names} has expired, clients refuse it: {validity}, from {path}; look at what renews it"
            );
        }
        ExpiryStage::NotYetValid => {
            warn!(
                "the certificate of {names} is {validity}, clients refuse it, from {path}; look at the clock"
            );
        }
    }
}
