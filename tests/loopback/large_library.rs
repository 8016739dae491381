//! Ten thousand files, played by the real program. How fast it starts and what it holds is told, not judged: run
//! `cargo test --release --test loopback large_library -- --nocapture` on a machine that does nothing else.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use coldwave::audio::Framer;
use coldwave::autodj::scan;

const FOLDERS: usize = 500;
const FILES_EACH: usize = 20;

/// Only a test that fails waits that long.
const PATIENCE: Duration = Duration::from_secs(60);

/// Ends the program however the test ends.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself, which the test will say.
        let _ = self.0.kill().and_then(|()| self.0.wait().map(drop));
    }
}

/// A file under ten thousand names, as long as they are in life.
fn collection() -> tempfile::TempDir {
    let collection = tempfile::tempdir().expect("a folder");
    let original = collection.path().join(".original");
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/mp3/cbr.mp3");
    fs::copy(fixture, &original).expect("a copy");
    for folder in 0..FOLDERS {
        let folder = collection.path().join(format!("Some Artist or Other/Album Number {folder}"));
        fs::create_dir_all(&folder).expect("a folder");
        for file in 1..=FILES_EACH {
            let name = format!("{file:02} - A Title as Long as Titles Are.mp3");
            fs::hard_link(&original, folder.join(name)).expect("a link");
        }
    }
    collection
}

fn start(music: &Path, options: &[&str]) -> (Running, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_coldwave"));
    command.args(["--listen", "127.0.0.1:0"]).args(options).arg(music);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the program");
    let mut line = String::new();
    let out = child.stdout.take().expect("its output");
    BufReader::new(out).read_line(&mut line).expect("it says where it can be heard");
    let address = line.trim().trim_start_matches("http://").split('/').next().expect("an address");
    (Running(child), address.to_owned())
}

/// Listens until the first frame is there.
fn listen(address: &str) {
    let mut stream = TcpStream::connect(address).expect("a connection");
    stream.set_read_timeout(Some(PATIENCE)).expect("a time-out");
    stream.write_all(b"GET /live HTTP/1.0\r\n\r\n").expect("a request");
    let (mut framer, mut buffer) = (Framer::new(), [0; 4096]);
    while framer.next_frame().is_none() {
        let read = stream.read(&mut buffer).expect("an answer");
        assert!(read > 0, "the stream goes on");
        framer.push(&buffer[..read]);
    }
}

/// Lines such as `VmRSS: 5032 kB`, where the system tells.
fn memory(process: &Running) -> String {
    let status = fs::read_to_string(format!("/proc/{}/status", process.0.id())).unwrap_or_default();
    let lines = status.lines().filter(|line| line.starts_with("VmHWM") || line.starts_with("RssAnon"));
    lines.map(|line| line.replace(char::is_whitespace, "")).collect::<Vec<_>>().join(", ")
}

#[test]
fn ten_thousand_files_start_at_once() {
    let collection = collection();
    assert_eq!(scan(&[collection.path().to_owned()]).tracks.len(), FOLDERS * FILES_EACH);
    for options in [[].as_slice(), &["--shuffle"]] {
        let begun = Instant::now();
        let (process, address) = start(collection.path(), options);
        listen(&address);
        println!("{options:?}: first frame after {:?}; {}", begun.elapsed(), memory(&process));
    }
}
