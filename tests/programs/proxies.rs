//! Real proxies in front of coldwave, which lists the listeners behind them with their own addresses.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::Command;

use socket2::{Domain, Socket, Type};

use crate::common::{Coldwave, Peer, Program, fixture, is_available, two_free_ports, wait_for};

/// The address of the proxies, the only one that is trusted. The test itself connects from 127.0.0.1.
pub const PROXY: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 9);

/// Bytes of a second of music.
const BYTES_A_SECOND: usize = 16_000;

/// The address of a listener.
const LISTENER: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 21);

/// A coldwave that trusts the proxy.
pub struct ProxiedStation {
    pub server: Coldwave,
    pub folder: tempfile::TempDir,
}

impl ProxiedStation {
    pub fn start() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let config = format!(
            "[server]\nlisten = ['127.0.0.1:0']\nsource_listen = []\ntrusted_proxies = ['{PROXY}']\n\
             admin_password = 'lighthouse'\naccess_log = 'access.log'\n\
             [[station]]\nmusic = ['{}']\nsource_password = 'deep water'\n",
            fixture("station").display()
        );
        Self { server: Coldwave::with_config(folder.path(), &config, 1), folder }
    }

    /// Writes a file for a proxy.
    pub fn file(&self, name: &str, text: &str) -> std::path::PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, text).expect("the folder is writable");
        path
    }

    /// Starts nginx at this port of localhost, with these directives in its `server` block.
    pub fn start_nginx(&self, port: u16, directives: &str) -> Program {
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
        let temporary = temporary.map(|name| format!("{name}_temp_path {name};\n")).concat();
        let text = format!(
            "daemon off;\nmaster_process off;\npid nginx.pid;\nerror_log stderr;\nevents {{}}\n\
             http {{\naccess_log off;\n{temporary}server {{\nlisten 127.0.0.1:{port};\nproxy_bind {PROXY};\n\
             {directives}\n}}\n}}\n"
        );
        let mut command = Command::new("nginx");
        command.arg("-p").arg(self.folder.path()).arg("-c").arg(self.file("nginx.conf", &text));
        Program::start(command)
    }

    /// Returns the admin page with the listeners.
    fn listed(&self) -> String {
        self.server.get("/admin.cgi?mode=viewxml&page=3&pass=lighthouse").send().ok()
    }

    /// Waits until no listener is left.
    fn wait_until_empty(&self) {
        wait_for("the last listener to leave", || (!self.listed().contains("<HOSTNAME>")).then_some(()));
    }

    /// Checks that a listener through the proxy at `port`, which forges a header, is listed with its own
    /// address.
    pub fn check_listener(&self, port: u16) {
        let head = "GET /live HTTP/1.0\r\nHost: radio.example\r\nForwarded: for=192.0.2.66\r\n\r\n";
        let mut listener = through(port, head);
        assert!(listener.head().status.ends_with(" 200 OK"));
        let mut audio = 0;
        while audio < 6 * BYTES_A_SECOND {
            let more = listener.read().expect("the stream continues").len();
            assert!(more > 0, "the stream ended after {audio} bytes");
            audio += more;
        }
        let listed = self.listed();
        assert!(listed.contains(&format!("<HOSTNAME>{LISTENER}</HOSTNAME>")), "{listed}");
        assert!(!listed.contains(&PROXY.to_string()), "{listed}");
        drop(listener);
        self.wait_until_empty();
    }
}

/// Connects from the listener's address to a port of localhost and sends these bytes.
fn through(port: u16, bytes: &str) -> Peer {
    let connect = || {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).ok()?;
        socket.bind(&SocketAddr::from((LISTENER, 0)).into()).ok()?;
        socket.connect(&SocketAddr::from((Ipv4Addr::LOCALHOST, port)).into()).ok()?;
        Some(socket)
    };
    let mut peer = Peer::new(wait_for("a proxy to listen", connect).into());
    peer.send(bytes.as_bytes());
    peer
}

#[test]
fn listener_behind_nginx_has_its_own_address() {
    if !is_available("nginx", "nginx") {
        return;
    }
    let (station, port) = (ProxiedStation::start(), two_free_ports());
    let directives = format!(
        "location / {{\nproxy_pass http://{};\nproxy_buffering off;\nproxy_set_header Host $http_host;\n\
         proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;\n\
         proxy_set_header X-Forwarded-Proto https;\n}}",
        station.server.address()
    );
    let nginx = station.start_nginx(port, &directives);
    station.check_listener(port);
    // Links lead to the host and the scheme that the proxy reports.
    let request =
        "GET /api/v1/stations/1 HTTP/1.0\r\nHost: radio.example\r\nX-Forwarded-For: 192.0.2.66\r\n\r\n";
    let page = through(port, request).read_to_end().expect("a page");
    let page = String::from_utf8(page).expect("UTF-8");
    assert!(page.contains("\"stream_url\":\"https://radio.example/live\""), "{page}");
    let log = access_log_with(&station, "GET /api/v1/stations/1 ");
    assert!(log.starts_with(&format!("{LISTENER} - - [")), "{log}");
    drop(nginx);
}

#[test]
fn listener_behind_haproxy_has_its_own_address() {
    if !is_available("haproxy", "haproxy") {
        return;
    }
    let (station, first, second) = (ProxiedStation::start(), two_free_ports(), two_free_ports());
    let server =
        format!("server coldwave {} source {PROXY} check inter 50ms fall 1", station.server.address());
    let variants = [
        (first, "tcp", "send-proxy check-send-proxy", ""),
        (first + 1, "tcp", "send-proxy-v2 check-send-proxy", ""),
        (second, "tcp", "send-proxy-v2 proxy-v2-options unique-id,crc32c", "unique-id-format %{+X}o%ci%rt\n"),
        (second + 1, "http", "", "option forwardfor\n"),
    ];
    let times = "timeout connect 5s\ntimeout client 60s\ntimeout server 60s\ntimeout check 5s\n";
    let listen = variants.map(|(port, mode, options, more)| {
        format!("listen at{port}\nmode {mode}\nbind 127.0.0.1:{port}\n{times}{more}{server} {options}\n")
    });
    let file = station.file("haproxy.cfg", &listen.concat());
    let mut command = Command::new("haproxy");
    command.args(["-db", "-f"]).arg(file);
    let haproxy = Program::start(command);
    for (port, mode, ..) in variants {
        station.check_listener(port);
        if mode == "tcp" {
            check_source(&station, port);
        }
    }
    assert!(!haproxy.stderr.text().contains("DOWN"), "{}", haproxy.stderr.text());
    // An untrusted client gets an error.
    let mut peer = station.server.connect();
    peer.send(b"PROXY TCP4 127.0.0.21 127.0.0.1 1 2\r\nGET /live HTTP/1.0\r\n\r\n");
    assert_eq!(peer.head().status, "HTTP/1.0 400 Bad Request");
}

/// Logs in as a SHOUTcast v1 source through the proxy at `port`, first with a wrong password.
fn check_source(station: &ProxiedStation, port: u16) {
    let refused = through(port, "shallow water\r\n").read_to_end().expect("an answer");
    assert_eq!(refused, b"invalid password\r\n");
    let is_failure = |line: &&str| {
        line.contains("authentication failed") && line.contains(&IpAddr::from(LISTENER).to_string())
    };
    wait_for("the address in the log", || station.server.log().text().lines().find(is_failure).map(drop));
    let mut source = through(port, "deep water\r\n");
    let answer = source.read().expect("an answer");
    assert!(answer.starts_with(b"OK2\r\n"), "{}", answer.escape_ascii());
}

/// Waits for the line of the access log with this request.
fn access_log_with(station: &ProxiedStation, request: &str) -> String {
    let path: &Path = &station.folder.path().join("access.log");
    wait_for("a line in the access log", || {
        let text = fs::read_to_string(path).ok()?;
        text.lines().find(|line| line.contains(request)).map(str::to_owned)
    })
}
