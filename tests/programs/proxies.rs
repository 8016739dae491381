//! Real proxies between coldwave and those who listen: each of those is listed with an address of his own.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::Command;

use socket2::{Domain, Socket, Type};

use crate::common::{BINARY, Coldwave, Peer, Program, fixture, is_here, two_free_ports, wait_for};

/// Where proxies come from: the only ones that are believed. That of a test's own is 127.0.0.1.
const PROXY: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 9);

/// Bytes of a second of the music.
const BYTES_A_SECOND: usize = 16_000;

/// Somebody who listens.
const LISTENER: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 21);

/// A coldwave that believes the proxy.
struct Station {
    server: Coldwave,
    folder: tempfile::TempDir,
}

impl Station {
    fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder for tests");
        let file = folder.path().join("coldwave.toml");
        let text = format!(
            "[server]\nlisten = ['127.0.0.1:0']\nsource_listen = []\ntrusted_proxies = ['{PROXY}']\n\
             admin_password = 'lighthouse'\naccess_log = 'access.log'\n\
             [[station]]\nmusic = ['{}']\nsource_password = 'deep water'\n",
            fixture("station").display()
        );
        fs::write(&file, text).expect("a folder for tests can be written to");
        let mut command = Command::new(BINARY);
        command.arg("--config").arg(&file).env_remove("RUST_LOG");
        Self { server: Coldwave::started(command, 1), folder }
    }

    /// A file for a proxy that begins in this folder.
    fn file(&self, name: &str, text: &str) -> std::path::PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, text).expect("a folder for tests can be written to");
        path
    }

    /// What an operator is told of those who listen.
    fn listed(&self) -> String {
        let mut peer = self.server.ask("GET /admin.cgi?mode=viewxml&page=3&pass=lighthouse HTTP/1.0");
        String::from_utf8(peer.read_to_end().expect("a page")).expect("UTF-8")
    }

    /// Waits until nobody listens any more.
    fn wait_until_empty(&self) {
        wait_for("everybody to be gone", || (!self.listed().contains("<HOSTNAME>")).then_some(()));
    }

    /// Somebody listens through the proxy at `port`, who makes something up, and is listed as who he is.
    fn check_listener(&self, port: u16) {
        let head = "GET /live HTTP/1.0\r\nHost: radio.example\r\nForwarded: for=192.0.2.66\r\n\r\n";
        let mut listening = through(port, head);
        assert!(listening.head().status.ends_with(" 200 OK"));
        let mut audio = 0;
        while audio < 6 * BYTES_A_SECOND {
            let more = listening.read().expect("the stream goes on").len();
            assert!(more > 0, "the stream ended after {audio} bytes");
            audio += more;
        }
        let listed = self.listed();
        assert!(listed.contains(&format!("<HOSTNAME>{LISTENER}</HOSTNAME>")), "{listed}");
        assert!(!listed.contains(&PROXY.to_string()), "{listed}");
        drop(listening);
        self.wait_until_empty();
    }
}

/// What was sent from the listener's address to a port of this machine.
fn through(port: u16, bytes: &str) -> Peer {
    let connect = || {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).ok()?;
        socket.bind(&SocketAddr::from((LISTENER, 0)).into()).ok()?;
        socket.connect(&SocketAddr::from((Ipv4Addr::LOCALHOST, port)).into()).ok()?;
        Some(socket)
    };
    let mut peer = Peer::of(wait_for("a proxy to listen", connect).into());
    peer.send(bytes.as_bytes());
    peer
}

#[test]
fn nginx_says_who_listens() {
    if !is_here("nginx", "nginx") {
        return;
    }
    let (station, port) = (Station::start(), two_free_ports());
    let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    let temporary = temporary.map(|of| format!("{of}_temp_path {of};\n")).concat();
    let text = format!(
        "daemon off;\nmaster_process off;\npid nginx.pid;\nerror_log stderr;\nevents {{}}\n\
         http {{\naccess_log off;\n{temporary}server {{\nlisten 127.0.0.1:{port};\nlocation / {{\n\
         proxy_pass http://{};\nproxy_bind {PROXY};\nproxy_buffering off;\nproxy_set_header Host $http_host;\n\
         proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;\n\
         proxy_set_header X-Forwarded-Proto https;\n}}\n}}\n}}\n",
        station.server.address()
    );
    let mut command = Command::new("nginx");
    command.arg("-p").arg(station.folder.path()).arg("-c").arg(station.file("nginx.conf", &text));
    let nginx = Program::started(command);
    station.check_listener(port);
    // Links lead to where the proxy is, and as it is reached.
    let ask = "GET /api/v1/stations/1 HTTP/1.0\r\nHost: radio.example\r\nX-Forwarded-For: 192.0.2.66\r\n\r\n";
    let page = through(port, ask).read_to_end().expect("a page");
    let page = String::from_utf8(page).expect("UTF-8");
    assert!(page.contains("\"stream_url\":\"https://radio.example/live\""), "{page}");
    let log = access_log_with(&station, "GET /api/v1/stations/1 ");
    assert!(log.starts_with(&format!("{LISTENER} - - [")), "{log}");
    drop(nginx);
}

#[test]
fn haproxy_says_who_listens() {
    if !is_here("haproxy", "haproxy") {
        return;
    }
    let (station, first, second) = (Station::start(), two_free_ports(), two_free_ports());
    let server =
        format!("server coldwave {} source {PROXY} check inter 50ms fall 1", station.server.address());
    let ways = [
        (first, "tcp", "send-proxy check-send-proxy", ""),
        (first + 1, "tcp", "send-proxy-v2 check-send-proxy", ""),
        (second, "tcp", "send-proxy-v2 proxy-v2-options unique-id,crc32c", "unique-id-format %{+X}o%ci%rt\n"),
        (second + 1, "http", "", "option forwardfor\n"),
    ];
    let times = "timeout connect 5s\ntimeout client 60s\ntimeout server 60s\ntimeout check 5s\n";
    let listen = ways.map(|(port, mode, options, more)| {
        format!("listen at{port}\nmode {mode}\nbind 127.0.0.1:{port}\n{times}{more}{server} {options}\n")
    });
    let file = station.file("haproxy.cfg", &listen.concat());
    let mut command = Command::new("haproxy");
    command.args(["-db", "-f"]).arg(file);
    let haproxy = Program::started(command);
    for (port, mode, ..) in ways {
        station.check_listener(port);
        if mode == "tcp" {
            check_source(&station, port);
        }
    }
    assert!(!haproxy.stderr.text().contains("DOWN"), "{}", haproxy.stderr.text());
    // Whoever is not believed is told so.
    let mut peer = station.server.connect();
    peer.send(b"PROXY TCP4 127.0.0.21 127.0.0.1 1 2\r\nGET /live HTTP/1.0\r\n\r\n");
    assert_eq!(peer.head().status, "HTTP/1.0 400 Bad Request");
}

/// A SHOUTcast v1 source gives its password through the proxy at `port`; before that, somebody a wrong one.
fn check_source(station: &Station, port: u16) {
    let refused = through(port, "shallow water\r\n").read_to_end().expect("an answer");
    assert_eq!(refused, b"invalid password\r\n");
    let said = |line: &&str| {
        line.contains("authentication failed") && line.contains(&IpAddr::from(LISTENER).to_string())
    };
    wait_for("the log to say who was wrong", || station.server.log().text().lines().find(said).map(drop));
    let mut source = through(port, "deep water\r\n");
    let answer = source.read().expect("an answer");
    assert!(answer.starts_with(b"OK2\r\n"), "{}", answer.escape_ascii());
}

/// The line of the access log with that request, once it is there.
fn access_log_with(station: &Station, request: &str) -> String {
    let path: &Path = &station.folder.path().join("access.log");
    wait_for("a line in the access log", || {
        let text = fs::read_to_string(path).ok()?;
        text.lines().find(|line| line.contains(request)).map(str::to_owned)
    })
}
