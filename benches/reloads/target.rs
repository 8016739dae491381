//! The server whose configuration is reloaded: its folder, its process, its sources.

use std::fs::{self, Permissions};
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::time::Instant;

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::admin::Administrator;
use crate::breakage;
use crate::configuration::Configuration;
use crate::edits::{self, ADMIN, Places};
use crate::failure::Failure;
use crate::launch::Cores;
use crate::listener_pool::ListenerPool;
use crate::options::Options;
use crate::process::ServerProcess;
use crate::tls::{self, ServerCertificate};
use crate::usage;

/// The music.
const MUSIC: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/station");

/// The track that the sources send.
const TRACK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/station/03-blue-hour-waltz.mp3");

/// The image of a station.
const LOGO: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\0\0\0\0\x3a\x7e\x9b\x55";

/// A running server.
pub struct Target {
    pub server: ServerProcess,
    pub pool: ListenerPool,
    pub folder: Folder,
    pub administrator: Administrator,
}

/// The folder of the configuration, and the ports that belong to it.
pub struct Folder {
    folder: TempDir,
    /// The music, where the user of the server can read it.
    music: String,
    listen: [SocketAddr; 2],
    source_listen: SocketAddr,
    /// A port that another program uses.
    used: TcpListener,
}

impl Folder {
    /// Creates the folder, which belongs to the user of the server.
    pub fn create(options: &Options) -> Result<Self, Failure> {
        let folder = tempfile::tempdir()?;
        let music = folder.path().join("music");
        fs::create_dir(&music)?;
        for entry in fs::read_dir(MUSIC)? {
            let entry = entry?;
            fs::copy(entry.path(), music.join(entry.file_name()))?;
        }
        fs::write(folder.path().join("logo.png"), LOGO)?;
        tls::certificate()?.write(folder.path(), "first")?;
        ServerCertificate::ecdsa(tls::NAME)?.write(folder.path(), "second")?;
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755))?;
        if let Some(user) = options.user {
            chown(folder.path(), Some(user), None)?;
        }
        let [first, second, third] = [free_port()?, free_port()?, free_port()?];
        let music = music.to_string_lossy().into_owned();
        let used = TcpListener::bind("127.0.0.1:0")?;
        Ok(Self { folder, music, listen: [first, second], source_listen: third, used })
    }

    /// Returns what the configuration refers to.
    pub fn places(&self) -> Places<'_> {
        let Self { folder, music, listen, source_listen, .. } = self;
        Places { folder: folder.path(), music, listen: *listen, source_listen: *source_listen }
    }

    /// Returns the path of the configuration file.
    pub fn file(&self) -> PathBuf {
        self.folder.path().join("coldwave.toml")
    }

    /// Returns an address on which another program listens.
    pub fn used(&self) -> Result<String, Failure> {
        Ok(self.used.local_addr()?.to_string())
    }

    /// Puts a configuration in its place.
    pub fn write(&self, configuration: &Configuration) -> Result<(), Failure> {
        breakage::remove(&self.file())?;
        fs::write(self.file(), configuration.text())?;
        // The server may run as another user.
        Ok(fs::set_permissions(self.file(), Permissions::from_mode(0o644))?)
    }
}

fn free_port() -> Result<SocketAddr, Failure> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

impl Target {
    /// Starts the server with the configuration of the start.
    pub fn start(options: &Options, cores: &Cores, folder: Folder) -> Result<Self, Failure> {
        folder.write(&edits::base(&folder.places()))?;
        let mut command = cores.command(&options.program)?;
        command.arg("--config").arg(folder.file());
        options.user.into_iter().for_each(|user| _ = command.uid(user));
        let server = ServerProcess::start(command)?;
        let (user, password) = ADMIN[0];
        let administrator =
            Administrator { server: server.address, user: user.into(), password: password.into() };
        Ok(Self { pool: ListenerPool::new(server.address)?, server, folder, administrator })
    }

    /// Returns the audio that a live source sends.
    pub fn track() -> Result<Vec<u8>, Failure> {
        Ok(fs::read(TRACK)?)
    }

    /// Sends SIGHUP.
    pub fn hang_up(&self) -> Result<(), Failure> {
        let pid = i32::try_from(self.server.pid()).ok().and_then(Pid::from_raw);
        Ok(kill_process(pid.ok_or("an invalid process id")?, Signal::HUP)?)
    }

    /// Lets all listen until the given time.
    pub fn listen_until(&mut self, until: Instant) -> Result<(), Failure> {
        self.pool.listen_until(until)
    }

    /// Returns the resources that the server uses.
    pub fn resources(&self) -> Result<Resources, Failure> {
        let pid = self.server.pid();
        Ok(Resources {
            memory_mb: usage::memory(pid)?.now as f64 * 1024.0 / 1e6,
            open_files: fs::read_dir(format!("/proc/{pid}/fd"))?.count(),
            threads: fs::read_dir(format!("/proc/{pid}/task"))?.count(),
        })
    }
}

/// Resources of a process.
#[derive(Debug, Clone, Copy, Default)]
pub struct Resources {
    /// Resident memory.
    pub memory_mb: f64,
    pub open_files: usize,
    pub threads: usize,
}
