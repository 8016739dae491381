//! Debian's icecast2, fed by ezstream with what coldwave plays.

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
use crate::launch::{ANYWHERE, Cores, MODE as LAUNCH};
use crate::process::Server;

/// The first argument of a process that becomes icecast2.
pub const MODE: &str = "icecast";

const ICECAST: &str = "icecast2";
const EZSTREAM: &str = "ezstream";

/// What coldwave plays when nothing else is said.
const MUSIC: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/station");

/// How long icecast2 may take until it accepts connections, and ezstream until it is on the air.
const ON_AIR_MAX: Duration = Duration::from_secs(10);

/// How long icecast2 hears its source before listeners join: it takes 4.1 s of music to fill the burst.
const FILLING: Duration = Duration::from_secs(6);

/// What [`Icecast::start`] takes at most beside starting the process.
pub const AROUND_MAX: Duration = Duration::from_secs(2 * ON_AIR_MAX.as_secs() + FILLING.as_secs());

const LOOK: Duration = Duration::from_millis(50);

/// icecast2 does not run as root. This user has no rights anywhere.
const USER: &str = "--reuid=nobody";
const GROUP: &str = "--regid=nogroup";

/// A running icecast2 that is on the air.
pub struct Icecast {
    pub server: Server,
    _source: Source,
    folder: TempDir,
}

/// ezstream; killed when this goes out of scope.
struct Source(Child);

impl Drop for Source {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Icecast {
    /// Starts it on the server's core and its source on the listeners', and waits until listeners can be sent a whole
    /// burst.
    pub fn start(listeners: usize, cores: &Cores) -> Result<Self, Failure> {
        let address = free_address()?;
        let folder = tempfile::tempdir()?;
        let logs = folder.path().join("logs");
        fs::create_dir(&logs)?;
        // It may run as someone else.
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755))?;
        fs::set_permissions(&logs, fs::Permissions::from_mode(0o777))?;
        let config = folder.path().join("icecast.xml");
        fs::write(&config, icecast_config(address, listeners, folder.path()))?;

        let mut command = cores.command(text(&env::current_exe()?)?)?;
        command.args([MODE, &address.to_string(), text(&config)?]);
        let server = Server::start(command)?;
        wait_for(&format!("{ICECAST} does not listen"), || TcpStream::connect(address).is_ok())
            .map_err(|failure| format!("{failure}\n{}", server.log()))?;
        let source = Source(start_source(address, folder.path())?);
        wait_for(&format!("{EZSTREAM} does not get on the air"), || is_on_air(address).unwrap_or(false))?;
        thread::sleep(FILLING);
        Ok(Self { server, _source: source, folder })
    }

    /// The errors it has logged about its source and its listeners. (It also complains of every connection that says
    /// nothing, of libshout's greeting, and of those who ask for the stream before it is there, as this program does.)
    pub fn warnings(&self) -> Vec<String> {
        let log = fs::read_to_string(self.folder.path().join("logs/error.log")).unwrap_or_default();
        let told = |line: &&str| line.contains("EROR") || line.contains("WARN");
        let usual = |line: &&str| {
            ["HTTP request parsing failed", "!POKE", "legacy stream type", "req for file"]
                .iter()
                .any(|part| line.contains(part))
        };
        log.lines().filter(told).filter(|line| !usual(line)).map(str::to_owned).collect()
    }
}

/// Becomes icecast2 once it has said where that will listen: `<address> <config>`.
///
/// As root it becomes it as nobody. That is setpriv's work and not icecast2's own (`<changeowner>`), because changing
/// the user takes back that the process dies with its parent, and setpriv can ask for that again.
pub fn become_icecast(arguments: &[String]) -> Result<bool, Failure> {
    let [address, config] = arguments else {
        return Err("icecast: say an address and a configuration".into());
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

/// What the programs say of themselves; an error names the package that is missing.
pub fn versions() -> Result<String, Failure> {
    let mut all = String::new();
    for (program, option) in [(ICECAST, "-v"), (EZSTREAM, "-V")] {
        let output = Command::new(program).arg(option).stdin(Stdio::null()).output();
        let output = output.map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => format!("please install what Debian calls {program}"),
            _ => format!("{program}: {error}"),
        })?;
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said);
        let separator = if all.is_empty() { "" } else { ", " };
        write!(all, "{separator}{}", said.lines().next().unwrap_or(program).trim())?;
    }
    Ok(all)
}

fn start_source(address: SocketAddr, folder: &Path) -> Result<Child, Failure> {
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
    fs::write(&config, source_config(address, text(&playlist)?))?;
    // It has a password in it, even if one that opens nothing.
    fs::set_permissions(&config, fs::Permissions::from_mode(0o600))?;
    let mut command = Command::new(env::current_exe()?);
    command.args([LAUNCH, ANYWHERE, EZSTREAM, "-q", "-c", text(&config)?]);
    Ok(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?)
}

/// Whether somebody who asks for the stream gets it.
fn is_on_air(address: SocketAddr) -> io::Result<bool> {
    const YES: &[u8] = b"HTTP/1.0 200";
    let mut socket = TcpStream::connect(address)?;
    socket.set_read_timeout(Some(Duration::from_secs(1)))?;
    socket.write_all(b"GET /live HTTP/1.0\r\n\r\n")?;
    let mut status = [0; YES.len()];
    socket.read_exact(&mut status)?;
    Ok(status == YES)
}

fn wait_for(what: &str, is_so: impl Fn() -> bool) -> Result<(), Failure> {
    let limit = Instant::now() + ON_AIR_MAX;
    while !is_so() {
        if Instant::now() >= limit {
            return Err(what.into());
        }
        thread::sleep(LOOK);
    }
    Ok(())
}

/// icecast2 cannot be told to take any free port, so it gets one that was free just now.
fn free_address() -> io::Result<SocketAddr> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()
}

fn text(path: &Path) -> Result<&str, Failure> {
    path.to_str().ok_or_else(|| format!("{} is no text", path.display()).into())
}

/// Debian's own configuration with room for all listeners; the burst and the queue are as there.
fn icecast_config(address: SocketAddr, listeners: usize, folder: &Path) -> String {
    let clients = listeners + 100;
    let folder = folder.display();
    let (host, port) = (address.ip(), address.port());
    format!(
        "<icecast>
    <location>here</location>
    <admin>nobody@localhost</admin>
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

/// Opens nothing but an icecast2 that lives for minutes on loopback.
const PASSWORD: &str = "compare";

fn source_config(address: SocketAddr, playlist: &str) -> String {
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
