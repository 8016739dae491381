//! A directory that checks listings like dir.xiph.org (protocol-notes/directories.md).

use std::collections::HashMap;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::thread;

use percent_encoding::percent_decode_str;

use crate::common::tls::{Authority, ServerCertificate};
use crate::common::tls_server::TlsAcceptor;
use crate::common::{Coldwave, fixture, wait_for};

/// Default names of programs, which the directory refuses.
const REFUSED_NAMES: [&str; 4] = ["", "Unspecified name", "AutoDJ", "Stream-128"];

/// The session id that the directory gives to a station.
const SID: &str = "0d1f8b5c-2a8e-4f0a-9f57-3f2b1c4d5e6f";

pub type Form = HashMap<String, String>;

/// A directory with all requests that it has received.
pub struct Directory {
    /// The beginning of its URL.
    pub url: String,
    requests: Arc<Mutex<Vec<Form>>>,
}

impl Directory {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("bound"));
        Self::answering(url, move || listener.accept().ok().map(|(connection, _)| connection))
    }

    fn over_tls(certificate: &ServerCertificate) -> Self {
        let acceptor = TlsAcceptor::new(certificate);
        Self::answering(format!("https://{}", acceptor.address()), move || acceptor.try_accept().ok())
    }

    /// Answers all connections that `accept` returns.
    fn answering<C: Read + Write>(url: String, accept: impl Fn() -> Option<C> + Send + 'static) -> Self {
        let requests: Arc<Mutex<Vec<Form>>> = Arc::default();
        let shared = Arc::clone(&requests);
        // The thread ends with the test program.
        thread::spawn(move || {
            loop {
                // A client that does not trust the certificate sends no request.
                let _ = accept().map(|connection| answer(connection, &shared));
            }
        });
        Self { url, requests }
    }

    fn requests(&self) -> Vec<Form> {
        self.requests.lock().expect("no thread panics while it holds the lock").clone()
    }

    /// Forgets the requests so far.
    pub fn forget(&self) {
        self.requests.lock().expect("no thread panics while it holds the lock").clear();
    }

    #[track_caller]
    pub fn wait_for(&self, action: &str) -> Form {
        wait_for(action, || self.requests().into_iter().find(|form| form["action"] == action))
    }
}

fn answer(connection: impl Read + Write, requests: &Mutex<Vec<Form>>) -> std::io::Result<()> {
    let mut reader = BufReader::new(connection);
    let (mut head, mut line) = (Vec::new(), String::new());
    while reader.read_line(&mut line)? > 2 {
        head.push(std::mem::take(&mut line).trim_end().to_ascii_lowercase());
    }
    assert_eq!(head[0], "post /cgi-bin/yp-cgi http/1.1");
    assert!(head.contains(&"content-type: application/x-www-form-urlencoded".to_owned()), "{head:?}");
    assert!(head.iter().any(|line| line.starts_with("user-agent: coldwave/")), "{head:?}");
    let length = head.iter().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; length.expect("a body has a length")];
    reader.read_exact(&mut body)?;
    let form = form(std::str::from_utf8(&body).expect("forms are ASCII"));
    let headers = verdict(&form).map_or_else(
        |reason| format!("YPResponse: 0\r\nYPMessage: {reason}\r\n"),
        |()| format!("YPResponse: 1\r\nYPMessage: OK\r\nSID: {SID}\r\nTouchFreq: 200\r\n"),
    );
    requests.lock().expect("no thread panics while it holds the lock").push(form);
    let reply = format!("HTTP/1.1 200 OK\r\n{headers}Content-Length: 0\r\nConnection: close\r\n\r\n");
    reader.get_mut().write_all(reply.as_bytes())?;
    reader.get_mut().flush()
}

/// Parses a form like the directory does.
fn form(body: &str) -> Form {
    let decoded = |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
    let pairs = body.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    pairs.map(|(name, value)| (decoded(name), decoded(value))).collect()
}

/// Accepts or refuses a request.
fn verdict(form: &Form) -> Result<(), String> {
    let value = |name: &str| form.get(name).map_or("", |value| value.trim_end());
    match value("action") {
        "add" => {
            let missing =
                ["sn", "type", "genre", "listenurl"].into_iter().find(|name| value(name).is_empty());
            let url = value("listenurl").strip_prefix("http://").and_then(|rest| rest.split_once('/'));
            match (missing, url) {
                (Some(name), _) => Err(format!("{name} is missing")),
                (_, None) => Err("listenurl is no URL".into()),
                _ if REFUSED_NAMES.contains(&value("sn")) => Err("give the station a name".into()),
                _ => Ok(()),
            }
        }
        "touch" | "remove" if value("sid") == SID => Ok(()),
        other => Err(format!("{other} for an unknown SID")),
    }
}

fn station(directory: &Directory, name: &str) -> (tempfile::TempDir, Coldwave) {
    station_trusting(directory, name, None)
}

/// Starts a coldwave that trusts this authority besides those of the system.
fn station_trusting(
    directory: &Directory,
    name: &str,
    authority: Option<&Authority>,
) -> (tempfile::TempDir, Coldwave) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let ca = authority.map_or("", |authority| {
        fs::write(folder.path().join("ca.pem"), authority.pem()).expect("the folder is writable");
        "tls_ca = \"ca.pem\"\n"
    });
    start(folder, &[&directory.url], name, ca)
}

/// Starts a coldwave with these directories, and this line in `[server]`.
fn start(
    folder: tempfile::TempDir,
    directories: &[&str],
    name: &str,
    ca: &str,
) -> (tempfile::TempDir, Coldwave) {
    let urls: Vec<String> = directories.iter().map(|url| format!("\"{url}/cgi-bin/yp-cgi\"")).collect();
    let urls = urls.join(", ");
    let music = fixture("station");
    let config = format!(
        "[server]\nlisten = [\"127.0.0.1:0\"]\npublic_url = \"http://radio.example:8000\"\n\
         {ca}[directory]\nurl = [{urls}]\n\
         [[station]]\nmount = \"/live\"\nname = \"{name}\"\npublic = true\nmusic = [{music:?}]\nmax_listeners = 500\n\
         description = \"Slow & low\"\n\
         [[station]]\nmount = \"/secret\"\nname = \"Not public\"\nmusic = [{music:?}]\n"
    );
    let server = Coldwave::with_config(folder.path(), &config, 2);
    (folder, server)
}

#[test]
fn public_station_is_listed_while_it_runs() {
    let directory = Directory::start();
    let (_folder, mut coldwave) = station(&directory, "Harbour FM");
    let add = directory.wait_for("add");
    for (name, value) in [
        ("sn", "Harbour FM"),
        ("genre", "various"),
        ("desc", "Slow & low"),
        ("listenurl", "http://radio.example:8000/live"),
        ("type", "audio/mpeg"),
        ("b", "128"),
    ] {
        assert_eq!(add[name], value, "{name}");
    }
    let info = add.keys().find(|name| name.contains("\r\n")).expect("a field name contains the audio info");
    assert_eq!(info.trim_end(), "bitrate=128;samplerate=44100;channels=2");
    let touch = directory.wait_for("touch");
    assert!(touch["st"].starts_with("Coldwave Ensemble - "), "{touch:?}");
    assert_eq!((touch["listeners"].as_str(), touch["max_listeners"].as_str()), ("0", "500"));
    coldwave.signal("TERM");
    assert!(coldwave.wait().success());
    let actions: Vec<_> = directory.requests().into_iter().map(|form| form["action"].clone()).collect();
    assert_eq!(actions, ["add", "touch", "remove"]);
    assert!(coldwave.log().text().contains("lists \"Harbour FM\""));
}

#[test]
fn station_is_listed_in_each_directory_although_one_does_not_answer() {
    let (first, last) = (Directory::start(), Directory::start());
    // It accepts connections, and never reads from them.
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let silent = format!("http://{}", listener.local_addr().expect("bound"));
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (_folder, mut coldwave) = start(folder, &[&first.url, &silent, &last.url], "Harbour FM", "");
    for directory in [&first, &last] {
        assert_eq!(directory.wait_for("add")["sn"], "Harbour FM");
        directory.wait_for("touch");
    }
    coldwave.signal("TERM");
    assert!(coldwave.wait().success());
    for directory in [&first, &last] {
        directory.wait_for("remove");
    }
}

#[test]
fn reason_of_a_failed_listing_is_logged_once() {
    let directory = Directory::start();
    let (_folder, refused) = station(&directory, "AutoDJ");
    // No socket listens there any more.
    let nowhere = TcpListener::bind("127.0.0.1:0").expect("a free port").local_addr().expect("bound");
    let nowhere = Directory { url: format!("http://{nowhere}"), requests: Arc::default() };
    let (_other, unreachable) = station(&nowhere, "Harbour FM");
    wait_for("the directory's reason", || {
        refused.log().text().contains("give the station a name").then_some(())
    });
    wait_for("a log line about the directory", || {
        unreachable.log().text().contains("cannot reach the directory").then_some(())
    });
    for mut coldwave in [refused, unreachable] {
        coldwave.signal("TERM");
        assert!(coldwave.wait().success());
        let log = coldwave.log().text();
        assert_eq!(log.matches("the directory").count(), 1, "{log}");
    }
}

#[test]
fn public_station_is_listed_over_tls() {
    let authority = Authority::new("tests");
    let directory = Directory::over_tls(&authority.certificate(&["127.0.0.1"]));
    let (_folder, mut coldwave) = station_trusting(&directory, "Harbour FM", Some(&authority));
    assert_eq!(directory.wait_for("add")["sn"], "Harbour FM");
    directory.wait_for("touch");
    coldwave.signal("TERM");
    assert!(coldwave.wait().success());
    directory.wait_for("remove");
    let line = format!("the directory {}/cgi-bin/yp-cgi lists \"Harbour FM\"", directory.url);
    assert!(coldwave.log().text().contains(&line), "{}", coldwave.log().text());
}

#[test]
fn directory_that_is_not_trusted_gets_no_request() {
    let (authority, other) = (Authority::new("tests"), Authority::new("other"));
    let here = ["127.0.0.1"];
    for (certificate, reason) in [
        (other.certificate(&here), "its certificate is not from a trusted authority"),
        (authority.expired(&here), "its certificate expired on 2021-01-01"),
        (
            authority.certificate(&["radio.example"]),
            "its certificate is not valid for 127.0.0.1, only for radio.example",
        ),
    ] {
        let directory = Directory::over_tls(&certificate);
        let (_folder, coldwave) = station_trusting(&directory, "Harbour FM", Some(&authority));
        let line = format!(
            "cannot reach the directory {}/cgi-bin/yp-cgi, retrying in 20 minutes: {reason}",
            directory.url
        );
        coldwave.log().wait_for(&line);
        assert_eq!(directory.requests(), []);
    }
}
