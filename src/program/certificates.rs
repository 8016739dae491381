//! The certificates of a run: those in use, and what a reload or a change of their files makes of them.

use std::time::Duration;

use super::certificate_watcher::{self, PairToWatch, WatchList, WatchResult};
use super::watched_pair::worse;
use crate::config::LoadedCertificates;
use crate::net::EventLoop;
use crate::pages::CertificateStatus;
use crate::server::Server;
use crate::settings::CertificateFiles;
use crate::tls::{Certificate, ServerTls, Tickets, Validity};
use crate::worker::{Results, Worker};

/// The certificates in use, and the thread that watches their files.
pub struct Certificates {
    pairs: Vec<PairToWatch>,
    /// The same for the whole run, so that clients can resume their sessions.
    tickets: Tickets,
    generation: u64,
    worker: Worker<WatchList>,
    results: Results<WatchResult>,
}

/// The certificates that a reload leads to.
pub struct NewCertificates {
    pairs: Vec<PairToWatch>,
    tls: Option<ServerTls>,
    /// One line for each certificate that is replaced though its files have the same names.
    pub changes: Vec<String>,
    /// One line for each that is not replaced.
    pub warnings: Vec<String>,
}

impl Certificates {
    /// Starts the thread. There are no certificates yet: they come like those of a reload.
    ///
    /// # Errors
    /// Returns one sentence about what the system does not provide.
    pub fn start(net: &EventLoop) -> Result<Self, String> {
        let tickets = Tickets::new().map_err(|error| format!("cannot set up TLS: {error}"))?;
        let started = certificate_watcher::start(net.wall_clock(), net.loop_waker());
        let (worker, results) = started.map_err(|error| format!("cannot watch certificates: {error}"))?;
        Ok(Self { pairs: Vec::new(), tickets, generation: 0, worker, results })
    }

    /// Returns the files of the certificates in use.
    pub fn files(&self) -> Vec<CertificateFiles> {
        self.pairs.iter().map(|pair| pair.files.clone()).collect()
    }

    /// Returns the first name of the certificates in use that a URL can have.
    pub fn host(&self) -> Option<String> {
        let mut names = self.pairs.iter().flat_map(|pair| pair.certificate.names());
        names.find(|name| !name.starts_with("*.")).cloned()
    }

    /// Logs the certificates in use, one line each. `today` is in UTC since 1970-01-01.
    pub fn log(&self, today: Duration) {
        for pair in &self.pairs {
            let summary = pair.certificate.summary(&pair.files.certificate, today);
            log::info!("certificate {summary}");
        }
    }

    /// Prepares the certificates of a configuration, for which `loaded` has what is in the files. `today` is
    /// in UTC since 1970-01-01.
    ///
    /// # Errors
    /// Returns one sentence about what is missing.
    pub fn prepare(
        &self,
        wanted: &[CertificateFiles],
        loaded: &LoadedCertificates,
        today: Duration,
    ) -> Result<NewCertificates, String> {
        let mut new =
            NewCertificates { pairs: Vec::new(), tls: None, changes: Vec::new(), warnings: Vec::new() };
        for files in wanted {
            let in_use = self.pairs.iter().find(|pair| pair.files == *files);
            let pair = loaded.get(files).and_then(|found| new.choose(files, in_use, found, today));
            // The configuration has reported why it cannot be read.
            new.pairs.push(pair.ok_or_else(|| format!("cannot use {}", files.certificate.display()))?);
        }
        new.tls = self.server_tls(&new.pairs)?;
        Ok(new)
    }

    fn server_tls(&self, pairs: &[PairToWatch]) -> Result<Option<ServerTls>, String> {
        if pairs.is_empty() {
            return Ok(None);
        }
        let certificates = pairs.iter().map(|pair| pair.certificate.clone()).collect();
        let tls = ServerTls::new(certificates, &self.tickets);
        tls.map(Some).map_err(|error| format!("cannot set up TLS: {error}"))
    }

    /// Uses what was prepared for clients that connect from now on.
    pub fn apply(&mut self, new: NewCertificates, net: &mut EventLoop, server: &mut Server) {
        self.pairs = new.pairs;
        self.generation += 1;
        // If the thread has ended, it has logged the reason.
        let _ = self.worker.send(WatchList { generation: self.generation, pairs: self.pairs.clone() });
        self.publish(new.tls, net, server);
    }

    /// Uses the certificates that the thread has found in changed files.
    pub fn poll(&mut self, net: &mut EventLoop, server: &mut Server) {
        let mut has_changed = false;
        while let Some(result) = self.results.poll() {
            let pair = self.pairs.get_mut(result.at).filter(|_| result.generation == self.generation);
            if let Some(pair) = pair {
                has_changed = true;
                pair.certificate = result.certificate;
                pair.fault = result.fault;
            }
        }
        if !has_changed {
            return;
        }
        match self.server_tls(&self.pairs) {
            Ok(tls) => self.publish(tls, net, server),
            Err(error) => log::error!("{error}"),
        }
    }

    /// Uses the certificates, and shows them to administrators.
    fn publish(&self, tls: Option<ServerTls>, net: &mut EventLoop, server: &mut Server) {
        net.set_tls(tls.clone());
        server.set_certificates(self.pairs.iter().map(status).collect(), tls);
    }
}

fn status(pair: &PairToWatch) -> CertificateStatus {
    CertificateStatus {
        names: pair.certificate.names().to_vec(),
        label: pair.certificate.label(),
        not_before: pair.certificate.not_before(),
        not_after: pair.certificate.not_after(),
        path: pair.files.certificate.to_string_lossy().into_owned(),
        last_error: pair.fault.clone(),
    }
}

impl NewCertificates {
    /// Chooses between the certificate in use and what was found in its files: another one, or the reason why
    /// they cannot be used. Returns `None` if there is no certificate.
    fn choose(
        &mut self,
        files: &CertificateFiles,
        in_use: Option<&PairToWatch>,
        found: &Result<Certificate, String>,
        today: Duration,
    ) -> Option<PairToWatch> {
        let pair = |certificate: &Certificate, fault| PairToWatch {
            files: files.clone(),
            certificate: certificate.clone(),
            fault,
        };
        let (found, old) = match (found, in_use.map(|pair| &pair.certificate)) {
            (Err(_), None) => return None,
            // The configuration has warned.
            (Err(reason), Some(old)) => return Some(pair(old, Some(reason.clone()))),
            (Ok(found), None) => return Some(pair(found, None)),
            (Ok(found), Some(old)) => (found, old),
        };
        if found.is_same(old) {
            return Some(pair(old, None));
        }
        let fault = worse(found, old, today, &files.certificate);
        self.note(found, old, fault.as_deref(), today);
        Some(pair(if fault.is_some() { old } else { found }, fault))
    }

    /// Notes that `found` replaces `old`, or is at `fault`.
    fn note(&mut self, found: &Certificate, old: &Certificate, fault: Option<&str>, today: Duration) {
        if let Some(fault) = fault {
            return self.warnings.push(format!("{fault}; the certificate in use stays"));
        }
        let (names, validity) = (found.label(), Validity::at(found, today));
        self.changes.push(format!("tls: new certificate for {names}: {validity}"));
        // The configuration has warned of what has nothing to do with the one before.
        let losses = found.losses(old).into_iter();
        self.warnings.extend(losses.map(|loss| format!("tls: the new certificate for {names} {loss}")));
    }
}
