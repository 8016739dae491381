//! A library of ten thousand files. The test prints start time and memory but does not check them. To measure
//! them, run `cargo test --release --test loopback large_library -- --nocapture` on an idle machine.

use std::fs;
use std::time::Instant;

use coldwave::autodj::scan;

use crate::common::{Coldwave, PLAIN, fixture};

const FOLDERS: usize = 500;
const FILES_EACH: usize = 20;

/// Creates ten thousand links to one file, with names of realistic length.
fn collection() -> tempfile::TempDir {
    let collection = tempfile::tempdir().expect("a temporary folder");
    let original = collection.path().join(".original");
    fs::copy(fixture(PLAIN), &original).expect("a copy");
    for folder in 0..FOLDERS {
        let folder = collection.path().join(format!("Some Artist or Other/Album Number {folder}"));
        fs::create_dir_all(&folder).expect("a temporary folder");
        for file in 1..=FILES_EACH {
            let name = format!("{file:02} - A Title as Long as Titles Are.mp3");
            fs::hard_link(&original, folder.join(name)).expect("a link");
        }
    }
    collection
}

/// Returns lines such as `VmRSS: 5032 kB`, where the system provides them.
fn memory(server: &Coldwave) -> String {
    let status = fs::read_to_string(format!("/proc/{}/status", server.pid())).unwrap_or_default();
    let lines = status.lines().filter(|line| line.starts_with("VmHWM") || line.starts_with("RssAnon"));
    lines.map(|line| line.replace(char::is_whitespace, "")).collect::<Vec<_>>().join(", ")
}

#[test]
fn station_with_ten_thousand_files_starts() {
    let collection = collection();
    assert_eq!(
        scan(&[collection.path().to_owned()], encoding_rs::WINDOWS_1252).tracks.len(),
        FOLDERS * FILES_EACH
    );
    for options in [[].as_slice(), &["--shuffle"]] {
        let started = Instant::now();
        let server = Coldwave::with_options(options, &[collection.path()]);
        server.get("/live").listen().until("a frame", |it| !it.frames.is_empty());
        println!("{options:?}: first frame after {:?}; {}", started.elapsed(), memory(&server));
    }
}
