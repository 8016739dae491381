//! A directory that checks listings like dir.xiph.org (protocol-notes/directories.md).

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use percent_encoding::percent_decode_str;

use crate::common::{Coldwave, fixture, wait_for};

/// Default names of programs, which the directory refuses.
const REFUSED_NAMES: [&str; 4] = ["", "Unspecified name", "AutoDJ", "Stream-128"];

/// The session id that the directory gives to a station.
const SID: &str = "0d1f8b5c-2a8e-4f0a-9f57-3f2b1c4d5e6f";

type Form = HashMap<String, String>;

/// A directory with all requests that it has received.
struct Directory {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<Form>>>,
}

impl Directory {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let (address, requests) = (listener.local_addr().expect("bound"), Arc::default());
        let shared: Arc<Mutex<Vec<Form>>> = Arc::clone(&requests);
        // The thread ends with the test program.
        thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                answer(&connection, &shared).expect("coldwave reads the reply");
            }
        });
        Self { address, requests }
    }

    fn requests(&self) -> Vec<Form> {
        self.requests.lock().expect("no thread panics while it holds the lock").clone()
    }

    #[track_caller]
    fn wait_for(&self, action: &str) -> Form {
        wait_for(action, || self.requests().into_iter().find(|form| form["action"] == action))
    }
}

fn answer(connection: &TcpStream, requests: &Mutex<Vec<Form>>) -> std::io::Result<()> {
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
    let mut connection = connection;
    write!(connection, "HTTP/1.1 200 OK\r\n{headers}Content-Length: 0\r\nConnection: close\r\n\r\n")
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

fn station(directory: SocketAddr, name: &str) -> (tempfile::TempDir, Coldwave) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let music = fixture("station");
    let config = format!(
        "[server]\nlisten = [\"127.0.0.1:0\"]\npublic_url = \"http://radio.example:8000\"\n\
         [directory]\nurl = \"http://{directory}/cgi-bin/yp-cgi\"\n\
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
    let (_folder, mut coldwave) = station(directory.address, "Harbour FM");
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
fn reason_of_a_failed_listing_is_logged_once() {
    let directory = Directory::start();
    let (_folder, refused) = station(directory.address, "AutoDJ");
    // No socket listens there any more.
    let nowhere = TcpListener::bind("127.0.0.1:0").expect("a free port").local_addr().expect("bound");
    let (_other, unreachable) = station(nowhere, "Harbour FM");
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
