//! A station is announced at a directory that checks what dir.xiph.org does (protocol-notes/directories.md).

use std::collections::HashMap;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::thread;

use percent_encoding::percent_decode_str;

use crate::common::{BINARY, Coldwave, fixture, wait_for};

/// Names that nobody gives a station who has thought about it.
const NAMES_REFUSED: [&str; 4] = ["", "Unspecified name", "AutoDJ", "Stream-128"];

/// What a station is known by.
const SID: &str = "0d1f8b5c-2a8e-4f0a-9f57-3f2b1c4d5e6f";

type Form = HashMap<String, String>;

/// A directory, and all that it was asked.
struct Directory {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<Form>>>,
}

impl Directory {
    fn open() -> Self {
        let door = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let (address, asked) = (door.local_addr().expect("bound"), Arc::default());
        let shared: Arc<Mutex<Vec<Form>>> = Arc::clone(&asked);
        // It ends with the test program: nobody asks any more then.
        thread::spawn(move || {
            for visitor in door.incoming().flatten() {
                answer(&visitor, &shared).expect("coldwave takes an answer");
            }
        });
        Self { address, asked }
    }

    fn asked(&self) -> Vec<Form> {
        self.asked.lock().expect("nobody panics with it").clone()
    }

    #[track_caller]
    fn wait_for(&self, action: &str) -> Form {
        wait_for(action, || self.asked().into_iter().find(|form| form["action"] == action))
    }
}

fn answer(visitor: &TcpStream, asked: &Mutex<Vec<Form>>) -> std::io::Result<()> {
    let mut reader = BufReader::new(visitor);
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
    let says = verdict(&form).map_or_else(
        |why| format!("YPResponse: 0\r\nYPMessage: {why}\r\n"),
        |()| format!("YPResponse: 1\r\nYPMessage: OK\r\nSID: {SID}\r\nTouchFreq: 200\r\n"),
    );
    asked.lock().expect("nobody panics with it").push(form);
    let mut visitor = visitor;
    write!(visitor, "HTTP/1.1 200 OK\r\n{says}Content-Length: 0\r\nConnection: close\r\n\r\n")
}

/// Names and values, as what the directory is written in takes them apart.
fn form(body: &str) -> Form {
    let decoded = |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
    let pairs = body.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    pairs.map(|(name, value)| (decoded(name), decoded(value))).collect()
}

/// Whether the directory does as it is asked.
fn verdict(form: &Form) -> Result<(), String> {
    let said = |name: &str| form.get(name).map_or("", |value| value.trim_end());
    match said("action") {
        "add" => {
            let missing = ["sn", "type", "genre", "listenurl"].into_iter().find(|name| said(name).is_empty());
            let url = said("listenurl").strip_prefix("http://").and_then(|rest| rest.split_once('/'));
            match (missing, url) {
                (Some(name), _) => Err(format!("{name} is missing")),
                (_, None) => Err("listenurl is no URL".into()),
                _ if NAMES_REFUSED.contains(&said("sn")) => Err("give the station a name".into()),
                _ => Ok(()),
            }
        }
        "touch" | "remove" if said("sid") == SID => Ok(()),
        other => Err(format!("{other} of what?")),
    }
}

fn station(directory: SocketAddr, name: &str) -> (tempfile::TempDir, Coldwave) {
    let folder = tempfile::tempdir().expect("a folder for tests");
    let config = folder.path().join("coldwave.toml");
    let music = fixture("station");
    let text = format!(
        "[server]\nlisten = [\"127.0.0.1:0\"]\npublic_url = \"http://radio.example:8000\"\n\
         [directory]\nurl = \"http://{directory}/cgi-bin/yp-cgi\"\n\
         [[station]]\nmount = \"/live\"\nname = \"{name}\"\npublic = true\nmusic = [{music:?}]\nmax_listeners = 500\n\
         description = \"Slow & low\"\n\
         [[station]]\nmount = \"/secret\"\nname = \"Not public\"\nmusic = [{music:?}]\n"
    );
    fs::write(&config, text).expect("a folder for tests can be written to");
    let mut command = Command::new(BINARY);
    command.arg("--config").arg(&config).env_remove("RUST_LOG");
    (folder, Coldwave::started(command, 2))
}

#[test]
fn a_public_station_is_listed_from_its_first_to_its_last_second() {
    let directory = Directory::open();
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
    let info = add.keys().find(|name| name.contains("\r\n")).expect("the audio's details are in a name");
    assert_eq!(info.trim_end(), "bitrate=128;samplerate=44100;channels=2");
    let touch = directory.wait_for("touch");
    assert!(touch["st"].starts_with("Coldwave Ensemble - "), "{touch:?}");
    assert_eq!((touch["listeners"].as_str(), touch["max_listeners"].as_str()), ("0", "500"));
    coldwave.signal("TERM");
    assert!(coldwave.wait().success());
    let actions: Vec<_> = directory.asked().into_iter().map(|form| form["action"].clone()).collect();
    assert_eq!(actions, ["add", "touch", "remove"]);
    assert!(coldwave.log().text().contains("lists \"Harbour FM\""));
}

#[test]
fn why_a_station_is_not_listed_is_said_once() {
    let directory = Directory::open();
    let (_folder, refused) = station(directory.address, "AutoDJ");
    // Nobody listens there any more once its listener is gone.
    let nowhere = TcpListener::bind("127.0.0.1:0").expect("a free port").local_addr().expect("bound");
    let (_other, alone) = station(nowhere, "Harbour FM");
    wait_for("the directory's reason", || {
        refused.log().text().contains("give the station a name").then_some(())
    });
    wait_for("a line on the directory", || {
        alone.log().text().contains("cannot reach the directory").then_some(())
    });
    for mut coldwave in [refused, alone] {
        coldwave.signal("TERM");
        assert!(coldwave.wait().success());
        let log = coldwave.log().text();
        assert_eq!(log.matches("the directory").count(), 1, "{log}");
    }
}
