//! Tests of looks at files that change.

use std::fs;
use std::os::unix::fs::symlink;

use tempfile::TempDir;

use super::*;
use crate::tls::test_certificates::{DAY, TODAY, TestAuthority, TestPair};

/// A pair in a folder of its own, and the authority that issues its certificates.
struct Trial {
    folder: TempDir,
    root: TestAuthority,
    pair: WatchedPair,
    /// Those of the last new certificate.
    remarks: Vec<String>,
}

impl Trial {
    fn new() -> Self {
        let (folder, root) = (TempDir::new().expect("a folder"), TestAuthority::root("Root"));
        let files = root.issue(&["old.example"]).write(folder.path(), "radio");
        let in_use = Certificate::load(&files).expect("a certificate");
        Self { folder, root, pair: WatchedPair::new(files, in_use), remarks: Vec::new() }
    }

    /// Returns what some looks find, without their number if it is nothing.
    fn looks(&mut self, count: u32) -> Vec<String> {
        self.looks_at(TODAY, count)
    }

    fn looks_at(&mut self, today: Duration, count: u32) -> Vec<String> {
        let events = (0..count).filter_map(|_| self.pair.look(today));
        events
            .map(|event| match event {
                PairEvent::Replaced { was_bad, remarks } => {
                    self.remarks = remarks;
                    format!("replaced, was bad: {was_bad}")
                }
                PairEvent::Bad(reason) => reason.replace(&self.folder.path().display().to_string(), ""),
                PairEvent::Restored => "restored".to_owned(),
            })
            .collect()
    }

    fn write(&self, pair: &TestPair) {
        pair.write_to(&self.pair.files);
    }

    fn name(&self) -> &str {
        &self.pair.in_use.names()[0]
    }
}

const MISMATCH: &str =
    "/radio.key contains a private key that does not belong to the certificate in /radio.crt";

#[test]
fn unchanged_files_are_never_reported() {
    let mut trial = Trial::new();
    assert_eq!(trial.looks(10), [""; 0]);
    assert!(!trial.pair.is_unsettled());
}

#[test]
fn new_pair_is_used_when_two_looks_find_the_same() {
    let mut trial = Trial::new();
    trial.looks(3);
    trial.write(&trial.root.issue(&["new.example"]));
    assert_eq!(trial.looks(1), [""; 0], "it may be half-written");
    assert!(trial.pair.is_unsettled());
    assert_eq!(trial.looks(1), ["replaced, was bad: false"]);
    assert_eq!((trial.name(), trial.pair.is_unsettled()), ("new.example", false));
    assert_eq!(trial.looks(10), [""; 0]);
}

#[test]
fn key_that_follows_its_certificate_within_seconds_is_no_fault() {
    let mut trial = Trial::new();
    trial.looks(3);
    let new = trial.root.issue(&["new.example"]);
    fs::write(&trial.pair.files.certificate, &new.certificate).expect("the folder is writable");
    assert_eq!(trial.looks(5), [""; 0]);
    assert_eq!((trial.pair.fault(), trial.pair.is_unsettled()), (None, true));
    trial.write(&new);
    assert_eq!(trial.looks(2), ["replaced, was bad: false"]);
}

#[test]
fn bad_pair_is_reported_once_and_its_recovery_too() {
    let mut trial = Trial::new();
    trial.looks(3);
    let (new, other) = (trial.root.issue(&["new.example"]), trial.root.issue(&["other.example"]));
    trial.write(&TestPair { key: other.key, ..new.clone() });
    assert_eq!(trial.looks(20), [MISMATCH]);
    assert_eq!((trial.pair.fault().is_some(), trial.name()), (true, "old.example"));
    assert!(!trial.pair.is_unsettled(), "it is looked at as rarely as a good one");
    trial.write(&TestPair { certificate: new.certificate[..100].to_owned(), ..new.clone() });
    assert_eq!(trial.looks(20), ["/radio.crt is incomplete: -----END CERTIFICATE----- is missing"]);
    trial.write(&new);
    assert_eq!(trial.looks(2), ["replaced, was bad: true"]);
    assert_eq!((trial.pair.fault(), trial.name()), (None, "new.example"));
}

#[test]
fn vanished_files_that_return_are_restored() {
    let mut trial = Trial::new();
    trial.looks(3);
    let hidden = trial.folder.path().join("hidden");
    fs::rename(&trial.pair.files.certificate, &hidden).expect("a rename");
    assert_eq!(trial.looks(20), ["/radio.crt does not exist"]);
    fs::rename(&hidden, &trial.pair.files.certificate).expect("a rename");
    assert_eq!(trial.looks(20), ["restored"]);
    assert_eq!(trial.name(), "old.example");
}

#[test]
fn expired_pair_does_not_replace_a_valid_one() {
    let mut trial = Trial::new();
    trial.looks(3);
    trial.write(&trial.root.issue_valid(&["past.example"], TODAY - 9 * DAY, TODAY - DAY));
    assert_eq!(trial.looks(20), ["/radio.crt contains a certificate that is expired since 2026-11-28"]);
    trial.write(&trial.root.issue_valid(&["future.example"], TODAY + DAY, TODAY + 90 * DAY));
    assert_eq!(trial.looks(20), ["/radio.crt contains a certificate that is not valid before 2026-11-30"]);
    assert_eq!(trial.name(), "old.example");
    // The files do not change; the time does.
    assert_eq!(trial.looks_at(TODAY + 2 * DAY, 1), ["replaced, was bad: true"]);
    assert_eq!(trial.name(), "future.example");
}

#[test]
fn of_two_expired_pairs_the_later_one_is_used() {
    let mut trial = Trial::new();
    let late = TODAY + 100 * DAY;
    trial.looks_at(late, 3);
    trial.write(&trial.root.issue_valid(&["earlier.example"], TODAY, TODAY + 50 * DAY));
    assert_eq!(trial.looks_at(late, 20).len(), 1);
    trial.write(&trial.root.issue_valid(&["later.example"], TODAY, TODAY + 70 * DAY));
    assert_eq!(trial.looks_at(late, 2), ["replaced, was bad: true"]);
    assert_eq!(trial.name(), "later.example");
}

#[test]
fn link_to_another_file_is_a_change() {
    let mut trial = Trial::new();
    let (first, second) = (trial.root.issue(&["first.example"]), trial.root.issue(&["second.example"]));
    let folder = trial.folder.path();
    // As certbot does: the files have numbers, and links lead to the latest.
    let files = [first.write(folder, "one"), second.write(folder, "two")];
    let live = CertificateFiles { certificate: folder.join("live.crt"), key: Some(folder.join("live.key")) };
    let link = |to: &CertificateFiles| {
        for (from, at) in
            [(&to.certificate, &live.certificate), (to.key.as_ref().unwrap(), live.key.as_ref().unwrap())]
        {
            let _ = fs::remove_file(at);
            symlink(from, at).expect("a link");
        }
    };
    link(&files[0]);
    trial.pair = WatchedPair::new(live.clone(), Certificate::load(&live).expect("a certificate"));
    assert_eq!((trial.looks(3).len(), trial.name()), (0, "first.example"));
    link(&files[1]);
    assert_eq!(trial.looks(2), ["replaced, was bad: false"]);
    assert_eq!(trial.name(), "second.example");
}

#[test]
fn certificate_of_a_reload_ends_the_fault() {
    let mut trial = Trial::new();
    trial.looks(3);
    fs::write(&trial.pair.files.certificate, "").expect("the folder is writable");
    assert_eq!(trial.looks(20), ["/radio.crt is empty"]);
    let (same, fault) = (trial.pair.in_use.clone(), trial.pair.fault().map(str::to_owned));
    trial.pair.set(same, fault);
    assert!(trial.pair.fault().is_some(), "the files are as bad as before");
    let new = trial.root.issue(&["new.example"]);
    trial.write(&new);
    let new = Certificate::load(&trial.pair.files).expect("a certificate");
    trial.pair.set(new, None);
    assert_eq!((trial.pair.fault(), trial.name()), (None, "new.example"));
    assert_eq!(trial.looks(10), [""; 0]);
}

#[test]
fn fault_that_a_reload_has_reported_ends_when_the_files_are_good() {
    let mut trial = Trial::new();
    trial.looks(3);
    let good = trial.root.issue(&["old.example"]);
    trial.write(&TestPair { key: trial.root.issue(&["a.example"]).key, ..good.clone() });
    let same = trial.pair.in_use.clone();
    let reason = Certificate::load(&trial.pair.files).expect_err("another key").to_string();
    trial.pair.set(same.clone(), Some(reason));
    assert!(trial.pair.fault().is_some());
    assert_eq!(trial.looks(10), [""; 0], "the reload has warned");
    trial.write(&good);
    assert_eq!(trial.looks(2), ["replaced, was bad: true"]);
    assert_eq!(trial.pair.fault(), None);
}

#[test]
fn fault_that_a_reload_has_not_seen_is_reported_again() {
    let mut trial = Trial::new();
    trial.looks(3);
    fs::write(&trial.pair.files.certificate, "").expect("the folder is writable");
    assert_eq!(trial.looks(20), ["/radio.crt is empty"]);
    // It has read the files before they became bad.
    let same = trial.pair.in_use.clone();
    trial.pair.set(same, None);
    assert_eq!(trial.looks(20), ["/radio.crt is empty"]);
    assert!(trial.pair.fault().is_some());
}

#[test]
fn successor_that_clients_refuse_has_remarks() {
    let mut trial = Trial::new();
    trial.looks(3);
    trial.write(&trial.root.issue(&["old.example", "other.example"]));
    assert_eq!((trial.looks(2).len(), trial.remarks.len()), (1, 0), "{:?}", trial.remarks);
    trial.write(&trial.root.issue_valid(&["other.example"], TODAY, TODAY + 9 * DAY));
    assert_eq!(trial.looks(2).len(), 1);
    let expected = "is no longer for old.example; expires earlier than the one before, which was valid until \
                    2027-01-28: usually a restored backup";
    assert_eq!(trial.remarks.join("; "), expected);
}
