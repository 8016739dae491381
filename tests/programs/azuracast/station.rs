//! A station of AzuraCast: its directories, its server, its encoder and its nginx.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::thread;

use super::config::{Mount, SOURCE_PASSWORD, StationConfig};
use super::poller::Poller;
use super::tee::Tee;
use crate::common::tls::ServerCertificate;
use crate::common::{BINARY, CHECKED, Program, Request, fixture, track, two_free_ports};
use crate::wait_for;

pub const NAME: &str = "Harbour FM";

/// The file in the webroot that is played instead of a source of 128 kbit/s.
pub const FALLBACK: &str = "fallback-[128].mp3";

/// The file in the directory of the configuration that each listener of `/radio.mp3` hears first. Its frames
/// are not those of the fallback, and it is long enough for its title to be sent.
pub const INTRO: &str = "intro.mp3";

/// The station.
pub struct Station {
    pub config: StationConfig,
    pub server: Program,
    root: tempfile::TempDir,
}

impl Station {
    /// Writes its files and starts its server, as supervisord does.
    pub fn start(mounts: Vec<Mount>, certificate: &ServerCertificate, custom: &'static str) -> Self {
        let root = tempfile::tempdir().expect("a temporary folder");
        let config = config(root.path(), mounts, custom);
        fs::create_dir_all(&config.config_dir).expect("the folder is writable");
        fs::create_dir_all(config.share.join("web")).expect("the folder is writable");
        fs::copy(fixture("mp3/cbr.mp3"), config.share.join("web").join(FALLBACK)).expect("a fixture");
        track(&config.config_dir, INTRO, CHECKED, 4);
        Self::install(&config.share, certificate);
        for name in ["ip_bans.txt", "user_agent_bans.txt"] {
            fs::write(config.config_dir.join(name), "").expect("the folder is writable");
        }
        write_config(&config);
        let server = start_server(root.path(), &config);
        Self { config, server, root }
    }

    /// Writes a certificate, and the links to it that the configuration names.
    pub fn install(share: &Path, certificate: &ServerCertificate) {
        let folder = share.join("acme");
        fs::create_dir_all(&folder).expect("the folder is writable");
        write_certificate(&folder, certificate);
        for kind in ["crt", "key"] {
            symlink(format!("acme.{kind}"), folder.join(format!("ssl.{kind}")))
                .expect("the folder is writable");
        }
    }

    pub fn address(&self) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], self.config.port))
    }

    pub fn poller(&self) -> Poller {
        Poller(self.address())
    }

    /// Writes a file into the directory of the configuration.
    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.config.config_dir.join(name);
        fs::write(&path, text).expect("the folder is writable");
        path
    }

    pub fn read(&self, name: &str) -> Option<String> {
        fs::read_to_string(self.config.config_dir.join(name)).ok()
    }

    /// Writes the configuration, and sends SIGHUP.
    pub fn reload(&self) {
        write_config(&self.config);
        self.hang_up();
    }

    /// Sends SIGHUP, as after a ban or a renewed certificate.
    pub fn hang_up(&self) {
        self.signal("HUP");
    }

    /// Replaces the certificate as AzuraCast's ACME client does, and sends SIGHUP.
    pub fn renew(&self, certificate: &ServerCertificate) {
        write_certificate(&self.config.share.join("acme"), certificate);
        self.hang_up();
    }

    /// Sends SIGTERM, and waits for the end.
    pub fn stop(&mut self) -> ExitStatus {
        self.signal("TERM");
        self.server.wait()
    }

    fn signal(&self, name: &str) {
        let status =
            Command::new("kill").args([&format!("-{name}"), &self.server.pid().to_string()]).status();
        assert!(status.expect("kill runs").success());
    }

    /// Starts a Liquidsoap that sends to `/radio.mp3` and `/radio.aac` through `tee`.
    pub fn start_liquidsoap(&self, tee: &Tee) -> Program {
        let script = self.write("liquidsoap.liq", &liquidsoap(tee.port));
        let mut command = Command::new("liquidsoap");
        command.arg(script).env("LC_ALL", "C.UTF-8").env("HOME", self.root.path());
        Program::start(command)
    }

    /// Starts nginx with AzuraCast's rules for listeners.
    pub fn start_nginx(&self) -> Nginx {
        let port = two_free_ports();
        let config = self.write("nginx.conf", &nginx(port, self.config.port));
        let mut command = Command::new("nginx");
        command.arg("-p").arg(&self.config.config_dir).arg("-c").arg(config);
        Nginx { port, _program: Program::start(command) }
    }

    /// Starts an ffmpeg that sends `file` in a loop to this mount.
    pub fn start_ffmpeg(&self, mount: &str) -> Program {
        let mut command = Command::new("ffmpeg");
        command.args(["-hide_banner", "-nostdin", "-loglevel", "error", "-re", "-stream_loop", "-1", "-i"]);
        command.arg(fixture("station/01-foehn-over-the-skerries.mp3"));
        command.args([
            "-c",
            "copy",
            "-f",
            "mp3",
            "-content_type",
            "audio/mpeg",
            "-ice_name",
            "of the encoder",
        ]);
        command.arg(format!("icecast://source:{SOURCE_PASSWORD}@127.0.0.1:{}{mount}", self.config.port));
        Program::start(command)
    }
}

impl Drop for Station {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("stderr of the server:\n{}", self.server.stderr.text());
        }
    }
}

/// nginx in front of the station.
pub struct Nginx {
    port: u16,
    _program: Program,
}

impl Nginx {
    /// Starts a request for a mount. nginx takes it for one of the client at this address, which is not of
    /// this machine: those are never banned.
    pub fn get(&self, mount: &str, client: [u8; 4]) -> Request {
        let address = SocketAddr::from(([127, 0, 0, 1], self.port));
        wait_for("nginx to listen", || std::net::TcpStream::connect(address).ok());
        let request = Request::new(address, "GET", &format!("/listen/harbour{mount}")).http11();
        let request = request.header("X-Client", &Ipv4Addr::from(client).to_string());
        request.header("Host", "radio.example").header("Connection", "close")
    }
}

fn config(root: &Path, mounts: Vec<Mount>, custom: &'static str) -> StationConfig {
    StationConfig {
        config_dir: root.join("stations/harbour/config"),
        share: root.join("share/icecast"),
        port: two_free_ports(),
        name: NAME,
        description: Some("News &amp; music from the harbour"),
        genre: Some("Ambient"),
        url: Some("http://radio.example/"),
        max_listeners: Some(100),
        max_bitrate: Some(192),
        is_latin1: false,
        has_listener_auth: false,
        is_in_development: false,
        mounts,
        custom,
    }
}

fn write_config(config: &StationConfig) {
    let path = config.config_dir.join("icecast.xml");
    fs::write(&path, config.xml()).expect("the folder is writable");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("a file of this test");
}

/// Starts the server with the command of AzuraCast's supervisord: the program is called `icecast`.
fn start_server(root: &Path, config: &StationConfig) -> Program {
    let program = root.join("icecast");
    symlink(BINARY, &program).expect("the folder is writable");
    let mut command = Command::new(program);
    command.arg("-c").arg(config.config_dir.join("icecast.xml")).current_dir(&config.config_dir);
    command.env_remove("RUST_LOG").env("TZ", "UTC");
    let mut server = Program::start(command);
    let address = SocketAddr::from(([127, 0, 0, 1], config.port));
    wait_for("the server to listen", || {
        assert!(server.is_running(), "the server exited: {}", server.stderr.text());
        std::net::TcpStream::connect(address).ok()
    });
    server
}

fn write_certificate(folder: &Path, certificate: &ServerCertificate) {
    fs::write(folder.join("acme.crt"), &certificate.certificate).expect("the folder is writable");
    fs::write(folder.join("acme.key"), &certificate.key).expect("the folder is writable");
    let mode = fs::Permissions::from_mode(0o600);
    fs::set_permissions(folder.join("acme.key"), mode).expect("a file of this test");
}

/// A script with the outputs that AzuraCast writes. The AutoDJ is a tone with titles.
fn liquidsoap(port: u16) -> String {
    let output = |encoder: &str, mount: &str| {
        format!(
            "output.icecast({encoder}, host=\"127.0.0.1\", port={port}, password=\"{SOURCE_PASSWORD}\", \
             mount=\"{mount}\", name=\"{NAME}\", description=\"News & music\", genre=\"Ambient\", \
             url=\"http://radio.example/\", public=false, encoding=\"UTF-8\", radio)\n"
        )
    };
    let audio = |codec: &str, rate: &str| {
        format!("%audio(codec=\"{codec}\", samplerate=44100, channels=2, b=\"{rate}\")")
    };
    let mp3 = format!("%ffmpeg(format=\"mp3\", {})", audio("libmp3lame", "128k"));
    let aac = format!("%ffmpeg(format=\"adts\", {})", audio("aac", "96k"));
    "settings.init.allow_root.set(true)\nsettings.log.stdout.set(true)\n\
     number = ref(0)\n\
     radio = insert_metadata(mksafe(add([sine(440.), amplify(0.2, noise())])))\n\
     thread.run(delay=2., every=4., fun () -> begin number := !number + 1 \
     radio.insert_metadata([(\"artist\", \"Zoë & Ferry\"), (\"title\", \"Part #{!number}\")]) end)\n"
        .to_owned()
        + &output(&mp3, "/radio.mp3")
        + &output(&aac, "/radio.aac")
}

/// AzuraCast's rules for listeners, with the parameters of its `proxy_params`.
fn nginx(port: u16, station: u16) -> String {
    let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    let temporary = temporary.map(|name| format!("{name}_temp_path {name};\n")).concat();
    format!(
        "daemon off;\nmaster_process off;\npid nginx.pid;\nerror_log stderr;\nevents {{}}\nhttp {{\n\
         access_log off;\n{temporary}\
         map $http_x_forwarded_proto $forwarded_proto {{ default $http_x_forwarded_proto; '' $scheme; }}\n\
         map $http_upgrade $proxy_connection {{ default upgrade; '' close; }}\n\
         set_real_ip_from 127.0.0.1;\nreal_ip_header X-Client;\n\
         server {{\nlisten 127.0.0.1:{port};\n\
         location ~ ^(/listen/harbour|/radio/{station})$ {{ return 302 $uri/; }}\n\
         location ~ ^(/listen/harbour|/radio/{station})/(.*)$ {{\n\
         proxy_http_version 1.1;\nproxy_set_header Origin $http_origin;\n\
         proxy_set_header Upgrade $http_upgrade;\nproxy_set_header Connection $proxy_connection;\n\
         proxy_set_header X-Real-IP $remote_addr;\n\
         proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;\n\
         proxy_set_header X-Forwarded-Proto $forwarded_proto;\nproxy_set_header Proxy \"\";\n\
         proxy_buffering off;\nproxy_ignore_client_abort off;\nproxy_send_timeout 21600;\n\
         proxy_read_timeout 21600;\nchunked_transfer_encoding off;\n\
         proxy_intercept_errors on;\nproxy_next_upstream error timeout invalid_header;\n\
         proxy_redirect off;\nproxy_set_header Cookie \"\";\nproxy_connect_timeout 60;\n\
         proxy_set_header Host $host//listen/harbour;\n\
         set $args $args&_ic2=1;\nproxy_pass http://127.0.0.1:{station}/$2?$args;\n}}\n}}\n}}\n"
    )
}
