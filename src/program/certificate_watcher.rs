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
    /// The certificates in use.
    pub pairs: Vec<PairToWatch>,
}

/// A certificate in use.
#[derive(Clone)]
pub struct PairToWatch {
    /// Its files.
    pub files: CertificateFiles,
    /// The certificate.
    pub certificate: Certificate,
    /// Why the files cannot be used, if that was found when they were read for the list.
    pub fault: Option<String>,
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
        for PairToWatch { files, certificate, fault } in list.pairs {
            let known = before.iter().position(|(pair, _)| pair.files == files);
            let known = known.map(|at| before.swap_remove(at));
            let is_new = !known.as_ref().is_some_and(|(pair, _)| pair.in_use.is_same(&certificate));
            let (mut pair, stage) =
                known.unwrap_or_else(|| (WatchedPair::new(files, certificate.clone()), ExpiryStage::Far));
            pair.set(certificate, fault);
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
        for (at, stage) in self.take_new_stages(today) {
            log_stage(&self.pairs[at].0, stage, today);
        }
    }

    /// Returns the stages that certificates have reached since the last call, with their positions.
    fn take_new_stages(&mut self, today: Duration) -> Vec<(usize, ExpiryStage)> {
        let mut new = Vec::new();
        for (at, (pair, stage)) in self.pairs.iter_mut().enumerate() {
            let before = std::mem::replace(stage, ExpiryStage::at(&pair.in_use, today));
            new.extend((*stage > before).then_some((at, *stage)));
        }
        new
    }
}

fn log_event(pair: &WatchedPair, event: &PairEvent, today: Duration) {
    let (names, path) = (pair.in_use.label(), pair.files.certificate.display());
    let validity = Validity::at(&pair.in_use, today);
    match event {
        PairEvent::Replaced { was_bad, remarks } => log_replaced(pair, *was_bad, remarks, today),
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

fn log_replaced(pair: &WatchedPair, was_bad: bool, remarks: &[String], today: Duration) {
    let (names, path) = (pair.in_use.label(), pair.files.certificate.display());
    let validity = Validity::at(&pair.in_use, today);
    match (remarks, was_bad) {
        ([], false) => info!("new certificate in use for {names}: {validity}, from {path}"),
        ([], true) => {
            info!(target: RECOVERY, "new certificate in use for {names} after a bad one: {validity}, from {path}");
        }
        (remarks, _) => {
            let remarks = remarks.join("; it ");
            warn!("new certificate in use for {names}: {validity}, from {path}, but it {remarks}");
        }
    }
}

fn log_stage(pair: &WatchedPair, stage: ExpiryStage, today: Duration) {
    let (names, path) = (pair.in_use.label(), pair.files.certificate.display());
    let validity = Validity::at(&pair.in_use, today);
    let advice = |usual: &str| match pair.fault() {
        Some(fault) => format!("its files have been changed, but {fault}"),
        None => usual.to_owned(),
    };
    match stage {
        ExpiryStage::Far => {}
        ExpiryStage::Ahead(_) => {
            let advice = advice("it should be renewed soon");
            info!("the certificate of {names} is {validity}, from {path}: {advice}");
        }
        ExpiryStage::Soon(_) => {
            let advice = advice("look at what renews it");
            warn!("the certificate of {names} expires soon, from {path}: {validity}; {advice}");
        }
        ExpiryStage::Expired => {
            let advice = advice("look at what renews it");
            error!(
                "the certificate of {names} has expired, clients refuse it: {validity}, from {path}; {advice}"
            );
        }
        ExpiryStage::NotYetValid => {
            warn!(
                "the certificate of {names} is {validity}, clients refuse it, from {path}; look at the clock"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;
    use crate::tls::test_certificates::{DAY, TODAY, TestAuthority};

    fn to_watch(files: &CertificateFiles, certificate: &Certificate) -> PairToWatch {
        PairToWatch { files: files.clone(), certificate: certificate.clone(), fault: None }
    }

    #[test]
    fn each_stage_is_logged_once_for_each_certificate() {
        let (folder, root) = (TempDir::new().expect("a folder"), TestAuthority::root("Root"));
        let pair = |name: &str, days: u32| {
            let files =
                root.issue_valid(&[name], TODAY - 90 * DAY, TODAY + days * DAY).write(folder.path(), name);
            let certificate = Certificate::load(&files).expect("a certificate");
            (files, certificate)
        };
        let (one, two) = (pair("one.example", 40), pair("two.example", 13));
        let mut watcher = CertificateWatcher::new(Box::new(|| TODAY - 89 * DAY));
        let list = |generation, pairs: &[&(CertificateFiles, Certificate)]| WatchList {
            generation,
            pairs: pairs.iter().map(|&(files, certificate)| to_watch(files, certificate)).collect(),
        };
        watcher.watch(list(1, &[&one, &two]));
        let days = |watcher: &mut CertificateWatcher, from: u32, to: u32| -> Vec<(u32, usize)> {
            let hours = from * 24..to * 24;
            let stages = |hour| {
                let now = TODAY + hour * (DAY / 24) + Duration::from_secs(1);
                watcher.take_new_stages(now).into_iter().map(move |(at, _)| (hour / 24, at))
            };
            hours.flat_map(stages).collect()
        };
        // The stages of 14 days have begun before.
        assert_eq!(days(&mut watcher, 0, 11), [(0, 1), (6, 1), (10, 0), (10, 1)]);
        // Another order is no news, and another certificate is.
        watcher.today = Box::new(|| TODAY + 10 * DAY + Duration::from_secs(1));
        watcher.watch(list(2, &[&two, &one]));
        assert_eq!(days(&mut watcher, 11, 14), [(12, 0), (13, 0)]);
        let renewed = pair("two.example", 100);
        watcher.watch(list(3, &[&renewed, &one]));
        assert_eq!(days(&mut watcher, 14, 45), [(26, 1), (33, 1), (37, 1), (39, 1), (40, 1)]);
    }

    #[test]
    fn results_have_the_generation_of_their_list() {
        let (folder, root) = (TempDir::new().expect("a folder"), TestAuthority::root("Root"));
        let files = root.issue(&["old.example"]).write(folder.path(), "radio");
        let certificate = Certificate::load(&files).expect("a certificate");
        let mut watcher = CertificateWatcher::new(Box::new(|| TODAY));
        assert_eq!(watcher.interval(), None, "there is nothing to look at");
        watcher.watch(WatchList { generation: 7, pairs: vec![to_watch(&files, &certificate)] });
        assert_eq!(watcher.interval(), Some(LOOK_INTERVAL));
        assert!((0..3).all(|_| watcher.look().is_empty()));
        root.issue(&["new.example"]).write_to(&files);
        assert!(watcher.look().is_empty());
        assert_eq!(watcher.interval(), Some(UNSETTLED_INTERVAL));
        let results = watcher.look();
        assert_eq!((results.len(), results[0].generation, results[0].at), (1, 7, 0));
        assert_eq!(
            (results[0].certificate.names(), &results[0].fault),
            (&["new.example".to_owned()][..], &None)
        );
        assert_eq!(watcher.interval(), Some(LOOK_INTERVAL));
    }
}
