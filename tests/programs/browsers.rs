//! Chromium, with pages that come from another origin than the station and say how they fare.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::thread;

use crate::common::Program;
use crate::scripts::is_installed;
use crate::{LONG, Station, check_titles, script, wait_for};

pub const CHROMIUM: [(&str, &str); 1] = [("chromium", "chromium")];

/// Nothing is asked of anyone but this machine, and music may begin before someone clicks.
const QUIET: [&str; 15] = [
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

/// Chromium's `<audio>`. It never asks for titles.
#[test]
fn chromium_audio() {
    let Some(station) = Station::for_programs(&CHROMIUM) else { return };
    let page = Page::new("audio.html", station.url());
    let browser = Browser::open(&station, &page);
    browser.wait_until_played(&page);
    assert_eq!(page.told("duration"), ["Infinity"], "a station has no end: {:#?}", page.all());
}

/// npm's `icecast-metadata-player`: a script that may only have titles if the station allows it.
#[test]
fn icecast_metadata_player() {
    if !is_installed("icecast-metadata-player") {
        return;
    }
    let Some(station) = Station::for_programs(&CHROMIUM) else { return };
    let page = Page::new("icecast-metadata-player.html", station.url());
    let browser = Browser::open(&station, &page);
    browser.wait_until_played(&page);
    check_titles(&page.told("title"));
}

/// Chromium, gone with the test.
pub struct Browser(Mutex<Program>);

impl Browser {
    fn open(station: &Station, page: &Page) -> Self {
        Self::open_in(station.home(), &page.url)
    }

    /// Opens a page, and keeps all that is to be kept in this folder.
    pub fn open_in(home: &Path, url: &str) -> Self {
        let mut command = Command::new("chromium");
        command.args(QUIET).env("HOME", home);
        command.arg(format!("--user-data-dir={}", home.join("profile").display())).arg(url);
        Self(Mutex::new(Program::started(command)))
    }

    /// Waits until the page has played for so long, and fails when it says that something is wrong.
    #[track_caller]
    fn wait_until_played(&self, page: &Page) {
        wait_for("a page to have played", || {
            let mut browser = self.0.lock().expect("nobody panics with it");
            assert!(browser.is_running(), "Chromium ended: {}", browser.stderr.text());
            assert!(page.told("wrong").is_empty(), "{:#?}", page.all());
            let played = page.told("played");
            played.last().and_then(|it| it.parse::<f64>().ok()).filter(|it| *it >= f64::from(LONG))
        });
    }
}

/// A page of tests/players/, on a server of its own, and what it tells: lines of a word and a value.
pub struct Page {
    pub url: String,
    told: Arc<Mutex<Vec<String>>>,
}

impl Page {
    pub fn new(name: &str, stream: &str) -> Self {
        let door = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}/{name}?{stream}", door.local_addr().expect("an address"));
        let told = Arc::default();
        let page = Self { url, told: Arc::clone(&told) };
        // It ends with the test program: nobody asks any more then.
        thread::spawn(move || {
            for visitor in door.incoming().flatten() {
                let told = Arc::clone(&told);
                // One that goes away early is not missed.
                thread::spawn(move || serve(visitor, &told));
            }
        });
        page
    }

    pub fn all(&self) -> Vec<String> {
        self.told.lock().expect("nobody panics with it").clone()
    }

    pub fn told(&self, word: &str) -> Vec<String> {
        let all = self.all();
        all.iter().filter_map(|line| line.strip_prefix(word)?.strip_prefix(' ')).map(str::to_owned).collect()
    }
}

/// Answers one request: a file, or a line that the page tells.
fn serve(visitor: TcpStream, told: &Mutex<Vec<String>>) -> std::io::Result<()> {
    let mut reader = BufReader::new(&visitor);
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
    let answer = if path == "/tell" {
        told.lock().expect("nobody panics with it").push(String::from_utf8_lossy(&body).into_owned());
        Some(Vec::new())
    } else {
        fs::read(script(path.trim_start_matches('/'))).ok()
    };
    let status = if answer.is_some() { "200 OK" } else { "404 Not Found" };
    let kind = if path.ends_with(".html") { "text/html; charset=utf-8" } else { "text/javascript" };
    let answer = answer.unwrap_or_default();
    write!(
        &visitor,
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        answer.len()
    )?;
    (&visitor).write_all(&answer)
}
