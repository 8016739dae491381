//! The server that is measured.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::failure::Failure;
use crate::launch::Cores;
use crate::listener::{CheckLevel, StreamRequest};
use crate::options::Options;
use crate::process::ServerProcess;
use crate::tls::{NAME, ServerCertificate, TlsClient};
use crate::usage;

/// The music.
const MUSIC: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/station");

/// The name of the certificate with an RSA key.
pub const RSA_NAME: &str = "rsa.localhost";

/// What all parts need.
pub struct Context<'a> {
    pub options: &'a Options,
    pub cores: &'a Cores,
    pub ecdsa: ServerCertificate,
    pub rsa: ServerCertificate,
}

/// A running server, with its folder.
pub struct Server {
    pub process: ServerProcess,
    folder: TempDir,
}

impl<'a> Context<'a> {
    pub fn new(options: &'a Options, cores: &'a Cores) -> Result<Self, Failure> {
        let (ecdsa, rsa) = (ServerCertificate::ecdsa(NAME)?, ServerCertificate::rsa(RSA_NAME)?);
        Ok(Self { options, cores, ecdsa, rsa })
    }

    /// Starts a server with both certificates and the bundled station.
    pub fn start(&self) -> Result<Server, Failure> {
        let folder = tempfile::tempdir()?;
        let music = folder.path().join("music");
        fs::create_dir(&music)?;
        for entry in fs::read_dir(MUSIC)? {
            let entry = entry?;
            fs::copy(entry.path(), music.join(entry.file_name()))?;
        }
        let certificates =
            [self.ecdsa.write(folder.path(), "ecdsa")?, self.rsa.write(folder.path(), "rsa")?].concat();
        let config =
            format!("[server]\nlisten = [\"127.0.0.1:0\"]\n{certificates}[[station]]\nmusic = [{music:?}]\n");
        let file = folder.path().join("coldwave.toml");
        fs::write(&file, config)?;
        // The server may run as another user.
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755))?;
        let mut command = self.cores.command(&self.options.program)?;
        command.arg("--config").arg(file);
        if let Some(user) = self.options.user {
            command.uid(user);
            chown(folder.path(), Some(user), None)?;
        }
        Ok(Server { process: ServerProcess::start(command)?, folder })
    }

    /// Returns a client that trusts both certificates, and resumes no sessions.
    pub fn client(&self) -> Result<TlsClient, Failure> {
        self.client_of(rustls::DEFAULT_VERSIONS)
    }

    /// The same with these versions.
    pub fn client_of(
        &self,
        versions: &[&'static rustls::SupportedProtocolVersion],
    ) -> Result<TlsClient, Failure> {
        TlsClient::new(&[self.ecdsa.der.clone(), self.rsa.der.clone()], versions)
    }
}

impl Server {
    /// Returns the folder, in which the pairs are called `ecdsa` and `rsa`.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Returns the resident memory in bytes.
    pub fn memory(&self) -> Result<f64, Failure> {
        Ok(usage::memory(self.process.pid())?.now as f64 * 1024.0)
    }

    /// Sends SIGHUP.
    pub fn hang_up(&self) -> Result<(), Failure> {
        let pid = i32::try_from(self.process.pid()).ok().and_then(Pid::from_raw);
        Ok(kill_process(pid.ok_or("an invalid process id")?, Signal::HUP)?)
    }

    /// Ends the server. Returns whether it exited properly and no thread has panicked.
    pub fn stop(mut self) -> Result<bool, Failure> {
        self.process.terminate()?;
        let is_success = self.process.wait()?.success();
        Ok(is_success && !self.process.log().contains("panicked"))
    }
}

/// Returns the request of a listener: with titles, and with TLS if there is a client for it.
pub fn request(level: CheckLevel, client: Option<&TlsClient>) -> StreamRequest {
    let request = StreamRequest::new(level, "/live", true);
    match client {
        Some(client) => request.over_tls(client.clone()),
        None => request,
    }
}
