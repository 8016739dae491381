//! One certificate whose files are watched: when they are read again, and which pair is the best.

use std::path::Path;
use std::time::Duration;

use crate::file_version::FileStamp;
use crate::settings::CertificateFiles;
use crate::tls::{Certificate, Validity};

/// How many looks at bad files pass before they are reported: a program that writes a certificate and then
/// its key needs a moment.
const LOOKS_BEFORE_REPORT: u32 = 5;

/// A certificate whose files are watched.
#[derive(Debug)]
pub struct WatchedPair {
    /// The files.
    pub files: CertificateFiles,
    /// The certificate that new sessions use.
    pub in_use: Certificate,
    /// The stamps of the files at the last look.
    seen: Option<PairStamp>,
    /// The stamps with which the files were read last.
    read: Option<PairStamp>,
    fault: Option<PairFault>,
}

/// Why the files cannot be used.
#[derive(Debug)]
struct PairFault {
    reason: String,
    looks: u32,
}

/// The stamps of both files; `None` for one that cannot be reached.
type PairStamp = [Option<FileStamp>; 2];

/// What a look has found.
#[derive(Debug)]
pub enum PairEvent {
    /// Another certificate is in the files, and in use from now on.
    Replaced {
        /// Whether a fault had been reported.
        was_bad: bool,
        /// What clients may refuse that they accepted before.
        remarks: Vec<String>,
    },
    /// The files cannot be used, for this reason. The certificate in use stays.
    Bad(String),
    /// The files have the certificate in use again, after a fault was reported.
    Restored,
}

impl WatchedPair {
    /// Watches the files of a certificate that was just read from them.
    pub fn new(files: CertificateFiles, in_use: Certificate) -> Self {
        Self { files, in_use, seen: None, read: None, fault: None }
    }

    /// Uses this certificate. A reload has read the files meanwhile, and reported this fault, if there is
    /// one.
    pub fn set(&mut self, certificate: Certificate, fault: Option<String>) {
        if !self.in_use.is_same(&certificate) {
            *self = Self::new(self.files.clone(), certificate);
        }
        if self.fault() != fault.as_deref() {
            // What a look has found may be newer than what the reload has read: the next one reads the files.
            self.read = None;
            self.fault = fault.map(|reason| PairFault { reason, looks: LOOKS_BEFORE_REPORT + 1 });
        }
    }

    /// Returns whether the files are changing, or may be: the next look is soon then.
    pub fn is_unsettled(&self) -> bool {
        let is_pending = |fault: &PairFault| fault.looks <= LOOKS_BEFORE_REPORT;
        self.seen != self.read || self.fault.as_ref().is_some_and(is_pending)
    }

    /// Returns why the files cannot be used, if that was reported.
    pub fn fault(&self) -> Option<&str> {
        let reported = self.fault.as_ref().filter(|fault| fault.looks > LOOKS_BEFORE_REPORT);
        reported.map(|fault| fault.reason.as_str())
    }

    /// Looks at the files. They are read if they have changed since the last time, but not since the last
    /// look, so that they are whole; files that were bad are read at each look. May block on the disk.
    /// `today` is in UTC since 1970-01-01.
    pub fn look(&mut self, today: Duration) -> Option<PairEvent> {
        let stamp = self.stamp();
        let is_same = self.seen == Some(stamp);
        self.seen = Some(stamp);
        if !is_same || self.read == Some(stamp) && self.fault.is_none() {
            return None;
        }
        self.read = Some(stamp);
        match Certificate::load(&self.files) {
            Ok(new) if new.is_same(&self.in_use) => self.recover().then_some(PairEvent::Restored),
            Ok(new) => match worse(&new, &self.in_use, today, &self.files.certificate) {
                None => {
                    let remarks = new.remarks_after(&self.in_use);
                    self.in_use = new;
                    Some(PairEvent::Replaced { was_bad: self.recover(), remarks })
                }
                Some(reason) => self.note_fault(reason),
            },
            Err(error) => self.note_fault(error.to_string()),
        }
    }

    fn stamp(&self) -> PairStamp {
        let CertificateFiles { certificate, key } = &self.files;
        [FileStamp::read(certificate), key.as_deref().and_then(FileStamp::read)]
    }

    /// Forgets the fault. Returns whether it was reported.
    fn recover(&mut self) -> bool {
        let was_reported = self.fault().is_some();
        self.fault = None;
        was_reported
    }

    /// Returns the fault if it is time to report it: once for each reason.
    fn note_fault(&mut self, reason: String) -> Option<PairEvent> {
        let looks = match &self.fault {
            Some(fault) if fault.reason == reason => fault.looks.saturating_add(1),
            // After another fault that was reported there is no delay.
            Some(fault) if fault.looks > LOOKS_BEFORE_REPORT => LOOKS_BEFORE_REPORT + 1,
            _ => 1,
        };
        let is_due = looks == LOOKS_BEFORE_REPORT + 1;
        let event = is_due.then(|| PairEvent::Bad(reason.clone()));
        self.fault = Some(PairFault { reason, looks });
        event
    }
}

/// Returns why `new`, which is in the file at `path`, does not replace `old`; `None` if it does. A valid one
/// replaces every other, also one that expires later: the files are what the operator wants. One that clients
/// refuse replaces no valid one, and of two that they refuse the one that expires later is used.
pub fn worse(new: &Certificate, old: &Certificate, today: Duration, path: &Path) -> Option<String> {
    let (validity, of_old) = (Validity::at(new, today), Validity::at(old, today));
    let is_worse = match (validity.is_valid(), of_old.is_valid()) {
        (true, _) => false,
        (false, true) => true,
        (false, false) => new.not_after() < old.not_after(),
    };
    is_worse.then(|| format!("{} contains a certificate that is {validity}", path.display()))
}

#[cfg(test)]
mod tests;
