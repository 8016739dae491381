//! Debian's icecast2, with ezstream as its source, which plays the same music as coldwave.

use std::fmt::Write as _;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use tempfile::TempDir;

use crate::failure::Failure;
use crate::launch::{ANY_CORE, Cores, MODE as LAUNCH};
use crate::process::ServerProcess;

/// The first argument of a process that executes icecast2.
pub const MODE: &str = "icecast";

const ICECAST: &str = "icecast2";
const EZSTREAM: &str = "ezstream";

/// The default music of coldwave.
const MUSIC: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/station");

/// The time in which icecast2 must accept connections, and in which ezstream must be on air.
const ON_AIR_MAX: Duration = Duration::from_secs(10);

/// The time between the start of the source and the first join. The burst of icecast2 is 4.1 s of music.
const FILLING: Duration = Duration::from_secs(6);

/// The upper limit for [`Icecast::start`], without the start of the process.
pub const STARTUP_MAX: Duration = Duration::from_secs(2 * ON_AIR_MAX.as_secs() + FILLING.as_secs());

const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// icecast2 refuses to run as root. This user has no special permissions.
const USER: &str = "--reuid=nobody";
const GROUP: &str = "--regid=nogroup";

/// A running icecast2 with its source.
pub struct Icecast {
    pub server: ServerProcess,
    _source: EzstreamProcess,
    folder: TempDir,
}

/// The process of ezstream. It is killed when this value is dropped.
struct EzstreamProcess(Child);

impl Drop for EzstreamProcess {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Icecast {
    /// Starts icecast2 on the server's core and its source on the listeners' core, and waits until it has the
    /// audio of a whole burst.
    pub fn start(listeners: usize, cores: &Cores) -> Result<Self, Failure> {
        let address = free_address()?;
        let folder = tempfile::tempdir()?;
        let logs = folder.path().join("logs");
        fs::create_dir(&logs)?;
        // icecast2 may run as another user.
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755))?;
        fs::set_permissions(&logs, fs::Permissions::from_mode(0o777))?;
        let config = folder.path().join("icecast.xml");
        fs::write(&config, icecast_config(address, listeners, folder.path()))?;

        let mut command = cores.command(text(&env::current_exe()?)?)?;
        command.args([MODE, &address.to_string(), text(&config)?]);
        let server = ServerProcess::start(command)?;
        wait_for(&format!("{ICECAST} does not listen"), || TcpStream::connect(address).is_ok())
            .map_err(|failure| format!("{failure}\n{}", server.log()))?;
        let source = EzstreamProcess(start_ezstream(address, folder.path())?);
        wait_for(&format!("{EZSTREAM} is not on air"), || is_on_air(address).unwrap_or(false))?;
        thread::sleep(FILLING);
        Ok(Self { server, _source: source, folder })
    }

    /// Returns the errors and warnings in its log. Messages about connections without a request, about
    /// libshout's poke and about requests for a stream that is not on air are left out, because this program
    /// causes them.
    pub fn warnings(&self) -> Vec<String> {
        let log = fs::read_to_string(self.folder.path().join("logs/error.log")).unwrap_or_default();
        let is_warning = |line: &&str| line.contains("EROR") || line.contains("WARN");
        let is_expected = |line: &&str| {
            ["HTTP request parsing failed", "!POKE", "legacy stream type", "req for file"]
                .iter()
                .any(|part| line.contains(part))
        };
        log.lines().filter(is_warning).filter(|line| !is_expected(line)).map(str::to_owned).collect()
    }
}

/// Prints the address and executes icecast2: `<address> <config>`.
///
/// As root it executes icecast2 through setpriv as an unprivileged user. icecast2's own `<changeowner>` would
/// not do: a change of the user clears the death signal of the process, and setpriv can set it again.
pub fn exec_icecast(arguments: &[String]) -> Result<bool, Failure> {
    let [address, config] = arguments else {
        return Err("icecast: expected <address> <config>".into());
    };
    println!("http://{address}/live");
    io::stdout().flush()?;
    let mut command = if rustix::process::getuid().is_root() {
        let mut command = Command::new("setpriv");
        command.args([USER, GROUP, "--clear-groups", "--pdeathsig=KILL", ICECAST]);
        command
    } else {
        Command::new(ICECAST)
    };
    Err(command.args(["-c", config]).exec().into())
}

/// Returns the versions of both programs.
///
/// # Errors
/// If a package is not installed, with its name.
pub fn versions() -> Result<String, Failure> {
    let mut all = String::new();
    for (program, option) in [(ICECAST, "-v"), (EZSTREAM, "-V")] {
        let output = Command::new(program).arg(option).stdin(Stdio::null()).output();
        let output = output.map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => format!("please install the Debian package {program}"),
            _ => format!("{program}: {error}"),
        })?;
        let text = [output.stdout, output.stderr].concat();
        let text = String::from_utf8_lossy(&text);
        let separator = if all.is_empty() { "" } else { ", " };
        write!(all, "{separator}{}", text.lines().next().unwrap_or(program).trim())?;
    }
    Ok(all)
}

fn start_ezstream(address: SocketAddr, folder: &Path) -> Result<Child, Failure> {
    let playlist = folder.join("playlist.m3u");
    let mut tracks: Vec<PathBuf> =
        fs::read_dir(MUSIC)?.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
    tracks.retain(|path| path.extension().is_some_and(|extension| extension == "mp3"));
    tracks.sort();
    let mut list = String::new();
    for track in &tracks {
        writeln!(list, "{}", text(track)?)?;
    }
    fs::write(&playlist, list)?;
    let config = folder.join("ezstream.xml");
    fs::write(&config, ezstream_config(address, text(&playlist)?))?;
    // The configuration contains a password.
    fs::set_permissions(&config, fs::Permissions::from_mode(0o600))?;
    let mut command = Command::new(env::current_exe()?);
    command.args([LAUNCH, ANY_CORE, EZSTREAM, "-q", "-c", text(&config)?]);
    Ok(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?)
}

/// Returns whether a request for the stream succeeds.
fn is_on_air(address: SocketAddr) -> io::Result<bool> {
    const OK: &[u8] = b"HTTP/1.0 200";
    let mut socket = TcpStream::connect(address)?;
    socket.set_read_timeout(Some(Duration::from_secs(1)))?;
    socket.write_all(b"GET /live HTTP/1.0\r\n\r\n")?;
    let mut status = [0; OK.len()];
    socket.read_exact(&mut status)?;
    Ok(status == OK)
}

/// Waits until the condition holds, and returns `error` if it does not.
fn wait_for(error: &str, condition: impl Fn() -> bool) -> Result<(), Failure> {
    let limit = Instant::now() + ON_AIR_MAX;
    while !condition() {
        if Instant::now() >= limit {
            return Err(error.into());
        }
        thread::sleep(POLL_INTERVAL);
    }
    Ok(())
}

/// Returns a port that was free just now. icecast2 cannot choose a free port by itself.
fn free_address() -> io::Result<SocketAddr> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()
}

fn text(path: &Path) -> Result<&str, Failure> {
    path.to_str().ok_or_else(|| format!("{} is not UTF-8", path.display()).into())
}

/// Debian's configuration with a higher client limit. Burst and queue are unchanged.
fn icecast_config(address: SocketAddr, listeners: usize, folder: &Path) -> String {
    let clients = listeners + 100;
    let folder = folder.display();
    let (host, port) = (address.ip(), address.port());
    format!(
        "<icecast>
    <location>here</location>
    <admin>admin@localhost</admin>
    <hostname>localhost</hostname>
    <limits>
        <clients>{clients}</clients>
        <sources>2</sources>
        <queue-size>524288</queue-size>
        <client-timeout>30</client-timeout>
        <header-timeout>15</header-timeout>
        <source-timeout>10</source-timeout>
        <burst-on-connect>1</burst-on-connect>
        <burst-size>65536</burst-size>
    </limits>
    <authentication>
        <source-password>{PASSWORD}</source-password>
        <relay-password>{PASSWORD}</relay-password>
        <admin-user>admin</admin-user>
        <admin-password>{PASSWORD}</admin-password>
    </authentication>
    <listen-socket>
        <port>{port}</port>
        <bind-address>{host}</bind-address>
    </listen-socket>
    <fileserve>1</fileserve>
    <paths>
        <basedir>{folder}</basedir>
        <logdir>{folder}/logs</logdir>
        <webroot>/usr/share/icecast2/web</webroot>
        <adminroot>/usr/share/icecast2/admin</adminroot>
    </paths>
    <logging>
        <accesslog>access.log</accesslog>
        <errorlog>error.log</errorlog>
        <loglevel>3</loglevel>
        <logsize>10000</logsize>
    </logging>
    <security><chroot>0</chroot></security>
</icecast>
"
    )
}

/// The password of an icecast2 that runs for minutes on loopback.
const PASSWORD: &str = "compare";

fn ezstream_config(address: SocketAddr, playlist: &str) -> String {
    let (host, port) = (address.ip(), address.port());
    format!(
        "<ezstream>
    <servers><server>
        <protocol>HTTP</protocol>
        <hostname>{host}</hostname>
        <port>{port}</port>
        <password>{PASSWORD}</password>
        <reconnect_attempts>1</reconnect_attempts>
    </server></servers>
    <streams><stream>
        <mountpoint>/live</mountpoint>
        <format>MP3</format>
        <stream_name>coldwave demo</stream_name>
        <stream_bitrate>128</stream_bitrate>
        <stream_samplerate>44100</stream_samplerate>
        <stream_channels>2</stream_channels>
    </stream></streams>
    <intakes><intake><type>playlist</type><filename>{playlist}</filename></intake></intakes>
    <metadata><format_str>@a@ - @t@</format_str></metadata>
</ezstream>
"
    )
}
