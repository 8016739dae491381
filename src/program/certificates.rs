//! The certificates of a run: those in use, and what a reload or a change of their files makes of them.

use std::time::Duration;

use super::certificate_watcher::{self, WatchList, WatchResult};
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
    pairs: Vec<CertificateInUse>,
    /// The same for the whole run, so that clients can resume their sessions.
    tickets: Tickets,
    generation: u64,
    worker: Worker<WatchList>,
    results: Results<WatchResult>,
}

/// A certificate in use.
#[derive(Clone)]
struct CertificateInUse {
    files: CertificateFiles,
    certificate: Certificate,
    /// Why the files cannot be used.
    fault: Option<String>,
}

/// The certificates that a reload leads to.
pub struct NewCertificates {
    pairs: Vec<CertificateInUse>,
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

    /// Prepares the certificates of a configuration, of which `loaded` could be read. `today` is in UTC since
    /// 1970-01-01.
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
            let found = loaded.get(files);
            let pair = new.choose(files, in_use, found, today);
            // The configuration has reported why it cannot be read.
            new.pairs.push(pair.ok_or_else(|| format!("cannot use {}", files.certificate.display()))?);
        }
        new.tls = self.server_tls(&new.pairs)?;
        Ok(new)
    }

    fn server_tls(&self, pairs: &[CertificateInUse]) -> Result<Option<ServerTls>, String> {
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
        let pairs = self.pairs.iter().map(|pair| (pair.files.clone(), pair.certificate.clone())).collect();
        // If the thread has ended, it has logged the reason.
        let _ = self.worker.send(WatchList { generation: self.generation, pairs });
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
        server.set_certificates(self.pairs.iter().map(CertificateInUse::status).collect(), tls);
    }
}

impl CertificateInUse {
    fn status(&self) -> CertificateStatus {
        CertificateStatus {
            names: self.certificate.shown_names(),
            not_before: self.certificate.not_before(),
            not_after: self.certificate.not_after(),
            path: self.files.certificate.to_string_lossy().into_owned(),
            last_error: self.fault.clone(),
        }
    }
}

impl NewCertificates {
    /// Chooses between the certificate in use and the one that was found in its files. Returns `None` if
    /// there is neither.
    fn choose(
        &mut self,
        files: &CertificateFiles,
        in_use: Option<&CertificateInUse>,
        found: Option<&Certificate>,
        today: Duration,
    ) -> Option<CertificateInUse> {
        let new = |certificate: &Certificate| CertificateInUse {
            files: files.clone(),
            certificate: certificate.clone(),
            fault: None,
        };
        let (in_use, found) = match (in_use, found) {
            (Some(in_use), Some(found)) if !in_use.certificate.is_same(found) => (in_use, found),
            (Some(in_use), _) => return Some(in_use.clone()),
            (None, found) => return found.map(new),
        };
        match worse(found, &in_use.certificate, today, &files.certificate) {
            Some(reason) => {
                self.warnings.push(format!("{reason}; the certificate in use stays"));
                Some(in_use.clone())
            }
            None => {
                let (names, validity) = (found.shown_names().join(", "), Validity::at(found, today));
                self.changes.push(format!("tls: new certificate for {names}: {validity}"));
                Some(new(found))
            }
        }
    }
}
