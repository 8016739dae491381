//! Chromium with pages of another origin, which report what they play.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::thread;

use crate::common::Program;
use crate::scripts::is_installed;
use crate::{PLAY_SECONDS, Station, check_titles, only_browser, script, wait_for};

pub const CHROMIUM: [(&str, &str); 1] = [("chromium", "chromium")];

/// No connections except to localhost, and playback may start without a click.
const FLAGS: [&str; 15] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-sync",
    "--mute-audio",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--autoplay-policy=no-user-gesture-required",
];

/// Chromium's `<audio>`. It never requests titles.
#[test]
fn chromium_audio() {
    let _only = only_browser();
    let Some(station) = Station::for_programs(&CHROMIUM) else { return };
    let page = Page::new("audio.html", station.url());
    let browser = Browser::open(&station, &page);
    browser.wait_until_played(&page);
    assert_eq!(page.reported("duration"), ["Infinity"], "a station has no end: {:#?}", page.all());
}

/// npm's `icecast-metadata-player`: a script that can only get titles if the station allows it.
#[test]
fn icecast_metadata_player() {
    let _only = only_browser();
    if !is_installed("icecast-metadata-player") {
        return;
    }
    let Some(station) = Station::for_programs(&CHROMIUM) else { return };
    let page = Page::new("icecast-metadata-player.html", station.url());
    let browser = Browser::open(&station, &page);
    browser.wait_until_played(&page);
    check_titles(&page.reported("title"));
}

/// A running Chromium.
pub struct Browser(Mutex<Program>);

impl Browser {
    fn open(station: &Station, page: &Page) -> Self {
        Self::open_in(station.home(), &page.url)
    }

    /// Opens a page, with all files of the browser in `home`.
    pub fn open_in(home: &Path, url: &str) -> Self {
        Self::open_with(home, url, &[])
    }

    /// Opens a page with more flags.
    pub fn open_with(home: &Path, url: &str, flags: &[&str]) -> Self {
        let mut command = Command::new("chromium");
        command.args(FLAGS).args(flags).env("HOME", home);
        command.arg(format!("--user-data-dir={}", home.join("profile").display())).arg(url);
        Self(Mutex::new(Program::start(command)))
    }

    /// Waits until the page has played for [`PLAY_SECONDS`] seconds, and fails if it reports an error.
    #[track_caller]
    fn wait_until_played(&self, page: &Page) {
        wait_for("a page to have played", || {
            let mut browser = self.0.lock().expect("no thread panics while it holds the lock");
            assert!(browser.is_running(), "Chromium exited: {}", browser.stderr.text());
            assert!(page.reported("wrong").is_empty(), "{:#?}", page.all());
            let played = page.reported("played");
            played.last().and_then(|it| it.parse::<f64>().ok()).filter(|it| *it >= f64::from(PLAY_SECONDS))
        });
    }
}

/// A page of tests/players/ on its own server, and its reports: lines of a word and a value.
pub struct Page {
    pub url: String,
    reports: Arc<Mutex<Vec<String>>>,
}

impl Page {
    pub fn new(name: &str, stream: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}/{name}?{stream}", listener.local_addr().expect("an address"));
        let reports = Arc::default();
        let page = Self { url, reports: Arc::clone(&reports) };
        // The thread ends with the test program.
        thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let reports = Arc::clone(&reports);
                // A connection that is lost early is ignored.
                thread::spawn(move || serve(connection, &reports));
            }
        });
        page
    }

    pub fn all(&self) -> Vec<String> {
        self.reports.lock().expect("no thread panics while it holds the lock").clone()
    }

    pub fn reported(&self, word: &str) -> Vec<String> {
        let all = self.all();
        all.iter().filter_map(|line| line.strip_prefix(word)?.strip_prefix(' ')).map(str::to_owned).collect()
    }
}

/// Answers one request: for a file, or with a report of the page.
fn serve(connection: TcpStream, reports: &Mutex<Vec<String>>) -> std::io::Result<()> {
    let mut reader = BufReader::new(&connection);
    let mut first = String::new();
    reader.read_line(&mut first)?;
    let mut length = 0;
    let mut line = String::new();
    while reader.read_line(&mut line)? > 2 {
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().unwrap_or_default();
        }
        line.clear();
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let path = first.split([' ', '?']).nth(1).unwrap_or_default();
    let body_of_reply = if path == "/report" {
        reports
            .lock()
            .expect("no thread panics while it holds the lock")
            .push(String::from_utf8_lossy(&body).into_owned());
        Some(Vec::new())
    } else {
        fs::read(script(path.trim_start_matches('/'))).ok()
    };
    let status = if body_of_reply.is_some() { "200 OK" } else { "404 Not Found" };
    let kind = if path.ends_with(".html") { "text/html; charset=utf-8" } else { "text/javascript" };
    let reply = body_of_reply.unwrap_or_default();
    write!(
        &connection,
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        reply.len()
    )?;
    (&connection).write_all(&reply)
}
