//! Programs and libraries that read pages: each finds the right number of listeners and the right title.

use std::fs;
use std::io::Read;
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use socket2::{Domain, Socket, Type};

use crate::browsers::{Browser, CHROMIUM, Page};
use crate::common::{Coldwave, Peer, are_available, fixture, report_missing, wait_for};
use crate::players::{Mpd, cvlc};
use crate::scripts::is_installed;
use crate::{finish, only_browser, script, titles};

/// The addresses of the listeners: three players at two addresses.
const LISTENERS: [Ipv4Addr; 3] =
    [Ipv4Addr::new(127, 0, 0, 21), Ipv4Addr::new(127, 0, 0, 21), Ipv4Addr::new(127, 0, 0, 22)];

const NAME: &str = "Harbour FM";
const TITLE: &str = "Coldwave Ensemble - Föhn over the Skerries";

/// A coldwave that repeats one track for [`LISTENERS`].
struct StationWithListeners {
    server: Coldwave,
    folder: tempfile::TempDir,
}

impl StationWithListeners {
    /// Starts it if all these programs are installed.
    #[track_caller]
    fn for_programs(programs: &[(&str, &str)]) -> Option<Self> {
        are_available(programs).then(Self::start)
    }

    fn start() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let music = fixture("station/01-foehn-over-the-skerries.mp3");
        let config = format!(
            "[server]\nlisten = ['127.0.0.1:0']\nadmin_password = 'lighthouse'\n\
             [[station]]\nname = '{NAME}'\nmusic = ['{}']\nmax_listeners = 500\n",
            music.display()
        );
        let station = Self { server: Coldwave::with_config(folder.path(), &config, 1), folder };
        LISTENERS.into_iter().for_each(|from| listen(from, station.server.address()));
        wait_for("all listeners to count", || station.page("/7.html").contains("<body>3,1,").then_some(()));
        station
    }

    fn base(&self) -> &str {
        self.server.url().trim_end_matches("/live")
    }

    /// Returns a folder for the files of a program. Every user may write to it.
    fn home(&self) -> &Path {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(self.folder.path(), fs::Permissions::from_mode(0o777))
            .expect("a folder of this test");
        self.folder.path()
    }

    /// Returns the body of a page.
    fn page(&self, path: &str) -> String {
        self.server.get(path).header("Host", &self.server.address().to_string()).send().ok()
    }

    /// Writes a page to a file with this name.
    fn file(&self, name: &str, path: &str) -> PathBuf {
        let file = self.folder.path().join(name);
        fs::write(&file, self.page(path)).expect("the folder is writable");
        file
    }
}

/// Connects a listener from this address, which stays as long as the station runs.
fn listen(from: Ipv4Addr, to: SocketAddr) {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    socket.bind(&SocketAddr::from((from, 0)).into()).expect("a loopback address");
    socket.connect(&to.into()).expect("the server accepts connections");
    let stream = TcpStream::from(socket);
    let mut peer = Peer::new(stream.try_clone().expect("a socket"));
    peer.send(b"GET /live HTTP/1.0\r\nUser-Agent: WinampMPEG/5.8\r\n\r\n");
    thread::spawn(move || {
        let (mut stream, mut bytes) = (stream, [0; 65_536]);
        while stream.read(&mut bytes).is_ok_and(|count| count > 0) {}
    });
}

/// npm's `node-internet-radio`, with each of its methods, and in the order in which it tries them.
#[test]
fn node_internet_radio() {
    if !is_installed("node-internet-radio") {
        return;
    }
    let Some(station) = StationWithListeners::for_programs(&[("node", "nodejs")]) else { return };
    let mut command = Command::new("node");
    command.arg(script("node-internet-radio.mjs")).arg(station.base());
    let printed = finish(command).stdout;
    let found: Vec<&str> = printed.lines().collect();
    let line = |method: &str, listeners: &str| format!("{method}\t{listeners}\t128\t{TITLE}");
    let expected = [
        line("SHOUTCAST_V1", "3"),
        line("SHOUTCAST_V2", "3"),
        line("STREAM", "-"),
        line("found by SHOUTCAST_V1", "3"),
    ];
    assert_eq!(found, expected);
}

/// npm's `icecast-metadata-stats` in a page of another origin reads every source that it supports.
#[test]
fn icecast_metadata_stats() {
    let _only = only_browser();
    if !is_installed("icecast-metadata-stats") {
        return;
    }
    let Some(station) = StationWithListeners::for_programs(&CHROMIUM) else { return };
    let page = Page::new("icecast-metadata-stats.html", station.server.url());
    let _browser = Browser::open_in(station.folder.path(), &page.url);
    wait_for("the page to have read every source", || page.reported("done").pop());
    assert!(page.reported("wrong").is_empty(), "{:#?}", page.all());
    for (source, fields) in [
        ("icestats", &[r#""listeners":3"#, r#""title":"#][..]),
        ("stats", &[r#""CURRENTLISTENERS":3"#, r#""UNIQUELISTENERS":2"#, r#""SONGTITLE":"#]),
        ("nextsongs", &[r#""TITLE":"#]),
        // Its current listeners are SHOUTcast's unique listeners.
        ("sevenhtml", &[r#""serverListeners":3"#, r#""currentListeners":2"#, r#""StreamTitle":"#]),
        ("icy", &[r#""StreamTitle":"#]),
    ] {
        let reported = page.reported(source).pop().unwrap_or_default();
        assert!(reported.contains(TITLE), "{source}: {reported}");
        fields
            .iter()
            .for_each(|field| assert!(reported.contains(field), "{source} has no {field}: {reported}"));
    }
}

/// PyPI's `streamscrobbler3` reads the stream, directly and through a playlist.
#[test]
fn streamscrobbler() {
    let python = script("venv/bin/python3");
    if !python.is_file() && !report_missing("streamscrobbler3 is not installed in tests/players/venv") {
        return;
    }
    let station = StationWithListeners::start();
    let mut command = Command::new(python);
    command.arg(script("streamscrobbler3.py"));
    command.args([station.server.url(), &format!("{}/listen.pls", station.base())]);
    let printed = finish(command).stdout;
    assert_eq!(printed.lines().count(), 2);
    for line in printed.lines() {
        let found: serde_json::Value = serde_json::from_str(line).expect("a line is JSON");
        assert_eq!(found["status"], 1, "{line}");
        let metadata = &found["metadata"];
        assert_eq!(
            (metadata["song"].as_str(), metadata["bitrate"].as_str()),
            (Some(TITLE), Some("128")),
            "{line}"
        );
        assert_eq!(metadata["contenttype"], "audio/mpeg");
    }
}

/// PyPI's `prometheus_client` parses the metrics.
#[test]
fn prometheus_client() {
    let python = script("venv/bin/python3");
    if !python.is_file() && !report_missing("prometheus_client is not installed in tests/players/venv") {
        return;
    }
    let station = StationWithListeners::start();
    let numbers = station.file("numbers.txt", "/metrics?pass=lighthouse");
    let mut command = Command::new("sh");
    command.args(["-c", "exec \"$0\" \"$1\" <\"$2\""]).arg(python).arg(script("prometheus.py")).arg(numbers);
    let printed = finish(command).stdout;
    for sample in [
        "coldwave_listeners\tgauge\tcoldwave_listeners\t{\"mount\": \"/live\"}\t3",
        "coldwave_listeners_unique\tgauge\tcoldwave_listeners_unique\t{\"mount\": \"/live\"}\t2",
        "coldwave_input_on_air\tgauge\tcoldwave_input_on_air\t{\"input\": \"autodj\", \"mount\": \"/live\"}\t1",
    ] {
        assert!(printed.lines().any(|line| line == sample), "no {sample} in {printed}");
    }
}

/// Every page in XML, with and without a password.
const XML: [&str; 18] = [
    "/stats",
    "/stats?sid=1",
    "/statistics",
    "/nextsongs",
    "/played?type=xml",
    "/listen.asx",
    "/listen.xspf",
    "/listen.qtl",
    "/live.xspf",
    "/crossdomain.xml",
    "/status.xsl",
    "/admin/stats?pass=lighthouse",
    "/admin/listmounts?pass=lighthouse",
    "/admin/listclients?mount=/live&pass=lighthouse",
    "/admin.cgi?mode=viewxml&pass=lighthouse",
    "/admin.cgi?mode=viewxml&page=3&pass=lighthouse",
    "/admin.cgi?mode=viewxml&page=4&pass=lighthouse",
    "/admin.cgi?mode=viewxml&page=7&pass=lighthouse",
];

/// xmllint parses every XML page, and finds the right values in some.
#[test]
fn xmllint() {
    let Some(station) = StationWithListeners::for_programs(&[("xmllint", "libxml2-utils")]) else { return };
    let lint = |arguments: &[&str], file: PathBuf| {
        let mut command = Command::new("xmllint");
        command.arg("--nonet").args(arguments).arg(file);
        finish(command).stdout
    };
    for (number, path) in XML.into_iter().enumerate() {
        lint(&["--noout"], station.file(&format!("{number}.xml"), path));
    }
    for (path, found, value) in [
        ("/stats?sid=1", "/SHOUTCASTSERVER/CURRENTLISTENERS", "3"),
        ("/stats?sid=1", "/SHOUTCASTSERVER/UNIQUELISTENERS", "2"),
        ("/stats", "/SHOUTCASTSERVER/STREAMSTATS/STREAM[@id='1']/SONGTITLE", TITLE),
        ("/admin/stats?pass=lighthouse", "/icestats/source[@mount='/live']/listeners", "3"),
        ("/admin/listclients?mount=/live&pass=lighthouse", "count(//listener)", "3"),
        ("/admin.cgi?mode=viewxml&page=3&pass=lighthouse", "count(//LISTENER)", "3"),
    ] {
        let expression = if found.starts_with("count") { found.into() } else { format!("string({found})") };
        let read = lint(&["--xpath", &expression], station.file("one.xml", path));
        assert_eq!(read.trim(), value, "{path} {found}");
    }
}

/// mpv opens the playlists that it supports, and plays the stream.
#[test]
fn mpv_opens_playlists() {
    let Some(station) = StationWithListeners::for_programs(&[("mpv", "mpv")]) else { return };
    for playlist in ["/listen.pls", "/listen.m3u", "/live.m3u"] {
        let mut command = Command::new("mpv");
        command.args(["--no-config", "--no-input-terminal", "--term-status-msg=", "--msg-level=all=info"]);
        command.args(["--ao=null", "--no-video", "--length=2", &format!("{}{playlist}", station.base())]);
        let finished = finish(command);
        let text = finished.stdout + &finished.stderr;
        assert!(titles(&text, "icy-title: ", "").contains(&TITLE), "{playlist}: {text}");
    }
}

/// VLC opens every playlist.
#[test]
fn vlc_opens_playlists() {
    let Some(station) = StationWithListeners::for_programs(&[("cvlc", "vlc-bin"), ("setpriv", "util-linux")])
    else {
        return;
    };
    for playlist in
        ["/listen.pls", "/listen.m3u", "/listen.xspf", "/listen.asx", "/live.m3u", "/live.pls", "/live.xspf"]
    {
        let mut command = cvlc(station.home());
        command.args([
            "--run-time=4",
            "--play-and-exit",
            &format!("{}{playlist}", station.base()),
            "vlc://quit",
        ]);
        let finished = finish(command);
        let text = finished.stdout + &finished.stderr;
        assert!(titles(&text, "New Icy-Title=", "").contains(&TITLE), "{playlist}: {text}");
    }
}

/// MPD loads playlists from the server.
#[test]
fn mpd_opens_playlists() {
    let Some(station) = StationWithListeners::for_programs(&[("mpd", "mpd"), ("mpc", "mpc")]) else { return };
    let mut mpd = Mpd::start(station.home());
    for playlist in
        ["/listen.pls", "/listen.m3u", "/listen.xspf", "/listen.asx", "/live.m3u", "/live.pls", "/live.xspf"]
    {
        mpd.command(&["clear"]).expect("MPD clears its queue");
        let url = format!("{}{playlist}", station.base());
        mpd.command(&["load", &url]).unwrap_or_else(|| panic!("MPD loads {playlist}: {}", mpd.log()));
        mpd.command(&["play"]).expect("MPD plays");
        let expected = format!("{NAME}: {TITLE}");
        wait_for(playlist, || {
            mpd.command(&["--format", "%name%: %title%", "current"]).filter(|shown| *shown == expected)
        });
    }
}
